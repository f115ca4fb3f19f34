import torch
import torch.nn as nn
import torch.nn.functional as F

class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 32, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(64, 128, 3, stride=2, padding=1), nn.ReLU())
        self.fc = nn.Linear(128 * 64, 256)
        self.fc2 = nn.Linear(256, 128 * 64)
        self.decoder = nn.Sequential(nn.ConvTranspose2d(128, 64, 3, stride=2, padding=1, output_padding=1), nn.ReLU(), nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1), nn.ReLU(), nn.ConvTranspose2d(32, 3, 3, stride=2, padding=1, output_padding=1))
    def forward(self, x):
        z = self.fc2(self.fc(self.encoder(x).flatten(1))).view(-1, 128, 8, 8)
        return self.decoder(z)
net = AE()
opt = torch.optim.Adam(net.parameters())
