/** How much arithmetic one forward pass of a model takes, by the size of its input. */
import { NameIndex, withDecimals } from './name-index.js'
import data from './step-costs.json' with { type: 'json' }

/** What decides how well a network fills a card. `diffusion`: of convolutions; `dit`: of the layers of a transformer. */
export type NetworkClass = 'conv' | 'transformer' | 'detector' | 'diffusion' | 'dit' | 'video'

/**
 * In what the size of an input is given. `coco`: the shorter edge of photographs that are resized for detection, which
 * stand at 800 pixels. `sample`: all are of one size (a row of a table, a segment of audio), the points those of variants.
 */
export type SizeUnit = 'pixels' | 'tokens' | 'seconds' | 'coco' | 'sample'

export interface StepCost {
  name: string
  networkClass: NetworkClass
  /** Null: not on record. */
  parameters: number | null
  unit: SizeUnit
  /** Size of one sample, and billions of floating-point operations of its forward pass; the smallest first. */
  points: readonly (readonly [size: number, gflops: number])[]
  /** Layers of a transformer; null: not on record. */
  layers: number | null
  /** Bytes that a sample of the smallest size leaves for the backward pass at 16 bits; null: not on record. */
  kept: number | null
  source: string
}

type Row = [
  name: string,
  aliases: string,
  networkClass: string,
  parametersInMillions: number | null,
  unit: string,
  points: [number, number][],
  layers: number | null,
  source: number,
  keptMB: number | null,
]

const tables = data as unknown as { sources: string[]; costs: Row[] }

/** One key for all spellings: 'Mask R-CNN R-50-FPN' and 'mask_rcnn_r50_fpn'. */
function normal(name: string): string {
  return withDecimals(name.toLowerCase()).replace(/[^a-z0-9+]/g, '')
}

let index: NameIndex<StepCost> | undefined

function indexed(): NameIndex<StepCost> {
  if (index !== undefined) return index
  index = new NameIndex(normal, '+')
  const known = tables.costs.map((row) => {
    const [name, aliases, networkClass, millions, unit, points, layers, source, keptMB] = row
    const one: StepCost = {
      name,
      networkClass: networkClass as NetworkClass,
      parameters: millions === null ? null : millions * 1e6,
      unit: unit as SizeUnit,
      points,
      layers,
      kept: keptMB === null ? null : keptMB * 1e6,
      source: tables.sources[source]!,
    }
    return { one, names: [name, ...aliases.split('|')] }
  })
  for (const { one, names } of known) for (const each of names) index.addNormal(each, one)
  // Without the library that the name stands under; networks for small pictures share names with their elders.
  for (const { one, names } of known)
    if (!/^(cifar|open_clip)\//.test(one.name))
      for (const each of names) {
        const own = each.slice(each.indexOf('/') + 1)
        // Not the patches of 'ViT-B/16'.
        if (/[a-z]/i.test(own)) index.addNormal(own, one)
      }
  return index
}

/** Undefined: nothing on record. */
export function stepCost(name: string): StepCost | undefined {
  return name.length > 120 ? undefined : indexed().get(normal(name))
}

export function stepCostNames(): string[] {
  return tables.costs.flatMap(([name, aliases]) => [name, ...aliases.split('|').filter((one) => one !== '')])
}

/**
 * Floating-point operations of one forward pass over one sample of this size; null size: the usual one. Pictures grow
 * with their area, audio with its length, texts also with the square of theirs where two points tell how much.
 */
export function forwardOperations({ points, unit }: StepCost, size: number | null): number {
  const usual = points[points.length - 1]!
  if (size === null) return (unit === 'pixels' || unit === 'coco' ? points[0]! : usual)[1] * 1e9
  const exact = points.find(([at]) => at === size)
  if (exact !== undefined) return exact[1] * 1e9
  const near = (a: readonly [number, number], b: readonly [number, number]) =>
    Math.abs(Math.log(a[0] / size)) < Math.abs(Math.log(b[0] / size)) ? a : b
  const closest = points.reduce(near)
  if (unit === 'pixels' || unit === 'coco') return closest[1] * 1e9 * (size / closest[0]) ** 2
  if (points.length === 1) return closest[1] * 1e9 * (size / closest[0])
  const [short, long] = [points[0]!, usual]
  const square = (long[1] / long[0] - short[1] / short[0]) / (long[0] - short[0])
  if (square > 0) return (square * (size - short[0]) + short[1] / short[0]) * size * 1e9
  // A part that does not grow: what is written, where the size is that of what is read.
  const slope = (long[1] - short[1]) / (long[0] - short[0])
  return Math.max(short[1] + slope * (size - short[0]), short[1] * Math.min(1, size / short[0])) * 1e9
}
