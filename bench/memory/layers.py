"""Measures what networks keep for the backward pass, per sample, as autograd saves it.

    python3 bench/memory/layers.py NETWORKS.py CLASS SIZE...

Needs torch and no GPU (saved.py tells how it is measured).
Dropout is left out: on a GPU it keeps one byte for each element, here it would keep more.
"""

import importlib.util
import json
import sys

import torch
from saved import kept

file, name, *shape = sys.argv[1:]
spec = importlib.util.spec_from_file_location("networks", file)
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)
torch.set_default_device("meta")
model = getattr(networks, name)().train()
two, four = (torch.empty(count, *[int(one) for one in shape]) for count in (2, 4))
mixed, full = ((kept(model, four, short, [four]) - kept(model, two, short, [two])) // 2 for short in (True, False))
print(json.dumps({"name": name, "shape": [int(one) for one in shape], "parameters": sum(one.numel() for one in model.parameters()), "mixed": mixed, "full": full}))
