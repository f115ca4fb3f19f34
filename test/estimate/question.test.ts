/** Questions about runs: what is understood, what the answer must add up to, and what it says of what it does not know. */
import assert from 'node:assert/strict'
import { gpu } from '../../server/src/catalog/gpus.js'
import { gpuSpellings, namedGpu, namedModel } from '../../server/src/catalog/spellings.js'
import { type Answer, answer } from '../../server/src/estimate/answer.js'
import { type Question, readQuestion } from '../../server/src/estimate/question.js'
import { runLength, workOf } from '../../server/src/estimate/run-length.js'
import { peakOf } from '../../server/src/estimate/step-seconds.js'
import { methodFrom, optimizerFrom, precisionFrom } from '../../server/src/estimate/training-words.js'

function ask(question: Question): Answer {
  const read = readQuestion(question)
  assert.ok(!('option' in read), JSON.stringify(read))
  return answer(read, '2026-11-27')
}

const resnet: Question = {
  model: 'ResNet-50',
  dataset: 'ImageNet-1k',
  size: '224',
  batch: 256,
  devices: 8,
  gpu: 'A100-SXM4-80GB',
  precision: 'fp16-mixed',
  length: '90 epochs',
}

describe('models as people write them', () => {
  for (const [text, name] of [
    ['ResNet-50 v1.5 (25.6M std)', 'resnet50'],
    ['BERT-large', 'google-bert/bert-large-uncased'],
    ['Llama-2 7B QLoRA', 'meta-llama/Llama-2-7b-hf'],
    ['Code Llama 7B', 'codellama/CodeLlama-7b-hf'],
    ['Qwen 1.8B LoRA (emb)', 'Qwen/Qwen-1_8B'],
    ['OPT-1.3B', 'facebook/opt-1.3b'],
    ['OPT-13B', 'facebook/opt-13b'],
    ['GPT-2 124M', 'openai-community/gpt2'],
    ['vit_base_patch16_224 (86.57M)', 'vit_b_16'],
    // Of the same layers as one that is on record.
    ['bert-base-uncased-finetuned-mrpc', 'google-bert/bert-base-uncased'],
    ['nlpaueb/legal-bert-base-uncased', 'google-bert/bert-base-uncased'],
    ['microsoft/BiomedNLP-PubMedBERT-base-uncased-abstract', 'google-bert/bert-base-uncased'],
    ['klue/roberta-large', 'FacebookAI/roberta-large'],
    ['jonatasgrosman/wav2vec2-large-xlsr-53-english', 'facebook/wav2vec2-large-960h'],
    ['dinov2_vits14', 'facebook/dinov2-small'],
    ['facebook/dino-vits16', 'vit_small_patch16_224'],
    ['eva02_large_patch14_448.mim_m38m_ft_in22k_in1k', 'eva02_large_patch14_448'],
    ['facebook/deit-base-distilled-patch16-224', 'deit_base_patch16_224'],
    ['Salesforce/codet5-base', 'google-t5/t5-base'],
    ['CodeGPT-small (gpt2)', 'openai-community/gpt2'],
    ['Qwen-VL-Chat', 'Qwen/Qwen-VL'],
    ['ChatGLM2-6B', 'THUDM/chatglm3-6b'],
    ['MPT-7B', 'mosaicml/mpt-7b'],
    ['phi-1.5', 'microsoft/phi-1_5'],
    ['ProtT5-XXL', 'google-t5/t5-11b'],
    ['ProtT5-XL', 'google-t5/t5-3b'],
    ['SimCSE RoBERTa-large', 'FacebookAI/roberta-large'],
    ['Sentence-BERT large', 'google-bert/bert-large-uncased'],
    ['SimCSE', 'google-bert/bert-base-uncased'],
    ['torchvision resnet50', 'resnet50'],
    ['Barlow Twins', 'resnet50'],
    ['MiniGPT-4', 'llava-hf/llava-1.5-7b-hf'],
    ['codeparrot', 'openai-community/gpt2-xl'],
    ['R-101', 'resnet101'],
  ] as const)
    it(text, () => assert.equal(namedModel(text)?.model?.name, name))

  for (const [text, name] of [
    ['Stable Diffusion v1 DreamBooth', 'stable-diffusion-v1-5/unet'],
    ['Mask R-CNN R-50-FPN', 'torchvision/maskrcnn_resnet50_fpn'],
    ['SAM', 'facebook/sam-vit-huge'],
    ['DeBERTa-v3-base', 'microsoft/deberta-v3-base'],
    ['wav2vec 2.0 base (95M std)', 'facebook/wav2vec2-base-960h'],
    ['openai/clip-vit-base-patch32', 'open_clip/ViT-B-32'],
    ['resnet20', 'cifar/resnet20'],
    ['PreActResNet18', 'cifar/kuangliu ResNet18'],
    ['nnU-Net 3D', 'nnunet_3d'],
    ['transformer_wmt_en_de_big', 'transformer-big'],
    ['Tacotron 2 (28M std)', 'tacotron2'],
    ['GNMT v2', 'gnmt_v2'],
    ['NCF (NeuMF)', 'neumf'],
    ['DiT-XL/2', 'DiT-XL/2'],
    ['PSPNet R50-D8', 'pspnet_r50_d8'],
    ['Wide ResNet 40-10', 'cifar/wrn40_10'],
    ['YOLOv5s-seg', 'yolov5s-seg'],
    ['SwAV ResNet-50', 'torchvision/resnet50'],
    ['Deformable DETR R50', 'deformable_detr_r50'],
    ['RegNetY-16GF', 'torchvision/regnet_y_16gf'],
    ['RegNetY-1.6GF', 'torchvision/regnet_y_1_6gf'],
    ['regnet_y_1_6gf', 'torchvision/regnet_y_1_6gf'],
    ['I3D', 'mmaction2/i3d_r50_32x2'],
    ['MiT-B0', 'mit_b0'],
    ['ViT-S/16', 'timm/vit_small_patch16_224'],
    ['DINO ViT-S/16', 'timm/vit_small_patch16_224'],
    ['PP-YOLOE+ x', 'ppyoloe-x'],
    ['PP-YOLOE+', 'ppyoloe-s'],
    ['Foo-X/16', undefined],
  ] as const)
    it(text, () => assert.equal(namedModel(text)?.cost?.name, name))

  it('other families are not taken for a BERT', () => {
    assert.equal(
      namedModel('distilbert-base-german-cased')?.model?.name,
      'distilbert/distilbert-base-uncased',
    )
    assert.equal(namedModel('microsoft/deberta-base-mnli')?.model?.name, 'microsoft/deberta-v3-base')
    assert.equal(namedModel('roberts-bookshelf-base'), undefined)
  })

  it('a language model that nobody knows counts by its size', () => {
    const found = namedModel('Falcon-Next 40B')
    assert.equal(found?.assumed, true)
    assert.equal(found?.model?.parameters, 40e9)
    assert.equal(namedModel('MPT-125M')?.model?.parameters, 125e6)
    assert.equal(namedModel('my network'), undefined)
    assert.equal(namedModel('my-net-125M'), undefined)
    assert.equal(namedModel('code'), undefined)
  })
})

