/** Models and accelerators as people write them in tables and questions: 'ResNet-50 v1.5', 'Llama-2 7B', '8xV100 16GB'. */
import { allGpus, type Gpu, gpu } from './gpus.js'
import { allInstances, type Instance, instance } from './instances.js'
import { type KnownModel, model, modelNames, sized } from './models.js'
import { withDecimals } from './name-index.js'
import { relatives } from './relatives.js'
import { type StepCost, stepCost, stepCostNames } from './step-costs.js'
import { segmenting, selfSupervised, type Views } from './views.js'

/** What is on record of a model; at least one of both. */
export interface NamedModel {
  /** As it was written. */
  name: string
  model: KnownModel | null
  cost: StepCost | null
  /** Only its size is known; layers are those of language models of this size. */
  assumed: boolean
  /** What a method computes of it for one picture; absent: it goes through once. */
  views?: Views
  /** The network that its name speaks of, beside words that nobody knows; absent: it is on record itself. */
  like?: string
}

/** Letters and digits only. */
function normal(name: string): string {
  return withDecimals(name.toLowerCase()).replace(/[^a-z0-9]/g, '')
}

/** What hubs and people add to the name of a model without changing its layers. */
const variants =
  /[-_ ](hf|chat|instruct|base|it|pt|gptq|awq|gguf|(bnb-)?[48]-?bit|int[48]|fp16|bf16|uncased|cased|v\d+(\.\d+)*|std|chat-hf|intermediate-step.*|\d+k|class|variant|config-?[a-f])$/i
/** Words of the training, not of the model. */
const training =
  /\b(full|q-?lora|lora|dora|sft|ppo|dpo|kto|reward model|fine-?tun\w*|dreambooth|pre-?train\w*|multinode.*|with .*|from scratch.*|\d(\.\d+)?x( schedule)?)\b/gi

let byNormal: Map<string, KnownModel> | undefined

function indexed(): Map<string, KnownModel> {
  if (byNormal !== undefined) return byNormal
  byNormal = new Map()
  const names = modelNames()
  const add = (key: string, one: KnownModel) => {
    if (!byNormal!.has(key)) byNormal!.set(key, one)
  }
  for (const [name, one] of names) add(normal(name), one)
  for (const [name, one] of names) {
    let tail = name.slice(name.lastIndexOf('/') + 1)
    add(normal(tail), one)
    // 'phi-1.5' for 'phi-1_5'
    add(normal(tail.replace(/(\d)_(\d)/g, '$1.$2')), one)
    while (variants.test(tail)) {
      tail = tail.replace(variants, '')
      add(normal(tail), one)
    }
  }
  return byNormal
}

/** 'Detectron2 Faster R-CNN': whose model it is. */
const library =
  /^(detectron2?|mmdet\w*|mmseg\w*|mmpretrain|torchvision|timm|keras(cv|hub)?|hugging ?face|hf|pytorch|tensorflow|tf2?|flax|nemo)[\s:]+(?=\S)/i

/** From what was written to ever shorter forms of it. */
function shorter(text: string): string[] {
  const plain = text
    .replace(/\s*\([^)]*\)|\s\+\s.*/g, '')
    .replace(library, '')
    .trim()
  const named = plain.replace(training, '').replace(/\s+/g, ' ').trim()
  const forms = [text.trim(), plain, named]
  let rest = named
  while (variants.test(rest)) {
    rest = rest.replace(variants, '')
    forms.push(rest)
  }
  // 'GPT-2 124M'
  forms.push(rest.replace(/[-_ ]\d+(\.\d+)?M$/i, ''))
  // 'DDPM UNet 64x64'
  forms.push(rest.replace(/[-_ ]\d{2,4}\s?[x×]\s?\d{2,4}$/i, ''))
  // 'CodeGPT-small (gpt2)'
  const beside = /\(([a-z][^()]*)\)/i.exec(text)?.[1]
  if (beside !== undefined && selfSupervised(text) === undefined) forms.push(beside.trim())
  // 'COCO-Detection/faster_rcnn_R_50_FPN_3x'
  forms.push(rest.slice(rest.lastIndexOf('/') + 1).replace(/_\d+(x|e)(_(coco|cityscapes|voc))?$/, ''))
  return [...new Set(forms)].filter((form) => form !== '')
}

/** Parameters that the name speaks of; null: of none. */
function saidParameters(name: string): number | null {
  const said = /[-_ ](\d+(?:\.\d+)?)\s?([MB])\b/i.exec(name.replace(/\s*\([^)]*\)/g, ''))
  return said === null ? null : Number(said[1]) * (/b/i.test(said[2]!) ? 1e9 : 1e6)
}

