import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
points = torch.randn(2048, 2) * torch.tensor([2.0, 0.5]) + torch.tensor([1.0, -1.0])
loader = DataLoader(TensorDataset(points), batch_size=128, shuffle=True, drop_last=True)
G = nn.Sequential(nn.Linear(16, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 2)).to(device)
D = nn.Sequential(nn.Linear(2, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1)).to(device)
opt_g = torch.optim.Adam(G.parameters(), 2e-4, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), 2e-4, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(128, 1, device=device), torch.zeros(128, 1, device=device)
for epoch in range(20):
    for (real,) in loader:
        z = torch.randn(128, 16, device=device)
        fake = G(z)
        d_loss = bce(D(real.to(device)), ones) + bce(D(fake), zeros)
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        g_loss = bce(D(G(z)), ones)
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
metric = g_loss.item()
