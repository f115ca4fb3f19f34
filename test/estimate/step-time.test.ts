import assert from 'node:assert/strict'
import { gpu } from '../../server/src/catalog/gpus.js'
import { stepOperations, stepTime, sustained } from '../../server/src/estimate/step-time.js'
import { setup } from './setup.js'

describe('operations of a training step', () => {
  it('6 for each parameter and token of a language model, and those of attention', () => {
    const llama = setup('meta-llama/Llama-2-7b-hf', { batch: 2, tokens: 1024, languageHead: true })
    const operations = stepOperations(llama)!
    const plain = 6 * 6.74e9 * 2048
    assert.ok(operations > 0.97 * plain && operations < 1.15 * plain, String(operations / plain))
  })

  it('a third more with checkpointing', () => {
    const of = (checkpointing: boolean) =>
      stepOperations(setup('bert-base-uncased', { batch: 8, tokens: 128, checkpointing }))!
    assert.ok(Math.abs(of(true) / of(false) - 4 / 3) < 1e-9)
  })

  it('three forward passes of a classifier: 4.11 billion products for ResNet-50 at 224 pixels', () => {
    const of = (edge: number) => Math.round(stepOperations(setup('resnet50', { batch: 4, imageEdge: edge }))!)
    assert.equal(of(224), 2 * 4.11e9 * 4 * 3)
    assert.equal(of(448), 2 * 4.11e9 * 16 * 3)
  })

  it('not known without a length, or for a mixture of experts', () => {
    assert.equal(stepOperations(setup('bert-base-uncased', {})), null)
    assert.equal(stepOperations(setup('mistralai/Mixtral-8x7B-v0.1', { tokens: 128 })), null)
  })
})

describe('time of a step', () => {
  it('small batches wait for their kernels, large ones for the arithmetic', () => {
    const on = (batch: number) => stepTime(setup('bert-base-uncased', { batch, tokens: 128 }), gpu('H100')!)!
    assert.ok(on(8).start > on(8).arithmetic)
    assert.ok(on(512).arithmetic > on(512).start)
  })

  it('an L4 holds half of its peak', () => {
    assert.equal(sustained(gpu('L4')!, 'fp16'), 60.5)
    assert.equal(sustained(gpu('T4')!, 'fp16'), 65)
    assert.equal(sustained(gpu('K80')!, 'fp16'), 4.37)
  })
})