/** What a name leaves out when it is shortened must not contradict it: a 'GPT-2 774M' is none of 124 million weights. */
function agrees(name: string, form: string, { parameters }: KnownModel): boolean {
  const said = saidParameters(name)
  if (said === null || saidParameters(form) !== null) return true
  return said / parameters < 1.5 && parameters / said < 1.5
}

function onRecord(name: string, forms: readonly string[]): NamedModel | undefined {
  for (const form of forms) {
    const direct = model(form) ?? indexed().get(normal(form))
    if (direct !== undefined && !agrees(name, form, direct)) continue
    const cost = stepCost(form) ?? (direct === undefined ? undefined : stepCost(direct.name)) ?? null
    const known = direct ?? (cost === null ? undefined : modelOf(cost)) ?? null
    if (cost === null && known?.kind === 'causal-lm' && known.shape === null)
      return { name, model: sized(name, known.parameters, known.active), cost, assumed: true }
    if (known !== null || cost !== null) return { name, model: known, cost, assumed: false }
  }
  return undefined
}

/** Language models of less than a billion parameters: 'MPT-125M', 'pythia-160m-seed1'. */
const languageMillions =
  /(?:^|[/_ -])(?:mpt|x?glm|gpt|opt|pythia|(?:tiny)?llamas?|bloomz?|smollm\d?|qwen\d?|olmo|mamba|rwkv)[^/]{0,16}?[a-z_ -](\d{2,4})\s?M\b/i

/** The same name with other marks between its words: 'Mask-R-CNN-R50-FPN', 'LEGACY_SERESNET34'. */
function respelled(text: string): string[] {
  const lower = text.toLowerCase()
  const words = text.replace(/[_\s]+/g, ' ')
  return [
    ...new Set([
      text,
      lower,
      words,
      words.replaceAll('-', ' '),
      text.replace(/[_\s]+/g, '-'),
      lower.replace(/[-\s]+/g, '_'),
    ]),
  ]
}

/** What is computed of a network for pictures; undefined: it is none that is known. */
function throughEncoder(name: string, method: ReturnType<typeof segmenting>): NamedModel | undefined {
  const seen = method && namedModel(method.network)
  return seen?.cost?.unit === 'pixels' || seen?.model?.image != null
    ? { ...seen, name, views: method!.views }
    : undefined
}

/** Undefined: not known, not even its size. */
export function namedModel(text: string): NamedModel | undefined {
  if (text.length > 120) return undefined
  const spelled = respelled(text)
  // In brackets may stand an encoder, which is less than the network.
  const encoded = throughEncoder(text, segmenting(text))
  if (encoded !== undefined) return encoded
  const method = spelled.map(selfSupervised).find(Boolean)
  for (const one of method === undefined ? spelled : [text]) {
    const own = onRecord(text, shorter(one))
    if (own !== undefined) return own
  }
  const seen = throughEncoder(text, method)
  if (seen !== undefined) return seen
  const size = spelled.map((one) => assumedOf(text, one)).find(Boolean)
  if (size !== undefined) return size
  const near = [...new Set(spelled.flatMap(relatives))]
  return (
    near.map((one) => onRecord(text, shorter(one))).find(Boolean) ??
    near.map((one) => assumedOf(text, one)).find(Boolean) ??
    onBackbone(text) ??
    likeOf(text)
  )
}

/** A detector, and the network that it stands on: 'Mask R-CNN RegNetX-3.2GF-FPN'. */
const detector =
  /^((?:faster|mask|keypoint|cascade(?:[- ]mask)?)[- ]?r-?cnn|retinanet|fcos|atss|htc)[-_ ]+(\S.*?)(?:[-_ ]fpn)?$/i
/** Pixels of a photograph in detection for each of one in classification. */
const larger800 = (800 * 1333) / 224 ** 2
/** Of a ResNet-50 at 224 pixels: billions of operations, bytes that timm's activations take at 16 bits, weights. */
const resnet50 = { operations: 8.178, kept: 44.5e6, parameters: 25.6e6 }

