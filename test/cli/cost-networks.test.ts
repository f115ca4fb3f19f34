/** `costlint cost` for networks of the project's own, of which only the layers are counted. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { jobs } from './cost-projects.js'
import { billHere, runHere } from './here.js'

const job = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython train.py\n'
const unet = readFileSync(new URL('../estimate/networks/unet.py', import.meta.url), 'utf8').replace(
  /^(net|opt) = .*\n/gm,
  '',
)
const train = (loader: string, net: string) => `import torch
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import CIFAR10, ImageFolder
from model import *

net = ${net}.cuda()
opt = torch.optim.Adam(net.parameters())
loader = DataLoader(${loader}, batch_size=8, shuffle=True)
criterion = torch.nn.CrossEntropyLoss()
for epoch in range(50):
    for x, y in loader:
        opt.zero_grad()
        criterion(net(x.cuda()), y.cuda()).backward()
        opt.step()
`

interface Entry {
  usd: { low: number; high: number } | null
  ofSamples: { hours: { low: number; high: number }; usd: { low: number; high: number } | null } | null
  unknown: string[]
  assumptions: string[]
}

const bill = (files: Record<string, string>) => billHere<Entry>({ 'job.sh': job, ...files })

describe('costlint cost of a network by its layers', () => {
  it('prices one of another module whose pictures have a known size', async () => {
    const data =
      'ImageFolder("data", transforms.Compose([transforms.Resize((256, 256)), transforms.ToTensor()]))'
    const found = await bill({ 'model.py': unet, 'train.py': train(data, 'UNet(3, 2, bilinear=False)') })
    // 50 epochs of 10,000 samples: 3 × 6.2e10 operations each, 9.3e16 in all, at 20 to 120 teraflops.
    const { low, high } = found.ofSamples!.hours
    assert.ok(low > 0.1 && low < 0.4 && high > 0.8 && high < 3, JSON.stringify(found))
    assert.ok(found.ofSamples!.usd !== null)
  })

  const built = (layers: string) => `from torch import nn
from torchvision import models


class Net(nn.Module):
    def __init__(self):
        super().__init__()
${layers.replace(/^/gm, '        ')}

    def forward(self, x):
        return self.head(self.body(x).flatten(1))
`
  const resized =
    'ImageFolder("data", transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor()]))'

  it('takes one that is built around a published network for as large as that', async () => {
    const direct = `import torchvision\n${train(resized, 'torchvision.models.resnet50()')}`
    const expected = await bill({ 'model.py': 'size = 224\n', 'train.py': direct })
    assert.ok(expected.ofSamples !== null)
    for (const layers of [
      'self.body = models.resnet50(weights="DEFAULT")\nself.body.fc = nn.Linear(2048, 9)\nself.head = nn.Identity()',
      'body = models.resnet50(pretrained=True)\nself.body = nn.Sequential(*list(body.children())[:-1])\nself.head = nn.Linear(2048, 9)',
    ]) {
      const found = await bill({ 'model.py': built(layers), 'train.py': train(resized, 'Net()') })
      assert.deepEqual(found.ofSamples, expected.ofSamples, layers)
    }
  })

  it('takes the one of several that the options of the program choose by default', async () => {
    const zoo = `import torchvision
from torch import nn


def make(name):
    if name == "wide":
        return torchvision.models.wide_resnet50_2()
    elif name == "plain":
        return torchvision.models.resnet50()
    return torchvision.models.vit_b_16()
`
    const options = `import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--arch", default="plain")
args = parser.parse_args()
`
    const direct = `import torchvision\n${train(resized, 'torchvision.models.resnet50()')}`
    const expected = await bill({ 'model.py': 'size = 224\n', 'train.py': direct })
    const program = `${options}${zoo}\n${train(resized, 'make(args.arch)').replace('from model import *\n', '')}`
    const found = await bill({ 'train.py': program })
    assert.deepEqual(found.ofSamples, expected.ofSamples)
    const unread = await bill({ 'train.py': program.replace('default="plain"', 'required=True') })
    assert.ok(unread.assumptions.includes('any of wide_resnet50_2, resnet50, vit_b_16'))
  })

  it('spans those of several published ones, where another module makes the one that is asked for', async () => {
    const makes = `import sys
from torchvision import models

def make(name):
    if name == 'large':
        return models.resnet50()
    return models.resnet18()
`
    const code = train('CIFAR10(".", transform=transforms.Resize(224))', 'make(input())')
    const both = await bill({ 'model.py': makes, 'train.py': code })
    assert.ok(both.assumptions.includes('any of resnet50, resnet18'))
    const [small, large] = await Promise.all(
      ['resnet18', 'resnet50'].map((name) =>
        bill({ 'model.py': makes.replace(/models\.resnet\d+/g, `models.${name}`), 'train.py': code }),
      ),
    )
    assert.ok(small!.usd!.low >= both.usd!.low && large!.usd!.high <= both.usd!.high)
    assert.ok(both.usd!.low < large!.usd!.low)
  })

  it('takes a network that the program has saved itself for the one that it loads elsewhere', async () => {
    const files = {
      'model.py': `from transformers import AutoModelForSequenceClassification

def make(again):
    if again:
        return AutoModelForSequenceClassification.from_pretrained('./saved')
    return AutoModelForSequenceClassification.from_pretrained('distilbert-base-uncased')
`,
      'train.py': `from transformers import Trainer, TrainingArguments
from model import make
from data import load

args = TrainingArguments('out', per_device_train_batch_size=8, num_train_epochs=2)
Trainer(model=make(input()), args=args, train_dataset=load()).train()
`,
    }
    const { unknown } = await bill(files)
    assert.deepEqual(unknown, ['how many samples it trains on: `samples` of a `[[runs]]` entry would say'])
  })

  it('does not say how long one takes whose published part is the smaller one', async () => {
    const layers =
      'self.body = models.resnet18()\nself.head = nn.Sequential(nn.Linear(1000, 20000), nn.Linear(20000, 9))'
    const found = await bill({ 'model.py': built(layers), 'train.py': train(resized, 'Net()') })
    assert.equal(found.ofSamples, null)
  })

  it('spans from a head alone to all of one whose published part may be frozen, and counts copies of it', async () => {
    const of = async (layers: string) => {
      const found = await bill({ 'model.py': built(layers), 'train.py': train(resized, 'Net()') })
      return found.ofSamples!.hours
    }
    const body = 'self.body = models.resnet50(weights="DEFAULT")'
    const head = 'self.head = nn.Linear(1000, 9)'
    const whole = await of(`${body}\n${head}`)
    const frozen = await of(
      `${body}\nfor one in self.body.layer1.parameters():\n    one.requires_grad = False\n${head}`,
    )
    assert.ok(frozen.low < 0.5 * whole.low && frozen.high > 0.7 * whole.high)
    const twice = await of(`${body}\nself.other = models.resnet50(weights="DEFAULT")\n${head}`)
    assert.ok(twice.high > 1.6 * whole.high)
    const either =
      'if input():\n    self.body = models.resnet50(weights="DEFAULT")\nelse:\n    self.body = models.resnet50()'
    assert.deepEqual(await of(`${either}\n${head}`), whole)
  })

  it('counts a training once whose steps and whose epochs stand in different modules', async () => {
    const files = {
      'model.py': built('self.body = models.resnet50()\nself.head = nn.Linear(1000, 9)'),
      'engine.py': `import torch


def train_epoch(net, loader, opt):
    for x, y in loader:
        opt.zero_grad()
        torch.nn.functional.cross_entropy(net(x.cuda()), y.cuda()).backward()
        opt.step()
`,
      'train.py':
        `${train(resized, 'Net()').replace(/ {4}for x, y[\s\S]*/, '    train_epoch(net, loader, opt)\n')}`.replace(
          'from model',
          'from engine import train_epoch\nfrom model',
        ),
    }
    const { out } = await runHere(files, ['cost', '--output-format', 'json'])
    const { jobs } = JSON.parse(out)
    assert.deepEqual(
      jobs.map(({ path, line }: { path: string; line: number }) => [path, line]),
      [['train.py', 12]],
    )
  })

  it('says what lacks where its pictures could be small or large, and its arithmetic decides', async () => {
    const found = await bill({ 'model.py': unet, 'train.py': train('load("data")', 'UNet(3, 2)') })
    assert.deepEqual(found.unknown, ['the size of the pictures'])
  })

  it('takes the size of pictures from whichever module brings them to it', async () => {
    const files = (data: string) => ({
      'model.py': unet,
      'data.py': data,
      'train.py': train('load("data")', 'UNet(3, 2, bilinear=False)').replace(
        'from model',
        'from data import load\nfrom model',
      ),
    })
    const albumentations = `import albumentations as A
