/** `costlint cost`: how many samples a step takes, how long they are, and how often the network is computed for them. */
import assert from 'node:assert/strict'
import { billHere } from './here.js'

const job = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython train.py --steps 5000\n'

interface Entry {
  hours: { low: number; high: number } | null
  usd: { low: number; high: number } | null
  unknown: string[]
  assumptions: string[]
  lines?: { what: string }[]
}

const bill = (files: Record<string, string>) => billHere<Entry>({ 'job.sh': job, ...files })

const views = (forward: string, split = 'train') => `import torch
from torchvision import transforms
from torchvision.datasets import STL10
from torchvision.models import resnet50

model = resnet50().cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
data = STL10("data", split="${split}", transform=transforms.RandomResizedCrop(96))
loader = torch.utils.data.DataLoader(data, batch_size=256, num_workers=8)
for epoch in range(100):
    for images, labels in loader:
        images = images.cuda()
        optimizer.zero_grad()
        ${forward}
        loss.backward()
        optimizer.step()
`

const block = `import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 8, batch_first=True)
        self.rise = nn.Linear(width, 4 * width)
        self.fall = nn.Linear(4 * width, width)

    def forward(self, x):
        h = self.norm(x)
        x = x + self.attention(h, h, h)[0]
        return x + self.fall(torch.relu(self.rise(x)))


class Writer(nn.Module):
    def __init__(self, words, width=768, depth=12):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])
        self.head = nn.Linear(width, words)

    def forward(self, x):
        x = self.embedding(x)
        for one in self.blocks:
            x = one(x)
        return self.head(x)
`
const writer = (words: string, batch = 'args.batch_size') => `import argparse
import json
import numpy as np
import torch
from model import Writer
from corpus import Corpus

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--batch_size", type=int, default=32)
parser.add_argument("--context_length", type=int, default=512)
args = parser.parse_args()
corpus = Corpus("train.bin")
held_out = Corpus("valid.bin")
model = Writer(${words}).cuda()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
for step in range(args.steps):
    x, y = corpus.get_batch(${batch}, args.context_length)
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(x.cuda()).flatten(0, 1), y.cuda().flatten()).backward()
    optimizer.step()
`

