/** Parts of a question that do not belong together, each told with what is made of it. */
import type { KnownDataset } from '../catalog/datasets.js'
import type { Network } from './network.js'

const texts = /^(text-classification|qa|lm|instruction|preference|translation)$/
const pictures = /^(image-classification|detection|segmentation|video)$/

export function contradictions(
  { model, size = '' }: { model: string; size?: string },
  network: Network | null,
  data: KnownDataset | null,
): string[] {
  if (network === null) return []
  const told: string[] = []
  const sees = network.unit === 'pixels' || network.unit === 'coco'
  const reads = network.unit === 'tokens' && network.model?.kind !== 'multimodal'
  const others = sees ? texts : reads ? pictures : null
  if (data !== null && others?.test(data.kind))
    told.push(
      `${model} takes ${sees ? 'pictures' : 'texts'}, and ${data.name} holds ${sees ? 'texts' : 'pictures'}: only its number of samples counts`,
    )
  if (sees && /\d\s*k?[- ]?tok/i.test(size)) told.push(`${model} takes pictures: "${size}" is read as pixels`)
  if (reads && /\d\s*[x×]\s*\d|\d\s*(px|pixel)/i.test(size))
    told.push(`${model} takes texts: "${size}" is read as tokens`)
  return told
}
