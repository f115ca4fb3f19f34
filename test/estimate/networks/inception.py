import torch
import torch.nn as nn
import torch.nn.functional as F

class Inception(nn.Module):
    def __init__(self, i, a, b, c, d, e, f):
        super().__init__()
        self.b1 = nn.Sequential(nn.Conv2d(i, a, 1), nn.ReLU())
        self.b2 = nn.Sequential(nn.Conv2d(i, b, 1), nn.ReLU(), nn.Conv2d(b, c, 3, padding=1))
        self.b3 = nn.Sequential(nn.Conv2d(i, d, 1), nn.ReLU(), nn.Conv2d(d, e, 5, padding=2))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(i, f, 1))
    def forward(self, x):
        return torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.pre = nn.Sequential(nn.Conv2d(3, 64, 7, stride=2, padding=3), nn.MaxPool2d(3, 2, 1), nn.Conv2d(64, 192, 3, padding=1), nn.MaxPool2d(3, 2, 1))
        self.a3 = Inception(192, 64, 96, 128, 16, 32, 32)
        self.b3 = Inception(256, 128, 128, 192, 32, 96, 64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.a4 = Inception(480, 192, 96, 208, 16, 48, 64)
        self.a5 = Inception(512, 256, 160, 320, 32, 128, 128)
        self.fc = nn.Linear(832, 10)
    def forward(self, x):
        x = self.b3(self.a3(self.pre(x)))
        x = self.maxpool(x)
        x = self.a4(x)
        x = self.maxpool(x)
        x = self.a5(x)
        return self.fc(x.mean((2, 3)))
net = Net()
opt = torch.optim.Adam(net.parameters())
