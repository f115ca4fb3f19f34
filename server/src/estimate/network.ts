/** What a network computes for one sample, whatever it runs on: arithmetic, what it keeps, and how many layers it starts. */
import { type KnownModel, sized } from '../catalog/models.js'
import type { NamedModel } from '../catalog/spellings.js'
import {
  forwardOperations,
  type NetworkClass,
  type SizeUnit,
  type StepCost,
  stepCost,
} from '../catalog/step-costs.js'
import type { Views } from '../catalog/views.js'
import { lookUp } from '../text/records.js'
import { fusedMemory, imageMemory, imageTokens, layerMemory, writtenOut } from './memory-activations.js'
import { forwardOfShape } from './step-time.js'

export interface Interval {
  low: number
  high: number
}

export interface Network {
  name: string
  networkClass: NetworkClass
  parameters: number
  unit: SizeUnit
  /** Size of a sample where none is given; null: nothing usual, texts differ. */
  usualSize: number | null
  /** Of an encoder and a decoder: it reads as many tokens as its size says, and writes as many. */
  readsAndWrites?: boolean
  /** Between what sizes samples lie where nothing tells theirs; null or absent: that is not said. */
  assumedSize?: Interval | null
  /** What is not known of its layers. A clause each. */
  assumptions?: readonly string[]
  /** Floating-point operations of one forward pass over one sample. */
  forward(size: number): Interval
  /**
   * Bytes that one sample leaves for the backward pass, at 16 bits and at 32. `plain`: in a program that writes attention
   * out, as those of its family did for years.
   */
  kept(size: number, bits: 16 | 32, plain?: boolean): number
  /** That was measured, with the largest samples. */
  keptIsMeasured?: boolean
  /** Entries of the inputs of all layers for one sample, which checkpoints are; absent: not known. */
  inputs?(size: number): number
  /** Layers that start kernels one after the other. */
  layers: number
  /** The same for each sample: regions of an image are matched, sampled and pooled image by image. */
  layersOfSample: number
  /** Its memory can be estimated. */
  model: KnownModel | null
  /** Convolutions in groups of channels; absent: none. */
  grouped?: boolean
}

/** Networks whose convolutions take groups of many channels, or of one in wide kernels. Groups of four cost no more. */
const groups =
  /resnext\w*32x(?:8|16|32|48)d|regnet|nfnet|resnest|\bdpn|senet154|dla\d+x|cspresnext|convmixer/i

/**
 * Bytes kept at 16 bits for each billion operations, where nobody measured the network: ResNet-50 keeps 5.3 MB,
 * BERT-base 2.2 MB.
 */
export const keptByOperations: Record<NetworkClass, number> = {
  conv: 5e6,
  transformer: 2e6,
  // Norms and first layers are frozen: set by two published runs of torchvision's.
  detector: 3e6,
  diffusion: 4e6,
  dit: 2e6,
  // A third to a half of their kernels are three frames deep, and make no more of a product than flat ones.
  video: 3.2e6,
}

/**
 * Bytes kept at 16 bits for each entry of the input of a layer, where all layers are of one width: operations grow with its square, what is
 * kept with it. As BERT keeps them (memory-activations.ts), with what scales, shifts and gates of a diffusion transformer keep on top.
 */
const keptOfInput = { transformer: 42, dit: 56 }

/** Networks of so few weights have few channels: their layers keep four times as much for what they compute. */
export const thin = { parameters: 3e6, kept: 4 }

/** Blocks of a ResNet-50, which stands for the others; detectors add heads, matching of boxes, and losses. */
const usualLayers: Record<NetworkClass, number> = {
  conv: 16,
  transformer: 12,
  detector: 60,
  diffusion: 40,
  dit: 28,
  video: 20,
}

/** Blocks of EfficientNets: 16, times the multiplier of their depth, as their paper has it. */
const depths = [1, 1.1, 1.2, 1.4, 1.8, 2.2, 2.6, 3.1]
const efficient = 16
/** Such blocks of the second version. */
const secondDepths: Record<string, number> = { s: 30, m: 45, l: 65 }
/** A block that widens, filters each channel, weighs the channels, and narrows starts twice the kernels of another. */
const inverted = 2

/** Blocks of a network whose name counts its layers; a block has two, in deep networks for large pictures three. */
function blocks(name: string, parameters: number): number | null {
  const scaled = /efficientnet[-_ ]?b([0-7])(?!\d)/i.exec(name)
  if (scaled !== null) return efficient * depths[Number(scaled[1])]! * inverted
  const second = /efficientnet[-_ ]?v2\w{0,3}?[-_]([sml])\b/i.exec(name)
  if (second !== null) return lookUp(secondDepths, second[1]!.toLowerCase())! * inverted
  const counted = /(?:resne?x?t|vgg|densenet)\D{0,2}(\d{2,3})(?!\d)/i.exec(name)
  if (counted === null) return null
  const layers = Number(counted[1])
  return layers >= 50 && parameters > thin.parameters ? layers / 3 : layers / 2
}

