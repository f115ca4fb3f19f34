import assert from 'node:assert/strict'
import { gpu } from '../../server/src/catalog/gpus.js'
import type { TrainingSetup } from '../../server/src/estimate/memory.js'
import { trainingStep } from '../../server/src/estimate/training-time.js'
import { setup } from './setup.js'

function seconds(name: string, changes: Partial<TrainingSetup>, card = 'A100', devices = 1) {
  const found = trainingStep(setup(name, changes), gpu(card)!, devices)?.step
  assert.ok(found, `no time for ${name}`)
  return found
}

describe('a step of a training', () => {
  it('small batches wait for their kernels: twice the batch takes as long', () => {
    const of = (batch: number) => seconds('bert-base-uncased', { batch, tokens: 128 })
    assert.equal(of(1).low, of(2).low)
    assert.ok(of(512).low > 1.8 * of(256).low)
  })

  it('passes that make up a step add up', () => {
    const of = (accumulation: number) => seconds('resnet50', { batch: 256, accumulation })
    assert.ok(of(8).low > 7 * of(1).low && of(8).low < 8 * of(1).low)
  })

  it('frozen weights take less, layers that are computed twice more', () => {
    const llama = { batch: 4, tokens: 1024, arithmetic: 'short', weightBits: 16 } as const
    const full = seconds('meta-llama/Llama-2-7b-hf', llama).low
    const adapters = { rank: 8, targets: 'all' } as const
    assert.ok(seconds('meta-llama/Llama-2-7b-hf', { ...llama, adapters }).low < 0.8 * full)
    assert.ok(seconds('meta-llama/Llama-2-7b-hf', { ...llama, checkpointing: true }).low > 1.2 * full)
  })

  it('a card without units for a format computes in fp32', () => {
    const half = seconds('resnet50', { batch: 64, format: 'fp16' }, 'K80').low
    const full = seconds('resnet50', { batch: 64, arithmetic: 'fp32' }, 'K80').low
    assert.ok(half > 0.5 * full, `${half} ${full}`)
    assert.ok(seconds('resnet50', { batch: 64, format: 'fp16' }, 'T4').low < 0.3 * half)
  })

  it('is not known without a length', () => {
    assert.equal(trainingStep(setup('bert-base-uncased', {}), gpu('A100')!, 1), null)
  })
})
