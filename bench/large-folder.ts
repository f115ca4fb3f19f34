/** A folder of tens of thousands of files, as a company keeps its models in: made anew, the same for the same count. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { trainingScript } from './script.js'

/** The script that is opened, and the modules that it imports. */
export const opened = 'teams/vision/project7/train.py'
const modules = ['data', 'losses', 'schedule', 'metrics', 'checkpoints']

function moduleText(team: number, index: number): string {
  const lines = [
    `"""Part ${index} of team ${team}."""`,
    'import math',
    'import torch',
    'from torch import nn',
    '',
  ]
  for (let part = 0; part < 6 + (index % 12); part++) {
    lines.push(
      '',
      `class Layer${part}(nn.Module):`,
      `    def __init__(self, width=${64 + ((index + part) % 8) * 32}):`,
      '        super().__init__()',
      '        self.norm = nn.LayerNorm(width)',
      '        self.out = nn.Linear(width, width)',
      '',
      '    def forward(self, x):',
      `        return self.out(self.norm(x)) * math.sqrt(${part + 1})`,
      '',
    )
  }
  return lines.join('\n')
}

function scriptText(index: number): string {
  return [
    'import torch',
    `from .part${index % 40} import Layer0`,
    '',
    'def main():',
    "    model = Layer0().to('cuda')",
    '    optimizer = torch.optim.AdamW(model.parameters())',
    '    loader = torch.utils.data.DataLoader(range(1000), batch_size=32)',
    `    for epoch in range(${10 + (index % 50)}):`,
    '        for batch in loader:',
    '            loss = model(batch).mean()',
    '            loss.backward()',
    '            optimizer.step()',
    '',
    "if __name__ == '__main__':",
    '    main()',
    '',
  ].join('\n')
}

const jobText = (index: number, script: string) =>
  [
    '#!/bin/bash',
    `#SBATCH --job-name=job${index}`,
    `#SBATCH --gres=gpu:a100:${1 + (index % 8)}`,
    '#SBATCH --time=24:00:00',
    `srun python ${script} --epochs ${50 + (index % 100)}`,
    '',
  ].join('\n')

const manifestText = (index: number) =>
  [
    'apiVersion: v1',
    'kind: ConfigMap',
    `metadata: {name: settings-${index}}`,
    'data:',
    ...Array.from({ length: 20 }, (_, line) => `  key_${line}: "${index * line}"`),
    '',
  ].join('\n')

/** Relative path and text of each file: two of three are Python, the rest configuration, jobs and data. */
function* files(count: number, lines: number): Generator<[string, string]> {
  const home = dirname(opened)
  const script = trainingScript(lines).replace(
    'import torch\n',
    `import torch\n${modules.map((name) => `from ${name} import Layer0 as ${name}_layer\n`).join('')}`,
  )
  yield [opened, script]
  for (const [index, name] of modules.entries()) yield [`${home}/${name}.py`, moduleText(7, index + 3)]
  yield [`${home}/launch.slurm`, jobText(7, 'train.py')]
  for (let index = 0; index < count - 7; index++) {
    const team = Math.floor(index / 400)
    const folder = `teams/team${team}/area${Math.floor(index / 40) % 10}`
    const kind = index % 12
    const number = index % 400
    if (kind < 7) yield [`${folder}/part${number % 40}.py`, moduleText(team, number)]
    else if (kind === 7) yield [`${folder}/run${number}.py`, scriptText(number)]
    else if (kind === 8) yield [`${folder}/settings${number}.yaml`, manifestText(number)]
    else if (kind === 9) yield [`${folder}/job${number}.slurm`, jobText(number, `run${number - 2}.py`)]
    else if (kind === 10) yield [`${folder}/values${number}.json`, JSON.stringify({ lr: 0.1, seed: number })]
    else yield [`${folder}/notes${number}.yaml`, `lr: ${number / 1000}\nbatch_size: ${number}\n`]
  }
}

/** @returns the text of the script that is to be opened */
export function writeLargeFolder(root: string, count: number, lines = 1000): string {
  const made = new Set<string>()
  let text = ''
  for (const [path, content] of files(count, lines)) {
    const folder = join(root, dirname(path))
    if (!made.has(folder)) mkdirSync(folder, { recursive: true })
    made.add(folder)
    writeFileSync(join(root, path), content)
    if (path === opened) text = content
  }
  return text
}
