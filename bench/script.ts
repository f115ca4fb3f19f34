/** A training script of any length: definitions, configuration and one training loop at its end. */
export function trainingScript(lines: number): string {
  const out = [
    'import argparse',
    '',
    'import torch',
    'from sklearn.model_selection import GridSearchCV',
    'from torch import nn',
    'from torch.utils.data import DataLoader, Dataset',
    'from torchvision.models import resnet50',
    '',
  ]
  for (let index = 0; out.length < lines - 40; index++) {
    out.push(
      '',
      `class Block${index}(nn.Module):`,
      `    """Residual block ${index}."""`,
      '',
      `    def __init__(self, width=${64 + (index % 8) * 32}):`,
      '        super().__init__()',
      '        self.norm = nn.LayerNorm(width)',
      '        self.layers = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))',
      '',
      '    def forward(self, x, scale=1.0):',
      '        y = self.layers(self.norm(x))',
      '        if scale != 1.0:',
      '            y = y * scale',
      '        return x + y',
      '',
    )
  }
  out.push(
    '',
    'def search(model):',
    "    grid = {'alpha': [1, 2, 3, 4], 'beta': [1, 2, 3, 4, 5], 'gamma': [1, 2, 3]}",
    '    return GridSearchCV(model, grid, cv=5)',
    '',
    '',
    'def main():',
    '    parser = argparse.ArgumentParser()',
    "    parser.add_argument('--epochs', type=int, default=100)",
    '    args = parser.parse_args()',
    "    device = torch.device('cuda')",
    '    model = resnet50().to(device)',
    '    loader = DataLoader(Images(), batch_size=64, shuffle=True)',
    '    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)',
    '    for epoch in range(args.epochs):',
    '        for inputs, targets in loader:',
    '            optimizer.zero_grad()',
    '            loss = nn.functional.mse_loss(model(inputs.to(device)), targets.to(device))',
    '            loss.backward()',
    '            optimizer.step()',
    '',
    '',
    "if __name__ == '__main__':",
    '    main()',
    '',
  )
  return out.join('\n')
}
