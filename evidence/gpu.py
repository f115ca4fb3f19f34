"""What fixes do that only a GPU can show: time and memory of a training step before and after.

    python3 evidence/gpu.py                 on a machine with a CUDA device; writes evidence/gpu.json and prints the table
    python3 evidence/gpu.py --dry-run       on any machine: tiny models on the CPU, to see that all of it runs; writes nothing

Real shapes with random weights and random data: ResNet-50 and ViT-B/16 of torchvision, and transformers of the sizes of BERT-base, GPT-2 and
a Llama of 1 B parameters. Needs PyTorch 2 and torchvision. A pair whose first losses differ by more than its
tolerance is a failure: both begin with the same weights and the same batch.
"""

import argparse
import contextlib
import datetime
import json
import os
import sys
import time

import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, Dataset

here = os.path.dirname(os.path.abspath(__file__))


class Block(nn.Module):
    def __init__(self, width, heads, causal, fused):
        super().__init__()
        self.heads, self.causal, self.fused = heads, causal, fused
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def attend(self, x):
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1)
        )
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        else:
            scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
            if self.causal:
                mask = torch.ones(length, length, dtype=torch.bool, device=x.device).tril()
                scores = scores.masked_fill(~mask, float("-inf"))
            y = scores.softmax(-1) @ v
        return self.out(y.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x):
        x = x + self.attend(self.first(x))
        return x + self.mlp(self.second(x))


class Transformer(nn.Module):
    def __init__(self, layers, width, heads, words, length, causal=True, fused=True, recompute=False):
        super().__init__()
        self.recompute = recompute
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList(Block(width, heads, causal, fused) for _ in range(layers))
        self.head = nn.Linear(width, words, bias=False)

    def forward(self, ids):
        x = self.words(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False) if self.recompute else block(x)
        return self.head(x)


class Pictures(Dataset):
    """Decoding and augmentation that the processor has to do for each sample."""

    def __init__(self, count, size):
        self.count = count
        self.transform = torchvision.transforms.Compose(
            [torchvision.transforms.RandomResizedCrop(size), torchvision.transforms.RandomHorizontalFlip()]
        )

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        picture = torch.randint(0, 256, (3, 256, 256), dtype=torch.uint8)
        return self.transform(picture).float() / 255, index % 10


