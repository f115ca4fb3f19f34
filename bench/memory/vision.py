"""Measures what the image classifiers of torchvision keep for the backward pass, per image.

    python3 bench/memory/vision.py > scripts/tables/vision-activations.tsv

Needs torch and torchvision, and no GPU: the models are built on the meta device, which allocates nothing. What CUDA
autocast would cast is cast by a function mode, since autocast itself refuses the meta device. Parameters and their
casted copies are counted apart from activations.
"""

import sys
import warnings

import torch
import torch.nn.functional as F
import torchvision
from torch.overrides import TorchFunctionMode

warnings.filterwarnings("ignore")

TO_SHORT = {F.linear, F.conv2d, torch.conv2d, torch.matmul, torch.Tensor.matmul, torch.bmm}
TO_FULL = {F.layer_norm, F.softmax, torch.softmax, torch.pow}

# Attention of these is written in a way that a function mode cannot follow; their memory comes from their shape.
BY_SHAPE = ("vit_",)

IMAGE_SIZE = {
    "inception_v3": 299, "efficientnet_b2": 256, "efficientnet_b3": 288, "efficientnet_b4": 320,
    "efficientnet_b5": 456, "efficientnet_b6": 528, "efficientnet_b7": 600, "efficientnet_v2_s": 300,
    "efficientnet_v2_m": 384, "efficientnet_v2_l": 384,
}


class Autocast(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.copies = {}

    def short(self, value):
        if not isinstance(value, torch.Tensor) or value.dtype != torch.float32:
            return value
        if not isinstance(value, torch.nn.Parameter):
            return value.to(torch.bfloat16)
        return self.copies.setdefault(id(value), value.to(torch.bfloat16))

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in TO_SHORT:
            args = [self.short(one) for one in args]
            kwargs = {key: self.short(one) for key, one in kwargs.items()}
        elif function in TO_FULL:
            args = [one.float() if isinstance(one, torch.Tensor) and one.dtype == torch.bfloat16 else one for one in args]
        return function(*args, **kwargs)


def storage(tensor):
    return tensor.untyped_storage()._cdata


def kept(model, images, mixed):
    """Bytes that autograd keeps for one forward pass, weights and their copies apart."""
    weights = {storage(one) for one in model.parameters()}
    seen = {}
    cast = Autocast()

    def pack(tensor):
        if storage(tensor) not in weights:
            seen[storage(tensor)] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        if mixed:
            with cast:
                result = model(images)
        else:
            result = model(images)
    copies = {storage(one) for one in cast.copies.values()}
    total = sum(one.untyped_storage().nbytes() for key, one in seen.items() if key not in copies)
    del result
    return total


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
