import torch
import torch.nn as nn
import torch.nn.functional as F

def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())
class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.dconv1 = block(3, 64)
        self.dconv2 = block(64, 128)
        self.dconv3 = block(128, 256)
        self.dconv4 = block(256, 512)
        self.maxpool = nn.MaxPool2d(2)
        self.upsample = nn.Upsample(scale_factor=2, mode='bilinear')
        self.uconv3 = block(256 + 512, 256)
        self.uconv2 = block(128 + 256, 128)
        self.uconv1 = block(128 + 64, 64)
        self.last = nn.Conv2d(64, 1, 1)
    def forward(self, x):
        a = self.dconv1(x); x = self.maxpool(a)
        b = self.dconv2(x); x = self.maxpool(b)
        c = self.dconv3(x); x = self.maxpool(c)
        x = self.dconv4(x)
        x = self.upsample(x); x = self.uconv3(torch.cat([x, c], 1))
        x = self.upsample(x); x = self.uconv2(torch.cat([x, b], 1))
        x = self.upsample(x); x = self.uconv1(torch.cat([x, a], 1))
        return self.last(x)
net = UNet()
opt = torch.optim.Adam(net.parameters())