class Bench:
    def __init__(self, dry):
        self.dry = dry
        self.device = torch.device("cpu" if dry else "cuda")
        self.steps, self.warm_up = (1, 1) if dry else (50, 10)
        if dry:
            torch.set_num_threads(1)

    def shapes(self, name):
        real = {
            "bert-base": dict(layers=12, width=768, heads=12, words=30522, length=512, causal=False),
            "gpt2": dict(layers=12, width=768, heads=12, words=50257, length=1024),
            "llama-1b": dict(layers=16, width=2048, heads=32, words=32000, length=1024),
        }[name]
        return {**real, "layers": 2, "width": 64, "heads": 4, "words": 100, "length": 16} if self.dry else real

    def model(self, name, **options):
        torch.manual_seed(0)
        if name == "resnet50":
            basic = torchvision.models.resnet.BasicBlock
            small = torchvision.models.ResNet(basic, [1, 1, 1, 1], num_classes=10) if self.dry else None
            model = small or torchvision.models.resnet50()
        elif name == "vit-b-16":
            small = dict(image_size=32, patch_size=16, num_layers=2, num_heads=2, hidden_dim=32, mlp_dim=64)
            model = (
                torchvision.models.VisionTransformer(**small) if self.dry else torchvision.models.vit_b_16()
            )
        else:
            model = Transformer(**{**self.shapes(name), **options})
        return model.to(self.device)

    def batch(self, name, size):
        torch.manual_seed(1)
        if name in ("resnet50", "vit-b-16"):
            side = 32 if self.dry else 224
            inputs = torch.randn(size, 3, side, side, device=self.device)
            return inputs, torch.randint(0, 10, (size,), device=self.device)
        shape = self.shapes(name)
        ids = torch.randint(0, shape["words"], (size, shape["length"]), device=self.device)
        return ids, ids

    def synchronize(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def train(self, name, size, bf16=False, compiled=False, item_every=None, loader=None, **options):
        """One training; seconds and samples of the steps behind the warm-up, the peak of memory and the first loss."""
        model = self.model(name, **options)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        step_of = torch.compile(model, backend="eager" if self.dry else "inductor") if compiled else model
        fixed = self.batch(name, size)
        batches = iter(loader) if loader is not None else None
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        total, first = 0.0, None
        for step in range(self.warm_up + self.steps):
            if step == self.warm_up:
                self.synchronize()
                start = time.perf_counter()
            inputs, targets = fixed if batches is None else [one.to(self.device, non_blocking=True) for one in next(batches)]
            context = torch.autocast(self.device.type, torch.bfloat16) if bf16 else contextlib.nullcontext()
            with context:
                output = step_of(inputs)
                loss = F.cross_entropy(output.flatten(0, -2).float(), targets.flatten())
            if first is None:
                first = loss.item()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if item_every is not None and step % item_every == 0:
                total += loss.item()
        self.synchronize()
        seconds = time.perf_counter() - start
        peak = torch.cuda.max_memory_allocated() / 2**20 if self.device.type == "cuda" else None
        return {"ms": 1000 * seconds / self.steps, "samples": size * self.steps / seconds, "mib": peak, "loss": first}

    def loader(self, size, workers):
        count = size * (self.warm_up + self.steps + 1)
        return DataLoader(Pictures(count, 32 if self.dry else 224), size, num_workers=workers, pin_memory=not self.dry)


def pairs(bench):
    """Rule, model, what is compared, before, after, and by how much the first losses may differ (None: other data)."""
    large = 2 if bench.dry else None
    for name, size in [("resnet50", 64), ("vit-b-16", 64), ("bert-base", 16), ("gpt2", 8), ("llama-1b", 2)]:
        size = large or size
        yield "precision/full-precision", name, f"batch {size}", dict(name=name, size=size), dict(name=name, size=size, bf16=True), 0.02
    for name, size in [("resnet50", 64), ("gpt2", 8)]:
        size = large or size
        one = dict(name=name, size=size, bf16=True)
        yield "training/not-compiled", name, f"batch {size}, bf16", one, dict(one, compiled=True), 0.02
        yield "training/sync-in-loop", name, f"batch {size}, bf16", dict(one, item_every=1), dict(one, item_every=50), 0.02
    for name, size in [("bert-base", 16), ("gpt2", 8)]:
        size = large or size
        one = dict(name=name, size=size, bf16=True)
        yield "training/eager-attention", name, f"batch {size}, bf16", dict(one, fused=False), dict(one, fused=True), 0.02
        yield "training/needless-memory-saving", name, f"batch {size}, bf16", dict(one, recompute=True), dict(one, recompute=False), 0.02
    for name, small, size in [("resnet50", 4, 128), ("gpt2", 1, 8)]:
        small, size = (1, 2) if bench.dry else (small, size)
        small = max(small, 2) if name == "resnet50" else small
        yield "training/tiny-batch", name, f"batch {small} → {size}, bf16", dict(name=name, size=small, bf16=True), dict(name=name, size=size, bf16=True), None
    size, workers = (2, 1) if bench.dry else (64, 8)
    one = dict(name="resnet50", size=size, bf16=True)
    yield "data/no-loader-workers", "resnet50", f"batch {size}, bf16, 0 → {workers} workers", dict(one, workers=0), dict(one, workers=workers), None


def run(bench, workers=None, **options):
    if workers is not None:
        options["loader"] = bench.loader(options["size"], workers)
    result = bench.train(**options)
    if bench.device.type == "cuda":
        torch.cuda.empty_cache()
    return result


def row(rule, name, what, before, after):
    def change(key, form):
        one, two = before[key], after[key]
        return "" if one is None else f"{form.format(one)} → {form.format(two)}"

    return f"| `{rule}` | {name} | {what} | {change('ms', '{:.1f}')} | {change('samples', '{:.0f}')} | {change('mib', '{:.0f}')} |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dry-run", action="store_true")
    dry = parser.parse_args().dry_run
    if not dry and not torch.cuda.is_available():
        sys.exit("no CUDA device: --dry-run tries everything on the CPU")
    bench = Bench(dry)
    # Normalization over two samples is at the mercy of rounding.
    slack = 10 if dry else 1
    results, failed = [], 0
    print("| rule | model | what | ms a step | samples a second | peak memory (MiB) |\n|---|---|---|---|---|---|")
    for rule, name, what, first, second, tolerance in pairs(bench):
        before, after = run(bench, **first), run(bench, **second)
        print(row(rule, name, what, before, after), flush=True)
        results.append(dict(rule=rule, model=name, what=what, before=before, after=after))
        if tolerance is not None and abs(before["loss"] - after["loss"]) > slack * tolerance * abs(before["loss"]):
            failed += 1
            print(f"{rule}, {name}: the loss is {after['loss']:.3f} instead of {before['loss']:.3f}", file=sys.stderr)
    if not dry:
        about = dict(
            date=datetime.date.today().isoformat(),
            card=torch.cuda.get_device_name(),
            torch=torch.__version__,
            cuda=torch.version.cuda,
            torchvision=torchvision.__version__,
        )
        with open(os.path.join(here, "gpu.json"), "w", encoding="utf-8") as file:
            json.dump(dict(**about, results=results), file, indent=2)
        print(about)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
