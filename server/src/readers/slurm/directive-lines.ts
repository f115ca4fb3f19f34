/** Lines of a batch script's header: those that a change takes out as a whole, and those that a template leaves open. */
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

const directiveLine = /^#SBATCH\s+(?=\S)/
/** Words that are no options: what fills in the template writes some, or none, in their place. */
const filledInOptions = /^(?:[^\s#-]|--?[^\w\s-])/
const filledInLine = /^\s*(?:\{\{.*\}\}|\$\{\w+\}|@\w+@)\s*$/
const mostLines = 200

/** Whether a header has room for options that nobody sees: `#SBATCH {{ extra }}`, a line `{{ header }}`. */
export function fillsInOptions(text: string): boolean {
  for (const line of text.split('\n', mostLines)) {
    if (filledInLine.test(line)) return true
    const head = directiveLine.exec(line)
    if (head !== null && filledInOptions.test(line.slice(head[0].length))) return true
    if (!/^\s*($|#|\{[%#])/.test(line)) return false
  }
  return false
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