/**
 * Operations for each pixel to encode a picture for latent diffusion, 1.1 trillion at 512 pixels. Programs that have not
 * kept the codes do so in each step, without a backward pass.
 */
const encoding = 4.2e6 / 3

/** Layers of vision transformers, by the size that timm's names tell. */
const deep: Record<string, number> = {
  tiny: 12,
  small: 12,
  base: 12,
  so400m: 27,
  large: 24,
  huge: 32,
  giant: 40,
  gigantic: 48,
}

/** Of 'vit_giant_patch14_dinov2', 'deit3_large_patch16_224'; null: it is no such network. */
function visionLayers(name: string): number | null {
  const size = /\/(?:vit|deit3?|beit(?:v2)?)_([a-z0-9]+)_patch\d/.exec(name)?.[1]
  return size === undefined ? null : (lookUp(deep, size) ?? null)
}

/** Convolutions, norms and activations of a block. */
const operationsOfBlock = 10

/** Pictures that are so small are given to networks without the first reductions. */
const smallPicture = 64

/** @param headless no token is predicted over the vocabulary */
export function networkOf(named: NamedModel, headless = false): Network | null {
  const found = ofNamed(named, headless)
  const network =
    found !== null && groups.test(named.cost?.name ?? named.model?.name ?? '')
      ? { ...found, grouped: true }
      : found
  return network === null || named.views === undefined ? network : throughViews(network, named.views)
}

/** Several views of a picture are what its sample takes; copies of the network beside them are not on record. */
export function throughViews(network: Network, { low, high }: Views): Network {
  return {
    ...network,
    forward(size) {
      const once = network.forward(size)
      return { low: low * once.low, high: high * once.high }
    },
    kept: (size, bits, plain = false) => network.kept(size, bits, plain) * (plain ? high : low),
    layers: network.layers * Math.max(1, low),
    model: null,
  }
}

function ofNamed({ name, model, cost }: NamedModel, headless: boolean): Network | null {
  if (model !== null) {
    const known = ofShape(name, model, headless) ?? ofImage(name, model)
    if (known !== null) return known
  }
  if (cost !== null) return ofCost(name, cost, model)
  return model === null ? null : ofParameters(name, model)
}

/** A network for texts of which only the weights are counted: two operations for each weight and token. */
function ofParameters(name: string, { kind, parameters }: KnownModel): Network | null {
  if (kind !== 'causal-lm' && kind !== 'nlp-encoder' && kind !== 'nlp-seq2seq') return null
  // Half of the weights read, half write, a quarter of what is read to as much.
  const share = kind === 'nlp-seq2seq' ? { low: 1.25, high: 2 } : { low: 2, high: 2 }
  return {
    name,
    networkClass: 'transformer',
    parameters,
    unit: 'tokens',
    usualSize: null,
    forward: (size) => ({ low: share.low * parameters * size, high: share.high * parameters * size }),
    kept: (size, bits) =>
      2 * parameters * (size / 1e9) * keptByOperations.transformer * (bits === 16 ? 1 : 2),
    layers: sized(name, parameters).shape!.layers,
    layersOfSample: 0,
    model: null,
  }
}

function ofShape(name: string, model: KnownModel, headless: boolean): Network | null {
  const { shape, kind } = model
  if (shape === null) return null
  // Encoders predict a few masked tokens at most, unless a plain program does so for all and throws the rest away.
  const encoder = kind === 'nlp-encoder'
  const image = shape.vocabulary === 0
  const tokens = (size: number) => (image ? imageTokens(model, size)! : size)
  return {
    name,
    networkClass: 'transformer',
    parameters: model.parameters,
    unit: image ? 'pixels' : 'tokens',
    usualSize: image ? 224 : null,
    forward(size) {
      const all = forwardOfShape(model, tokens(size))
      const least = encoder ? forwardOfShape(model, tokens(size), false) : all
      return { low: least, high: encoder && headless ? least : all }
    },
    kept(size, bits, plain = false) {
      if (!plain) return fusedMemory(shape, tokens(size), bits)
      const kernel = writtenOut.has(shape.family) ? 'eager' : 'fused'
      return layerMemory(shape, 1, tokens(size), bits === 16 ? 'mixed' : 'fp32', kernel, null, false).all
    },
    layers: shape.layers,
    layersOfSample: 0,
    model,
  }
}

function ofImage(name: string, model: KnownModel): Network | null {
  const { image } = model
  if (image === null || image.products === null) return null
  const { edge, products } = image
  const small = smallVariant(model.name)
  return {
    name,
    networkClass: 'conv',
    parameters: model.parameters,
    unit: 'pixels',
    usualSize: edge === 0 ? 1 : edge,
    forward(size) {
      // Networks of the project's own may take rows, which have no edge.
      const usual = 2e9 * products * (edge === 0 ? 1 : (size / edge) ** 2)
      return { low: usual, high: size <= smallPicture && small ? forwardOperations(small, size) : usual }
    },
    kept: (size, bits) => imageMemory(image, 1, size, bits === 16 ? 'mixed' : 'fp32'),
    layers:
      image.operations === undefined
        ? (blocks(model.name, model.parameters) ?? usualLayers.conv)
        : image.operations / operationsOfBlock,
    layersOfSample: 0,
    model,
  }
}

