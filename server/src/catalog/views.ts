/**
 * Methods that learn from pictures without labels, and how much of a network they compute for one picture: each view goes
 * through it forward and back, those of a teacher only forward. Sources: the papers, and the settings of their programs.
 */

import { lookUp } from '../text/records.js'

/** Passes of the network for one picture, forward and backward together. */
export interface Views {
  low: number
  high: number
}

const teacher = 1 / 3

const methods: [name: RegExp, views: Views][] = [
  [/\b(?:simclr|simsiam|barlow[- ]?twins|vicreg)(?:[- ]?v\d)?\b/i, { low: 2, high: 2 }],
  [/\b(?:moco[- ]?v3|byol)\b/i, { low: 2 + 2 * teacher, high: 2 + 2 * teacher }],
  [/\bmoco(?:[- ]?v[12])?\b/i, { low: 1 + teacher, high: 1 + teacher }],
  // Two large views, and up to eight of 96 pixels.
  [/\b(?:dino|ibot)\b/i, { low: 2 + 2 * teacher, high: 2 + 2 * teacher + 8 * (96 / 224) ** 2 }],
  [/\b(?:swav|deepcluster(?:[- ]?v2)?)\b/i, { low: 2, high: 2 + 6 * (96 / 224) ** 2 }],
  // A quarter of the patches, and a decoder of eight layers of 512.
  [/\bmae\b/i, { low: 0.29, high: 0.55 }],
  [/\bsimmim\b/i, { low: 1, high: 1 }],
]

/** Their papers and programs train a ResNet-50 unless another network is named. */
const ofResNet = /simclr|simsiam|barlow|vicreg|moco[- ]?v?[12]?$|byol|swav/i

/** 'SwAV ResNet-50', 'MoCo v2 (ResNet-50)': the network without the method. Undefined: no such method is named. */
export function selfSupervised(text: string): { network: string; views: Views } | undefined {
  for (const [name, views] of methods) {
    const match = name.exec(text)
    if (match === null) continue
    const network = text
      .replace(match[0], ' ')
      .replace(/[()]|\bpre-?train\w*/gi, ' ')
      .replace(/\s+/g, ' ')
      .trim()
    if (network !== '') return { network, views }
    return ofResNet.test(match[0]) ? { network: 'ResNet-50', views } : undefined
  }
  return undefined
}

/**
 * What a network of segmentation_models_pytorch computes, in passes of its encoder: decoders of fixed widths are little beside a large
 * encoder and several times a small one, and some undo the last reductions of it. From the layers of version 0.3: assumptions.
 */
const decoders: Record<string, Views> = {
  Unet: { low: 1.2, high: 2.5 },
  UnetPlusPlus: { low: 2, high: 6 },
  MAnet: { low: 1.2, high: 3 },
  Linknet: { low: 1.1, high: 2 },
  FPN: { low: 1.2, high: 2.5 },
  PSPNet: { low: 0.4, high: 1.5 },
  PAN: { low: 1.1, high: 2.5 },
  DeepLabV3: { low: 3, high: 9 },
  DeepLabV3Plus: { low: 1.3, high: 3 },
  UPerNet: { low: 1.5, high: 5 },
  Segformer: { low: 1.1, high: 2.5 },
  DPT: { low: 1.2, high: 2.5 },
}
/** Encoders that compute less than a decoder. */
const light = /mobile|lite|tiny|mnas|ghost|shuffle|mit_b0|(efficientnet|regnet)\w*[-_]b?[01]\b/i
const lightTimes = 3

const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** The encoder of 'smp.Unet(resnet34)', and what is computed. Undefined: it is no such name. */
export function segmenting(text: string): { network: string; views: Views } | undefined {
  const [, written = '', encoder = ''] =
    /^smp\.(\w+)[(\s_-]+(?:timm-|tu-)?([^()\s]+)\)?$/i.exec(text) ??
    // 'unet-resnet34', 'UNet (EfficientNet-B4)'
    /^(u-?net|u-?net\+\+|linknet|ma-?net)[(\s_-]+(?:timm-|tu-)?([a-z][^()\s]*\d\w*)\)?$/i.exec(text) ??
    []
  const asked = letters(written.replace('++', 'plusplus'))
  const decoder = Object.keys(decoders).find((one) => letters(one) === asked) ?? ''
  const views = lookUp(decoders, decoder)
  if (views === undefined) return undefined
  const high = views.high * (light.test(encoder) ? lightTimes : 1)
  return { network: encoder, views: { low: views.low, high } }
}