from torch.utils.data import Dataset

steps = A.Compose([A.HorizontalFlip(), A.Resize(height=256, width=256)])

class load(Dataset):
    def __getitem__(self, index):
        return steps(image=self.images[index])
`
    const constant = `import cv2

IMG_SIZE = 256

def load(path):
    return [cv2.resize(one, (IMG_SIZE, IMG_SIZE)) for one in files(path)]
`
    for (const data of [albumentations, constant]) {
      const { ofSamples } = await bill(files(data))
      assert.ok(ofSamples !== null && ofSamples.hours.low > 0.1 && ofSamples.hours.high < 3, data)
    }
  })

  it('prices a Keras network whose inputs nobody knows', async () => {
    const keras = `from tensorflow import keras
from tensorflow.keras import layers

def build(columns):
    inputs = keras.Input(shape=(160, columns))
    x = layers.GRU(64, return_sequences=True)(inputs)
    return keras.Model(inputs, layers.Dense(1)(layers.GRU(32)(x)))

table = read("prices.csv")
model = build(table.shape[1])
model.compile("adam", "mse")
model.fit(table, table.target, epochs=50)
`
    const found = await bill({ 'train.py': keras })
    const { low, high } = found.ofSamples!.hours
    assert.ok(low > 0.005 && high < 2, JSON.stringify(found))
  })

  it('finds the networks of other modules that a training is handed', async () => {
    const trainer = `class Trainer:
    def __init__(self, network, optimizer, loader):
        self.network, self.optimizer, self.loader = network, optimizer, loader

    def fit(self):
        for epoch in range(10):
            for x, y in self.loader:
                self.optimizer.zero_grad()
                loss = ((self.network(x.cuda()) - y.cuda()) ** 2).mean()
                loss.backward()
                self.optimizer.step()
