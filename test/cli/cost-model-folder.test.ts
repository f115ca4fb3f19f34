/** `costlint cost` of models that lie in a folder of the project. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

const slurm = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython train.py\n'
const train = (folder: string) => `from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("${folder}")
model = AutoModelForSequenceClassification.from_pretrained("${folder}", num_labels=2)
data = load_dataset("imdb").map(lambda rows: tokenizer(rows["text"], truncation=True, max_length=256), batched=True)
args = TrainingArguments("out", per_device_train_batch_size=32, num_train_epochs=3, bf16=True, dataloader_num_workers=8)
Trainer(model=model, args=args, train_dataset=data["train"]).train()
`
const configuration = (layers: number, type = 'bert') =>
  JSON.stringify({
    model_type: type,
    hidden_size: 512,
    num_hidden_layers: layers,
    intermediate_size: 2048,
    vocab_size: 30522,
  })

async function job(files: Record<string, string>, folder = './models/small') {
  const { out } = await runHere({ 'job.slurm': slurm, 'train.py': train(folder), ...files }, [
    'cost',
    '--output-format',
    'json',
  ])
  return JSON.parse(out).jobs[0]
}

describe('costlint cost of a model in the project', () => {
  it('follows from its config.json', async () => {
    const deep = await job({ 'models/small/config.json': configuration(24) })
    const flat = await job({ 'models/small/config.json': configuration(6) })
    const steps = ({ lines }: { lines: { what: string; hours: { low: number } }[] }) =>
      lines.find(({ what }) => what === 'steps')!.hours.low
    assert.ok(steps(deep) > 2 * steps(flat), JSON.stringify([deep.lines, flat.lines]))
  })

  it('is not known where the folder is not here, though another one holds such a file', async () => {
    const other = await job({ 'models/large/config.json': configuration(24) })
    assert.deepEqual(
      [other.hours, other.unknown],
      [null, ['what ./models/small computes: it is not in the catalog']],
    )
    const strange = await job({ 'models/small/config.json': configuration(6, 'rwkv') })
    assert.equal(strange.hours, null)
  })
})