describe('accelerators as people write them', () => {
  for (const [text, name, count] of [
    ['NVIDIA A100-SXM4-80GB (400W)', 'A100-80GB', null],
    ['V100-SXM2-16GB', 'V100', null],
    ['8xV100', 'V100', 8],
    ['4 x A100 80GB', 'A100-80GB', 4],
    ['H100 80GB PCIe Gen5', 'H100-PCIe', null],
    ['T4 16GB', 'T4', null],
    ['TITAN RTX 24GB', 'TITAN-RTX', null],
    ['ml.p3.16xlarge', 'V100', 8],
    ['64 A100 GPUs', 'A100-40GB', 64],
    ['TPU v3-8', 'TPU-v3', 8],
    ['TPU v4-128', 'TPU-v4', 64],
    ['v5litepod-8', 'TPU-v5e', 8],
    ['DGX H100', 'H100-SXM', 8],
    ['DGX A100 80GB', 'A100-80GB', 8],
    ['AMD Instinct MI250X', 'MI250X', null],
    ['Tesla K40m', 'K40', null],
    ['Tesla K40c', 'K40', null],
    ['8 V100s', 'V100', 8],
    ['4x 4090', 'RTX4090', 4],
    ['Lambda 8x A100', 'A100-40GB', 8],
    ['Kaggle 2xT4', 'T4', 2],
    ['n1-standard-8 + T4', 'T4', null],
    ['RTX 3060 Laptop GPU (6 GB VRAM)', 'RTX3060', null],
    ['TPUv3-32', 'TPU-v3', 32],
    ['TPU v4 pod (256 chips)', 'TPU-v4', 256],
    ['DGX Station A100', 'A100-80GB', 4],
    ['Intel Gaudi2 HPU', 'Gaudi2', null],
  ] as const)
    it(text, () => {
      const found = namedGpu(text)
      assert.equal(found?.gpu.name, name)
      assert.equal(found?.count, count)
    })

  it('only names of the same series are near', () => {
    assert.ok(!gpuSpellings('H1000').includes('P100'))
    assert.ok(gpuSpellings('H1000').includes('H100-SXM'))
  })

  it('a format that a card has no units for is computed in fp32', () => {
    assert.equal(peakOf(gpu('K80')!, 'bf16'), 4.37e12)
    assert.equal(peakOf(gpu('A100')!, 'bf16'), 312e12)
  })
})

