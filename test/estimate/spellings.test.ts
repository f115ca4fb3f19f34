/** Words, sizes, lengths and names of questions, as tables of published runs write them. */
import assert from 'node:assert/strict'
import { dataset } from '../../server/src/catalog/datasets.js'
import { namedGpu, namedModel } from '../../server/src/catalog/spellings.js'
import { networkOf } from '../../server/src/estimate/network.js'
import { type Question, readQuestion } from '../../server/src/estimate/question.js'
import { memoryOfQuestion } from '../../server/src/estimate/question-memory.js'
import { runHours } from '../../server/src/estimate/run-hours.js'
import { runLength } from '../../server/src/estimate/run-length.js'
import {
  methodFrom,
  optimizerFrom,
  precisionFrom,
  sizesFrom,
} from '../../server/src/estimate/training-words.js'

describe('spellings of questions', () => {
  for (const [text, numbers] of [
    ['2k', [2048]],
    ['128k', [131072]],
    ['4K tokens', [4096]],
    ['512^2', [512, 512]],
    ['96^3', [96, 96, 96]],
    ['16x224x224', [224, 224]],
    ['32,768', [32768]],
    ['1,024 tokens', [1024]],
    ['128x128x128', [128, 128, 128]],
    ['(1333, 800)', [1333, 800]],
    ['phase 1 128, phase 2 512', [128, 512]],
    ['384 (doc stride 128)', [384]],
  ] as const)
    it(`size ${text}`, () => assert.deepEqual(sizesFrom(text)?.numbers, numbers))

  for (const [text, amount, unit] of [
    ['90E', 90, 'epochs'],
    ['12e', 12, 'epochs'],
    ['one epoch', 1, 'epochs'],
    ['half an epoch', 0.5, 'epochs'],
    ['160k', 160_000, 'steps'],
    ['1.4T', 1.4e12, 'tokens'],
    ['7038 + 1563 steps', 8601, 'steps'],
    ['phase 1: 7038 steps, phase 2: 1563 steps', 8601, 'steps'],
    ['800 epochs + 100 epochs', 900, 'epochs'],
    ['70 epochs (250k steps)', 70, 'epochs'],
    ['25000 kimg', 25e6, 'samples'],
  ] as const)
    it(`length ${text}`, () => assert.deepEqual(runLength(text), { amount, unit }))

  for (const text of ['until target', '24h', 'step', '1M timesteps'])
    it(`no length: ${text}`, () => assert.equal(runLength(text), null))

  it('levels of Apex', () => {
    assert.equal(precisionFrom('O2')?.mixed, true)
    assert.equal(precisionFrom('O0')?.formats[0], 'fp32')
  })

  it('optimizers that keep rows, columns or a low rank', () => {
    for (const one of ['GaLore', 'CAME', 'SM3', 'Adafactor'])
      assert.equal(optimizerFrom(one), 'adafactor', one)
    assert.equal(optimizerFrom('RMSProp'), 'rmsprop')
    for (const one of ['4-bit AdamW', 'paged_adamw_8bit', 'fp8 Adam'])
      assert.equal(optimizerFrom(one), 'adamw 8 bit', one)
    assert.equal(optimizerFrom('Adan'), 'adamw')
  })

  it('states in the memory of the host', () => {
    assert.deepEqual(methodFrom('ZeRO-3 + offload')?.sharding, { kind: 'deepspeed', stage: 3 })
    for (const one of ['ZeRO-Offload', 'full, CPU offload of the optimizer'])
      assert.deepEqual(methodFrom(one)?.sharding, { kind: 'deepspeed', stage: 2 }, one)
    assert.deepEqual(methodFrom('ZeRO-Infinity')?.sharding, { kind: 'deepspeed', stage: 3 })
    assert.deepEqual(methodFrom('FSDP + CPU offload')?.sharding, { kind: 'fsdp', stage: 3 })
    for (const one of ['ZeRO-3 + offload', 'ZeRO-Infinity', 'FSDP + CPU offload'])
      assert.equal(methodFrom(one)?.offload, true, one)
    assert.equal(methodFrom('ZeRO-3')?.offload, false)
  })

  it('methods', () => {
    for (const one of ['training', 'DPO', 'knowledge distillation', 'Megatron TP8 PP8', 'supervised'])
      assert.equal(methodFrom(one)?.adapters, false, one)
    for (const one of ['textual inversion', 'P-Tuning v2', 'BitFit'])
      assert.equal(methodFrom(one)?.adapters, true, one)
    for (const one of ['linear probe', 'frozen backbone', 'head only'])
      assert.equal(methodFrom(one)?.headOnly, true, one)
    for (const one of ['KTO', 'instruction tuning', 'multi-GPU', 'QAT'])
      assert.equal(methodFrom(one)?.adapters, false, one)
    for (const one of ['Unsloth', '(IA)3', 'LoftQ', '8-bit LoRA'])
      assert.equal(methodFrom(one)?.adapters, true, one)
    assert.equal(methodFrom('QDoRA')?.quantized, true)
    assert.equal(methodFrom('LoRA 8-bit')?.eightBits, true)
    assert.equal(methodFrom('lora 8bit')?.rank, null)
    assert.equal(methodFrom('full + 4-bit Adam')?.quantized, false)
    for (const one of [
      'no gradient checkpointing',
      'LoRA w/o activation checkpointing',
      'full, no recompute',
    ])
      assert.equal(methodFrom(one)?.checkpointing, false, one)
    assert.equal(methodFrom('full + gradient checkpointing')?.checkpointing, true)
    assert.equal(methodFrom('GRPO')?.generates, true)
    assert.equal(methodFrom('by magic'), undefined)
  })

  const run: Question = { model: 'ResNet-50', gpu: 'V100', batch: 64, size: '224', precision: 'fp32' }
  const ask = (changes: Partial<Question>) => {
    const read = readQuestion({ ...run, ...changes })
    assert.ok(!('option' in read), JSON.stringify(read))
    return runHours(read)
  }

  it('what says nothing is as good as not written', () => {
    const blank = ask({
      precision: 'n/a',
      method: 'default',
      optimizer: 'unknown',
      length: '-',
      size: 'multi-scale',
    })
    const { precision: _, size: __, ...bare } = run
    const plain = readQuestion(bare)
    assert.ok(!('option' in plain))
    assert.deepEqual(blank.speed, runHours(plain).speed)
  })

  it('a head on a frozen network: it computes once, not three times', () => {
    const all = ask({}).speed!.samplesPerSecond
    const head = ask({ method: 'linear probe' }).speed!.samplesPerSecond
    assert.ok(head.low > 2.5 * all.low && head.high > 2.5 * all.high)
  })

  it('an ELECTRA that learns a language has a generator beside it', () => {
    const on = (data: string) =>
      ask({ model: 'ELECTRA-Small', batch: 128, size: '128', dataset: data }).speed!.samplesPerSecond
    assert.ok(on('OpenWebText').low < 0.7 * on('MNLI').low)
  })

  for (const [text, name, count] of [
    ['2080 Ti', 'RTX2080Ti', null],
    ['A100 40G', 'A100-40GB', null],
    ['A100-80G', 'A100-80GB', null],
    ['v4-128', 'TPU-v4', 64],
    ['DGX-2H', 'V100-32GB', 16],
    ['Big Basin (8x V100)', 'V100', 8],
    ['Kaggle P100', 'P100', null],
    ['Google Colab T4', 'T4', null],
    ['8 A100s', 'A100-40GB', 8],
    ['A100*8', 'A100-40GB', 8],
    ['2 nodes of 8 A100', 'A100-40GB', 16],
    ['AWS g5.2xlarge', 'A10G', 1],
    ['NVIDIA_A100_SXM_80GB', 'A100-80GB', null],
    ['TPU v3 8', 'TPU-v3', 8],
    ['DGX_A100_80GB', 'A100-80GB', 8],
    ['RTX 4070 Ti SUPER', 'RTX4070TiSuper', null],
  ] as const)
    it(`GPU ${text}`, () => {
      const found = namedGpu(text)
      assert.equal(found?.gpu.name, name)
      assert.equal(found?.count ?? null, count)
    })

  for (const [text, name] of [
    ['SQuAD 1.1', 'SQuAD v1.1'],
    ['MS-COCO', 'COCO 2017'],
    ['LVIS v0.5', 'LVIS v0.5'],
    ['WMT16 English-German', 'WMT16 de-en'],
    ["IWSLT'14", 'IWSLT14 de-en'],
    ['Wikipedia + BooksCorpus', 'Wikipedia and BookCorpus'],
    ['MSD Task01 Brain Tumour', 'MSD Task01 BrainTumour'],
  ] as const)
    it(`data set ${text}`, () => assert.equal(dataset(text)?.name, name))

  for (const [text, like] of [
    ['ResNet50v1.5', 'ResNet-50'],
    ['Swin Transformer Tiny', 'Swin-T'],
    ['DeiT III-L', 'deit3_large_patch16_224'],
    ['GFL R-50-FPN', 'ATSS R50-FPN'],
    ['Dynamic R-CNN R-50-FPN', 'Faster R-CNN R50-FPN'],
    ['Mask Scoring R-CNN R-50-FPN', 'Mask R-CNN R50-FPN'],
    ['OCRNet R-101-D8', 'PSPNet R101-D8'],
    ['Mask R-CNN R50-FPN Deformable Conv', 'Mask R-CNN R50-FPN'],
    ['Cascade Mask R-CNN ConvNeXt-T', 'Cascade Mask R-CNN Swin-T'],
    ['SciBERT', 'bert-base-uncased'],
    ['ESM-2 650M', 'facebook/esm2_t33_650M_UR50D'],
    ['ControlNet SD 1.5', 'Stable Diffusion v1.5'],
    ['InstructPix2Pix', 'Stable Diffusion v1.5'],
    ['nanoGPT', 'gpt2'],
    ['TheBloke/Llama-2-13B-GPTQ', 'Llama-2 13B'],
    ['RN50', 'ResNet-50'],
    ['Mask-R-CNN-R50-FPN-Deformable-Conv', 'Mask R-CNN R50-FPN'],
    ['Fast_R_CNN_R50_FPN', 'Faster R-CNN R50-FPN'],
    ['LEGACY_SERESNET34', 'legacy_seresnet34'],
    ['Qwen 7B Q LoRA', 'Qwen 7B'],
    ['ResNet-50-v1.5-(25.6M-std)', 'ResNet-50'],
    ['SwAV_ResNet_50', 'SwAV ResNet-50'],
    ['StyleGAN2 config-f', 'StyleGAN2'],
    ['vit base 16', 'ViT-B/16'],
    ['ViT-Large/16 384', 'vit_large_patch16_384'],
    ['deit small', 'DeiT-S'],
    ['sd15', 'Stable Diffusion v1.5'],
    ['Rotated RetinaNet R50-FPN', 'RetinaNet R50-FPN'],
    ['Oriented R-CNN R50-FPN', 'Faster R-CNN R50-FPN'],
    ['MiniCPM-Llama3-V 2.5', 'Llama 3 8B'],
  ] as const)
    it(`model ${text}`, () => {
      const [one, other] = [text, like].map((name) => networkOf(namedModel(name)!)!)
      assert.equal(one!.parameters, other!.parameters)
      assert.deepEqual(one!.forward(512), other!.forward(512))
    })

  it('a document model sees the page too: LayoutLMv2 computes more than BERT', () => {
    const [layout, bert] = ['microsoft/layoutlmv2-base-uncased', 'bert-base-uncased'].map(
      (name) => networkOf(namedModel(name)!, true)!.forward(512).low,
    )
    assert.ok(layout! > 1.3 * bert!)
  })

  it('what a single card cannot hold as usual is trained in a way that it holds, and told', () => {
    const read = readQuestion({
      model: 'Llama 3.1 8B',
      gpu: 'RTX 4090',
      batch: 2,
      size: '2048',
      precision: 'bf16',
      method: 'full',
    })
    assert.ok(!('option' in read))
    const found = memoryOfQuestion(read)
    assert.ok(!('missing' in found))
    assert.ok(found.expected < 22 * 2 ** 30 && found.low >= 2 * read.network!.parameters)
    assert.match(found.assumption!, /updated during the backward pass/)
  })
})