/** What its backbone computes and keeps more, or less, than the ResNet-50 with which it is on record. */
function onBackbone(text: string): NamedModel | undefined {
  const [, head, rest] = detector.exec(text.replace(/_/g, ' ').trim()) ?? []
  if (head === undefined) return undefined
  const base = stepCost(`${head} R50-FPN`)
  // Of two records of it, the one that says what it keeps.
  const backbone = [rest!, ...relatives(rest!)]
    .map((one) => namedModel(one)?.cost)
    .find((cost) => cost != null && cost.kept !== null)
  const [point] = base?.points ?? []
  const [edge, operations] = backbone?.points[0] ?? []
  if (base?.kept == null || backbone?.unit !== 'pixels' || backbone.networkClass !== 'conv') return undefined
  if (backbone.kept === null || edge === undefined || point === undefined) return undefined
  const at224 = (224 / edge) ** 2
  const kept = base.kept + larger800 * (backbone.kept * at224 - resnet50.kept)
  const computed = point[1] + larger800 * (operations! * at224 - resnet50.operations)
  return {
    name: text,
    model: null,
    assumed: false,
    like: `${base.name} on ${backbone.name}`,
    cost: {
      ...base,
      name: `${base.name} on ${backbone.name}`,
      parameters: (base.parameters ?? 0) + (backbone.parameters ?? 0) - resnet50.parameters,
      points: [[point[0], Math.max(computed, point[1] / 4)]],
      kept: Math.max(kept, base.kept / 4),
      source: 'its parts',
    },
  }
}

/** A network that stands in the name of another: 'CBAM-ResNet50', 'custom ResNet-18'. */
const within =
  /(?:wide[- ]?)?resne[xs]?t[-_ ]?\d{2,3}|vgg[-_ ]?1[1369]|densenet[-_ ]?\d{3}|efficientnet[-_ ]?(?:v2[-_ ]?[sml]|b\d)|mobilenet[-_ ]?v[123]|inception[-_ ]?v[34]|(?:ro)?bert[-_ ](?:base|large)|vit[-_ ][bslh]\/\d\d|swin[-_ ][tsbl]\b/i
/** What stands around it computes as much again, or more. */
const larger =
  /u-?net|fpn|linknet|deeplab|r-?cnn|yolo|ssd|segm|psp|detr|lstm|gru|\bcrf\b|gan\b|nerf|clip|siamese|triplet|ensemble|distill|\b3d\b|video/i

function likeOf(text: string): NamedModel | undefined {
  const like = larger.test(text) ? undefined : within.exec(text)?.[0]
  const found = like === undefined || like === text.trim() ? undefined : namedModel(like)
  return found && { ...found, name: text, like: like! }
}

/** What makes pictures, films or speech, or takes them, is no language model, whatever its size. */
const otherSense =
  /(?:^|[/_ -])(?:wan[\d.]*|hunyuan[-_]?(?:video|image|dit|3d)\w*|cog(?:video|view)\w*|mochi|ltx|kandinsky|(?:stable|latent)[-_ ]?diffusion\w*|sd[\dx]\w*|flux|sana|pixart|open-?sora|hidream|lumina|kolors|parakeet|canary|wav2vec\w*|xls-r|hubert|wavlm|conformer|w2v|seamless\w*|mms|speecht5|musicgen|vits?\w*|\w*clip\w*|siglip\d?|dino\w*|intern-?vit|swin\w*|convnext\w*|sam[\d.]*|eva\d*|aimv2|mae)(?=[/_ -]|$)/i

/** A mixture of experts says both: '80B-A3B'. */
const mixture = /(?:^|[-_ ])(\d+(?:\.\d+)?)\s?B[-_ ]A(\d+(?:\.\d+)?)\s?B\b/i

/** A language model says its size; networks for images say millions, or nothing. */
function assumedOf(text: string, form: string): NamedModel | undefined {
  if (otherSense.test(text)) return undefined
  const [, all, visited] = mixture.exec(form) ?? []
  if (all !== undefined && visited !== undefined && Number(visited) > 0 && Number(visited) < Number(all))
    return {
      name: text,
      model: sized(text, Number(all) * 1e9, Number(visited) * 1e9),
      cost: null,
      assumed: true,
    }
  const size = /(?:^|[-_ ])(\d+(?:[._]\d+)?)\s?B\b/i.exec(form) ?? languageMillions.exec(form)
  if (size === null) return undefined
  const parameters = Number(size[1]!.replace('_', '.')) * (/B$/i.test(size[0]) ? 1e9 : 1e6)
  return parameters > 0 && parameters < 2e12
    ? { name: text, model: sized(text, parameters), cost: null, assumed: true }
    : undefined
}