describe('samples of a bill', () => {
  it('takes a network twice as long that a step computes for two views', async () => {
    const { hours: once } = await bill({ 'train.py': views('loss = model(images).mean()') })
    const { hours: twice } = await bill({
      'train.py': views('loss = (model(images) - model(images.flip(3))).pow(2).mean()'),
    })
    assert.ok(twice!.high > 1.7 * once!.high && twice!.high < 2.1 * once!.high)
    const { hours: teacher } = await bill({
      'train.py': views(
        'with torch.no_grad(): target = model(images.flip(3))\n        loss = (model(images) - target).mean()',
      ),
    })
    assert.deepEqual(teacher, once)
  })

  it('knows parts of a data set that are data sets of their own', async () => {
    const { hours: few } = await bill({ 'train.py': views('loss = model(images).mean()') })
    const { hours: many } = await bill({ 'train.py': views('loss = model(images).mean()', 'unlabeled') })
    assert.ok(many!.low > 15 * few!.low)
  })

  it('does not take the usual part of a data set for one that is much larger', async () => {
    const code = views('loss = model(images).mean()').replace('split="train"', 'split=open("split").read()')
    const { usd, unknown } = await bill({ 'train.py': code })
    assert.equal(usd, null)
    assert.match(unknown.join(), /how many samples/)
  })

  it('takes the batch and the length of texts as calls name them, where there is no loader', async () => {
    const { hours } = await bill({ 'train.py': writer('8192'), 'model.py': block })
    assert.ok(hours !== null && hours.high / hours.low < 8)
    const { hours: longer } = await bill({
      'train.py': writer('8192').replace('default=512', 'default=2048'),
      'model.py': block,
    })
    assert.ok(longer!.high > 3 * hours!.high)
    const held = writer('8192').replace(
      'held_out = Corpus("valid.bin")',
      'seen = Corpus("t").get_batch(7, 512)',
    )
    assert.match(
      (
        await bill({ 'train.py': held.replace('args.batch_size', 'open("b").read()'), 'model.py': block })
      ).unknown.join(),
      /the batch size/,
    )
  })

  it('leaves open only the part of a network whose sizes nobody knows', async () => {
    const known = await bill({ 'train.py': writer('8192'), 'model.py': block })
    const open = await bill({
      'train.py': writer('json.load(open("words.json"))["size"]'),
      'model.py': block,
    })
    assert.ok(open.assumptions.includes('sizes of some layers are not known'))
    assert.ok(open.hours!.low > 0.6 * known.hours!.low)
  })

  it('follows lists that are turned round and taken from', async () => {
    const net = `import torch.nn as nn


class Net(nn.Module):
    def __init__(self, width=64, factors=(1, 2, 4)):
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        seen = [width]
        now = width
        for factor in factors:
            self.down.append(nn.Conv2d(now, factor * width, 3, padding=1))
            now = factor * width
            seen.append(now)
        for index, factor in list(enumerate(factors))[::-1]:
            self.up.append(nn.Conv2d(now + seen.pop(), factor * width, 3, padding=1))
            now = factor * width
        self.last = nn.Conv2d(now, 3, 1)

    def forward(self, x):
        return x
`
    const code = `${views('loss = model(images).mean()')}`
      .replace('from torchvision.models import resnet50', 'from net import Net')
      .replace('resnet50()', 'Net()')
    const { usd, assumptions } = await bill({ 'train.py': code, 'net.py': net })
    assert.ok(usd !== null)
    assert.deepEqual(
      assumptions.filter((one) => /layers/.test(one)),
      [],
    )
  })

  it('takes a file with a handful of rows for an example of the data', async () => {
    const code = `from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("gpt2")
model = AutoModelForCausalLM.from_pretrained("gpt2")
data = load_dataset("json", data_files="data/train.jsonl")["train"]
data = data.map(lambda rows: tokenizer(rows["text"], truncation=True, max_length=256), batched=True)
args = TrainingArguments("out", per_device_train_batch_size=8, num_train_epochs=3)
Trainer(model=model, args=args, train_dataset=data).train()
`
    const rows = (count: number) => '{"text": "one of them"}\n'.repeat(count)
    const few = await bill({ 'train.py': code, 'data/train.jsonl': rows(1) })
    assert.equal(few.usd, null)
    assert.match(few.unknown.join(), /how many samples/)
    const { assumptions } = await bill({ 'train.py': code, 'data/train.jsonl': rows(300) })
    assert.ok(assumptions.some((one) => /300 samples, as counted in/.test(one)))
  })

  it('cuts a part of a corpus into texts as it does the whole', async () => {
    const of = (split: string) => `from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("gpt2")
stories = load_dataset("roneneldan/TinyStories", split="${split}")
rows = stories.map(lambda row: tokenizer(row["text"], truncation=True, max_length=1024), batched=True)
args = TrainingArguments("out", num_train_epochs=1, per_device_train_batch_size=8, bf16=True)
Trainer(AutoModelForCausalLM.from_pretrained("gpt2"), args, train_dataset=rows).train()
`
    const hours = async (split: string) => (await bill({ 'train.py': of(split) })).hours!
    const [whole, half] = [await hours('train'), await hours('train[:50%]')]
    // Stories of 220 tokens are no texts of 1024 each.
    assert.ok(Math.abs(whole.low / half.low - 2) < 0.05, `${whole.low} ${half.low}`)
    assert.ok(whole.high / half.high > 1.5 && whole.high / half.high < 2.1, `${whole.high} ${half.high}`)
  })

  const classifier = (padding: string) => `from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer, TrainingArguments

name = "bert-base-uncased"
tokenizer = AutoTokenizer.from_pretrained(name)
reviews = load_dataset("ag_news").map(
    lambda rows: tokenizer(rows["text"], truncation=True, max_length=512${padding}), batched=True)
args = TrainingArguments("out", num_train_epochs=2, per_device_train_batch_size=16, eval_strategy="epoch")
Trainer(AutoModelForSequenceClassification.from_pretrained(name), args, train_dataset=reviews["train"],
        eval_dataset=reviews["test"], data_collator=DataCollatorWithPadding(tokenizer)).train()
`

  it('takes batches to be as long as their texts, where nothing fills them up', async () => {
    const own = await bill({ 'train.py': classifier('') })
    const filled = await bill({ 'train.py': classifier(', padding="max_length"') })
    // Texts of 59 tokens, of 512 at most.
    assert.ok(own.hours!.high < 0.6 * filled.hours!.high, JSON.stringify([own.hours, filled.hours]))
    assert.match(own.assumptions.join(), /texts of 59 tokens on average, as in AG News/)
    assert.doesNotMatch(filled.assumptions.join(), /no longer than its longest/)
  })

  it('evaluates on the test part of a data set that has no other', async () => {
    const { lines } = await bill({ 'train.py': classifier('') })
    assert.ok(lines?.some(({ what }) => what === 'evaluation'))
  })
})
