/** `costlint cost` of notebooks that keep how long they ran. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

interface Cell {
  source: string
  metadata?: object
  outputs?: (object | null)[]
}

const notebook = (...cells: Cell[]): string =>
  JSON.stringify({
    cells: cells.map((cell) => ({
      cell_type: 'code',
      execution_count: 1,
      metadata: {},
      outputs: [],
      ...cell,
    })),
    metadata: { accelerator: 'GPU', colab: { gpuType: 'T4' }, kernelspec: { language: 'python' } },
    nbformat: 4,
    nbformat_minor: 5,
  })
const stream = (text: string) => [{ output_type: 'stream', name: 'stdout', text: text.split(/(?<=\n)/) }]

async function job(...cells: Cell[]) {
  const { out } = await runHere({ 'train.ipynb': notebook(...cells) }, ['cost', '--output-format', 'json'])
  return JSON.parse(out).jobs[0] as {
    hours: { low: number; high: number }
    usd: { low: number }
    assumptions: string[]
  }
}

const keras = `import tensorflow as tf
from mydata import pictures, labels
model = tf.keras.Sequential([tf.keras.layers.Dense(9)])
model.compile('sgd', 'mse')
model.fit(pictures, labels, epochs=3)`
const epochs = (last = '') =>
  ['160s 3s/step - loss: 0.9', '100s 2s/step - loss: 0.8', '100s 2s/step - loss: 0.7']
    .map(
      (text, index) =>
        `Epoch ${index + 1}/3\n48/49 [====>.] - ETA: 0s\b\b\b\b\b\b49/49 [==============================] - ${text}\n`,
    )
    .join('') + last

describe('costlint cost of a notebook that keeps how long it ran', () => {
  it('is that of its last run, by the epochs of Keras', async () => {
    const { hours, usd, assumptions } = await job({ source: keras, outputs: stream(epochs()) })
    assert.deepEqual(hours, { low: 0.1, high: 0.1 })
    assert.equal(usd.low.toFixed(4), '0.0526')
    assert.ok(assumptions.includes('hours as the outputs of the notebook tell of its last run'))
  })

  it('reads bars through the styles of a terminal, whose epochs that are missing take as long', async () => {
    const bar = (seconds: number) =>
      `\u001b[1m49/49\u001b[0m \u001b[32m━━━━\u001b[0m\u001b[37m\u001b[0m \u001b[1m${seconds}s\u001b[0m 3s/step - loss: 0.9\n`
    const two = `Epoch 1/3\n${bar(130)}Epoch 2/3\n${bar(110)}`
    const whole = await job({ source: keras, outputs: stream(two) })
    assert.equal((whole.hours.low * 3600).toFixed(0), '240')
    const begun = await job({ source: keras, outputs: [...stream(two), ...stream('Epoch 3/3\n')] })
    assert.equal((begun.hours.low * 3600).toFixed(0), '360')
  })

  it('is what a cell or its author says of the whole', async () => {
    for (const said of [
      'CPU times: user 1h 2min, sys: 3.2 s, total: 1h 2min\nWall time: 1h 3min 20s\n',
      'Training complete in 63m 20s\n',
      'Training finished in 1h 3m 20s\n',
      '100 epochs completed in 1.0556 hours.\n',
    ]) {
      const { hours } = await job({ source: keras, outputs: stream(said) })
      assert.equal((hours.low * 60).toFixed(0), '63', said)
    }
  })

  it('counts the cards that outputs name where the runtime no longer does', async () => {
    const cell = {
      cell_type: 'code',
      execution_count: 1,
      metadata: {},
      outputs: stream(`Using 2 GPUs!\n${epochs()}`),
      source: keras,
    }
    const text = (accelerator: string) =>
      JSON.stringify({ cells: [cell], metadata: { kaggle: { accelerator } }, nbformat: 4, nbformat_minor: 5 })
    const { out } = await runHere({ 'train.ipynb': text('none') }, ['cost', '--output-format', 'json'])
    const { jobs } = JSON.parse(out) as { jobs: { usd: { low: number } }[] }
    assert.equal(jobs[0]!.usd.low.toFixed(3), '0.105')
  })

  it('is not upset by outputs that are none', async () => {
    const { hours } = await job({ source: keras, outputs: [null, ...stream(epochs())] })
    assert.deepEqual(hours, { low: 0.1, high: 0.1 })
  })

  const loop = `import torch
from tqdm import tqdm
from mydata import loader, model
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for x, y in tqdm(loader):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda()).backward()
        optimizer.step()`
  const bar = (time: string) =>
    `  0%|          | 0/469 [00:00<?, ?it/s]\r 99%|█████████▉| 468/469 [${time}<00:01, 5it/s]\r100%|██████████| 469/469 [${time}<00:00, 5it/s]\n`
  for (const [name, cell] of [
    ['bars of tqdm', { source: loop, outputs: stream(bar('01:00:00') + bar('30:00')) }],
    ['what Colab keeps', { source: loop, metadata: { executionInfo: { elapsed: 5_400_000, status: 'ok' } } }],
    [
      'what the kernel tells',
      {
        source: loop,
        metadata: {
          execution: {
            'iopub.execute_input': '2026-02-04T14:00:00.000000Z',
            'shell.execute_reply': '2026-02-04T15:30:00.000000Z',
          },
        },
      },
    ],
    ['papermill', { source: loop, metadata: { papermill: { duration: 5400, status: 'completed' } } }],
  ] as const)
    it(`is that of its last run, by ${name}`, async () => {
      const { hours } = await job({ source: 'import numpy' }, cell)
      assert.deepEqual(hours, { low: 1.5, high: 1.5 })
    })

  it('is that of all epochs where the bar of the last one is written over the others', async () => {
    const written = 'Epoch 11: 100%|##########| 40/40 [00:30<00:00,  1.33it/s, v_num=0] done'
    const { hours } = await job({ source: loop, outputs: stream(written) })
    assert.deepEqual(hours, { low: 0.1, high: 0.1 })
  })

  it('is that of what the author prints of each epoch', async () => {
    const written = stream('Epoch: 01 | Time: 2m 30s\n\tLoss: 4.2\nEpoch: 02 | Time: 3m 30s\n\tLoss: 2.8\n')
    const { hours } = await job({ source: loop, outputs: written })
    assert.deepEqual(hours, { low: 0.1, high: 0.1 })
  })

  it('is the last of the times that are told from the start of the run', async () => {
    const written = stream(
      'epoch 1, loss 0.9, time 120.0s\nepoch 2, loss 0.8, time 241.5s\nepoch 3, loss 0.7, time 360s\n',
    )
    const { hours } = await job({ source: loop, outputs: written })
    assert.deepEqual(hours, { low: 0.1, high: 0.1 })
  })

  it('tells that a loader which waits wastes cents', async () => {
    const pictures = `import torchvision
from torch.utils.data import DataLoader
loader = DataLoader(torchvision.datasets.ImageFolder('train'), batch_size=64)
model = torchvision.models.resnet50().cuda()
`
    const source = pictures + loop.replace('from mydata import loader, model\n', '')
    const levelOf = async (time: string) => {
      const files = { 'train.ipynb': notebook({ source, outputs: stream(bar(time) + bar(time)) }) }
      const { out } = await runHere(files, [
        'check',
        '--output-format',
        'json',
        '--show-hints',
        '--fail-on',
        'never',
      ])
      const { findings } = JSON.parse(out) as { findings: { rule: string; severity: string }[] }
      return findings.find(({ rule }) => rule === 'data/no-loader-workers')?.severity
    }
    assert.equal(await levelOf('01:00'), 'hint')
    assert.equal(await levelOf('09:00:00'), 'warning')
  })

  it('is by the trainer of transformers, once', async () => {
    const source = `from transformers import Trainer
from mydata import model, data
trainer = Trainer(model=model, train_dataset=data)
trainer.train()`
    const html = '<progress value="90"></progress> [90/90 30:01, Epoch 5/5]'
    const { hours } = await job({
      source,
      outputs: [
        { output_type: 'display_data', data: { 'text/html': [html] }, metadata: {} },
        {
          output_type: 'execute_result',
          data: { 'text/plain': ["TrainOutput(metrics={'train_runtime': 1800.0})"] },
        },
      ],
    })
    assert.deepEqual(hours, { low: 0.5, high: 0.5 })
  })

  it('is not known of a run that was broken off, and of what says nothing', async () => {
    const error = { output_type: 'error', ename: 'KeyboardInterrupt', evalue: '', traceback: [] }
    const broken = await job({ source: keras, outputs: [...stream(epochs()), error] })
    const silent = await job({ source: keras, outputs: stream('done\n') })
    for (const { hours } of [broken, silent]) assert.deepEqual(hours, { low: 0, high: 24 })
  })
})
