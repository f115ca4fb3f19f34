/** `costlint cost` of trainings whose epochs are so many steps, however much data there is. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

const slurm = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython train.py\n'

async function hours(train: string): Promise<{ low: number; high: number | null } | null> {
  const files = { 'job.slurm': slurm, 'train.py': train }
  const { out } = await runHere(files, ['cost', '--output-format', 'json'])
  return JSON.parse(out).jobs[0].hours
}

const keras = (steps: string, epochs = 20) => `import tensorflow as tf
from mydata import pictures

model = tf.keras.applications.ResNet50(weights=None)
model.compile("sgd", "sparse_categorical_crossentropy")
model.fit(pictures.batch(64).repeat(), batch_size=64, epochs=${epochs}, steps_per_epoch=${steps})
`
const torch = (steps: string) => `import torch
from torchvision import models
from mydata import batches

model = models.resnet50().cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
batch_size = 64
loader = torch.utils.data.DataLoader(batches, batch_size=batch_size)
drawn = iter(loader)
for epoch in range(20):
    for step in range(${steps}):
        x, y = next(drawn)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda()).backward()
        optimizer.step()
`
const lightning = (limit: string) => `import lightning as L
import torch
from torchvision import models
from mydata import batches

class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = models.resnet50()
    def training_step(self, batch, index):
        return torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

loader = torch.utils.data.DataLoader(batches, batch_size=64)
L.Trainer(max_epochs=20${limit}).fit(Net(), loader)
`

describe('costlint cost of epochs that are counted in steps', () => {
  for (const [name, train] of [
    ['Keras', keras],
    ['a loop', torch],
    ['Lightning', (steps: string) => lightning(`, limit_train_batches=${steps}`)],
  ] as const)
    it(`knows how long they are: ${name}`, async () => {
      const [few, many] = [await hours(train('30')), await hours(train('3000'))]
      // 20 × 3,000 × 64 pictures at 1,000 to 5,000 a second.
      assert.ok(many!.low > 0.2 && many!.high! < 5, JSON.stringify(many))
      assert.ok(few !== null && many!.low / few.low > 99, JSON.stringify([few, many]))
    })

  it('says nothing of a number that follows from the data', async () => {
    assert.equal(await hours(keras('len(pictures) // 64')), null)
    assert.equal(await hours(torch('len(loader)')), null)
    assert.equal(await hours(lightning('')), null)
  })
})

describe('costlint cost of a function that trains and is called twice', () => {
  const twice = (first: number, second: number) => `import torch
from torchvision import models
from torchvision.datasets import CIFAR10

def train(model, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(epochs):
        for x, y in torch.utils.data.DataLoader(CIFAR10("data"), batch_size=64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda()).backward()
            optimizer.step()

model = models.resnet18().cuda()
train(model, ${first})
train(model, ${second})
`
  it('goes from the shorter of both to both together', async () => {
    const [short, long] = [(await hours(twice(5, 5)))!, (await hours(twice(20, 20)))!]
    const both = (await hours(twice(5, 15)))!
    assert.ok(Math.abs(both.low / short.low - 1) < 1e-6, JSON.stringify([both, short]))
    assert.ok(Math.abs(both.high! / long.high! - 1) < 1e-6, JSON.stringify([both, long]))
  })
})

describe('costlint cost where no accelerator is named', () => {
  const lora = (model: string, epochs: number) => `from datasets import load_dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

data = load_dataset("tatsu-lab/alpaca", split="train")
config = SFTConfig("out", num_train_epochs=${epochs}, max_length=512, per_device_train_batch_size=4)
SFTTrainer("${model}", args=config, train_dataset=data, peft_config=LoraConfig(r=8)).train()
`
  const words = async (model: string, epochs = 1) =>
    (await runHere({ 'train.py': lora(model, epochs) }, ['cost'])).out

  it('counts cards that hold what is trained, and tells each from the other', async () => {
    assert.match(
      await words('meta-llama/Llama-3.1-8B'),
      /: on A10G .* \$[\d.]+.*; on H100-SXM .*, each at its lowest/,
    )
    assert.match(await words('meta-llama/Llama-3.2-1B'), /: on T4 .*; on H100-SXM /)
    // Of several days on the smallest one, the smallest that ends within a day is told, too.
    assert.match(
      await words('meta-llama/Llama-3.1-8B', 12),
      /: on A10G .*; on A100-40GB [^;]*, the smallest that ends within a day; on H100-SXM /,
    )
    assert.match(
      await words('meta-llama/Llama-3.1-70B'),
      /not known on which accelerators it runs: none of the usual/,
    )
  })
})
