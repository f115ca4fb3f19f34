/** `costlint estimate --model …`: what a user types, and what comes back. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

const estimate = (...args: string[]) => runHere({}, ['estimate', ...args])

const resnet = '--model ResNet-50 --gpu A100-80GB --batch 256 --size 224 --precision amp'.split(' ')

describe('costlint estimate --model', () => {
  it('JSON: memory, time and money, each an interval', async () => {
    const { out, code } = await estimate(
      ...[...resnet, '--devices', '8', '--dataset', 'ImageNet-1k', '--length', '90 epochs'],
      ...['--output-format', 'json'],
    )
    assert.equal(code, 0)
    const found = JSON.parse(out)
    assert.deepEqual(Object.keys(found), [
      'memory',
      'stepSeconds',
      'samplesPerSecond',
      'hours',
      'usd',
      'unknown',
    ])
    assert.deepEqual(Object.keys(found.memory), ['low', 'expected', 'high'])
    // 22 GB or so on a card of 80.
    assert.ok(found.memory.low > 5 && found.memory.high < 40, JSON.stringify(found.memory))
    for (const name of ['stepSeconds', 'samplesPerSecond', 'hours', 'usd'])
      assert.ok(found[name].low > 0 && found[name].low < found[name].high, name)
    assert.deepEqual(found.unknown, [])
  })

  it('JSON: null for what is not known, with what would make it known', async () => {
    const { out, code } = await estimate(...resnet, '--output-format', 'json')
    assert.equal(code, 0)
    const found = JSON.parse(out)
    assert.equal(found.hours, null)
    assert.equal(found.usd, null)
    assert.match(found.unknown.join('\n'), /hours: how long it trains \(--length/)
  })

  it('texts are counted in tokens as well', async () => {
    const asked = ['--model', 'gpt2', '--gpu', 'A100', '--size', '1024', '--length', '1 epoch']
    const figures = async (...args: string[]) =>
      JSON.parse((await estimate(...asked, ...args, '--output-format', 'json')).out).hours
    assert.deepEqual(
      await figures('--samples', '1.024M tokens', '--batch', '8192 tokens'),
      await figures('--samples', '1000', '--batch', '8'),
    )
  })

  it('counts as tables write them: of each device, of all, machines times devices', async () => {
    const figures = async (...args: string[]) => {
      const asked = ['--model', 'ResNet-50', '--gpu', 'V100', ...args, '--output-format', 'json']
      return JSON.parse((await estimate(...asked)).out).stepSeconds
    }
    const plain = await figures('--batch', '32', '--devices', '8')
    assert.deepEqual(await figures('--batch', '32 per GPU', '--devices', '8 GPUs'), plain)
    assert.deepEqual(await figures('--batch', '256 global', '--devices', '2 x 4'), plain)
    assert.deepEqual(await figures('--batch', '32/GPU', '--devices', '8'), plain)
    assert.deepEqual(await figures('--batch', '32', '--devices', '2 x 2 x 2'), plain)
    assert.deepEqual(await figures('--batch', '256 global', '--gpu', '8x V100'), plain)
  })

  it('without an accelerator: memory alone', async () => {
    const { out, code } = await estimate(
      '--model',
      'BERT-base',
      '--size',
      '128',
      '--batch',
      '32',
      '--output-format',
      'json',
    )
    assert.equal(code, 0)
    const found = JSON.parse(out)
    assert.ok(found.memory.expected > 2 && found.memory.expected < 8, out)
    assert.equal(found.stepSeconds, null)
    assert.match(found.unknown.join('\n'), /time: the accelerator \(--gpu\)/)
  })

  it('text: figures with units, and what was assumed', async () => {
    const { out, code } = await estimate(...resnet, '--samples', '1,000', '--length', '2 epochs')
    assert.equal(code, 0)
    assert.match(out, /^ResNet-50, 26 M parameters on 1 × A100-80GB\n/)
    assert.match(
      out,
      /memory +[\d.]+ GiB per device \([\d.]+–[\d.]+\) of [\d.]+ GiB usable: fits with margin/,
    )
    assert.match(out, /steps +8\n/)
    assert.match(out, /time +[\d.]+ s–[\d.]+ min|time +[\d.]+–[\d.]+ s/)
    assert.match(out, /assumed: \$[\d.]+ to \$[\d.]+ per GPU and hour: list prices of \d+ providers/)
  })

  it('what fits in no way does not fit', async () => {
    const asked = [
      'estimate',
      '--model',
      'llama-2-13b',
      '--gpu',
      'A100-80GB',
      '--batch',
      '64',
      '--size',
      '4096',
    ]
    const { out } = await runHere({}, asked)
    assert.match(out, /GiB usable: does not fit\n/)
  })

  it('what fits only where it saves memory is tight', async () => {
    const asked = [
      '--model',
      'Llama-2-7B',
      '--gpu',
      'T4',
      '--batch',
      '1',
      '--size',
      '512',
      '--method',
      'full',
    ]
    const { out } = await estimate(...asked)
    assert.match(out, /GiB usable: tight\n/)
    assert.match(out, /assumed: all in 16 bits, .* or they would not fit/)
  })

  it('counts that say nothing are as good as not given', async () => {
    const asked = ['--model', 'Llama-2-7B', '--gpu', 'A100', '--size', '2048', '--method', 'QLoRA']
    const plain = await estimate(...asked)
    for (const blank of ['', 'unknown', 'n/a', 'full graph']) {
      const { out } = await estimate(...asked, '--batch', blank, '--samples', blank, '--devices', blank)
      assert.equal(out, plain.out, blank)
    }
    const phases = await estimate(...asked, '--batch', '88 / 12', '--samples', '2708 nodes (std)')
    const first = await estimate(...asked, '--batch', '88', '--samples', '2708')
    assert.equal(phases.out, first.out)
  })

  for (const [said, args, message] of [
    [
      'a model that nobody knows',
      ['--model', 'resnet5O', '--gpu', 'T4'],
      /--model: "resnet5O" is not known, did you mean "resnet50"\?/,
    ],
    [
      'an accelerator that nobody knows',
      ['--model', 'resnet50', '--gpu', 'H1000'],
      /--gpu: "H1000" is not known(?!.*P100)/,
    ],
    [
      'a machine with a slip of the hand',
      ['--model', 'resnet50', '--gpu', 'p4d.24xlarg'],
      /--gpu: "p4d\.24xlarg" is not known, did you mean "p4d\.24xlarge"\?/,
    ],
    [
      'a format that is none',
      [...resnet, '--precision', 'fast'],
      /--precision: "fast" is not understood; such are .*bf16/,
    ],
    [
      'a method that is none',
      [...resnet, '--method', 'magic'],
      /--method: "magic" is not understood; such are .*qlora/,
    ],
    ['a batch of many words', [...resnet, '--batch', '8 or more'], /--batch: "8 or more" is no whole number/],
    ['a batch that is no number', [...resnet, '--batch', 'many'], /--batch: "many" is no whole number/],
    ['a size that no number holds', [...resnet, '--size', '9'.repeat(400)], /--size: "9+" is not understood/],
    ['no accelerator', [...resnet, '--gpu', '0 x V100'], /--gpu: "0 x V100" is not known/],
    ['a model without a name', ['--model', ' '], /--model: the model to train is missing/],
    ['a file as well', [...resnet, 'train.py'], /--model: .*no paths/],
    ['a batch without a model', ['--batch', '8'], /--batch: only together with --model/],
  ] as const)
    it(`refused: ${said}`, async () => {
      const { err, out, code } = await estimate(...args)
      assert.equal(code, 2)
      assert.equal(out, '')
      assert.match(err, message)
    })
})
