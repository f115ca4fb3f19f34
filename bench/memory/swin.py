"""The four stages of a Swin transformer, each with the norm that detectors and segmentation networks put behind it."""

from torch import nn
from torchvision.models import swin_transformer


class Swin(nn.Module):
    def __init__(self, name, width):
        super().__init__()
        self.parts = nn.ModuleList(getattr(swin_transformer, name)().features)
        self.widths = [width * 2**i for i in range(4)]
        self.norms = nn.ModuleList(nn.LayerNorm(one) for one in self.widths)

    def forward(self, x):
        results = []
        for at, part in enumerate(self.parts):
            x = part(x)
            if at % 2 == 1:
                results.append(self.norms[at // 2](x).permute(0, 3, 1, 2))
        return results
