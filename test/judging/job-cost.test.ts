import assert from 'node:assert/strict'
import { moneyText } from '../../server/src/estimate/hourly.js'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const train = `from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

model = AutoModelForSequenceClassification.from_pretrained('roberta-large')
data = load_dataset('csv', data_files='reviews.csv').map(encode, batched=True)
args = TrainingArguments('out', num_train_epochs=3, dataloader_num_workers=8)
Trainer(model=model, args=args, train_dataset=data['train']).train()
`
const launch = (more: string) => `from sagemaker.pytorch import PyTorch

estimator = PyTorch(entry_point='train.py', instance_type='ml.p3.2xlarge', max_run=86400${more})
estimator.fit()
`

async function saving(files: Record<string, string>, rule = 'precision/full-precision') {
  const project = await openProject(memoryRoot, memoryHost(new Map(Object.entries(files))))
  const { findings } = await project.lint()
  await project.dispose()
  return findings.find((finding) => finding.rule === rule)!.saving!
}

describe('what following advice saves', () => {
  it('is money where the machine of the job has a price', async () => {
    const { fraction, usd } = await saving({ 'launch.py': launch(''), 'train.py': train })
    assert.equal(usd!.per, 'hour')
    assert.equal(usd!.region, 'us-east-1, assumed')
    // $3.825 an hour for ml.p3.2xlarge.
    assert.ok(Math.abs(usd!.range[0] - fraction[0] * 3.825) < 0.05)
    assert.ok(Math.abs(usd!.range[1] - fraction[1] * 3.825) < 0.05)
    assert.match(
      moneyText(usd!),
      /^\$\d\.\d\d(–\d\.\d\d)? per hour \(us-east-1, assumed, (old )?prices,? of 20\d\d/,
    )
  })

  it('is money for a run where a recipe names data of a known size, and for an hour where it does not', async () => {
    const recipe = (data: string) =>
      `base_model: meta-llama/Llama-3.1-8B\ndatasets:\n  - path: ${data}\n    type: alpaca\nadapter: lora\nlora_r: 16\nsequence_len: 1024\nmicro_batch_size: 4\ngradient_accumulation_steps: 1\nnum_epochs: 3\nbf16: false\nfp16: false\noutput_dir: out\n`
    const task =
      'resources:\n  cloud: aws\n  region: us-east-1\n  instance_type: p4d.24xlarge\nrun: axolotl train cfg.yaml\n'
    const of = async (data: string) =>
      (await saving({ 'task.yaml': task, 'cfg.yaml': recipe(data) })).usd?.per
    assert.equal(await of('tatsu-lab/alpaca'), 'run')
    assert.equal(await of('team/own-texts'), 'hour')
  })

  it('is no more than an hour on spot costs where the job asks for that and no list names its price', async () => {
    const spot = launch(', use_spot_instances=True, max_wait=90000')
    const { usd } = await saving({ 'launch.py': spot, 'train.py': train })
    const onDemand = await saving({ 'launch.py': launch(''), 'train.py': train })
    assert.equal(usd!.per, 'hour')
    assert.ok(usd!.range[1] < onDemand.usd!.range[1], JSON.stringify(usd))
  })

  it('is the difference to the machine that a message names, where both have a list price', async () => {
    const fit =
      'from sklearn.svm import SVC\nimport pandas as pd\n\ndf = pd.read_csv("a.csv")\nSVC().fit(df, df.pop("y"))\n'
    const task =
      'resources:\n  cloud: aws\n  region: us-east-1\n  instance_type: g5.4xlarge\nrun: python fit.py\n'
    const { fraction, usd } = await saving({ 'task.yaml': task, 'fit.py': fit }, 'compute/gpu-for-cpu-code')
    // $1.624 for g5.4xlarge, $0.768 for m6i.4xlarge.
    assert.ok(Math.abs(fraction[0] - (1 - 0.768 / 1.624)) < 1e-6)
    assert.equal(fraction[0], fraction[1])
    assert.deepEqual(usd!.range, [0.856, 0.856])
    const spot = task.replace('resources:\n', 'resources:\n  use_spot: true\n')
    const less = await saving({ 'task.yaml': spot, 'fit.py': fit }, 'compute/gpu-for-cpu-code')
    // Both on spot.
    assert.ok(less.usd!.range[1] < 0.856 * 0.8, JSON.stringify(less.usd))
  })

  it('stays a share where no job names a machine, or nobody knows its price', async () => {
    const configuration = '[hardware]\ndefault = "T4"\n'
    assert.equal((await saving({ 'train.py': train, 'costlint.toml': configuration })).usd, null)
    const none = '[[prices.machines]]\ntype = "ml.p3.2xlarge"\nusd-per-hour = 0\n'
    assert.equal(
      (await saving({ 'launch.py': launch(''), 'train.py': train, 'costlint.toml': none })).usd,
      null,
    )
  })

  it('is written with the user’s prices', async () => {
    const own =
      '[prices]\nregion = "eu-west-1"\n[[prices.machines]]\ntype = "ml.p3.2xlarge"\nusd-per-hour = 10\n'
    const { usd } = await saving({ 'launch.py': launch(''), 'train.py': train, 'costlint.toml': own })
    assert.match(moneyText(usd!), /^\$\d\.\d\d(–\d\.\d\d)? per hour \(eu-west-1, your prices\)$/)
  })

  const batch = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\n#SBATCH --time=08:00:00\npython train.py\n'

  it('takes the list prices of accelerators where a job names no machine, and says that it assumes one', async () => {
    const { usd } = await saving({ 'job.slurm': batch, 'train.py': train })
    assert.match(
      moneyText(usd!),
      /^\$\d+\.\d\d–\d+\.\d\d per hour \(machine assumed, (old )?prices,? of 20\d\d/,
    )
  })

  it('takes the user’s price of an accelerator', async () => {
    const own = '[[prices.accelerators]]\nname = "A100-40GB"\nusd-per-hour = 1.5\n'
    const { fraction, usd } = await saving({ 'job.slurm': batch, 'train.py': train, 'costlint.toml': own })
    assert.ok(Math.abs(usd!.range[1] - fraction[1] * 1.5) < 0.05)
    assert.match(moneyText(usd!), /^\$\d\.\d\d(–\d\.\d\d)? per hour \(your prices\)$/)
  })

  it('is at most a share of what the time limit lets a run cost, where no accelerator is named', async () => {
    const any = batch.replace('gpu:a100:1', 'gpu:1')
    const { fraction, usd } = await saving({ 'job.slurm': any, 'train.py': train })
    assert.equal(usd!.per, 'run')
    assert.equal(usd!.range[0], 0)
    // Eight hours of an H100 at its list price.
    assert.ok(usd!.range[1] > fraction[1] * 8 * 2 && usd!.range[1] < fraction[1] * 8 * 13)
    assert.match(moneyText(usd!), /^up to \$\d+ per run \(machine assumed, /)
  })

  it('is a range over usual accelerators where none is named', async () => {
    const { fraction, basis } = await saving({ 'train.py': train })
    assert.deepEqual(
      fraction.map((share) => Math.round(100 * share)),
      [25, 52],
    )
    assert.match(basis, /^cards from T4 to H100-SXM: assumes /)
  })
})