`
    const main = (made: string) => `import torch
from nets import *
from trainer import Trainer

network = ${made}
Trainer(network.cuda(), torch.optim.Adam(network.parameters()), load("data")).fit()
`
    const nets = `from torch import nn

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, x):
        return self.net(x)
`
    const found = await bill({ 'nets.py': nets, 'trainer.py': trainer, 'train.py': main('Net(4096)') })
    assert.ok(found.ofSamples !== null, JSON.stringify(found))
    const foreign = nets.replace(
      'nn.Sequential(nn.Linear(20, width), nn.ReLU(), nn.Linear(width, 1))',
      'library(width)',
    )
    const open = await bill({ 'nets.py': foreign, 'trainer.py': trainer, 'train.py': main('Net(4096)') })
    assert.deepEqual(open.unknown, ['which model it trains (the layers of Net)'])
  })

  it('takes a network of transformers from its configuration', async () => {
    const program = (config: string) => `from datasets import load_dataset
from transformers import AutoConfig, AutoTokenizer, BertConfig, BertForMaskedLM, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
config = ${config}
model = BertForMaskedLM(config)
args = TrainingArguments("out", per_device_train_batch_size=32, num_train_epochs=3)
data = load_dataset("csv", data_files="texts.csv")["train"]
data = data.map(lambda rows: tokenizer(rows["text"], truncation=True, max_length=128, padding="max_length"), batched=True)
Trainer(model=model, args=args, train_dataset=data).train()
`
    const hours = async (config: string) => {
      const found = await bill({ 'train.py': program(config) })
      assert.ok(found.ofSamples !== null, JSON.stringify(found))
      return found.ofSamples.hours
    }
    const own = await hours('BertConfig(hidden_size=768, num_hidden_layers=24)')
    const shallow = await hours('BertConfig(hidden_size=768, num_hidden_layers=6)')
    const named = await hours('AutoConfig.from_pretrained("bert-base-uncased")')
    assert.ok(own.high > 2 * shallow.high, JSON.stringify([own, shallow]))
    assert.ok(named.high < own.high && named.high > shallow.high, JSON.stringify([named, own, shallow]))
  })

  it('needs no size where the start of kernels takes longer than their arithmetic', async () => {
    const small = `from torch import nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels, 3, stride=2)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=2)
        self.conv3 = nn.Conv2d(channels, channels, 3, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        x = F.relu(self.conv3(F.relu(self.conv2(F.relu(self.conv1(x))))))
        for _ in self.steps(x):
            x = self.refined(x)
        return self.fc(self.pool(x).flatten(1))
`
    const found = await bill({ 'model.py': small, 'train.py': train('load("data")', 'Net(16)') })
    assert.ok(found.ofSamples !== null && found.ofSamples.hours.high < 1, JSON.stringify(found))
    assert.match(found.assumptions.join(), /size of the pictures not known: 32 to 256/)
  })

  it('a network that is frozen but for its head computes once for a picture, not three times', async () => {
    const program = (frozen: string) => `import torch
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

t = transforms.Compose([transforms.Resize((224, 224)), transforms.RandomHorizontalFlip(), transforms.ToTensor()])
loader = DataLoader(datasets.CIFAR10("data", transform=t), batch_size=64, num_workers=16)
model = models.vgg16(weights="DEFAULT")
${frozen}model.classifier[6] = torch.nn.Linear(4096, 10)
model.cuda()
opt = torch.optim.Adam(model.classifier.parameters())
for epoch in range(20):
    for x, y in loader:
        opt.zero_grad()
        torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda()).backward()
        opt.step()
