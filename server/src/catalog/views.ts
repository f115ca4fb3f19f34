/**
 * Methods that learn from pictures without labels, and how much of a network they compute for one picture: each view goes
 * through it forward and back, those of a teacher only forward. Sources: the papers, and the settings of their programs.
 */

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
