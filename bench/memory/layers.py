"""Measures what networks keep for the backward pass, per sample, as autograd saves it.

    python3 bench/memory/layers.py NETWORKS.py CLASS SIZE...

Needs torch and no GPU: the network is built on the meta device. Casts of CUDA's autocast are made by hand, as in vision.py.
Dropout is left out: on a GPU it keeps one byte for each element, here it would keep more.
"""

import importlib.util
import json
import sys
import warnings

import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")
sys.argv, arguments = [sys.argv[0]], sys.argv[1:]

TO_SHORT = {F.linear, F.conv1d, F.conv2d, torch.conv1d, torch.conv2d, torch.conv_transpose2d, F.conv_transpose2d}
TO_FULL = {F.layer_norm, F.group_norm, F.softmax, F.log_softmax, torch.softmax, torch.log_softmax}


class Autocast(torch.overrides.TorchFunctionMode):
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


def kept(model, inputs, mixed):
    own = {storage(one) for one in model.parameters()} | {storage(inputs)}
    seen = {}
    cast = Autocast()

    def pack(tensor):
        if storage(tensor) not in own:
            seen[storage(tensor)] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        if mixed:
            with cast:
                result = model(inputs)
        else:
            result = model(inputs)
    copies = {storage(one) for one in cast.copies.values()}
    total = sum(one.untyped_storage().nbytes() for key, one in seen.items() if key not in copies)
    del result
    return total


file, name, *shape = arguments
spec = importlib.util.spec_from_file_location("networks", file)
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)
torch.set_default_device("meta")
model = getattr(networks, name)().train()
two, four = (torch.empty(count, *[int(one) for one in shape]) for count in (2, 4))
mixed, full = ((kept(model, four, short) - kept(model, two, short)) // 2 for short in (True, False))
print(json.dumps({"name": name, "shape": [int(one) for one in shape], "parameters": sum(one.numel() for one in model.parameters()), "mixed": mixed, "full": full}))
