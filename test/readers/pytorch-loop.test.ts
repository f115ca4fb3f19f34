/** What is read from a hand-written loop beside its precision. */
import assert from 'node:assert/strict'
import { pytorchLoopReader } from '../../server/src/readers/pytorch/loop.js'
import { extractionOf, settingsOf } from './claims-of.js'

async function training(text: string): Promise<Record<string, unknown>> {
  return settingsOf(await extractionOf([pytorchLoopReader], text), 'Training')
}

const head = `
import argparse
import torch
from mylib import Net, loader, val_loader
parser = argparse.ArgumentParser()
parser.add_argument('--epochs', type=int, default=90)
args = parser.parse_args()
model = Net().cuda()
optimizer = torch.optim.AdamW(model.parameters())
`
const step = `
    for x, y in loader:
        loss = model(x, y)
        loss.backward()
        optimizer.step()
`

describe('a hand-written training loop', () => {
  it('has the epochs of the loop around it', async () => {
    const extraction = await extractionOf(
      [pytorchLoopReader],
      `${head}\nfor epoch in range(args.epochs):${step}`,
    )
    assert.equal(settingsOf(extraction, 'Training').epochs, 90)
    const epochs = extraction.claims.find((claim) => claim.setting === 'epochs')
    assert.equal(epochs?.key, 'epochs')
    assert.equal(epochs?.overridable, true, 'an option can change it')
  })

  it('is one subject, with the epochs of the loop that calls its function', async () => {
    const text = `${head}
def train_one(epoch):${step}
for epoch in range(1, 31):
    train_one(epoch)
`
    const extraction = await extractionOf([pytorchLoopReader], text)
    assert.equal(extraction.subjects.length, 1)
    assert.equal(extraction.subjects[0]!.scope, 'train_one')
    assert.equal(settingsOf(extraction, 'Training').epochs, 30)
  })

  it('knows no epochs of an endless loop', async () => {
    assert.equal((await training(`${head}\nwhile True:${step}`)).epochs, 'unknown: a while loop')
  })

  it('validates where a function or loop for it is reached', async () => {
    assert.equal((await training(`${head}\nfor epoch in range(9):${step}`)).validation, false)
    assert.equal(
      (await training(`${head}\nfor epoch in range(9):${step}    evaluate(model, val_loader)\n`)).validation,
      true,
    )
    assert.equal(
      (await training(`${head}\nfor epoch in range(9):${step}    model.eval()\n`)).validation,
      true,
    )
  })

  it('stops early where patience ends the loop', async () => {
    assert.equal((await training(`${head}\nfor epoch in range(9):${step}`)).earlyStopping, false)
    const patient = `${head}\nfor epoch in range(9):${step}    bad = bad + 1\n    if bad > patience:\n        break\n`
    assert.equal((await training(patient)).earlyStopping, true)
    const other = `${head}\nfor epoch in range(9):${step}    if done():\n        break\n`
    assert.equal((await training(other)).earlyStopping, 'unknown: the loop may end early')
    // The patience of a schedule ends nothing.
    const plateau = `${head}\ns = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=3)\nfor epoch in range(9):${step}`
    assert.equal((await training(plateau)).earlyStopping, false)
  })

  it('has a schedule that is laid out over all epochs', async () => {
    const text = `${head}\ns = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs)\nfor epoch in range(9):${step}`
    assert.equal((await training(text)).fullHorizonSchedule, true)
  })

  it('is open-ended where the validation loss does not tell when to stop', async () => {
    const gan = `${head}\nfor epoch in range(9):\n    for x in loader:\n        loss = discriminator(x)\n        loss.backward()\n        optimizer.step()\n`
    assert.equal((await training(gan)).openEnded, 'adversarial training')
    const contrastive = `${head}\nfrom losses import InfoNCE\nfor epoch in range(9):${step}`.replace(
      'loss = model',
      'loss = info_nce',
    )
    assert.equal((await training(contrastive)).openEnded, 'self-supervised learning')
    assert.equal(
      (await training(`${head}\nimport gymnasium\nfor epoch in range(9):${step}`)).openEnded,
      'reinforcement learning',
    )
  })

  it('leaves loops of other frameworks alone', async () => {
    const keras = `
import tensorflow as tf
for x in data:
    with tf.GradientTape() as tape:
        loss = model(x)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
# backward
`
    assert.deepEqual((await extractionOf([pytorchLoopReader], keras)).subjects, [])
  })

  it('withstands code that is being typed and code that is nested deeply', async () => {
    await extractionOf(
      [pytorchLoopReader],
      `${head}\nfor epoch in range(9):\n    for x in loader:\n        loss = model(x\n        loss.backward()\n        optimizer.`,
    )
    const deep = `${'('.repeat(10_000)}loss.backward()${')'.repeat(10_000)}`
    await extractionOf([pytorchLoopReader], `import torch\nfor x in y:\n    ${deep}\n    optimizer.step()\n`)
  })
})