describe('words of a training', () => {
  it('precision', () => {
    assert.deepEqual(precisionFrom('amp')?.formats, ['fp16', 'fp16'])
    assert.deepEqual(precisionFrom('fp32 label (tf32 possible)')?.formats, ['tf32', 'fp32'])
    assert.equal(precisionFrom('4-bit base (GPTQ) + fp16')?.weightBits, 4)
    assert.equal(precisionFrom('bf16-mixed')?.mixed, true)
    assert.equal(precisionFrom('bf16-true')?.pure, true)
    assert.equal(precisionFrom('bf16')?.pure, false)
    assert.equal(precisionFrom('apex O2')?.mixed, true)
    const level3 = precisionFrom('apex O3')
    assert.deepEqual([level3?.weightBits, level3?.mixed, level3?.pure], [16, false, true])
    assert.equal(precisionFrom('fast'), undefined)
  })

  it('method', () => {
    assert.equal(methodFrom('full+checkpointing')?.checkpointing, true)
    assert.deepEqual(methodFrom('QLoRA + ZeRO-2')?.sharding, { kind: 'deepspeed', stage: 2 })
    assert.equal(methodFrom('LoRA (emb)')?.embeddings, true)
    assert.equal(methodFrom('DoRA')?.adapters, true)
    assert.equal(methodFrom('prompt tuning')?.adapters, true)
    assert.equal(methodFrom('SFT')?.adapters, false)
    assert.equal(methodFrom('qlora r=64')?.rank, 64)
    assert.equal(methodFrom('LoRA rank 16')?.rank, 16)
    assert.equal(methodFrom('LoRA + ZeRO-2')?.rank, null)
    assert.deepEqual(methodFrom('DS-Z3')?.sharding, { kind: 'deepspeed', stage: 3 })
    assert.deepEqual(methodFrom('zero_stage=3')?.sharding, { kind: 'deepspeed', stage: 3 })
    for (const one of ['zero3_offload', 'ds_z3_offload', 'zero3_bf16'])
      assert.deepEqual(methodFrom(`full ${one}`)?.sharding, { kind: 'deepspeed', stage: 3 }, one)
    assert.equal(methodFrom('LLaVA stage 2 finetune')?.sharding, null)
    assert.deepEqual(methodFrom('SHARD_GRAD_OP')?.sharding, { kind: 'fsdp', stage: 2 })
    assert.equal(methodFrom('activation recomputation')?.checkpointing, true)
    assert.equal(methodFrom('no gc')?.checkpointing, false)
    assert.equal(methodFrom('PiSSA')?.adapters, true)
    for (const plain of ['Horovod', 'XLA', 'TP8', 'torch.compile', 'MLM', 'transfer learning'])
      assert.equal(methodFrom(plain)?.adapters, false, plain)
    assert.equal(methodFrom('magic'), undefined)
  })

  it('optimizer', () => {
    assert.equal(optimizerFrom('8-bit Adam'), 'adamw 8 bit')
    assert.equal(optimizerFrom('SGD'), 'sgd momentum')
    assert.equal(optimizerFrom('AMSGrad'), 'adamw')
    assert.equal(optimizerFrom('AdaLomo'), 'sgd')
    assert.equal(optimizerFrom('magic'), undefined)
  })
})

describe('length of a run', () => {
  it('is read in epochs, steps, tokens and samples', () => {
    assert.deepEqual(runLength('90 epochs'), { amount: 90, unit: 'epochs' })
    assert.deepEqual(runLength('300k steps'), { amount: 300_000, unit: 'steps' })
    assert.deepEqual(runLength('22B tokens'), { amount: 22e9, unit: 'tokens' })
    assert.deepEqual(runLength('25000 kimg'), { amount: 25e6, unit: 'samples' })
    assert.deepEqual(runLength('6400 batches'), { amount: 6400, unit: 'steps' })
    assert.deepEqual(runLength('500 tokens'), { amount: 500, unit: 'tokens' })
    assert.deepEqual(runLength('300 billion tokens'), { amount: 300e9, unit: 'tokens' })
    assert.deepEqual(runLength('1.4T tokens'), { amount: 1.4e12, unit: 'tokens' })
    assert.deepEqual(runLength('12,000 training steps'), { amount: 12_000, unit: 'steps' })
    assert.deepEqual(runLength('90k iters'), { amount: 90_000, unit: 'steps' })
    assert.deepEqual(runLength('num_train_epochs=3'), { amount: 3, unit: 'epochs' })
    assert.deepEqual(runLength('max_steps: 1000'), { amount: 1000, unit: 'steps' })
    assert.deepEqual(runLength('batch 32 epochs=3'), { amount: 3, unit: 'epochs' })
    assert.deepEqual(runLength('stage 2 epochs 3'), { amount: 3, unit: 'epochs' })
    assert.deepEqual(runLength('50 000 steps'), { amount: 50_000, unit: 'steps' })
    assert.deepEqual(runLength('10^5 steps'), { amount: 100_000, unit: 'steps' })
    assert.deepEqual(runLength('5-fold, 10 epochs'), { amount: 10, unit: 'epochs' })
    // A column of a table, whose head says what it counts.
    assert.deepEqual(runLength('300'), { amount: 300, unit: 'epochs' })
    assert.deepEqual(runLength('120000'), { amount: 120_000, unit: 'steps' })
    assert.equal(runLength('2500'), null)
    assert.equal(runLength('until target quality'), null)
    assert.equal(runLength('phase 1 + phase 2'), null)
    const mixed = runLength('30 epochs + 100 steps + 5 epochs')!
    assert.deepEqual(mixed, { amount: 35, unit: 'epochs', rest: { amount: 100, unit: 'steps' } })
    const work = workOf({ length: mixed, samples: 640, perStep: 64, tokens: null })
    assert.deepEqual(work, { steps: 450, samples: 28_800 })
    assert.equal(runLength('1x schedule'), null)
  })

  it('of detectors is also told as a schedule of twelve epochs', () => {
    const run = { dataset: 'COCO', gpu: 'V100', devices: 8, batch: 2, precision: 'fp32' }
    const epochs = (changes: Partial<Question>) =>
      ask({ ...run, model: 'Mask R-CNN R50-FPN', ...changes }).hours
    assert.deepEqual(epochs({ length: '1x schedule' }), epochs({ length: '12 epochs' }))
    assert.deepEqual(epochs({ model: 'mask_rcnn_R_50_FPN_3x' }), epochs({ length: '36 epochs' }))
    assert.equal(ask({ ...resnet, length: '1x schedule' }).hours, null)
  })

  it('an epoch ends with a batch that is not full', () => {
    const work = workOf({ length: { amount: 3, unit: 'epochs' }, samples: 1000, perStep: 64, tokens: null })
    assert.deepEqual(work, { steps: 48, samples: 3000 })
  })
})

