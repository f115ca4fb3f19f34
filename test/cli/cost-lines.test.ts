/** `costlint cost`: what a run does beside its steps is a part of its bill. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

const slurm = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython train.py\n'
const train = (rhythm: string) => `from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=3)
data = load_dataset("glue", "mnli").map(lambda rows: tokenizer(rows["premise"], rows["hypothesis"], truncation=True, max_length=128), batched=True)
args = TrainingArguments("out", per_device_train_batch_size=16, num_train_epochs=3, bf16=True, dataloader_num_workers=8, ${rhythm})
Trainer(model=model, args=args, train_dataset=data["train"], eval_dataset=data["validation_matched"]).train()
`

interface Line {
  what: string
  hours: { low: number; high: number }
}

async function lines(rhythm: string, job: Record<string, string> = { 'job.slurm': slurm }): Promise<Line[]> {
  const { out } = await runHere({ ...job, 'train.py': train(rhythm) }, ['cost', '--output-format', 'json'])
  const [entry] = JSON.parse(out).jobs
  const sum = (end: 'low' | 'high') =>
    entry.lines.reduce((total: number, one: Line) => total + one.hours[end], 0)
  // Nothing is counted that is not in the hours, and nothing twice.
  if (entry.lines.length > 0)
    for (const end of ['low', 'high'] as const) assert.ok(Math.abs(sum(end) - entry.hours[end]) < 1e-9)
  return entry.lines
}

const hours = (all: Line[], what: string) => all.find((one) => one.what === what)?.hours

describe('the lines of a bill', () => {
  it('hold evaluation by its rhythm, checkpoints by theirs, and the steps', async () => {
    const often = await lines('eval_strategy="steps", eval_steps=100, save_steps=5000')
    const seldom = await lines('eval_strategy="epoch", save_strategy="no"')
    assert.deepEqual(
      [often, seldom].map((all) => all.map(({ what }) => what)),
      [
        ['steps', 'evaluation', 'checkpoints'],
        ['steps', 'evaluation'],
      ],
    )
    assert.deepEqual(hours(often, 'steps'), hours(seldom, 'steps'))
    // 392,702 samples × 3 epochs in steps of 16: 73,632 steps, 736 evaluations in place of 3.
    assert.ok(Math.abs(hours(often, 'evaluation')!.low / hours(seldom, 'evaluation')!.low - 736 / 3) < 1e-6)
    // 7 million samples forward take longer than 1.2 million forward and backward.
    assert.ok(hours(often, 'evaluation')!.low > hours(often, 'steps')!.low)
  })

  it('hold the start of machines that are rented for it', async () => {
    const launcher = `from sagemaker.huggingface import HuggingFace

HuggingFace(entry_point="train.py", role="training", instance_type="ml.g5.2xlarge", instance_count=1, transformers_version="4.49", pytorch_version="2.5", py_version="py311").fit()
`
    const all = await lines('eval_strategy="epoch"', { 'launch.py': launcher })
    assert.deepEqual(
      all.map(({ what }) => what),
      ['steps', 'evaluation', 'checkpoints', 'start'],
    )
    assert.deepEqual(hours(all, 'start'), { low: 60 / 3600, high: 240 / 3600 })
  })

  it('are written under the hours', async () => {
    const files = { 'job.slurm': slurm, 'train.py': train('eval_strategy="epoch", save_strategy="epoch"') }
    const { out } = await runHere(files, ['cost'])
    assert.match(out, /\n {2}steps \S.*, evaluation \S.*, checkpoints \S.*\n/)
  })
})
