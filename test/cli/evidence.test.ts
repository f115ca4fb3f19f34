/** `costlint evidence`: what was measured changes bills, findings and the checklist. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { runHere } from './here.js'

const train = `import torch
from torch.utils.data import DataLoader
from torchvision import models, transforms
from torchvision.datasets import ImageFolder

device = torch.device("cuda")
loader = DataLoader(ImageFolder("photos", transforms.ToTensor()), batch_size=64)
model = models.resnet50().to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(90):
    for images, labels in loader:
        loss = torch.nn.functional.cross_entropy(model(images.to(device)), labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`
const job = `#!/bin/bash
#SBATCH --job-name=photos
#SBATCH --gres=gpu:a100:1
python train.py
`
const accounting = `JobID|JobName|Submit|Start|Elapsed|State
1|photos|2026-11-20T08:00:00|2026-11-20T08:30:00|04:00:00|COMPLETED
2|photos|2026-11-21T08:00:00|2026-11-21T08:30:00|05:00:00|COMPLETED
3|photos|2026-11-22T08:00:00|2026-11-22T08:30:00|00:01:00|FAILED
4|other|2026-11-22T08:00:00|2026-11-22T08:30:00|09:00:00|COMPLETED
`
const samples = (busy: number) => `index, utilization.gpu [%]\n0, ${busy} %\n`

/** Adds the file, and runs the command over what was kept. */
async function added(evidence: Record<string, string>, add: string[], command: string[]) {
  let kept = ''
  const files = { 'train.py': train, 'job.slurm': job, ...evidence }
  const said = await runHere(files, ['evidence', 'add', ...add], {
    after: (root) => {
      kept = readFileSync(join(root, '.costlint/evidence.json'), 'utf8')
    },
  })
  assert.equal(said.code, 0, said.err)
  return runHere({ ...files, '.costlint/evidence.json': kept }, command)
}

describe('costlint evidence', () => {
  it('gives the bill the hours that were measured, by the name of the job', async () => {
    const { out } = await added(
      { 'sacct.txt': accounting },
      ['sacct.txt'],
      ['cost', '--output-format', 'json'],
    )
    const [entry] = JSON.parse(out).jobs
    assert.deepEqual(entry.hours, { low: 4, high: 5 })
    assert.equal(entry.state, 'priced')
    assert.deepEqual(entry.unknown, [])
    assert.ok(entry.assumptions.includes('hours as measured in the last 2 runs (sacct, 2026-11-21)'))
    const before = await runHere({ 'train.py': train, 'job.slurm': job }, ['cost', '--output-format', 'json'])
    assert.notEqual(JSON.parse(before.out).jobs[0].state, 'priced')
  })

  it('says with a finding what supports it, and more quietly what contradicts it', async () => {
    const check = ['check', '--select', 'data/no-loader-workers', '--output-format', 'json', '--show-hints']
    const idle = await added({ 'smi.csv': samples(23) }, ['smi.csv', '--run', 'train.py'], check)
    const [supported] = JSON.parse(idle.out).findings
    assert.match(supported.message, / The accelerators were busy 23 % of the last run\.$/)
    const full = await added({ 'smi.csv': samples(96) }, ['smi.csv', '--run', 'train.py'], check)
    const [contradicted] = JSON.parse(full.out).findings
    assert.match(contradicted.message, / But the accelerators were busy 96 % of the last run\.$/)
    assert.equal(supported.severity, 'warning')
    assert.equal(contradicted.severity, 'information')
    assert.equal(contradicted.fingerprint, supported.fingerprint)
    const other = await added({ 'smi.csv': samples(96) }, ['smi.csv', '--run', 'eval.py'], check)
    assert.doesNotMatch(JSON.parse(other.out).findings[0].message, /last run/)
  })

  it('fills the checklist', async () => {
    const { out } = await added(
      { 'sacct.txt': accounting, 'smi.csv': samples(23) },
      ['sacct.txt', 'smi.csv'],
      ['checklist'],
    )
    assert.match(out, /\| Utilisation \| accelerators busy 23 % of smi\.csv \(nvidia-smi\)\. \|/)
    assert.match(out, /Measured: 1 of 4 measured runs failed\./)
    assert.match(out, /Measured: median wait of 4 jobs: 30 min\./)
  })

  it('lists and forgets runs, and replaces those that are added again', async () => {
    const listed = await added({ 'sacct.txt': accounting }, ['sacct.txt', 'sacct.txt'], ['evidence', 'list'])
    assert.equal(listed.out.trim().split('\n').length, 4)
    assert.match(listed.out, /^sacct:1 photos: 2026-11-20 08:30, 4 h, finished, queued 30 min, of photos$/m)
    const removed = await added({ 'sacct.txt': accounting }, ['sacct.txt'], ['evidence', 'remove', 'sacct:1'])
    assert.equal(removed.out, 'Removed 1, kept 3.\n')
    const unknown = await added({ 'sacct.txt': accounting }, ['sacct.txt'], ['evidence', 'remove', 'sacct:9'])
    assert.deepEqual([unknown.code, /no such run: sacct:9/.test(unknown.err)], [2, true])
  })

  it('reads packed files, and refuses those that unpack to more than is allowed', async () => {
    const packed = await runHere({}, ['evidence', 'add', 'smi.csv.gz'], (root) => {
      writeFileSync(join(root, 'smi.csv.gz'), gzipSync(samples(50)))
    })
    assert.equal(packed.out, 'Added 1 run to .costlint/evidence.json, which holds 1.\n')
    const bomb = await runHere({}, ['evidence', 'add', 'bomb.gz'], (root) => {
      writeFileSync(join(root, 'bomb.gz'), gzipSync(Buffer.alloc(257 * 2 ** 20)))
    })
    assert.equal(bomb.code, 2)
    assert.match(bomb.err, /bomb\.gz: larger than 256 MiB/)
  }).timeout(20_000)

  it('refuses what it cannot read, and a damaged file of records', async () => {
    const folder = await runHere({ 'train.py': train }, ['evidence', 'add', '.'])
    assert.match(folder.err, /\.: no file/)
    const damaged = { '.costlint/evidence.json': '{"version": 9}', 'train.py': train }
    const list = await runHere(damaged, ['evidence', 'list'])
    assert.match(list.err, /\.costlint\/evidence\.json: no run evidence of version 1/)
    const check = await runHere(damaged, ['check'])
    assert.equal(check.code, 2)
    assert.match(check.err, /evidence\.json:1: no run evidence of version 1/)
  })
})
