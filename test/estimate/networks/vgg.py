import torch
import torch.nn as nn
import torch.nn.functional as F

cfg = [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 'M', 512, 512, 512, 'M', 512, 512, 512, 'M']
class VGG(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        c = 3
        for v in cfg:
            if v == 'M':
                layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
            else:
                layers += [nn.Conv2d(c, v, 3, padding=1), nn.ReLU(inplace=True)]
                c = v
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Linear(512 * 49, 4096), nn.ReLU(), nn.Linear(4096, 10))
    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))
net = VGG()
opt = torch.optim.Adam(net.parameters())
