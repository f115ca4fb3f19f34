"""Measures what detectors keep for the backward pass, per image, and their arithmetic and weights.

    python3 bench/memory/detectors.py

prints figures for scripts/tables/step-costs.tsv: parameters in millions, operations in billions, and the megabytes at 16
bits (half of what is measured in fp32) that a photograph leaves, of 800 × 1344 pixels, to which batches are padded. The
operations are those of 800 × 862 pixels, as in the figures of torchvision. Stems and first stages are frozen, as by
default; the weights of norms are trained, which keeps their inputs, as in mmdetection. The last column is for norms that
are frozen altogether, as in torchvision and detectron2. Heads take 512 regions of an image, those for masks a quarter. While
heads run backwards, all else is kept, and there are three gradients of the largest level beside, and two of the widest
result of a head.
Needs torch and torchvision, and no GPU (saved.py tells how it is measured).
"""

import torch
import torch.nn.functional as F
from saved import kept
from swin import Swin
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet, vgg16
from torchvision.ops import FrozenBatchNorm2d

SIZE = (800, 1344)
USUAL = (800, 862)
REGIONS = 512


class Stages(nn.Module):
    def __init__(self, layers, groups, group, norm):
        super().__init__()
        depths = {18: [2, 2, 2, 2], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3]}[layers]
        block = resnet.Bottleneck if layers >= 50 else resnet.BasicBlock
        body = resnet.ResNet(block, depths, groups=groups, width_per_group=group, norm_layer=norm)
        self.stem = nn.Sequential(body.conv1, body.bn1, body.relu, body.maxpool)
        self.parts = nn.ModuleList([body.layer1, body.layer2, body.layer3, body.layer4])
        for one in (self.stem, self.parts[0]):
            one.requires_grad_(False)
        self.widths = [256, 512, 1024, 2048] if layers >= 50 else [64, 128, 256, 512]
        for one in self.modules():
            if isinstance(one, nn.BatchNorm2d):
                one.eval()

    def forward(self, x):
        x = self.stem(x)
        results = []
        for part in self.parts:
            x = part(x)
            results.append(x)
        return results


class Pyramid(nn.Module):
    """Of four levels and a smaller one; or of three and two smaller ones."""

    def __init__(self, widths, first):
        super().__init__()
        self.first = first
        self.lateral = nn.ModuleList(nn.Conv2d(one, 256, 1) for one in widths[first:])
        self.smooth = nn.ModuleList(nn.Conv2d(256, 256, 3, padding=1) for _ in widths[first:])
        self.more = nn.ModuleList(nn.Conv2d(256, 256, 3, 2, 1) for _ in range(2 * first))

    def forward(self, stages):
        levels = [lateral(one) for lateral, one in zip(self.lateral, stages[self.first :])]
        for at in range(len(levels) - 1, 0, -1):
            levels[at - 1] = levels[at - 1] + F.interpolate(levels[at], size=levels[at - 1].shape[2:])
        levels = [smooth(one) for smooth, one in zip(self.smooth, levels)]
        for one in self.more:
            levels.append(one(levels[-1]))
        return levels if self.more else [*levels, levels[-1][:, :, ::2, ::2]]


