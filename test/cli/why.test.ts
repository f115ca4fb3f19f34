/** `costlint why` on a small project, through the real engine. */
import assert from 'node:assert/strict'
import type { Explanation } from '../../server/src/linter.js'
import { runHere } from './here.js'

const script = `import argparse

import torch
from torch.utils.data import DataLoader
from data import Images

parser = argparse.ArgumentParser()
parser.add_argument("--workers", type=int, default=0)
args = parser.parse_args()

loader = DataLoader(Images("train"), batch_size=64, num_workers=args.workers)
model = torch.nn.Linear(2048, 1000).cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(90):
    for images, labels in loader:
        loss = torch.nn.functional.cross_entropy(model(images.cuda()), labels.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`

const files = {
  'costlint.toml': '',
  'train.py': script,
  'job.sbatch': `#!/bin/bash
#SBATCH --gres=gpu:a100:1
#SBATCH --time=24:00:00
srun python train.py --workers $WORKERS
`,
  'plain.py': 'print("hello")\n',
}

const why = (args: string[], given: Record<string, string> = files) => runHere(given, ['why', ...args])

const explained = async (args: string[], given = files): Promise<Explanation> =>
  JSON.parse((await why([...args, '--output-format', 'json'], given)).out)

describe('costlint why', () => {
  it('says that what holds for several jobs is said at one of them', async () => {
    const job = (name: string) =>
      `from sagemaker.pytorch import PyTorch\n\nPyTorch(\n    entry_point="train.py",\n    role="r",\n    base_job_name="${name}",\n    instance_type="ml.g5.2xlarge",\n    instance_count=1,\n    framework_version="2.5",\n    py_version="py311",\n).fit()\n`
    const given = { 'train.py': script, 'a.py': job('a'), 'b.py': job('b') }
    const rule = 'lifecycle/on-demand-interruptible'
    assert.match((await why(['a.py', rule], given)).out, /Reported\n\s+lifecycle\/on-demand-interruptible/)
    assert.match((await why(['b.py', rule], given)).out, /it is said once in the project, at another place/)
  })

  it('says where each setting was read and what is not known', async () => {
    const { out, code } = await why(['train.py:11'])
    assert.equal(code, 0)
    assert.match(
      out,
      /^train\.py:11 InputPipeline \(pytorch-data-loader\)\n {2}role: training, accelerator: gpu, small: a network of 2\.0 million parameters\n/,
    )
    assert.match(out, /\n {2}job at job\.sbatch:2\n {2}launched at job\.sbatch:4\n/)
    assert.match(out, /\n {2}pinnedMemory +false +default of `pin_memory`, train\.py:11\n/)
    assert.match(
      out,
      /\n {2}workers +not known: a variable on the launch line +`num_workers`, code, train\.py:11\n/,
    )
  })

  it('says what a rule reports', async () => {
    const { out } = await why(['train.py', 'precision/full-precision'])
    assert.match(out, / {2}Reported\n {4}precision\/full-precision {2}\w+ at train\.py:\d+: Trains in fp32: /)
    assert.doesNotMatch(out, /no-early-stopping/)
  })

  it('says how much `check` makes of what matters more in one launch than in another', async () => {
    const { out } = await why(['train.py', 'precision/full-precision'], {
      'costlint.toml': '',
      'train.py': `import torch
from data import batches, Net

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = Net().to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for images, labels in batches():
    loss = torch.nn.functional.cross_entropy(model(images.to(device)), labels.to(device))
    loss.backward()
    optimizer.step()
`,
      'a.sbatch': '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython train.py\n',
      'b.sh': 'python train.py\n',
    })
    assert.match(out, / {2}Reported\n {4}precision\/full-precision {2}warning at train\.py:7/)
  })

  it('says why a file whose syntax is broken is worth hints at most', async () => {
    const { out } = await why(['train.py', 'precision/full-precision'], {
      ...files,
      'train.py': script.replace('batch_size=64,', 'batch_size=64),'),
    })
    assert.match(out, /only hints: its syntax is broken, so it cannot run/)
    assert.match(out, / {2}Reported\n {4}precision\/full-precision {2}hint at train\.py/)
  })

  it('names the setting that keeps a rule silent, and why it is not known', async () => {
    const { subjects } = await explained(['train.py', 'data/no-loader-workers'])
    const [rule] = subjects.flatMap(({ rules }) => rules)
    assert.equal(rule?.verdict, 'silent')
    assert.deepEqual(rule.reasons, [
      {
        text: '`workers` (`num_workers`) cannot be read: a variable on the launch line',
        unknown: { setting: 'workers', because: 'a variable on the launch line' },
      },
    ])
  })

  it('shows each way in which a condition can turn out', async () => {
    const trainer = `import argparse
import lightning as L
from model import Net

parser = argparse.ArgumentParser()
parser.add_argument("--amp", action="store_true")
args = parser.parse_args()
precision = "32"
if args.amp:
    precision = "16-mixed"
L.Trainer(accelerator="gpu", max_epochs=90, precision=precision).fit(Net())
`
    const { out } = await why(['train.py', 'precision/full-precision'], {
      'costlint.toml': '',
      'train.py': trainer,
    })
    assert.match(out, /\n {2}precision +fp32 .*, if .*--amp/)
    assert.match(out, /\n {2}precision +\S+16\S* .*, if .*--amp/)
    assert.match(out, / {2}Reported\n {4}precision\/full-precision {2}\w+ at .* This holds unless /)
  })

  it('takes places as `check` prints them, and the line of a launch for its job', async () => {
    assert.deepEqual(await explained(['train.py:11:3']), await explained(['train.py:11']))
    const { note, subjects } = await explained(['job.sbatch:4'])
    assert.equal(note, null)
    assert.deepEqual(
      subjects.map((one) => `${one.kind} ${one.path}:${one.line}`),
      ['Compute job.sbatch:2'],
    )
  })

  it('falls back to the file where nothing stands at the line', async () => {
    const { out } = await why(['train.py:1'])
    assert.match(
      out,
      /^train\.py: nothing that costs was recognized at line 1; this is what the file holds\n/,
    )
    assert.match(out, /\ntrain\.py:11 InputPipeline/)
  })

  it('says why a file holds nothing', async () => {
    assert.match((await why(['plain.py'])).out, /^plain\.py: no framework or platform .* is mentioned/)
  })

  it('finds the cell of a notebook', async () => {
    const cell = (source: string) => ({
      cell_type: 'code',
      metadata: {},
      outputs: [],
      execution_count: null,
      source,
    })
    const notebook = JSON.stringify({
      cells: [
        cell('import torch\n'),
        cell(
          script
            .replace(/import argparse[\s\S]*parse_args\(\)\n/, '')
            .replace('args.workers', '0')
            .replace(/^/, 'from torch.utils.data import DataLoader\nfrom data import Images\n'),
        ),
      ],
      metadata: {},
      nbformat: 4,
      nbformat_minor: 5,
    })
    const given = { ...files, 'eda.ipynb': notebook }
    const { subjects } = await explained(['eda.ipynb:cell 1:4'], given)
    const places = (found: typeof subjects) => found.map((one) => [one.kind, one.cell, one.line])
    assert.deepEqual(places(subjects), [
      ['InputPipeline', 1, 4],
      ['Program', 1, 4],
      // The batches of the loader are those of the training.
      ['Training', 1, 8],
    ])
    // As `check` names the place: a line of the file.
    const listed = JSON.stringify(
      JSON.parse(notebook, (key, value) =>
        key === 'source' ? (value as string).split(/(?<=\n)/) : (value as unknown),
      ),
      null,
      1,
    )
    const at = listed.split('\n').findIndex((text) => text.includes('DataLoader(Images')) + 1
    const withLines = { ...files, 'eda.ipynb': listed }
    const inFile = await explained([`eda.ipynb:${at}:9`], withLines)
    assert.deepEqual(places(inFile.subjects), places(subjects))
  })

  it('tells a rule that does not exist from one that is silent', async () => {
    const { code, err } = await why(['train.py', 'precision/full-precison'])
    assert.equal(code, 2)
    assert.match(err, /unknown rule "precision\/full-precison", did you mean "precision\/full-precision"\?/)
    assert.equal((await why(['missing.py'])).code, 2)
  })
})
