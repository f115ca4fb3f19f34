"""Measures the networks beside it (PyTorch, CPU): `python3 measure.py > measured.tsv`."""

import pathlib

import torch
from torch.utils.flop_counter import FlopCounterMode

SHAPES = {
    "autoencoder": (3, 64, 64),
    "conv1d": (2, 1024),
    "dcgan_d": (3, 64, 64),
    "inception": (3, 128, 128),
    "lenet_shared_pool": (3, 32, 32),
    "lstm": (50, 32),
    "mlp": (784,),
    "mnist": (1, 28, 28),
    "mobile": (3, 224, 224),
    "resnet18_cifar": (3, 32, 32),
    "resnet34_imagenet": (3, 224, 224),
    "transformer": (64, 512),
    "unet": (3, 256, 256),
    "unet3d": (1, 64, 64, 64),
    "unet_shared": (3, 128, 128),
    "vgg": (3, 224, 224),
    "vit": (3, 224, 224),
}

print("network\tsize\tparameters\tgflops")
for name, shape in SHAPES.items():
    names = {}
    exec((pathlib.Path(__file__).parent / f"{name}.py").read_text(), names)
    net = names["net"]
    # In training, as encoders take a path in evaluation that the counter does not see.
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.randn(2, *shape))
    flops = counter.get_total_flops() / 2
    # Nor does it see recurrent layers: two operations for each weight and step.
    for layer in net.modules():
        if isinstance(layer, torch.nn.RNNBase):
            flops += 2 * shape[0] * sum(one.numel() for key, one in layer.named_parameters() if "weight" in key)
    size = 1 if len(shape) == 1 else shape[0] if name in ("lstm", "transformer") else shape[-1]
    print(name, size, sum(one.numel() for one in net.parameters()), f"{flops / 1e9:.4g}", sep="\t")
