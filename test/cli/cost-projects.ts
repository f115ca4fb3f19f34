/** Programs and files that start them, whose bill the tests of `costlint cost` ask for. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

export const train = `from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
data = load_dataset("imdb").map(lambda rows: tokenizer(rows["text"], truncation=True, max_length=256), batched=True)
args = TrainingArguments("out", per_device_train_batch_size=32, num_train_epochs=3, dataloader_num_workers=8)
Trainer(model=model, args=args, train_dataset=data["train"]).train()
`

export const slurm = `#!/bin/bash
#SBATCH --job-name=bert
#SBATCH --gres=gpu:a100:1
#SBATCH --time=24:00:00
python train.py
`

export const launcher = `from sagemaker.huggingface import HuggingFace

HuggingFace(
    entry_point="train.py",
    role="training",
    instance_type="ml.g5.2xlarge",
    instance_count=1,
    transformers_version="4.49",
    pytorch_version="2.5",
    py_version="py311",
).fit()
`

export interface Entry {
  name: string
  kind: string
  state: string
  hours: { low: number; high: number | null } | null
  usd: { low: number; high: number | null } | null
  usdPerHour: { low: number; high: number } | null
  saving: { low: number; high: number } | null
  per: string
  gpus: number | null
  ofSamples: { samples: number } | null
  unknown: string[]
  assumptions: string[]
}

/** All that is billed, as JSON tells it. */
export async function jobs(files: Record<string, string>): Promise<Entry[]> {
  const { out, code } = await runHere(files, ['cost', '--output-format', 'json'])
  assert.equal(code, 0)
  return JSON.parse(out).jobs
}
