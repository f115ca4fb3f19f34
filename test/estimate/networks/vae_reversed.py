import torch
import torch.nn as nn

class VAE(nn.Module):
    def __init__(self, channels=3, latent=128, widths=[32, 64, 128, 256, 512]):
        super().__init__()
        down, into = [], channels
        for width in widths:
            down.append(nn.Sequential(nn.Conv2d(into, width, kernel_size=3, stride=2, padding=1), nn.BatchNorm2d(width), nn.LeakyReLU()))
            into = width
        self.down = nn.Sequential(*down)
        self.mean = nn.Linear(widths[-1] * 4, latent)
        self.deviation = nn.Linear(widths[-1] * 4, latent)
        self.start = nn.Linear(latent, widths[-1] * 4)
        self.deepest = widths[-1]
        widths.reverse()
        up = []
        for i in range(len(widths) - 1):
            up.append(nn.Sequential(nn.ConvTranspose2d(widths[i], widths[i + 1], kernel_size=3, stride=2, padding=1, output_padding=1), nn.BatchNorm2d(widths[i + 1]), nn.LeakyReLU()))
        self.up = nn.Sequential(*up)
        self.last = nn.Sequential(
            nn.ConvTranspose2d(widths[-1], widths[-1], kernel_size=3, stride=2, padding=1, output_padding=1),
            nn.BatchNorm2d(widths[-1]),
            nn.LeakyReLU(),
            nn.Conv2d(widths[-1], channels, kernel_size=3, padding=1),
        )
    def forward(self, x):
        x = torch.flatten(self.down(x), start_dim=1)
        mean, deviation = self.mean(x), self.deviation(x)
        z = mean + torch.randn_like(deviation) * deviation
        z = self.start(z).view(-1, self.deepest, 2, 2)
        return self.last(self.up(z))
net = VAE()
opt = torch.optim.Adam(net.parameters())
