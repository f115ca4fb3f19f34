"""Networks of one layer each between two convolutions: `bench/memory/layers.py layers.py "nn.SiLU()" 3 16 16`."""

import torch.nn as nn


def between(make):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 4, 3, padding=1)
            self.layer = make()
            self.last = nn.Conv2d(4, 2, 1)

        def forward(self, x):
            return self.last(self.layer(self.first(x)))

    return Net


def __getattr__(name):
    """`getattr(networks, "nn.SiLU()")`."""
    if not name.startswith("nn."):
        raise AttributeError(name)
    return between(lambda: eval(name))
