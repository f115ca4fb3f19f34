/** What a project holds more of after thousands of edits, and after files that came and went. See README.md. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openProject } from '../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../test/cases/memory-host.js'

const files: Record<string, string> = {
  'train.py': `import argparse
import torch
from model import build
from omegaconf import OmegaConf

parser = argparse.ArgumentParser()
parser.add_argument('--workers', type=int, default=0)
args = parser.parse_args()
config = OmegaConf.load('config.yaml')
model = build().cuda()
loader = torch.utils.data.DataLoader(images, batch_size=config.batch, num_workers=args.workers)
optimizer = torch.optim.AdamW(model.parameters())
for epoch in range(90):
    for pictures, labels in loader:
        loss = torch.nn.functional.cross_entropy(model(pictures.cuda()), labels.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`,
  'model.py': 'import torch\n\ndef build():\n    return torch.nn.Linear(4096, 4096)\n',
  'config.yaml': 'batch: 32\n',
  'run.slurm': '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\nsrun python train.py --workers 2\n',
}

/** Bytes that are in use after everything that nobody holds was collected. */
function bytesInUse(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let times = 0; times < 3; times++) collect()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

/** A text that was never there before, in the way that people write texts of this kind. */
function edited(path: string, count: number): string {
  const text = files[path]!
  if (path === 'run.slurm') return text.replace('--workers 2', `--workers ${count}`)
  if (path === 'config.yaml') return `batch: ${count}\n`
  return `${text}note_${count} = ${count} + len(model_${count})\n`
}

const edits = 5_000
const copies = 1_000
/** Megabytes that either may cost. */
const most = 10

const now = new Map(Object.entries(files))
const project = await openProject(memoryRoot, memoryHost(now), { workers: 0 })
const paths = ['train.py', 'model.py', 'train.py', 'run.slurm', 'config.yaml']
let count = 0

async function edit(times: number): Promise<void> {
  for (const end = count + times; count < end; count++) {
    const path = paths[count % paths.length]!
    project.open(path, edited(path, count))
    await project.lint({ paths: [path] })
    if (count % 50 === 0) project.close(path)
  }
}

async function comeAndGo(times: number): Promise<void> {
  for (const end = count + times; count < end; count++) {
    const copy = `copies/${count}.py`
    now.set(copy, files['train.py']!)
    project.changedOnDisk(copy)
    await project.lint({ paths: [copy] })
    now.delete(copy)
    project.changedOnDisk(copy)
  }
  await project.lint({ paths: [] })
}

async function megabytesOf(work: () => Promise<void>): Promise<number> {
  const before = bytesInUse()
  await work()
  return (bytesInUse() - before) / 1e6
}

// The engine warms up: what is compiled stays.
await edit(500)
await comeAndGo(50)
const typed = await megabytesOf(() => edit(edits))
console.log(`${edits} edits: ${typed.toFixed(1)} MB more`)
const come = await megabytesOf(() => comeAndGo(copies))
console.log(`${copies} files that come and go: ${come.toFixed(1)} MB more`)
await project.dispose()
if (Math.max(typed, come) >= most) process.exitCode = 1
