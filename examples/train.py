"""Train a classifier of leaf diseases on a folder of photos, one sub-folder per disease."""

import argparse
import os
from pathlib import Path

import torch
import torch.nn.functional as F
import wandb
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data_dir", type=Path, default=os.environ.get("SM_CHANNEL_TRAINING", "data/leaves"))
    parser.add_argument("--output_dir", type=Path, default=os.environ.get("SM_MODEL_DIR", "runs/latest"))
    parser.add_argument("--arch", default="resnet50", choices=["resnet50", "convnext_tiny", "efficientnet_v2_s"])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--weight_decay", type=float, default=0.05)
    parser.add_argument("--label_smoothing", type=float, default=0.1)
    return parser.parse_args()


def build_loaders(data_dir, batch_size):
    train_transform = transforms.Compose(
        [
            transforms.RandomResizedCrop(224),
            transforms.RandomHorizontalFlip(),
            transforms.ColorJitter(0.2, 0.2, 0.2),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )
    val_transform = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )
    train_set = datasets.ImageFolder(data_dir / "train", train_transform)
    val_set = datasets.ImageFolder(data_dir / "val", val_transform)
    train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True, drop_last=True)
    val_loader = DataLoader(val_set, batch_size=batch_size)
    return train_loader, val_loader, train_set.classes


def build_model(arch, classes):
    model = getattr(models, arch)(weights="DEFAULT")
    if arch == "resnet50":
        model.fc = nn.Linear(model.fc.in_features, len(classes))
    else:
        model.classifier[-1] = nn.Linear(model.classifier[-1].in_features, len(classes))
    return model


def train_one_epoch(model, loader, optimizer, device, label_smoothing):
    model.train()
    total = 0.0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        logits = model(images)
        loss = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.detach()
    return total / len(loader)


@torch.no_grad()
def evaluate(model, loader, device):
    model.eval()
    correct = torch.zeros((), device=device)
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        correct += (model(images).argmax(dim=1) == labels).sum()
    return correct.item() / len(loader.dataset)


def main():
    args = parse_args()
    device = torch.device("cuda")
    wandb.init(project="leaves", config=vars(args))

    train_loader, val_loader, classes = build_loaders(args.data_dir, args.batch_size)
    model = build_model(args.arch, classes).to(device)
    optimizer = optim.AdamW(model.parameters(), lr=args.lr, weight_decay=args.weight_decay)

    best = 0.0
    args.output_dir.mkdir(parents=True, exist_ok=True)
    for epoch in range(args.epochs):
        loss = train_one_epoch(model, train_loader, optimizer, device, args.label_smoothing)
        accuracy = evaluate(model, val_loader, device)
        wandb.log({"epoch": epoch, "train/loss": loss, "val/accuracy": accuracy})
        if accuracy > best:
            best = accuracy
            torch.save(model.state_dict(), args.output_dir / "best.pt")


if __name__ == "__main__":
    main()
