"""Measures what networks for segmentation keep for the backward pass, per image, and their arithmetic and weights.

    python3 bench/memory/scenes.py

prints rows for scripts/tables/step-costs.tsv: parameters in millions, operations in billions, and the megabytes that an
image of 512 × 512 pixels leaves at 16 bits (half of what is measured in fp32). Heads have the widths of mmsegmentation,
with its auxiliary head on the third stage, 19 classes, and results that are enlarged to the size of the image. While
heads run backwards, all else is kept, and there are two gradients as large as the widest input of a convolution. The
attention of SegFormers grows with the square of the area: operations at 1024 pixels come from EDGE = 1024. Needs
torch and torchvision, and no GPU (saved.py tells how it is measured).
"""

import torch
import torch.nn.functional as F
from saved import kept
from swin import Swin
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet

EDGE = 512
CLASSES = 19


def unit(inputs, outputs, kernel=3, dilation=1, groups=1):
    convolution = nn.Conv2d(
        inputs, outputs, kernel, padding=dilation * (kernel // 2), dilation=dilation, groups=groups, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def separable(inputs, outputs, dilation=1):
    return nn.Sequential(unit(inputs, inputs, 3, dilation, inputs), unit(inputs, outputs, 1))


def larger(x, like):
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class Stages(nn.Module):
    """A ResNet whose first convolution is three small ones (V1c)."""

    def __init__(self, layers, dilated):
        super().__init__()
        make = getattr(resnet, f"resnet{layers}")
        body = make(replace_stride_with_dilation=[False, dilated, dilated])
        stem = [unit(3, 32), unit(32, 32), unit(32, 64)]
        stem[0][0].stride = (2, 2)
        self.stem = nn.Sequential(*stem, body.maxpool)
        self.parts = nn.ModuleList([body.layer1, body.layer2, body.layer3, body.layer4])
        self.widths = [256, 512, 1024, 2048] if layers >= 50 else [64, 128, 256, 512]

    def forward(self, x):
        x = self.stem(x)
        results = []
        for part in self.parts:
            x = part(x)
            results.append(x)
        return results


class Pyramid(nn.Module):
    """Pools of 1, 2, 3 and 6, and what joins them."""

    def __init__(self, inputs):
        super().__init__()
        self.pools = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(scale), unit(inputs, 512, 1)) for scale in (1, 2, 3, 6)
        )
        self.join = unit(inputs + 4 * 512, 512)

    def forward(self, x):
        return self.join(torch.cat([x, *(larger(pool(x), x) for pool in self.pools)], 1))


class Atrous(nn.Module):
    def __init__(self, inputs, make):
        super().__init__()
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), unit(inputs, 512, 1))
        self.branches = nn.ModuleList([unit(inputs, 512, 1), *(make(inputs, 512, dilation=d) for d in (12, 24, 36))])
        self.join = unit(5 * 512, 512)

    def forward(self, x):
        return self.join(torch.cat([larger(self.pool(x), x), *(branch(x) for branch in self.branches)], 1))