/** Networks for small pictures share names with their elders. */
function modelOf({ name }: StepCost): KnownModel | undefined {
  if (/^(cifar|open_clip)\//.test(name)) return undefined
  return model(name) ?? indexed().get(normal(name.slice(name.indexOf('/') + 1)))
}

export function modelSpellings(): string[] {
  return [...modelNames().map(([name]) => name), ...stepCostNames()]
}

export interface NamedGpu {
  gpu: Gpu
  /** How many the name itself speaks of: '8xV100', a machine type; null: of one kind only. */
  count: number | null
  /** The machine that was named. */
  machine: Instance | null
}

/** GB of the largest card that may be meant: an 'A100' has 40 or 80. Null: not known. */
export function mostMemory(text: string, { gpu: card, machine }: NamedGpu): number | null {
  if (machine !== null || card.memoryGB === null || /\d\s?gi?b?\b/i.test(text)) return card.memoryGB
  const series = card.name.replace(ofMemory, '')
  const kin = allGpus().filter(({ name }) => name.replace(ofMemory, '') === series)
  return Math.max(...kin.map(({ memoryGB }) => memoryGB ?? 0))
}

const ofMemory = /-\d+GB$/

/** NVIDIA's own machines: cards and their number. */
const boxes: [pattern: RegExp, card: string, count: number][] = [
  [/\bdgx[- ]?1\b.*\b32\s?GB?\b/i, 'V100-32GB', 8],
  [/\bdgx[- ]?1v?\b/i, 'V100', 8],
  [/\bdgx[- ]?2h?\b/i, 'V100-32GB', 16],
  [/\bdgx[- ]?a100\b.*\b80\s?GB?\b/i, 'A100-80GB', 8],
  [/\bdgx[- ]?a100\b/i, 'A100-40GB', 8],
  [/\bdgx station a100\b/i, 'A100-80GB', 4],
  [/\bdgx station\b/i, 'V100-32GB', 4],
  [/\btrillium\b/i, 'TPU-v6e', 1],
  [/\bdgx[- ]?h100\b/i, 'H100-SXM', 8],
  [/\bdgx[- ]?h200\b/i, 'H200', 8],
  [/\bdgx[- ]?b200\b/i, 'B200', 8],
]

/** Undefined: not known. Accepts what a table says beside the name: '(400W)', 'SXM5', 'PCIe Gen5', '80GB', 'NVIDIA'. */
export function namedGpu(asked: string): NamedGpu | undefined {
  if (asked.length > 100) return undefined
  // 'NVIDIA_A100_SXM_80GB', 'TPU v3 8'
  const text = asked
    .replace(/_/g, ' ')
    .replace(/\b(v\d[ep]?) (\d{1,4})\s*$/i, '$1-$2')
    // 'A100-80GB:8', as SkyPilot and SLURM write it
    .replace(/^\s*(?:gpu:)?([a-z][\w. -]*?):([1-9]\d{0,3})\s*$/i, '$2x $1')
    // 'TPUv3-32', 'v3-8 TPU', 'TPU v4 pod (256 chips)'
    .replace(/\btpu(v\d)/i, 'TPU $1')
    .replace(/^\s*(v\d[ep]?-\d{1,4})\s+tpus?\s*$/i, 'TPU $1')
    .replace(/^(.*\btpu.*)\((\d{1,5}) chips\)\s*$/i, '$2x $1')
  // '2 nodes of 8 A100'
  const nodes =
    /^\s*([1-9]\d{0,3})\s*[x×*]?\s*(?:nodes?|machines?|hosts?)\s*(?:of|with|[x×*,])?\s*(?=[1-9])/i.exec(text)
  if (nodes !== null) {
    const each = namedGpu(text.slice(nodes[0].length))
    return each && { ...each, count: (each.count ?? 1) * Number(nodes[1]) }
  }
  const machine =
    instance(asked.trim()) ?? instance(asked.trim().replace(/^(aws|gcp|azure|google|amazon)\s+/i, ''))
  if (machine?.gpu != null) return { gpu: machine.gpu, count: Math.max(1, machine.gpuCount), machine }
  // '2080 Ti': the number is part of the name.
  const whole = gpu(text.trim())
  if (whole !== undefined) return { gpu: whole, count: sliceOf(text), machine: null }
  const counted =
    // '8x A100', '4x 4090'
    /^\s*([1-9]\d{0,4})\s*[x×*]\s*(?=[a-z]|[1-9]0[5-9]0\b)/i.exec(text) ??
    /(?:\s+[x×*]\s*|[×*]\s*|(?<=\d)x)([1-9]\d{0,4})\s*$/i.exec(text) ??
    /^\s*([1-9]\d{0,4})\s+(?=[a-z])/i.exec(text)
  const rest = counted === null ? text : text.replace(counted[0], ' ')
  // '8 V100s' are no V100S.
  const found = several(counted, rest) ?? gpu(rest.trim()) ?? cardOf(rest)
  if (found !== undefined) {
    const count = counted === null ? sliceOf(text) : Number(counted[1])
    return { gpu: found, count, machine: null }
  }
  const box = boxes.find(([pattern]) => pattern.test(text))
  const card = box && gpu(box[1])
  if (card !== undefined) return { gpu: card, count: box![2], machine: null }
  // 'Big Basin (8x V100)'
  const beside = /\(([^()]*\d[^()]*)\)/.exec(text)?.[1]
  const inBrackets = beside === undefined ? undefined : namedGpu(beside)
  if (inBrackets !== undefined) return inBrackets
  // 'Lambda 8x A100', 'n1-standard-8 + T4'
  const behind = /\s(\d{1,4}\s?[x×*]\s?[a-z].*)$/i.exec(text)?.[1] ?? /\+\s*(\S.*)$/.exec(text)?.[1]
  return behind === undefined ? undefined : namedGpu(behind)
}

/** The plural of a card, where there are several of it. */
function several(counted: RegExpExecArray | null, rest: string): Gpu | undefined {
  const one = /^\s*(\S*\d)s\s*$/.exec(rest)?.[1]
  return counted === null || one === undefined ? undefined : gpu(one)
}

/**
 * Devices of a slice of TPUs. Its name counts cores, of which a chip has two, until version 4 and for 5p; programs see
 * cores until version 3, chips since. Null: no slice is named.
 */
function sliceOf(text: string): number | null {
  const slice = /\bv(\d)(p|e|litepod|-lite\w*)?-(\d{1,5})\b/i.exec(text)
  if (slice === null || !/tpu|litepod|^v\d/i.test(text.trim())) return null
  const [, version, kind, size] = slice
  const chips = version === '4' || (version === '5' && kind?.toLowerCase() === 'p')
  return Math.max(1, Number(size) / (chips ? 2 : 1))
}

function cardOf(text: string): Gpu | undefined {
  const plain = text
    .replace(/\([^)]*\)/g, ' ')
    .replace(
      /\b(nvidia|amd|instinct|geforce|tesla|google|aws|gcp|azure|cloud|free|pod|colab( pro)?|kaggle|lambda|runpod|vast(\.ai)?|paperspace|intel|habana|hpus?|single|gen\s?\d|gpus?|cards?|laptop|mobile|max-?q|nvl?72)\b/gi,
      ' ',
    )
    .replace(/\b([km]\d0)[mc]\b/i, '$1')
  const memory = /(\d+)\s?GB?\b/i.exec(plain)?.[1]
  const bare = plain.replace(/-?\d+\s?GB?\b/i, ' ')
  const form = /\b(pcie|nvl)\b/i.exec(bare)?.[1]
  const core = bare
    .replace(/[-\s]*\b(sxm\d?|pcie|nvl|hbm\d?e?)\b/gi, ' ')
    .replace(/[-\s]+(?=$)/, '')
    .trim()
  const candidates = [
    ...(form === undefined ? [] : [`${core}-${form}`]),
    ...(memory === undefined ? [] : [`${core}-${memory}GB`]),
    core,
    // '8 A100s'
    core.replace(/(\d)s$/i, '$1'),
    // 'TPU v3-8', 'v4-128'
    core.replace(/-\d+$/, ''),
    core.replace(/^(v\d[ep]?)-\d+$/i, 'tpu-$1'),
  ]
  for (const each of candidates) {
    const found = gpu(each)
    if (found !== undefined) return found
  }
  return undefined
}

/** Names that may be meant: of the same series, which its letters tell. A P100 is no slip of the hand for an H100. */
export function gpuSpellings(text: string): string[] {
  const letters = (name: string) =>
    /[a-z]+/.exec(name.toLowerCase().replace(/nvidia|geforce|tesla/g, ''))?.[0]
  const cards = allGpus()
    .map(({ name }) => name)
    .filter((name) => letters(name) === letters(text))
  // 'g5.xlarge', 'a2-highgpu-1g', 'Standard_NC24': names of machines have parts.
  return /\w[._-]\w/.test(text) ? [...cards, ...allInstances().map(({ type }) => type)] : cards
}
