"""Bytes that autograd keeps for the backward pass, on the meta device, which allocates nothing.

What CUDA's autocast would cast is cast by a function mode, since autocast itself refuses the meta device. Parameters and
their casted copies are counted apart from activations.
"""

import warnings

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

warnings.filterwarnings("ignore")

TO_SHORT = {
    F.linear, F.conv1d, F.conv2d, torch.conv1d, torch.conv2d, torch.conv_transpose2d, F.conv_transpose2d,
    torch.matmul, torch.Tensor.matmul, torch.bmm,
}
TO_FULL = {
    F.layer_norm, F.group_norm, F.softmax, F.log_softmax, F.softplus, torch.softmax, torch.log_softmax, torch.pow,
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


def kept(model, inputs, mixed, apart=()):
    """Bytes kept for one forward pass. `apart`: tensors that are not counted, as the weights are not."""
    own = {storage(one) for one in [*model.parameters(), *apart]}
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
