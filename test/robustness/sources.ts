/** Texts that the tests of this folder break in many ways. */

/** A search with 60 combinations: a finding on `GridSearchCV(…)` in the last line but one. */
export const search = `from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV

grid = {"n_estimators": [100, 200, 300, 400], "max_depth": [2, 4, 6, 8, 10], "max_features": [0.3, 0.6, 1.0]}
search = GridSearchCV(RandomForestClassifier(), grid, cv=5)
search.fit(X, y)
`

/** A training script as people write them: options, a data set, a loop, a helper, a search at the end. */
export const training = `"""Trains an image classifier. Usage: torchrun --nproc_per_node 4 train.py --epochs 90"""
import argparse
from functools import partial

import torch
import torch.nn as nn
import torchvision
from accelerate import Accelerator
from PIL import Image
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from torch.utils.data import DataLoader, Dataset


class Photos(Dataset):
    def __init__(self, paths, *, transform=None):
        self.paths = paths
        self.transform = transform

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index: int):
        image = Image.open(self.paths[index]).convert("RGB")
        label = int("cat" in self.paths[index])
        return (self.transform(image) if self.transform else image), label


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=90)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=0, help="processes that load 'data'")
    parser.add_argument("--amp", action="store_true")
    return parser.parse_args()


def train_one_epoch(model, loader, optimizer, criterion, device, *, log=print, **options):
    model.train()
    for step, (images, labels) in enumerate(loader):
        images, labels = images.to(device, non_blocking=True), labels.to(device)
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            log(f"step {step:>6}: {loss.item():.3f} – {'slow' if loss > 1 else 'fine'}")


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    return sum((model(x.cuda()).argmax(1) == y.cuda()).float().mean().item() for x, y in loader)


def main():
    args = parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    accelerator = Accelerator(gradient_accumulation_steps=4)
    train = Photos(["a.jpg", "b.jpg"], transform=torchvision.transforms.ToTensor())
    make_loader = partial(DataLoader, batch_size=args.batch_size, num_workers=args.workers)
    loader = make_loader(train, shuffle=True)
    model = nn.DataParallel(torchvision.models.resnet50(weights=None)).to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    best = 0.0
    for epoch in range(args.epochs):
        train_one_epoch(model, loader, optimizer, criterion, device)
        if (accuracy := evaluate(model, DataLoader(train, batch_size=256))) > best:
            best = accuracy
            torch.save({"model": model.state_dict(), "epoch": epoch}, "best.pt")
    match best:
        case float(value) if value > 0.9:
            print("good")
        case _:
            pass
    grid = {"n_estimators": [100, 200, 300, 400], "max_depth": list(range(2, 12)), "bootstrap": [True, False]}
    return GridSearchCV(RandomForestClassifier(), grid, cv=5, **{"refit": True})


if __name__ == "__main__":
    main()
`

/** Files that hang together: a job, a script with a module of its own, a sweep, settings, a notebook. */
export const project: Record<string, string> = {
  'train.py': training,
  'job.slurm': `#!/bin/bash
#SBATCH --job-name=train
#SBATCH --gres=gpu:a100:4
#SBATCH --cpus-per-task=32
set -euo pipefail
export OMP_NUM_THREADS=8 MIXED=bf16
for seed in 1 2 3; do
  srun --ntasks=4 torchrun --nproc_per_node=4 train.py --epochs "\${EPOCHS:-90}" --workers 8 \\
    --batch-size $((64 * 4))  # per GPU
done
accelerate launch --config_file accelerate.yaml --mixed_precision "$MIXED" train.py <<EOF
nothing $(date) \`hostname\`
EOF
`,
  'accelerate.yaml': `compute_environment: LOCAL_MACHINE
distributed_type: MULTI_GPU
mixed_precision: 'no'
num_machines: 1
num_processes: 4
`,
  'k8s/job.yaml': `apiVersion: batch/v1
kind: Job
metadata: {name: train, labels: &labels {app: train}}
spec:
  template:
    metadata: {labels: *labels}
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: pytorch/pytorch:2.4.0
          command: ["bash", "-c"]
          args:
            - |
              pip install -r requirements.txt
              python train.py --epochs 30
          resources:
            limits: {nvidia.com/gpu: "4", memory: 64Gi}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{name: main, image: train, command: [torchrun, --nproc_per_node=2, train.py], resources: {limits: {nvidia.com/gpu: 8}}}]
`,
  'sweep.yaml': `program: train.py
method: grid
metric: {name: accuracy, goal: maximize}
parameters:
  lr:
    values: [0.1, 0.03, 0.01, 0.003]
  batch_size:
    values: [32, 64, 128, 256]
  epochs: {value: 90}
`,
  'costlint.toml': `fail-on = "warning"
exclude = ["third_party/**"]

[severity]
"data/no-loader-workers" = "error"

[[overrides]]
files = ["k8s/**"]
ignore = ["lifecycle"]
`,
  'requirements.txt': 'torch==2.4.0\ntransformers>=4.40,<5\nscikit-learn~=1.4\n',
  'launch.py': `import sagemaker
from sagemaker.pytorch import PyTorch

estimator = PyTorch(
    entry_point="train.py",
    role=sagemaker.get_execution_role(),
    instance_count=1,
    instance_type="ml.p3.8xlarge",
    framework_version="2.3",
    py_version="py311",
    hyperparameters={"epochs": 30, "workers": 8},
)
estimator.fit({"train": "s3://bucket/train"})
`,
  'notes.ipynb': JSON.stringify(
    {
      cells: [
        { cell_type: 'markdown', metadata: {}, source: ['# Notes 😀\n', 'text'] },
        {
          cell_type: 'code',
          execution_count: null,
          metadata: {},
          outputs: [],
          source: [
            '%matplotlib inline\n',
            '!torchrun --nproc_per_node 2 train.py --epochs 3\n',
            'import torch',
          ],
        },
        {
          cell_type: 'code',
          execution_count: null,
          metadata: {},
          outputs: [],
          source: search.split(/(?<=\n)/),
        },
        {
          cell_type: 'code',
          execution_count: null,
          metadata: {},
          outputs: [],
          source: ['%%bash\n', 'accelerate launch train.py --workers 4\n'],
        },
      ],
      metadata: { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' } },
      nbformat: 4,
      nbformat_minor: 5,
    },
    null,
    1,
  ),
}