describe('answers', () => {
  it('add up: steps by seconds, samples by speed, hours by price', () => {
    const { stepSeconds, samplesPerSecond, hours, usd, work, unknown } = ask(resnet)
    assert.deepEqual(unknown, [])
    assert.equal(work?.steps, 90 * Math.ceil(1_281_167 / 2048))
    assert.ok(Math.abs(hours!.low - (work!.steps! * stepSeconds!.low) / 3600) < 1e-9)
    assert.ok(Math.abs(samplesPerSecond!.high * stepSeconds!.low - 2048) < 1e-6)
    assert.ok(usd!.low > 0 && usd!.low < usd!.high)
  })

  it('published: 90 epochs of ResNet-50 on 8 V100 in 5 h', () => {
    const { hours } = ask({ ...resnet, gpu: 'V100-SXM2-16GB' })
    assert.ok(hours!.low < 5 && hours!.high > 5, JSON.stringify(hours))
  })

  it('published: 1.4 trillion tokens of Phi-2 on 96 A100 in 14 days, by a well-tuned program', () => {
    const { hours } = ask({
      model: 'microsoft/phi-2',
      gpu: 'A100-SXM4-80GB',
      devices: 96,
      size: '2048',
      precision: 'fp16-mixed',
      length: '1.4T tokens',
    })
    assert.ok(hours!.low < 336 && hours!.high > 336, JSON.stringify(hours))
  })

  it('published: RegNetX-400MF waits for its photographs, 3.9 h for 100 epochs on 8 V100', () => {
    const hours = (size: string) =>
      ask({
        ...resnet,
        model: 'RegNetX-400MF',
        gpu: 'Tesla V100 16GB',
        batch: 128,
        size,
        length: '100 epochs',
      }).hours!
    assert.ok(hours('224').low < 3.9 && hours('224').high > 3.9, JSON.stringify(hours('224')))
    // Pictures that lie in memory as they are make nobody wait.
    assert.ok(hours('64').high < 0.5 * hours('224').high)
  })

  it('adapters on a long text cost a plain program nearly as much as all weights, published at 4.7 s a step on an H100', () => {
    const asked = { model: 'Llama-3.1-8B', size: '8192', batch: 2, gpu: 'H100', precision: 'bf16' }
    const step = (method: string) => ask({ ...asked, method }).stepSeconds!
    const [all, adapters] = [step('full + gradient checkpointing'), step('lora + gradient checkpointing')]
    assert.ok(all.low < 4.7 && all.high > 4.7, JSON.stringify(all))
    assert.ok(adapters.high > 0.75 * all.high && adapters.low < all.low, JSON.stringify([all, adapters]))
  })

  it('a range is never narrower than what is known', () => {
    for (const precision of ['fp32', 'fp16-mixed']) {
      const { samplesPerSecond } = ask({ ...resnet, precision, length: '90 epochs' })
      assert.ok(samplesPerSecond!.high >= 3.499 * samplesPerSecond!.low)
    }
  })

  it('a machine is paid for as a whole', () => {
    const eight = ask({ ...resnet, gpu: 'p3.16xlarge', devices: 8 })
    const one = ask({ ...resnet, gpu: 'p3.16xlarge', devices: 1 })
    const perHour = (of: Answer) => of.usd!.low / of.hours!.low
    assert.ok(Math.abs(perHour(eight) - perHour(one)) < 1e-6)
    assert.ok(Math.abs(perHour(eight) - 24.48) < 0.01)
  })

  it('more devices take less time, checkpointing more', () => {
    const hours = (changes: Partial<Question>) => ask({ ...resnet, ...changes }).hours!
    assert.ok(hours({ devices: 1 }).low > 7 * hours({}).low)
    const llama: Question = {
      model: 'Llama-2 7B',
      gpu: 'A100',
      batch: 1,
      size: '1024',
      precision: 'bf16',
      method: 'lora',
    }
    const step = (method: string) => ask({ ...llama, method }).stepSeconds!.low
    assert.ok(step('lora+checkpointing') > step('lora'))
    assert.ok(step('full') > step('lora'))
  })

  it('clips of a known data set are as long as its are', () => {
    const speech: Question = {
      model: 'facebook/wav2vec2-base',
      gpu: 'V100',
      batch: 8,
      precision: 'fp16-mixed',
    }
    const short = ask({ ...speech, dataset: 'TIMIT' })
    const long = ask({ ...speech, dataset: 'LibriSpeech 960h' })
    assert.ok(short.stepSeconds!.high < long.stepSeconds!.high)
    assert.ok(long.stepSeconds!.low > 2 * short.stepSeconds!.low)
    assert.ok(long.assumptions.some((one) => /12\.3 s on average/.test(one)))
  })

  it('adapters take what their rank says, and layers are computed twice where the card demands it', () => {
    const llama: Question = { model: 'Llama-2 7B', batch: 1, size: '4096', precision: 'bf16' }
    const memory = (method: string, gpu: string) => ask({ ...llama, method, gpu }).memory!
    assert.ok(memory('lora r=64', 'A100 80GB').expected > memory('lora r=8', 'A100 80GB').expected)
    assert.ok(memory('lora', 'A100 80GB').high > memory('lora', 'RTX 4090').high)
    assert.ok(memory('lora', 'RTX 4090').high < 2 * memory('lora', 'RTX 4090').expected)
  })

  it('adapters over weights of 8 bits lie between those over 4 and over 16', () => {
    const llama: Question = {
      model: 'LLaMA 30B',
      batch: 8,
      size: '512',
      method: 'lora r=8',
      gpu: 'A100 80GB',
    }
    const memory = (precision: string) => ask({ ...llama, precision }).memory!
    assert.ok(memory('8-bit').high < memory('bf16').expected)
    assert.ok(memory('8-bit').expected > memory('4-bit').expected)
    // Published: 42 GB.
    assert.ok(memory('8-bit').low < 42 * 2 ** 30 && memory('8-bit').high > 42 * 2 ** 30)
  })

  it('states in the memory of the host take none of the card, and their update takes longer', () => {
    const llama: Question = {
      model: 'Llama-2 7B',
      batch: 1,
      size: '2048',
      gpu: '8 A100 80GB',
      precision: 'bf16',
    }
    const [shared, host] = ['ZeRO-3', 'ZeRO-3 + offload'].map((method) => ask({ ...llama, method }))
    // 16 bytes of 7 billion weights on 8 devices are 13 GiB.
    assert.ok(shared!.memory!.expected - host!.memory!.expected > 10 * 2 ** 30)
    assert.ok(host!.stepSeconds!.high > 1.5 * shared!.stepSeconds!.high)
  })

  it('a vision transformer whose layers are computed twice keeps their inputs', () => {
    const giant = 'vit_giant_patch14_dinov2'
    const asked: Question = {
      model: giant,
      batch: 32,
      size: '224',
      gpu: 'RTX 4070 Ti SUPER',
      precision: 'bf16-true',
    }
    const [once, twice] = ['full, no checkpointing', 'full+checkpointing'].map(
      (method) => ask({ ...asked, method }).memory!.expected / 2 ** 30,
    )
    // Published: 9.8 GB of tensors.
    assert.ok(twice! > 9 && twice! < 14 && once! > 1.5 * twice!, `${once} ${twice}`)
  })

  it('published: adapters on Llama-3.1 8B with two texts of 8192 tokens in 36 GiB, whose 128,000 words make no copy in fp32', () => {
    const asked = { model: 'Llama 3.1 8B', size: '8192', batch: 2, gpu: 'H100', precision: 'bf16' }
    const { expected, low, high } = ask({ ...asked, method: 'LoRA + gradient checkpointing' }).memory!
    assert.ok(low / 2 ** 30 < 36 && high / 2 ** 30 > 36)
    assert.ok(Math.abs(expected / 2 ** 30 / 36 - 1) < 0.2, `${expected / 2 ** 30}`)
  })

  it('published: programs of Lightning compute layers once unless told, 13.7 GB for 4 bits of Llama-2 7B', () => {
    const asked = { model: 'llama-2-7b', size: '512', batch: 2, gpu: 'A10G', optimizer: 'AdamW' }
    const memory = (precision: string, method: string) =>
      ask({ ...asked, precision, method }).memory!.expected / 2 ** 30
    const once = memory('bf16-true', 'qlora r=32')
    assert.ok(Math.abs(once / 13.7 - 1) < 0.25, `${once}`)
    assert.ok(memory('bf16-true', 'qlora r=32 + gradient checkpointing') < 0.8 * once)
    assert.ok(memory('bf16', 'qlora r=32') < 0.8 * once)
  })

  it('kernels that old programs load at once are counted once, so that what is expected is no more than the most', () => {
    for (const gpu of ['V100', 'T4', 'A100']) {
      const { expected, high } = ask({ model: 'EleutherAI/pythia-14m', batch: 1, size: '16', gpu }).memory!
      assert.ok(expected <= high, `${gpu}: ${expected} ${high}`)
    }
  })

  it('published: detectors on other backbones, 5.0 to 7.4 GB for Mask R-CNN on RegNets', () => {
    const asked = { size: '1333x800', batch: 2, devices: 8, gpu: 'V100', precision: 'fp32', optimizer: 'SGD' }
    for (const [model, gib] of [
      ['Mask R-CNN RegNetX-3.2GF-FPN', 5.0],
      ['Mask R-CNN RegNetX-8.0GF-FPN', 6.4],
      ['Mask R-CNN RegNetX-12GF-FPN', 7.4],
    ] as const) {
      const { memory, assumptions } = ask({ ...asked, model })
      assert.ok(
        Math.abs(memory!.expected / 2 ** 30 / gib - 1) < 0.25,
        `${model}: ${memory!.expected / 2 ** 30}`,
      )
      assert.match(assumptions.join(), /counted as \S+ on timm\/regnetx/)
    }
    assert.equal(namedModel('Mask R-CNN frobnet'), undefined)
  })

  it('RegNets are known by their millions and billions of products', () => {
    for (const [name, known] of [
      ['RegNetX-8.0GF', 'regnetx_080'],
      ['RegNetY-200MF', 'regnety_002'],
      ['RegNetX-6.4GF', 'regnetx_064'],
    ] as const)
      assert.match(namedModel(name)?.cost?.name ?? '', new RegExp(known))
  })

  it('published: 16 bits save a detector on a transformer less than half, 7.8 GB with Swin-T and 11.9 with Swin-S', () => {
    const asked = { size: '1333x800', batch: 2, devices: 8, gpu: 'V100', optimizer: 'AdamW' }
    const of = (model: string, precision: string) => ask({ ...asked, model, precision }).memory!
    for (const [model, gib] of [
      ['Mask R-CNN Swin-T', 7.8],
      ['Mask R-CNN Swin-S', 11.9],
    ] as const)
      assert.ok(of(model, 'fp16').high > gib * 2 ** 30 && of(model, 'fp16').low < gib * 2 ** 30, model)
    const share = (model: string) => of(model, 'fp16').expected / of(model, 'fp32').expected
    assert.ok(share('Mask R-CNN Swin-T') > share('Mask R-CNN R50-FPN'))
  })

  it('a loss in pieces keeps no logits', () => {
    const llama: Question = { model: 'Llama 3.1 8B', batch: 2, size: '4096', gpu: 'A100 80GB' }
    const [plain, pieces] = ['QLoRA', 'QLoRA (Unsloth)'].map(
      (method) => ask({ ...llama, method }).memory!.expected,
    )
    assert.ok(plain! > 1.5 * pieces!)
  })

  it('a card of which there are two is the larger one where only that holds the run', () => {
    const llama: Question = {
      model: 'Llama-2 7B',
      batch: 2,
      size: '512',
      precision: 'bf16-true',
      method: 'full',
    }
    const [open, small] = ['A100', 'A100 40GB'].map(
      (gpu) => ask({ ...llama, gpu }).memory!.expected / 2 ** 30,
    )
    assert.ok(open! > 50 && small! < 40, `${open} ${small}`)
  })

  it('where nobody says the batch, programs that are known by their model have one', () => {
    const found = ask({
      model: 'StyleGAN2-ADA',
      gpu: 'V100',
      size: '256',
      devices: 8,
      optimizer: 'Adam',
      precision: 'fp16-mixed',
    })
    assert.ok(found.assumptions.some((one) => /batch not given: 8 on each device/.test(one)))
    // Published: 3.2 GB.
    assert.ok(Math.abs(found.memory!.expected / 2 ** 30 / 3.2 - 1) < 0.1)
    assert.equal(ask({ model: 'ResNet-50', gpu: 'V100', size: '224' }).memory, null)
    const detector = ask({ model: 'Mask R-CNN R-50-FPN', gpu: 'V100', size: '1333x800' })
    assert.ok(detector.assumptions.some((one) => /batch not given: 2/.test(one)))
  })

  it('pictures of another shape count by their area', () => {
    const edges = (size: string) =>
      ask({ model: 'RetinaNet R50-FPN', gpu: 'V100', batch: 2, size }).memory!.expected
    assert.ok(Math.abs(edges('1024x1024') / edges('1333x800') - 1) < 0.05)
  })

  it('weights are in 16 bits where the card holds nothing else', () => {
    const qwen: Question = {
      model: 'Qwen/Qwen2.5-3B',
      batch: 1,
      size: '2048',
      precision: 'bf16',
      method: 'full',
    }
    const expected = (gpu: string) => ask({ ...qwen, gpu }).memory!.expected / 2 ** 30
    assert.ok(expected('A100 80GB') > 60, String(expected('A100 80GB')))
    assert.ok(expected('A100 40GB') < 39, String(expected('A100 40GB')))
    // Published: Qwen2.5-7B in 76 GiB.
    const seven = ask({ ...qwen, model: 'Qwen/Qwen2.5-7B' }).memory!.expected / 2 ** 30
    assert.ok(Math.abs(seven / 76 - 1) < 0.1, String(seven))
  })

  it('adapters whose format nobody names may lie over weights in fp32', () => {
    const bloomz: Question = {
      model: 'bigscience/bloomz-7b1',
      gpu: 'A100 80GB',
      batch: 8,
      size: '64',
      method: 'lora',
    }
    const { expected, high } = ask(bloomz).memory!
    // Published: 32 GB.
    assert.ok(expected < 20 * 2 ** 30 && high > 32 * 2 ** 30, `${expected} ${high}`)
    assert.ok(ask({ ...bloomz, precision: 'bf16' }).memory!.high < 28 * 2 ** 30)
  })

  it('published: PSPNet on two crops of 512 × 1024 in 6.1 GB', () => {
    const psp = ask({ model: 'PSPNet R50-D8', gpu: 'V100', batch: 2, size: '512x1024', precision: 'fp32' })
    assert.ok(
      Math.abs(psp.memory!.expected / (6.1 * 2 ** 30) - 1) < 0.1,
      String(psp.memory!.expected / 2 ** 30),
    )
  })

  it('adapters of diffusion models compute layers once unless they say otherwise', () => {
    const lora = { model: 'Stable Diffusion v1.5', gpu: 'A100', batch: 4, size: '512', precision: 'fp16' }
    const expected = (method: string) => ask({ ...lora, method }).memory!.expected
    assert.ok(expected('lora') > 1.5 * expected('lora+checkpointing'))
    assert.ok(Math.abs(expected('lora') / expected('lora+no-checkpointing') - 1) < 1e-9)
  })

  it('a row of a table, or a segment of audio, is of one size', () => {
    const dlrm = ask({ model: 'DLRM', gpu: 'A100 80GB', batch: 65_536, precision: 'tf32' })
    // Published: 2.9 million samples a second.
    assert.ok(dlrm.samplesPerSecond!.low < 2.9e6 && dlrm.samplesPerSecond!.high > 2.9e6)
    assert.ok(!dlrm.assumptions.some((one) => /size/.test(one)))
    assert.ok(dlrm.unknown.some((one) => /^memory: how large the tables of DLRM are/.test(one)))
  })

  it('old cards are expected to run old libraries', () => {
    const bert: Question = { model: 'BERT-large', gpu: 'V100', batch: 4, size: '512', precision: 'fp32' }
    const { low, expected, high } = ask(bert).memory!
    // Published: 14,949 MiB, and half of it by libraries of today.
    assert.ok(Math.abs(expected / (14_949 * 2 ** 20) - 1) < 0.1, String(expected / 2 ** 20))
    assert.ok(low < 0.7 * expected && high > expected)
  })

  it('a network in the name of one that nobody knows is told as what it is counted as', () => {
    const { hours, assumptions } = ask({ ...resnet, model: 'CBAM-ResNet50', length: '90 epochs' })
    assert.deepEqual(hours, ask({ ...resnet, length: '90 epochs' }).hours)
    assert.ok(assumptions.includes('counted as ResNet50, of which its name speaks'))
    // Its decoder computes as much again.
    assert.equal(namedModel('Frobnicated U-Net ResNet34'), undefined)
  })

  it('a number alone is told as what it is taken for', () => {
    const { hours, assumptions } = ask({ ...resnet, length: '90' })
    assert.deepEqual(hours, ask({ ...resnet, length: '90 epochs' }).hours)
    assert.ok(assumptions.includes('90 epochs: the length names no unit'))
  })

  it('frames of a clip are no pixels', () => {
    const clip = { model: 'X3D-M', gpu: 'A100', batch: 8, precision: 'fp32' }
    assert.deepEqual(ask({ ...clip, size: '16 frames' }).stepSeconds, ask(clip).stepSeconds)
  })

  it('a size that changes is taken as not given', () => {
    const run = { model: 'EfficientNetV2-S', gpu: 'V100', batch: 64, precision: 'fp16-mixed' }
    const plain = ask(run)
    assert.deepEqual(ask({ ...run, size: 'progressive' }).stepSeconds, plain.stepSeconds)
    assert.ok(plain.assumptions.some((one) => /^size not given/.test(one)))
  })

  it('what is not known is null and says what would make it known', () => {
    const open = ask({ model: 'BERT-base', gpu: 'V100' })
    assert.equal(open.memory, null)
    assert.equal(open.stepSeconds, null)
    assert.equal(open.hours, null)
    assert.ok(open.unknown.some((one) => /^memory: .*--batch/.test(one)))
    assert.ok(open.unknown.some((one) => /^time: .*--size/.test(one)))
    const target = ask({ ...resnet, length: 'until target quality' })
    assert.ok(target.unknown.some((one) => /^hours: "until target quality"/.test(one)))
    const corpus = ask({ ...resnet, dataset: 'our photos' })
    assert.ok(corpus.unknown.some((one) => /^hours: .*"our photos".*--samples/.test(one)))
  })

  it('a run over so many tokens takes about as long however they are cut', () => {
    const whole: Question = {
      model: 'Llama-2-7B',
      gpu: 'A100-80GB',
      devices: 8,
      precision: 'bf16',
      length: '1B tokens',
    }
    const open = ask(whole)
    const [short, long] = ['512', '4096'].map((size) => ask({ ...whole, size }).hours!)
    assert.deepEqual(open.hours, { low: short!.low, high: long!.high })
    assert.ok(open.hours!.high < 6 * open.hours!.low)
    assert.deepEqual([open.memory, open.samplesPerSecond], [null, null])
    assert.match(open.unknown.join(), /the length of a text in tokens/)
  })

  it('without a batch there is a speed, and from it the hours', () => {
    const { stepSeconds, samplesPerSecond, hours } = ask({
      model: 'ResNet-50',
      gpu: 'V100',
      dataset: 'ImageNet-1k',
      length: '1 epoch',
    })
    assert.equal(stepSeconds, null)
    assert.ok(samplesPerSecond !== null && hours !== null)
  })

  it('texts of a known data set are shorter than their limit', () => {
    const llama: Question = { model: 'Llama-2 7B', gpu: 'A100', batch: 1, precision: 'bf16', method: 'lora' }
    const limited = ask({ ...llama, dataset: 'Alpaca', size: '2048' })
    const full = ask({ ...llama, dataset: 'our texts', size: '2048' })
    assert.equal(limited.stepSeconds!.high, full.stepSeconds!.high)
    assert.ok(limited.stepSeconds!.low < full.stepSeconds!.low)
    assert.ok(limited.assumptions.some((one) => /90 tokens, the average of Alpaca/.test(one)))
    // Without a limit the average is what is known.
    assert.ok(ask({ ...llama, dataset: 'Alpaca' }).stepSeconds !== null)
  })

  it('short texts that are put together take less of a run', () => {
    const qwen: Question = { model: 'Qwen/Qwen2.5-0.5B', gpu: 'A100', batch: 1, precision: 'bf16' }
    const { hours, stepSeconds, work } = ask({ ...qwen, dataset: 'Alpaca', size: '2048', length: '1 epoch' })
    assert.ok(hours!.low < (0.5 * work!.steps! * stepSeconds!.low) / 3600, JSON.stringify(hours))
  })

  it('methods without labels pass several views of a picture', () => {
    const speed = (model: string) => ask({ ...resnet, model }).samplesPerSecond!
    const [plain, moco, simclr] = ['ResNet-50', 'MoCo v2 (ResNet-50)', 'SimCLR ResNet-50'].map(speed)
    assert.ok(moco!.high < plain!.high && simclr!.high < moco!.high)
    assert.ok(speed('MAE ViT-L/16').low > 1.5 * speed('ViT-L/16').low)
    assert.equal(namedModel('DINO Llama-2 7B')?.views, undefined)
  })

  it('encoders that sort texts predict no tokens', () => {
    const bert: Question = {
      model: 'xlm-roberta-base',
      gpu: 'V100',
      batch: 32,
      size: '128',
      precision: 'fp16-mixed',
    }
    const sorting = ask({ ...bert, dataset: 'XNLI' }).stepSeconds!
    const masked = ask({ ...bert, dataset: 'Wikipedia' }).stepSeconds!
    // Its vocabulary of 250,000 is most of its weights.
    assert.ok(sorting.high < 0.75 * masked.high, `${sorting.high} ${masked.high}`)
    assert.equal(sorting.low, masked.low)
  })

  it('a model that no device holds even in pieces is still shared out', () => {
    const found = ask({ model: 'GPT-3 175B', gpu: 'V100', devices: 1024, batch: 1, size: '2048' })
    assert.ok(found.memory!.expected < 100 * 2 ** 30, String(found.memory!.expected / 2 ** 30))
  })

  it('states that fit no device are shared out', () => {
    const found = ask({
      model: 'Llama-2 7B',
      gpu: 'A100 80GB',
      devices: 8,
      batch: 1,
      size: '512',
      precision: 'bf16',
      method: 'full',
    })
    assert.ok(found.memory!.expected < 80 * 2 ** 30)
    assert.ok(found.assumptions.some((one) => /ZeRO stage/.test(one)))
  })

  it('weights that are said to have 16 bits take half', () => {
    const ofVit = (precision: string) =>
      ask({ model: 'vit_l_16', gpu: 'A100', batch: 16, size: '224', optimizer: 'Adam', precision }).memory!
    assert.ok(ofVit('bf16-true').expected < 0.65 * ofVit('16-mixed').expected)
  })

  it('checkpoints of a speech model are the inputs of its layers: 24 clips beside weights in 8 bits fit a T4', () => {
    const { memory } = ask({
      model: 'openai/whisper-large-v2',
      gpu: 'T4',
      batch: 24,
      size: '30 s',
      precision: '8-bit',
      method: 'lora',
    })
    assert.ok(memory!.expected < 13 * 2 ** 30, String(memory!.expected / 2 ** 30))
  })

  for (const [model, least, most] of [
    ['Mask R-CNN X-101-32x4d-FPN', 6, 9],
    ['mask_rcnn_x101_64x4d_fpn_1x_coco', 9, 12],
    ['ATSS R-101-FPN', 4.5, 7.5],
  ] as const)
    it(`${model}: two photographs take ${least} to ${most} GB`, () => {
      const { memory } = ask({
        model,
        gpu: 'V100',
        batch: 2,
        size: '1333x800',
        precision: 'fp32',
        optimizer: 'SGD',
      })
      const expected = memory!.expected / 2 ** 30
      assert.ok(expected > least && expected < most, String(expected))
    })

  for (const [model, millions] of [
    ['google/gemma-3-270m', 268],
    ['Salesforce/codegen-350M-mono', 357],
    ['cross-encoder/ms-marco-MiniLM-L-12-v2', 33],
    ['BAAI/bge-reranker-v2-m3', 560],
    ['nghuyong/ernie-2.0-base-en', 109],
    ['microsoft/swinv2-base-patch4-window8-256', 88],
    ['facebook/convnextv2-tiny-22k-224', 29],
    ['facebook/mask2former-swin-base-coco-panoptic', 107],
    ['RWKV/rwkv-4-169m-pile', 169],
    ['DDPM UNet 64x64', 114],
    ['GPT-2 774M', 774],
    ['GPT-2 350M', 355],
    ['GPT-3 125M', 125],
    ['tiny-llama', 1100],
    ['stabilityai/stable-diffusion-3.5-medium', 2243],
  ] as const)
    it(`${model} has about ${millions} million weights`, () => {
      const read = readQuestion({ model })
      assert.ok(!('option' in read))
      assert.ok(
        Math.abs(read.network!.parameters / 1e6 / millions - 1) < 0.03,
        String(read.network!.parameters),
      )
    })

  it('adapters on FLUX.1 in 4 bits fit a card of 24 GB where layers are computed twice', () => {
    const { memory } = ask({
      model: 'FLUX.1-dev',
      gpu: 'RTX 4090',
      batch: 1,
      size: '512x768',
      precision: 'bf16',
      optimizer: '8-bit AdamW',
      method: 'qlora r=4+checkpointing',
    })
    assert.ok(
      memory!.low < 9 * 2 ** 30 && memory!.expected < 16 * 2 ** 30,
      String(memory!.expected / 2 ** 30),
    )
  })

  it('networks for segmentation keep what was measured, whatever their heads compute', () => {
    const of = (model: string) =>
      ask({ model, gpu: 'V100', batch: 2, size: '512x1024', precision: 'fp32', optimizer: 'SGD' }).memory!
    for (const model of ['UPerNet R-50', 'UPerNet R-101', 'SegFormer MiT-B2', 'DeepLabV3+ R-50-D8'])
      assert.ok(of(model).expected < 9 * 2 ** 30, model)
  })

  it('a word that is not understood is told, with what could be written', () => {
    assert.deepEqual(readQuestion({ ...resnet, gpu: 'H1000' }), { option: 'gpu', text: 'H1000', words: null })
    const read = readQuestion({ ...resnet, precision: 'fast' })
    assert.ok('option' in read && read.option === 'precision' && read.words!.includes('bf16'))
  })
})
