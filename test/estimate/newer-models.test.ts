/** Questions about mixtures of experts, diffusion transformers and speech: what their names say of them, and what is kept of their layers. */
import assert from 'node:assert/strict'
import { namedModel } from '../../server/src/catalog/spellings.js'
import { type Answer, answer } from '../../server/src/estimate/answer.js'
import { type Question, readQuestion } from '../../server/src/estimate/question.js'

function ask(question: Question): Answer {
  const read = readQuestion(question)
  assert.ok(!('option' in read), JSON.stringify(read))
  return answer(read, '2026-11-27')
}

const gib = (bytes: number) => bytes / 2 ** 30

describe('mixtures of experts', () => {
  const run: Question = {
    model: '',
    size: '2048',
    batch: 1,
    gpu: 'H100',
    devices: 8,
    method: 'lora',
    precision: 'bf16',
  }

  it('hold all experts and compute with a few, as their names say', () => {
    const [mixture, dense] = ['Foo-80B-A3B-Instruct', 'Foo-80B'].map((model) => ask({ ...run, model }))
    assert.ok(mixture!.samplesPerSecond!.low > 8 * dense!.samplesPerSecond!.low)
    assert.equal(namedModel('Foo-80B-A3B-Instruct')?.model?.parameters, 80e9)
    // All weights in 16 bits, shared among the devices.
    assert.ok(gib(mixture!.memory!.low) > (2 * 80) / 8)
    assert.ok(mixture!.assumptions.some((one) => /a token visits 3 of its 80 billion weights/.test(one)))
  })

  for (const [model, billions] of [
    ['meta-llama/Llama-4-Scout-17B-16E-Instruct', 109],
    ['deepseek-ai/DeepSeek-R1', 671],
    ['google/gemma-3n-E4B-it', 7.85],
    ['moonshotai/Kimi-K2-Instruct', 1040],
  ] as const)
    it(`${model} has ${billions} billion weights, of which a token visits few`, () => {
      const found = namedModel(model)?.model
      assert.equal(found?.parameters, billions * 1e9)
      assert.ok(found!.active! < 0.6 * found!.parameters)
      const whole = ask({ ...run, model: `Foo-${billions}B`, devices: 64 })
      assert.ok(ask({ ...run, model, devices: 64 }).samplesPerSecond!.low > 1.2 * whole.samplesPerSecond!.low)
    })

  it('DeepSeek-V3 with adapters takes its weights in 16 bits over all devices', () => {
    const { memory } = ask({ ...run, model: 'deepseek-ai/DeepSeek-V3', devices: 64, size: '4096' })
    assert.ok(gib(memory!.low) > 20 && gib(memory!.expected) < 100, String(gib(memory!.expected)))
  })
})

describe('what is no language model', () => {
  for (const model of [
    'Open-Sora-2-11B',
    'EVA-CLIP-18B',
    'InternViT-6B-448px',
    'CogVideoX-3B',
    'wav2vec2-9b',
  ])
    it(`${model} is not counted as one by its size`, () => assert.equal(namedModel(model), undefined))

  it('a model that makes films says that nothing is on record', () => {
    const { memory, unknown } = ask({ model: 'Wan-AI/Wan2.1-T2V-1.3B', batch: 1, gpu: 'A100', size: '480' })
    assert.equal(memory, null)
    assert.ok(unknown.some((one) => /nothing is on record/.test(one)))
  })

  for (const model of ['nvidia/parakeet-tdt-0.6b-v2', 'facebook/wav2vec2-xls-r-1b', 'nvidia/canary-1b'])
    it(`${model} hears seconds`, () => assert.equal(namedModel(model)?.cost?.unit, 'seconds'))

  it('models of an account are found by their family as well', () => {
    assert.equal(namedModel('amazon/chronos-t5-large')?.model?.name, 'google-t5/t5-large')
    assert.match(
      namedModel('facebook/dinov3-convnext-tiny-pretrain-lvd1689m')?.model?.name ?? '',
      /convnext_tiny/,
    )
  })
})

describe('what transformers keep', () => {
  it('published: adapters on FLUX.1 in 9 GB over 4 bits and in 26 GB over 16, layers computed twice', () => {
    for (const [method, published] of [
      ['qlora r=4+checkpointing', 9],
      ['lora r=4+checkpointing', 26],
    ] as const) {
      const { memory } = ask({
        model: 'FLUX.1-dev',
        gpu: 'RTX 4090',
        batch: 1,
        size: '512x768',
        precision: 'bf16',
        optimizer: '8-bit AdamW',
        method,
      })
      assert.ok(Math.abs(gib(memory!.expected) / published - 1) < 0.1, `${method}: ${gib(memory!.expected)}`)
    }
  })

  it('grows with their width and not with its square', () => {
    const kept = (model: string) => {
      const read = readQuestion({ model })
      assert.ok(!('option' in read))
      const { network } = read
      return network!.kept(1024, 16) / network!.forward(1024).low
    }
    assert.ok(kept('black-forest-labs/FLUX.1-dev') < 0.6 * kept('PixArt-alpha'))
  })

  it('a diffusion model that its card cannot hold computes its layers twice, which is told', () => {
    const sdxl: Question = { model: 'SDXL', method: 'lora', size: '1024', batch: 3, precision: 'fp16-mixed' }
    const small = ask({ ...sdxl, gpu: 'RTX 4090' })
    assert.ok(gib(small.memory!.expected) < 22, String(gib(small.memory!.expected)))
    assert.ok(small.assumptions.some((one) => /layers computed twice/.test(one)))
    assert.ok(
      !ask({ ...sdxl, gpu: 'A100 80GB' }).assumptions.some((one) => /layers computed twice/.test(one)),
    )
  })
})

describe('networks for segmentation by their encoder', () => {
  for (const text of ['unet-resnet34', 'smp.Unet resnet34', 'smp.Unet(resnet34)', 'UNet (resnet34)'])
    it(text, () => {
      const found = namedModel(text)
      assert.equal(found?.cost?.name ?? found?.model?.name, namedModel('smp.Unet(resnet34)')?.cost?.name)
      assert.deepEqual(found?.views, { low: 1.2, high: 2.5 })
    })

  it('what only begins so is none', () => {
    assert.equal(namedModel('unet-frobnet'), undefined)
    assert.equal(namedModel('Attention UNet')?.views, undefined)
  })
})
