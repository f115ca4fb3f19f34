import torch
import torch.nn as nn
import torch.nn.functional as F

def conv(i, o):
    return nn.Sequential(nn.Conv3d(i, o, 3, padding=1), nn.InstanceNorm3d(o), nn.LeakyReLU())
class UNet3D(nn.Module):
    def __init__(self, f=16):
        super().__init__()
        self.e1 = conv(1, f)
        self.e2 = nn.Sequential(nn.MaxPool3d(2), conv(f, 2 * f))
        self.e3 = nn.Sequential(nn.MaxPool3d(2), conv(2 * f, 4 * f))
        self.up2 = nn.ConvTranspose3d(4 * f, 2 * f, 2, stride=2)
        self.d2 = conv(4 * f, 2 * f)
        self.up1 = nn.ConvTranspose3d(2 * f, f, 2, stride=2)
        self.d1 = conv(2 * f, f)
        self.out = nn.Conv3d(f, 3, 1)
    def forward(self, x):
        a = self.e1(x); b = self.e2(a); c = self.e3(b)
        x = self.d2(torch.cat([self.up2(c), b], 1))
        return self.out(self.d1(torch.cat([self.up1(x), a], 1)))
net = UNet3D()
opt = torch.optim.Adam(net.parameters())