`
    const usd = async (frozen: string) => (await bill({ 'train.py': program(frozen) })).usd!
    const all = await usd('')
    for (const parameters of ['model.features.parameters()', 'model.parameters()']) {
      const head = await usd(`for p in ${parameters}:\n    p.requires_grad = False\n`)
      assert.ok(head.low < all.low / 2.5 && head.high < all.high / 2.5, JSON.stringify([head, all]))
    }
  })

  it('knows what libraries put on a published network: decoders, pooling, heads', async () => {
    const loop = `
loader = torch.utils.data.DataLoader(rows(), batch_size=16)
model = smp.Unet(encoder_name="resnet34", classes=1).cuda()
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(10):
    for x, y in loader:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x.cuda()), y.cuda()).backward()
        optimizer.step()
`
    const files = {
      'decoder.py': `import torch\nimport segmentation_models_pytorch as smp\nfrom roads import rows\n${loop}`,
      'pooled.py': `from sentence_transformers import InputExample, SentenceTransformer, losses
from torch.utils.data import DataLoader
from pairs import read_pairs
model = SentenceTransformer("all-MiniLM-L6-v2")
loader = DataLoader([InputExample(texts=pair) for pair in read_pairs()], batch_size=64, shuffle=True)
model.fit([(loader, losses.MultipleNegativesRankingLoss(model))], epochs=1)
`,
      'learner.py': `from fastai.vision.all import *
dls = ImageDataLoaders.from_folder("leaves", item_tfms=Resize(224))
vision_learner(dls, resnet34).fine_tune(10)
`,
    }
    const found = await jobs(files)
    const samples = Object.fromEntries(found.map(({ name, ofSamples }) => [name, ofSamples]))
    for (const name of Object.keys(files)) assert.equal(samples[name]?.samples, 10_000, name)
  })
})
