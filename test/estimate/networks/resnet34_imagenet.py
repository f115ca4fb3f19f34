import torch
import torch.nn as nn
import torch.nn.functional as F

class BasicBlock(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.shortcut = nn.Sequential()
        if stride != 1 or cin != cout:
            self.shortcut = nn.Sequential(nn.Conv2d(cin, cout, 1, stride=stride, bias=False), nn.BatchNorm2d(cout))
    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.shortcut(x))
class ResNet(nn.Module):
    def __init__(self, blocks, classes=10, big=False):
        super().__init__()
        self.inp = 64
        self.stem = nn.Conv2d(3, 64, 7 if big else 3, stride=2 if big else 1, padding=3 if big else 1, bias=False)
        self.pool = nn.MaxPool2d(3, 2, 1) if big else nn.Identity()
        self.layer1 = self._make(64, blocks[0], 1)
        self.layer2 = self._make(128, blocks[1], 2)
        self.layer3 = self._make(256, blocks[2], 2)
        self.layer4 = self._make(512, blocks[3], 2)
        self.fc = nn.Linear(512, classes)
    def _make(self, out, n, stride):
        layers = []
        for s in [stride] + [1] * (n - 1):
            layers.append(BasicBlock(self.inp, out, s))
            self.inp = out
        return nn.Sequential(*layers)
    def forward(self, x):
        x = self.pool(self.stem(x))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))
net = ResNet([3, 4, 6, 3], 1000, big=True)
opt = torch.optim.Adam(net.parameters())
