/** A project that changes: what the editor holds, what comes and goes on disk. */
import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const grid = `from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV

grid = {'max_depth': [4, 8, 16, 32], 'max_features': [0.2, 0.4, 0.6], 'min_samples_leaf': [1, 2, 4, 8, 16]}
search = GridSearchCV(RandomForestClassifier(), grid, cv=5)
`
const clean = 'print("nothing to see")\n'

async function project(files: Map<string, string>) {
  const opened = await openProject(memoryRoot, memoryHost(files))
  const paths = async () => (await opened.lint()).findings.map((finding) => finding.location.path)
  return { opened, paths }
}

describe('a project over time', () => {
  it('takes new files in, and only those that discovery would find', async () => {
    const files = new Map([
      ['a.py', grid],
      ['.gitignore', 'ignored/\n'],
    ])
    const { opened, paths } = await project(files)
    assert.deepEqual(await paths(), ['a.py'])
    for (const path of ['.venv/lib/x.py', 'ignored/y.py', 'b.py']) {
      files.set(path, grid)
      opened.changedOnDisk(path)
    }
    assert.deepEqual(await paths(), ['a.py', 'b.py'])
  })

  it('drops what lay in a folder that has gone', async () => {
    const files = new Map([
      ['a.py', grid],
      ['old/b.py', grid],
      ['old/c.py', grid],
    ])
    const { opened, paths } = await project(files)
    assert.deepEqual(await paths(), ['a.py', 'old/b.py', 'old/c.py'])
    files.delete('old/b.py')
    files.delete('old/c.py')
    opened.changedOnDisk('old')
    assert.deepEqual(await paths(), ['a.py'])
  })

  it('keeps what an editor holds, however much is read besides', async () => {
    const files = new Map([['a.py', clean]])
    const filler = `import torch\n${'# nothing to see\n'.repeat(6_000)}`
    for (let index = 0; index < 70; index++) files.set(`library/part${index}.py`, filler)
    const { opened } = await project(files)
    opened.open('a.py', grid)
    const [finding] = (await opened.lint()).findings
    const fixes = await opened.fixes(finding!)
    assert.ok(
      fixes.some((fix) => 'edits' in fix && fix.edits.length > 0),
      JSON.stringify(fixes),
    )
  })

  it('judges a notebook in the editor on the GPU that its metadata names', async () => {
    const text =
      "from ultralytics import YOLO\nYOLO('yolo11n.pt').train(data='x.yaml', epochs=9, amp=False, device=0)\n"
    const { opened } = await project(new Map())
    const messages = async (gpuType: string) => {
      const cell = { kind: 'code' as const, language: 'python', text }
      opened.open('a.ipynb', [cell], { accelerator: 'GPU', colab: { gpuType } })
      return (await opened.lint()).findings.map(({ message }) => message)
    }
    assert.match((await messages('T4')).join(), /faster on T4/)
    assert.match((await messages('A100')).join(), /faster on A100/)
  })

  it('offers two wishes that are spelled the same once', async () => {
    const train =
      "from ultralytics import YOLO\nYOLO('yolo11n.pt').train(data='x.yaml', epochs=9, amp=False, device=0)\n"
    const { opened } = await project(new Map([['train.py', train]]))
    const [finding] = (await opened.lint()).findings
    assert.equal(finding?.rule, 'precision/full-precision')
    const titles = (await opened.fixes(finding)).map((fix) => fix.title)
    assert.deepEqual(titles, ['Train in mixed precision (remove amp=False) (model/mixed-precision)'])
  })

  it('judges anew when the pinned version of a library changes', async () => {
    const train = `import torch
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained('gpt2').cuda()
optimizer = torch.optim.AdamW(model.parameters())
for batch in batches:
    loss = model(**batch).loss
    loss.backward()
    optimizer.step()
`
    const files = new Map([
      ['train.py', train],
      ['requirements.txt', 'transformers==4.46.1\n'],
    ])
    const { opened } = await project(files)
    const precision = async () =>
      (await opened.lint()).findings.filter(({ rule }) => rule === 'precision/full-precision').length
    // From version 5 on, weights are loaded in the precision that they were saved in, which nobody knows here.
    assert.equal(await precision(), 1)
    opened.open('requirements.txt', 'transformers==5.1.0\n')
    assert.equal(await precision(), 0)
    opened.close('requirements.txt')
    assert.equal(await precision(), 1)
    files.set('requirements.txt', 'transformers==5.1.0\n')
    opened.changedOnDisk('requirements.txt')
    assert.equal(await precision(), 0)
  })

  it('prefers the text of the editor until the file is closed', async () => {
    const { opened, paths } = await project(new Map([['a.py', clean]]))
    assert.deepEqual(await paths(), [])
    opened.open('a.py', grid)
    assert.deepEqual(await paths(), ['a.py'])
    opened.open('new.py', grid)
    assert.deepEqual(await paths(), ['a.py', 'new.py'])
    opened.close('a.py')
    opened.close('new.py')
    assert.deepEqual(await paths(), [])
  })

  it('judges a script again when the launch that it depends on changes', async () => {
    const files = new Map([
      [
        'train.py',
        `import argparse

import torch
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.datasets import ImageFolder

parser = argparse.ArgumentParser()
parser.add_argument('--workers', type=int, default=0)
args = parser.parse_args()
model = models.resnet50().cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
train_loader = DataLoader(ImageFolder('train'), batch_size=64, shuffle=True, num_workers=args.workers)
for epoch in range(90):
    for images, labels in train_loader:
        with torch.autocast('cuda', dtype=torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(model(images.cuda()), labels.cuda())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
`,
      ],
      ['run.sh', 'python train.py\n'],
    ])
    const { opened } = await project(files)
    const rules = async () => (await opened.lint()).findings.map((finding) => finding.rule)
    assert.ok((await rules()).includes('data/no-loader-workers'))
    opened.open('run.sh', 'python train.py --workers 8\n')
    assert.ok(!(await rules()).includes('data/no-loader-workers'))
    opened.close('run.sh')
    assert.ok((await rules()).includes('data/no-loader-workers'))
  })

  it('judges a script again when the same value of its launch becomes one that somebody may replace', async () => {
    const train = `import argparse
import torch
from torchvision.datasets import ImageFolder
from torchvision.models import resnet50

parser = argparse.ArgumentParser()
parser.add_argument('--workers', type=int, default=8)
args = parser.parse_args()
loader = torch.utils.data.DataLoader(ImageFolder('/data'), batch_size=256, num_workers=args.workers)
model = resnet50().cuda()
optimizer = torch.optim.AdamW(model.parameters())
for epoch in range(90):
    for images, labels in loader:
        loss = torch.nn.functional.cross_entropy(model(images.cuda()), labels.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`
    const header = '#!/bin/bash\n#SBATCH --gres=gpu:1\n#SBATCH --time=24:00:00\n'
    const files = new Map([
      ['train.py', train],
      ['inner.sh', 'workers=${1:-0}\npython train.py --workers $workers\n'],
      ['submit.sbatch', `${header}bash inner.sh\n`],
    ])
    const { opened } = await project(files)
    const severities = async () =>
      (await opened.lint()).findings
        .filter(({ rule }) => rule === 'data/no-loader-workers')
        .map(({ severity }) => severity)
    assert.deepEqual(await severities(), ['warning'])
    // Nothing calls the script any more, so that whoever starts it may pass another number.
    opened.open('submit.sbatch', header)
    assert.deepEqual(await severities(), ['information'])
  })

  it('points to where a value stands now, though its value is the same', async () => {
    const files = new Map([
      [
        'train.py',
        `from accelerate import Accelerator
import torch
from mylib import Net, batches

accelerator = Accelerator()
model, optimizer = Net(), torch.optim.AdamW([])
for x, y in batches():
    loss = model(x, y)
    accelerator.backward(loss)
    optimizer.step()
`,
      ],
      ['accelerate.yaml', "distributed_type: MULTI_GPU\nmixed_precision: 'no'\n"],
      ['run.sh', 'accelerate launch --config_file accelerate.yaml train.py\n'],
    ])
    const { opened } = await project(files)
    const places = async () =>
      (await opened.lint()).findings.map(({ location }) => [location.path, location.start])
    const at = files.get('accelerate.yaml')!.indexOf('mixed_precision')
    assert.deepEqual(await places(), [['accelerate.yaml', at]])
    opened.open('accelerate.yaml', `# moved\n${files.get('accelerate.yaml')}`)
    assert.deepEqual(await places(), [['accelerate.yaml', at + 8]])
  })

  it('does not relate a finding on a launch line to itself', async () => {
    const script = `from transformers import AutoModelForSequenceClassification, HfArgumentParser, Trainer, TrainingArguments

(training_args,) = HfArgumentParser((TrainingArguments,)).parse_args_into_dataclasses()
model = AutoModelForSequenceClassification.from_pretrained('roberta-large')
trainer = Trainer(model=model, args=training_args, train_dataset=load())
trainer.train()
`
    const { opened } = await project(
      new Map([
        ['train.py', script],
        ['slow.sh', 'python train.py --output_dir out\n'],
        ['fast.sh', 'python train.py --output_dir out --bf16\n'],
      ]),
    )
    const { findings } = await opened.lint()
    const [finding] = findings.filter((one) => one.rule === 'precision/full-precision')
    assert.equal(finding?.location.path, 'slow.sh')
    assert.deepEqual(finding?.related, [])
  })
})
