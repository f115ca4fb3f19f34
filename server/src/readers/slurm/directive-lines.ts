/** Lines of a batch script's header that a change takes out as a whole. */
import { gpu } from '../../catalog/gpus.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { FragmentFacts } from '../reader.js'

/** The name of a queue, a partition or a feature tells that its nodes are there for their GPUs. */
export function namesGpus(value: string | null | undefined): boolean {
  const words = value?.split(/[^A-Za-z0-9]+/) ?? []
  return words.some(
    (word) => /gpu|cuda|^dgx|^accel/i.test(word) || (/\d/.test(word) && gpu(word) !== undefined),
  )
}

export function withoutLines(
  { path, fragment }: FragmentFacts,
  scheduler: 'SBATCH' | 'PBS' | 'BSUB',
  directives: readonly { start: number; end: number }[],
  title: string,
): Change | Refusal {
  const { text, index } = fragment
  const lines = directives.map(({ start, end }) => {
    const from = text.lastIndexOf('\n', start - 1) + 1
    const to = text.indexOf('\n', end)
    const alone =
      new RegExp(`^#${scheduler}\\s+$`).test(text.slice(from, start)) &&
      /^\s*(#.*)?$/.test(text.slice(end, to < 0 ? undefined : to))
    return alone && to >= 0 ? { start: from, end: to + 1 } : null
  })
  if (lines.includes(null)) return { reason: 'there are other options on the same line' }
  return {
    title,
    safety: 'unsafe',
    writes: lines.map((line) => ({ kind: 'replace text', path, fragment: index, ...line!, text: '' })),
    imports: [],
  }
}
