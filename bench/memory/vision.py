"""Measures what the image classifiers of torchvision keep for the backward pass, per image.

    python3 bench/memory/vision.py > scripts/tables/vision-activations.tsv

Needs torch and torchvision, and no GPU (saved.py tells how it is measured).
"""

import sys

import torch
import torchvision
from saved import kept

# Attention of these is written in a way that a function mode cannot follow; their memory comes from their shape.
BY_SHAPE = ("vit_",)

IMAGE_SIZE = {
    "inception_v3": 299, "efficientnet_b2": 256, "efficientnet_b3": 288, "efficientnet_b4": 320,
    "efficientnet_b5": 456, "efficientnet_b6": 528, "efficientnet_b7": 600, "efficientnet_v2_s": 300,
    "efficientnet_v2_m": 384, "efficientnet_v2_l": 384,
}


def main():
    print("model\timage_size\tmixed_bytes\tfull_bytes\tsource")
    source = f"bench/memory/vision.py, torch {torch.__version__.split('+')[0]}, torchvision {torchvision.__version__}"
    for name in sorted(torchvision.models.list_models(module=torchvision.models)):
        if name.startswith(BY_SHAPE):
            continue
        size = IMAGE_SIZE.get(name, 224)
        torch.set_default_device("meta")
        extra = {"init_weights": False} if name in ("inception_v3", "googlenet") else {}
        try:
            model = torchvision.models.get_model(name, **extra).train()
            two, four = (torch.empty(count, 3, size, size) for count in (2, 4))
            # The difference leaves out what does not grow with the batch.
            mixed, full = ((kept(model, four, short) - kept(model, two, short)) // 2 for short in (True, False))
        except Exception as error:
            print(f"left out: {name}: {error}".splitlines()[0], file=sys.stderr)
            continue
        finally:
            torch.set_default_device("cpu")
        print(f"{name}\t{size}\t{mixed}\t{full}\t{source}")


main()
