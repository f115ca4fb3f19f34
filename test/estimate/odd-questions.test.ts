/** Questions whose parts contradict each other, or that are asked in another way than tables write them. */
import assert from 'node:assert/strict'
import { namedGpu } from '../../server/src/catalog/spellings.js'
import { type Answer, answer } from '../../server/src/estimate/answer.js'
import { type Question, readQuestion } from '../../server/src/estimate/question.js'
import { clockHours } from '../../server/src/estimate/run-length.js'

function ask(question: Question): Answer {
  const read = readQuestion(question)
  assert.ok(!('option' in read), JSON.stringify(read))
  return answer(read, '2026-11-27')
}

describe('parts of a question that do not belong together', () => {
  const run = { gpu: 'A100', batch: 32, length: '3 epochs' }

  it('a network for pictures on texts, or for texts on pictures, is told', () => {
    const told = (model: string, dataset: string, size: string) =>
      ask({ ...run, model, dataset, size }).assumptions.join()
    assert.match(told('resnet50', 'squad', '224'), /takes pictures, and SQuAD v1\.1 holds texts/)
    assert.match(told('gpt2', 'imagenet', '512'), /takes texts, and ImageNet-1k holds pictures/)
    assert.match(told('bert-base-uncased', 'imdb', '224x224'), /"224x224" is read as tokens/)
    assert.match(told('resnet50', 'imagenet', '512 tokens'), /"512 tokens" is read as pixels/)
    assert.doesNotMatch(told('bert-base-uncased', 'imdb', '128'), /takes texts/)
    assert.doesNotMatch(told('CLIP ViT-B/32', 'CIFAR-10', '224'), /takes/)
  })

  it('weights of 4 bits are trained through adapters, all weights in 16', () => {
    const llama = { model: 'Llama 3.1 8B', gpu: 'H100', batch: 1, size: '2048', precision: '4-bit' }
    const full = ask({ ...llama, method: 'full' })
    assert.match(full.assumptions.join(), /all weights are trained in 16 bits/)
    assert.ok(full.memory!.low > 2 * 8e9)
    assert.doesNotMatch(ask(llama).assumptions.join(), /trained in 16 bits/)
  })

  it('as many devices as --devices says, where --gpu names others', () => {
    const asked = { ...run, model: 'resnet50', gpu: '4x A10G' }
    assert.match(ask({ ...asked, devices: 6 }).assumptions.join(), /6 devices, as --devices says/)
    // Two machines of four.
    assert.doesNotMatch(ask({ ...asked, devices: 8 }).assumptions.join(), /as --devices says/)
  })
})

describe('questions in other words', () => {
  it('accelerators with their number behind a colon', () => {
    assert.equal(namedGpu('A100-80GB:8')?.count, 8)
    assert.equal(namedGpu('gpu:t4:2')?.gpu.name, 'T4')
    assert.equal(namedGpu('a100:2')?.count, 2)
    assert.equal(namedGpu('DGX Spark')?.gpu.memoryGB, 128)
  })

  it('a length by the clock is how long it takes', () => {
    assert.equal(clockHours('2 days'), 48)
    assert.equal(clockHours('1 day 12 hours'), 36)
    assert.equal(clockHours('90min'), 1.5)
    assert.equal(clockHours('until 2 days'), null)
    assert.equal(clockHours('90 epochs'), null)
    const found = ask({ model: 'resnet18', gpu: 'T4', batch: 128, length: '2 days', size: '224' })
    assert.deepEqual(found.hours, { low: 48, high: 48 })
    assert.ok(found.usd!.low > 10 && found.unknown.length === 0, found.unknown.join())
  })

  it('without a size, small pictures are taken as they are, or brought to that of the network', () => {
    const asked: Question = {
      model: 'resnet18',
      gpu: 'T4',
      batch: 128,
      length: '200 epochs',
      precision: 'fp32',
    }
    const open = ask({ ...asked, dataset: 'CIFAR-10' })
    assert.match(open.assumptions.join(), /from 32 pixels, as in CIFAR-10, to 224/)
    assert.equal(open.hours!.low, ask({ ...asked, dataset: 'CIFAR-10', size: '32' }).hours!.low)
    assert.equal(open.hours!.high, ask({ ...asked, dataset: 'CIFAR-10', size: '224' }).hours!.high)
    assert.match(ask({ ...asked, dataset: 'ImageNet' }).assumptions.join(), /size not given: 224/)
  })

  it('all weights of a large diffusion model fit in 16 bits where layers are computed twice', () => {
    const { memory } = ask({
      model: 'SDXL',
      method: 'dreambooth',
      gpu: 'A100-40GB',
      batch: 1,
      size: '1024',
      precision: 'fp16-mixed',
    })
    assert.ok(memory!.expected < 38 * 2 ** 30, String(memory!.expected / 2 ** 30))
  })
})
