/** `bsub -gpu num=1 -W 8:00 python train.py`: what a submission asks for by itself. Source: bsub of LSF 10.1. */
import type { Directive, ShellCommand } from '../../config/shell-facts.js'

/** Options of bsub that are followed by a value. */
const valued = /^-(q|J|n|W|o|oo|e|eo|gpu|R|M|P|m|app|G|sp|w|u|cwd|We|g|a|c|nnodes|U|E|L|env|f|i|k|Ep|Lp|ul)$/

/** In the form of directives; null: it is none, or it asks for no GPU. */
export function submittedToLsf({ words, unreachable }: ShellCommand): Directive[] | null {
  if (unreachable || words[0]?.text !== 'bsub') return null
  const found: Directive[] = []
  let at = 1
  for (; at < words.length; at++) {
    const { raw, start, end } = words[at]!
    if (!raw.startsWith('-')) break
    // Somebody sits at it.
    if (/^-(I[ps]?|IS\w*|XF)$/.test(raw)) return null
    if (!valued.test(raw)) continue
    const value = words[at + 1]
    if (value === undefined) break
    found.push({
      scheduler: 'BSUB',
      name: raw.slice(1),
      value: value.text,
      start,
      end: value.end,
      valueStart: value.start,
      valueEnd: value.end,
    })
    if (end > value.start) break
    at++
  }
  // `bsub < job.sh` has a header of its own.
  if (at >= words.length || words[at]!.raw.startsWith('<')) return null
  return found.some(({ name, value }) => name === 'gpu' || (name === 'R' && /ngpus/.test(value ?? '')))
    ? found
    : null
}