/** It learns to take noise away from a picture, or from its codes. */
export function diffuses(networkClass: NetworkClass): boolean {
  return networkClass === 'diffusion' || networkClass === 'dit'
}

/** Its arithmetic is that of convolutions. */
export function convolves(networkClass: NetworkClass): boolean {
  return networkClass === 'conv' || networkClass === 'detector' || networkClass === 'diffusion'
}

/** Networks of one name that differ in their widths, or in the segments that they take. */
function variants({ points }: StepCost): Interval {
  return { low: points[0]![1] * 1e9, high: points.at(-1)![1] * 1e9 }
}

function smallVariant(name: string): StepCost | undefined {
  return stepCost(`cifar/kuangliu ${name}`) ?? stepCost(`cifar/${name}`)
}

/** Detectors of one shape and many widths, with an activation function that keeps its input. */
const smooth = /yolo(?:v?(?:[5-9]|1\d)|x)|ppyoloe|rtmdet|damo-yolo/i

/**
 * Bytes at 16 bits: operations grow with the square of the width, activations with the width. Set by the batches that
 * YOLOv5 takes on cards of 16 GB, from n to x.
 */
function keptOfSmooth(gflops: number): number {
  return 45e6 * gflops ** 0.55
}

/**
 * OpenMMLab's attention of these also returns its averaged weights: ten published runs keep 1.27 times what was measured of the
 * transformers library. Between both.
 */
const averaged = /segformer|mit-b\d/i

/**
 * Detectors on a transformer: autocast leaves norms, sums and the softmax of its attention in fp32, so that 16 bits save less. Five
 * published runs with Swin and ViT keep 0.65 of what fp32 does.
 */
const attends = /swin|vitdet/i

/** Detectors that match boxes for each image, and neither sample nor pool regions. */
const oneStage = /ssd|retinanet|fcos|atss|yolo|solo|detr/i

function ofCost(name: string, cost: StepCost, model: KnownModel | null): Network {
  const { networkClass, unit } = cost
  const usual = cost.points[0]![0]
  const small = unit === 'pixels' ? smallVariant(cost.name.slice(cost.name.indexOf('/') + 1)) : undefined
  const forward = (size: number): Interval => {
    if (unit === 'sample') return variants(cost)
    const operations = forwardOperations(cost, size)
    if (diffuses(networkClass)) return { low: operations, high: operations + encoding * size ** 2 }
    return {
      low: operations,
      high: size <= smallPicture && small !== undefined ? forwardOperations(small, size) : operations,
    }
  }
  const parameters = cost.parameters ?? model?.parameters ?? 0
  // All layers of a transformer for texts, audio, codes or patches of one size are of one width, of which 12 squares make a layer.
  const plain = networkClass === 'dit' || (networkClass === 'transformer' && unit !== 'pixels')
  const layers = cost.layers ?? visionLayers(cost.name)
  const even = (plain || layers !== cost.layers) && layers !== null && parameters > 0
  const width = even ? Math.sqrt(parameters / (12 * layers)) : null
  const inputs = width === null ? null : (size: number) => forward(size).low / (24 * width)
  const returned = averaged.test(cost.name) ? 1.2 : 1
  const castBack = networkClass === 'detector' && attends.test(cost.name) ? 0.3 : 0
  const few = networkClass === 'conv' && parameters < thin.parameters ? thin.kept : 1
  return {
    name,
    networkClass,
    parameters,
    unit,
    usualSize: unit === 'tokens' ? null : usual,
    readsAndWrites: unit === 'tokens' && model?.kind === 'nlp-seq2seq',
    forward,
    kept(size, bits) {
      const [, gflops] = cost.points[0]!
      const long = bits === 16 ? Math.min(2, 1 + castBack) : 2
      if (cost.kept === null && inputs !== null)
        return inputs(size) * keptOfInput[networkClass === 'dit' ? 'dit' : 'transformer'] * long
      const each =
        cost.kept !== null
          ? cost.kept / gflops
          : smooth.test(cost.name)
            ? keptOfSmooth(gflops) / gflops
            : keptByOperations[networkClass] * few
      return (forward(size).low / 1e9) * each * returned * long
    },
    keptIsMeasured: cost.kept !== null && cost.source.includes('bench/memory/'),
    // Two operations for each weight and token.
    ...(inputs !== null && { inputs }),
    layers: layers ?? blocks(cost.name, parameters) ?? usualLayers[networkClass],
    // Targets, losses and, with two stages, proposals: set by published runs of detectors, as estimate/step-seconds.ts is.
    layersOfSample: unit === 'coco' ? (oneStage.test(cost.name) ? 8 : 15) : 0,
    model,
  }
}