class Regions(nn.Module):
    def __init__(self, boxes, masks):
        super().__init__()
        self.proposal, self.scores, self.deltas = nn.Conv2d(256, 256, 3, padding=1), nn.Conv2d(256, 3, 1), nn.Conv2d(256, 12, 1)
        self.boxes = nn.ModuleList(
            nn.Sequential(nn.Linear(256 * 49, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 81 + 320))
            for _ in range(boxes)
        )
        convolutions = [each for _ in range(4) for each in (nn.Conv2d(256, 256, 3, padding=1), nn.ReLU())]
        last = [nn.ConvTranspose2d(256, 256, 2, 2), nn.ReLU(), nn.Conv2d(256, 80, 1)]
        self.masks = nn.ModuleList(nn.Sequential(*convolutions, *last) for _ in range(masks))

    def forward(self, levels):
        total = 0
        for level in levels:
            x = F.relu(self.proposal(level))
            total = total + self.scores(x).sigmoid().sum() + self.deltas(x).sum()
        images = levels[0].shape[0]
        # What stands for the regions that are cut out: as many values of a level.
        flat = levels[0].flatten(1)
        for head in self.boxes:
            pooled = flat[:, : REGIONS * 256 * 49].reshape(images * REGIONS, -1)
            total = total + head(pooled * 1.0).sum()
        for head in self.masks:
            pooled = flat[:, : REGIONS // 4 * 256 * 196].reshape(images * REGIONS // 4, 256, 14, 14)
            total = total + head(pooled * 1.0).sum()
        return total


class Dense(nn.Module):
    """Two towers over each level. `norm`: with group norms, which towers without anchors have."""

    def __init__(self, anchors, norm, classes=80):
        super().__init__()
        self.towers = nn.ModuleList(
            nn.Sequential(
                *(
                    each
                    for _ in range(4)
                    for each in (nn.Conv2d(256, 256, 3, padding=1), *([nn.GroupNorm(32, 256)] if norm else []), nn.ReLU(inplace=True))
                )
            )
            for _ in range(2)
        )
        self.scores, self.deltas = nn.Conv2d(256, anchors * classes, 3, padding=1), nn.Conv2d(256, anchors * 5, 3, padding=1)

    def forward(self, levels):
        total = 0
        for level in levels:
            total = total + F.logsigmoid(self.scores(self.towers[0](level))).sum() + self.deltas(self.towers[1](level)).sum()
        return total


class Detector(nn.Module):
    def __init__(self, backbone, head):
        super().__init__()
        self.backbone = backbone
        dense = isinstance(head, Dense)
        self.pyramid, self.head = Pyramid(backbone.widths, 1 if dense else 0), head

    def forward(self, x):
        return self.head(self.pyramid(self.backbone(x)))


class Shots(nn.Module):
    """SSD: all of VGG-16, further convolutions down to one place, and heads on six or seven levels."""

    def __init__(self, edge):
        super().__init__()
        layers = list(vgg16().features)
        for one in layers:
            if isinstance(one, nn.MaxPool2d):
                one.ceil_mode = True
        layers[-1] = nn.MaxPool2d(3, 1, 1)
        convolution, fold = nn.Conv2d, nn.ReLU
        more = [convolution(512, 1024, 3, padding=6, dilation=6), fold(True), convolution(1024, 1024, 1), fold(True)]
        self.parts = nn.ModuleList([nn.Sequential(*layers[:23]), nn.Sequential(*layers[23:], *more)])
        steps = [(1024, 256, 512, 2), (512, 128, 256, 2)] + [(256, 128, 256, 2 if edge > 300 else 1)] * (3 if edge > 300 else 2)
        for at, (inputs, middle, outputs, stride) in enumerate(steps):
            last = edge > 300 and at == len(steps) - 1
            kernel, pad = (4, 1) if last else (3, 1 if stride == 2 else 0)
            wide = convolution(middle, outputs, kernel, 1 if last else stride, pad)
            self.parts.append(nn.Sequential(convolution(inputs, middle, 1), fold(True), wide, fold(True)))
        widths = [512, 1024, *(outputs for _, _, outputs, _ in steps)]
        anchors = [4, *[6] * (len(widths) - 3), 4, 4]
        self.heads = nn.ModuleList(nn.Conv2d(one, 85 * count, 3, padding=1) for one, count in zip(widths, anchors))

    def forward(self, x):
        total = 0
        for part, head in zip(self.parts, self.heads):
            x = part(x)
            total = total + F.log_softmax(head(x), 1).sum()
        return total


HEADS = {
    "faster_rcnn": lambda: Regions(1, 0),
    "mask_rcnn": lambda: Regions(1, 1),
    "cascade_rcnn": lambda: Regions(3, 0),
    "cascade_mask_rcnn": lambda: Regions(3, 3),
    "retinanet": lambda: Dense(9, False),
    "fcos": lambda: Dense(1, True),
    "atss": lambda: Dense(1, True),
}
BACKBONES = {
    "r18": lambda norm: Stages(18, 1, 64, norm),
    "r50": lambda norm: Stages(50, 1, 64, norm),
    "r101": lambda norm: Stages(101, 1, 64, norm),
    "x101_32x4d": lambda norm: Stages(101, 32, 4, norm),
    "x101_64x4d": lambda norm: Stages(101, 64, 4, norm),
    "x101_32x8d": lambda norm: Stages(101, 32, 8, norm),
    "swin_t": lambda norm: Swin("swin_t", 96),
    "swin_s": lambda norm: Swin("swin_s", 96),
    "swin_b": lambda norm: Swin("swin_b", 128),
}


def in_flight(head, size):
    """Bytes of the gradients that stand beside all that is kept."""
    area = size[0] * size[1]
    if isinstance(head, Dense):
        places = sum(area / 4**level for level in range(3, 8))
        return 4 * (3 * 256 * area / 64 + 2 * places * head.scores.out_channels)
    widest = REGIONS // 4 * 256 * 28**2 if len(head.masks) > 0 else 0
    return 4 * (3 * 256 * area / 16 + 2 * widest)


def measured(make, size):
    torch.set_default_device("meta")
    model = make()
    torch.set_default_device("cpu")
    two, four = (torch.empty(count, 3, *size, device="meta") for count in (2, 4))
    with FlopCounterMode(display=False) as counter:
        model(two)
    full = (kept(model, four, False) - kept(model, two, False)) / 2
    return sum(each.numel() for each in model.parameters()), counter.get_total_flops() / 2, full


def main():
    for method, head in HEADS.items():
        for name, backbone in BACKBONES.items():
            # Swin Transformers are for the larger methods mostly.
            if name.startswith("swin") and "mask" not in method and method != "retinanet":
                continue
            trained, frozen = (
                measured(lambda norm=norm: Detector(backbone(norm), head()), SIZE)
                for norm in (nn.BatchNorm2d, FrozenBatchNorm2d)
            )
            _, operations, _ = measured(lambda: Detector(backbone(nn.BatchNorm2d), head()), USUAL)
            most, least = ((one[2] + in_flight(head(), SIZE)) / 2e6 for one in (trained, frozen))
            print(f"{method}_{name}\t{trained[0] / 1e6:.0f}\t800:{operations / 1e9:.0f}\t{most:.0f}\t{least:.0f}")
    for edge in (300, 512):
        parameters, operations, full = measured(lambda edge=edge: Shots(edge), (edge, edge))
        print(f"ssd{edge}_vgg16\t{parameters / 1e6:.0f}\t{edge}:{operations / 1e9:.0f}\t{full / 2e6:.0f}")


main()
