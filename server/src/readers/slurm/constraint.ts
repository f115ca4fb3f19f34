/** Which accelerators the features of nodes allow that a job asks for: `--constraint`. */
import { allGpus, type Gpu, gpu } from '../../catalog/gpus.js'

/** NVIDIA's families, as centres name features after them. */
const generations = /^(kepler|maxwell|pascal|volta|turing|ampere|ada|hopper|blackwell)$/

/**
 * By catalogue name: `a100`, `a40|l40|a100`, `[v100-32g|a100]&ib`, `volta`, `gpu_mem_80`, `a100&gpu80`. What is no accelerator
 * there (a switch, a processor) is left out, and so is what is ruled out (`!k80`). Empty: it names none.
 */
export function gpusOfConstraint(value: string): string[] {
  if (value.includes('$')) return []
  const alternatives = value.split('|').map((part) => {
    const features = part.split(/[^\w.:!-]+/).filter((one) => one !== '' && !one.startsWith('!'))
    const named = features.map(cardsOf).filter((cards) => cards.length > 0)
    const memory = features.flatMap((one) => memoryOf(one) ?? [])[0]
    const cards = named.length === 0 && memory !== undefined ? allNvidia() : named.flat()
    // A feature of the memory chooses among cards of one name, which stand in the catalogue apart.
    return memory === undefined ? cards : withMemory(cards, memory)
  })
  return [...new Set(alternatives.flat().map(({ name }) => name))]
}

/**
 * The same of a resource that counts the memory of cards beside them: `gpu:1,VRAM:32G`, `gpumem:24g`. The smallest that have as much
 * are what is asked for; the cluster may give a larger one.
 */
export function gpusOfMemory(value: string): string[] {
  const asked = value.split(',').flatMap((one) => memoryOf(one.trim()) ?? [])[0]
  if (asked === undefined) return []
  const large = allNvidia().filter(({ memoryGB }) => memoryGB !== null && memoryGB >= asked)
  const least = Math.min(...large.map(({ memoryGB }) => memoryGB!))
  return large.filter(({ memoryGB }) => memoryGB === least).map(({ name }) => name)
}

function cardsOf(feature: string): Gpu[] {
  const plain = feature.toLowerCase().replace(/:\d$/, '')
  if (generations.test(plain)) return allNvidia().filter((one) => one.generation.toLowerCase() === plain)
  const words = [
    plain.replace(/(\d)g$/, '$1gb'),
    plain,
    plain.replace(/^(gpu|nvidia)[-_:]|[-_]?\d+gb?$/g, ''),
  ]
  // A feature of nodes is named after one accelerator only where it is more than two letters of some word.
  const found = words.flatMap((word) => (/[a-z]+[-_]?\d/.test(word) ? (gpu(word) ?? []) : []))
  return found.slice(0, 1)
}

/** GB: `gpu_mem_80`, `gpu80`, `vram48G`, `gmem:24GB`, `80gb`. Null: it speaks of no memory. */
function memoryOf(feature: string): number | null {
  const match =
    /^(?:gpu|vram|gmem|gram)[-_:]?(?:mem|memory|ram)?[-_:]?(\d{2,3})\s?g?i?b?$/i.exec(feature) ??
    /^(\d{2,3})gb?$/i.exec(feature)
  return match === null ? null : Number(match[1])
}

function withMemory(cards: readonly Gpu[], memory: number): Gpu[] {
  const own = cards.filter(({ memoryGB }) => memoryGB === memory)
  if (own.length > 0) return own
  return cards.flatMap(({ name }) => gpu(`${name.replace(/-\d+GB$/, '')}-${memory}GB`) ?? [])
}

/** Those whose speed is on record. */
function allNvidia(): Gpu[] {
  return allGpus().filter(({ vendor, tflops }) => vendor === 'nvidia' && tflops.fp32 !== null)
}