class Fcn(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.first, self.second = unit(widths[-1], 512), unit(512, 512)
        self.join = unit(widths[-1] + 512, 512)

    def forward(self, stages):
        x = stages[-1]
        return self.join(torch.cat([x, self.second(self.first(x))], 1))


class OnLast(nn.Module):
    def __init__(self, head):
        super().__init__()
        self.head = head

    def forward(self, stages):
        return self.head(stages[-1])


class Plus(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.atrous = Atrous(widths[-1], separable)
        self.early = unit(widths[0], 48, 1)
        self.join = nn.Sequential(separable(512 + 48, 512), separable(512, 512))

    def forward(self, stages):
        early = self.early(stages[0])
        return self.join(torch.cat([larger(self.atrous(stages[-1]), early), early], 1))


class Upper(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.pyramid = Pyramid(widths[-1])
        self.lateral = nn.ModuleList(unit(one, 512, 1) for one in widths[:-1])
        self.smooth = nn.ModuleList(unit(512, 512) for _ in widths[:-1])
        self.join = unit(4 * 512, 512)

    def forward(self, stages):
        levels = [lateral(one) for lateral, one in zip(self.lateral, stages)] + [self.pyramid(stages[-1])]
        for at in range(len(levels) - 1, 0, -1):
            levels[at - 1] = levels[at - 1] + larger(levels[at], levels[at - 1])
        levels = [smooth(one) for smooth, one in zip(self.smooth, levels)] + levels[-1:]
        return self.join(torch.cat([larger(one, levels[0]) for one in levels], 1))


class Scene(nn.Module):
    def __init__(self, backbone, head):
        super().__init__()
        self.backbone, self.head = backbone, head(backbone.widths)
        self.classes = nn.Conv2d(512, CLASSES, 1)
        self.auxiliary = nn.Sequential(unit(backbone.widths[2], 256), nn.Conv2d(256, CLASSES, 1))

    def forward(self, x):
        stages = self.backbone(x)
        results = (self.classes(F.dropout2d(self.head(stages))), self.auxiliary(stages[2]))
        return sum(F.log_softmax(larger(one, x), 1).sum() for one in results)


class Reduced(nn.Module):
    """Attention whose keys and values are a smaller picture."""

    def __init__(self, width, heads, ratio):
        super().__init__()
        self.heads, self.ratio = heads, ratio
        self.query, self.pair, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        if ratio > 1:
            self.reduce, self.norm = nn.Conv2d(width, width, ratio, ratio), nn.LayerNorm(width)

    def forward(self, x, height, width):
        batch, tokens, channels = x.shape
        query = self.query(x).reshape(batch, tokens, self.heads, -1).transpose(1, 2)
        source = x
        if self.ratio > 1:
            picture = x.transpose(1, 2).reshape(batch, channels, height, width)
            source = self.norm(self.reduce(picture).flatten(2).transpose(1, 2))
        key, value = self.pair(source).reshape(batch, -1, 2, self.heads, channels // self.heads).permute(2, 0, 3, 1, 4)
        scores = (query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5).softmax(-1)
        return self.out((scores @ value).transpose(1, 2).reshape(batch, tokens, channels))


class Block(nn.Module):
    def __init__(self, width, heads, ratio):
        super().__init__()
        self.one, self.two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Reduced(width, heads, ratio)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.depthwise = nn.Conv2d(4 * width, 4 * width, 3, padding=1, groups=4 * width)

    def forward(self, x, height, width):
        x = x + self.attention(self.one(x), height, width)
        y = self.wide(self.two(x)).transpose(1, 2).reshape(x.shape[0], -1, height, width)
        return x + self.narrow(F.gelu(self.depthwise(y)).flatten(2).transpose(1, 2))


class Segformer(nn.Module):
    def __init__(self, width, depths, decoder):
        super().__init__()
        widths = [width, 2 * width, 5 * width, 8 * width]
        inputs = [3, *widths[:-1]]
        self.patches = nn.ModuleList(
            nn.Conv2d(a, b, 7 if at == 0 else 3, 4 if at == 0 else 2, 3 if at == 0 else 1)
            for at, (a, b) in enumerate(zip(inputs, widths))
        )
        self.starts, self.ends = (nn.ModuleList(nn.LayerNorm(one) for one in widths) for _ in range(2))
        self.stages = nn.ModuleList(
            nn.ModuleList(Block(one, heads, ratio) for _ in range(depth))
            for one, heads, ratio, depth in zip(widths, (1, 2, 5, 8), (8, 4, 2, 1), depths)
        )
        self.lateral = nn.ModuleList(unit(one, decoder, 1) for one in widths)
        self.join, self.classes = unit(4 * decoder, decoder, 1), nn.Conv2d(decoder, CLASSES, 1)

    def forward(self, x):
        picture, levels = x, []
        for patch, start, blocks, end in zip(self.patches, self.starts, self.stages, self.ends):
            picture = patch(picture)
            size = picture.shape[2:]
            tokens = start(picture.flatten(2).transpose(1, 2))
            for block in blocks:
                tokens = block(tokens, *size)
            picture = end(tokens).transpose(1, 2).reshape(tokens.shape[0], -1, *size)
            levels.append(picture)
        levels = [lateral(one) for lateral, one in zip(self.lateral, levels)]
        joined = self.join(torch.cat([larger(one, levels[0]) for one in levels], 1))
        return F.log_softmax(larger(self.classes(F.dropout2d(joined)), x), 1).sum()


def networks():
    heads = {
        "fcn": Fcn,
        "pspnet": lambda widths: OnLast(Pyramid(widths[-1])),
        "deeplabv3": lambda widths: OnLast(Atrous(widths[-1], unit)),
        "deeplabv3plus": Plus,
        "upernet": Upper,
    }
    for name, head in heads.items():
        for layers in (18, 50, 101):
            yield f"{name}_r{layers}", lambda layers=layers, name=name, head=head: Scene(Stages(layers, name != "upernet"), head)
    for size, width in (("t", 96), ("s", 96), ("b", 128)):
        yield f"upernet_swin_{size}", lambda size=size, width=width: Scene(Swin(f"swin_{size}", width), Upper)
    depths = [(2, 2, 2, 2), (2, 2, 2, 2), (3, 4, 6, 3), (3, 4, 18, 3), (3, 8, 27, 3), (3, 6, 40, 3)]
    for at, one in enumerate(depths):
        # The decoder of mmsegmentation has 256 channels whatever the encoder.
        yield f"segformer_b{at}", lambda at=at, one=one: Segformer(32 if at == 0 else 64, one, 256)


def in_flight(model, images):
    """Bytes for one image of the gradients that stand beside all that is kept."""
    widest = 0

    def look(_module, inputs):
        nonlocal widest
        widest = max(widest, inputs[0].numel() / inputs[0].shape[0])

    hooks = [one.register_forward_pre_hook(look) for one in model.modules() if isinstance(one, nn.Conv2d)]
    model(images)
    for one in hooks:
        one.remove()
    return 2 * 4 * widest


def main():
    for name, make in networks():
        torch.set_default_device("meta")
        # ResNets of 18 layers cannot be dilated.
        try:
            model = make().train()
        except NotImplementedError:
            continue
        finally:
            torch.set_default_device("cpu")
        two, four = (torch.empty(count, 3, EDGE, EDGE, device="meta") for count in (2, 4))
        with FlopCounterMode(display=False) as counter:
            model(two)
        full = (kept(model, four, False) - kept(model, two, False)) / 2 + in_flight(model, two)
        parameters = sum(each.numel() for each in model.parameters())
        print(f"{name}\t{parameters / 1e6:.1f}\t{EDGE}:{counter.get_total_flops() / 2e9:.1f}\t{full / 2e6:.0f}")


main()
