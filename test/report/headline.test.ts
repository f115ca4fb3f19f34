import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { splitMessage } from '../../server/src/report/headline.js'
import { savingPrefix } from '../../server/src/report/saving-words.js'

describe('the first sentence of a message', () => {
  const cases: [message: string, head: string, rest: string][] = [
    ['Trains in fp32.', 'Trains in fp32.', ''],
    [
      'Trains in fp32: `torch.autocast` is not used. Mixed precision is 2.1 times faster.',
      'Trains in fp32: `torch.autocast` is not used.',
      'Mixed precision is 2.1 times faster.',
    ],
    ['Calls `a. B` (e.g. Once) twice. `x` is read.', 'Calls `a. B` (e.g. Once) twice.', '`x` is read.'],
    [
      'GPU job "resnet" has no --time: a hang (a stuck collective, storage that does not answer) holds 1×A100-40GB until the limit of the partition. Set it.',
      'GPU job "resnet" has no --time.',
      'A hang (a stuck collective, storage that does not answer) holds 1×A100-40GB until the limit of the partition. Set it.',
    ],
    [
      '{{workflow.name}} is part of the input "working_dir" of "embedding" and new each time, so the outputs of an earlier run are never reused.',
      '{{workflow.name}} is part of the input "working_dir" of "embedding" and new each time.',
      'So the outputs of an earlier run are never reused.',
    ],
    [
      `${'Long '.repeat(15)}words: torch.compile stays as it is written, because that is its name.`,
      `${'Long '.repeat(15)}words.`,
      'torch.compile stays as it is written, because that is its name.',
    ],
    [
      '90 epochs: checkpoints are written, but nothing here goes on from them (`checkpoint`), so an interrupted run starts over.',
      '90 epochs: checkpoints are written, but nothing here goes on from them (`checkpoint`).',
      'So an interrupted run starts over.',
    ],
  ]
  for (const [message, head, rest] of cases) {
    it(`of “${message.slice(0, 40)}…”`, () => assert.deepEqual(splitMessage(message), { head, rest }))
  }
})

describe('the saving before a message', () => {
  const usd = (range: [number, number], per: 'hour' | 'run' | 'month') => ({
    range,
    per,
    asOf: '',
    region: '',
  })
  const saving = (fraction: [number, number], money: ReturnType<typeof usd> | null = null) =>
    savingPrefix({ saving: { fraction, usd: money, basis: '' } })

  it('is money where that is known, else a share', () => {
    assert.equal(savingPrefix({ saving: null }), '')
    assert.equal(saving([0.3, 0.5]), 'Save 30–50 %: ')
    assert.equal(saving([0, 0.4]), 'Save up to 40 %: ')
    assert.equal(saving([0.3, 0.5], usd([96, 181], 'run')), 'Save $96–180 a run: ')
    assert.equal(saving([0.3, 0.5], usd([0, 40], 'month')), 'Save up to $40 a month: ')
    assert.equal(saving([0.3, 0.5], usd([0.961, 1.8], 'hour')), 'Save $0.96–1.80 an hour: ')
  })
})
