/** `costlint cost` on programs that train on files of the project. */
import assert from 'node:assert/strict'
import { tableSize } from '../../server/src/host/data-table.js'
import { runHere } from './here.js'

const job = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython src/train.py\n'

function trainOn(loaded: string, dataset = 'data["train"]'): string {
  return `import pandas as pd
from datasets import Dataset, load_dataset
from sklearn.model_selection import train_test_split
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
${loaded}
args = TrainingArguments("out", per_device_train_batch_size=32, num_train_epochs=3, dataloader_num_workers=8)
Trainer(model=model, args=args, train_dataset=${dataset}).train()
`
}

/** What the bill says of the samples. */
async function counted(files: Record<string, string>): Promise<string | null> {
  const { out } = await runHere({ 'job.slurm': job, ...files }, ['cost', '--output-format', 'json'])
  const [{ usd, assumptions }] = JSON.parse(out).jobs
  const text = assumptions.find((one: string) => one.includes('as counted in')) ?? null
  assert.equal(usd === null, text === null)
  return text
}

const csv = (rows: number) => `text,label\n${'"fine,\nreally",1\n'.repeat(rows)}`
const lines = (rows: number) => '{"text": "fine", "label": 1}\n'.repeat(rows)

describe('costlint cost of what is trained on files of the project', () => {
  it('counts rows of CSV, whose cells may hold line ends, and lines of JSON', async () => {
    const named = 'data = load_dataset("csv", data_files="data/reviews.csv")'
    assert.equal(
      await counted({ 'src/train.py': trainOn(named), 'data/reviews.csv': csv(1500) }),
      '1,500 samples, as counted in data/reviews.csv',
    )
    const parts =
      'data = load_dataset("json", data_files={"train": ["a.jsonl", "b.jsonl"], "test": "c.jsonl"})'
    const files = { 'src/a.jsonl': lines(70), 'src/b.jsonl': lines(50), 'src/c.jsonl': lines(9000) }
    assert.equal(
      await counted({ 'src/train.py': trainOn(parts), ...files }),
      '120 samples, as counted in a.jsonl, b.jsonl',
    )
    const pattern = 'data = load_dataset("json", data_files="src/*.jsonl")'
    assert.equal(
      await counted({ 'src/train.py': trainOn(pattern), ...files }),
      '9,120 samples, as counted in src/*.jsonl',
    )
  })

  it('takes of a table what is left after a split, and no table to test on', async () => {
    const loaded = `table = pd.read_csv("reviews.csv")
held_out = pd.read_csv("test.csv")
train, valid = train_test_split(table, test_size=0.2)
data = Dataset.from_pandas(train)`
    const files = { 'reviews.csv': csv(1000), 'test.csv': csv(4000) }
    const text = await counted({ 'src/train.py': trainOn(loaded, 'data'), ...files })
    // What pandas has read becomes a data set of another name, which is no data of its own.
    assert.equal(text, '800 samples, as counted in reviews.csv')
  })

  it('says what it does not know where a file is missing', async () => {
    const named = 'data = load_dataset("csv", data_files=["reviews.csv", "more.csv"])'
    assert.equal(await counted({ 'src/train.py': trainOn(named), 'reviews.csv': csv(10) }), null)
  })
})

describe('the size of a table', () => {
  const size = (path: string, text: string) => tableSize(path, new TextEncoder().encode(text))

  it('is that of CSV with any separator, with and without a last line end', () => {
    assert.deepEqual(size('a.csv', 'x;y;z\r\n1;2;3\r\n\r\n4;5;6'), { rows: 2, columns: 3 })
    assert.deepEqual(size('a.tsv', 'x\ty\n"1\t""\n2"\t3\n'), { rows: 1, columns: 2 })
  })

  it('is that of JSON in lines or in a list', () => {
    assert.deepEqual(size('a.json', ' [\n{"x": 1},\n{"x": 2}]'), { rows: 2, columns: null })
    assert.deepEqual(size('a.json', '{"x": 1}\n\n{"x": 2}\n'), { rows: 2, columns: null })
  })

  it('is not known of what cannot be told', () => {
    assert.equal(size('a.json', '{\n"x": [1]\n}'), null)
    assert.equal(size('a.csv', 'x,y\n1,"2\n'), null)
    assert.equal(size('a.csv', 'x,y\n'), null)
    assert.equal(size('a.csv', '\0'.repeat(20)), null)
    assert.equal(size('a.csv', ''), null)
    assert.equal(size('a.parquet', 'PAR1'), null)
  })
})
