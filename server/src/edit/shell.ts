/** Sets scheduler directives in batch scripts and replaces text in shell scripts. */
import { directives } from '../config/directives.js'
import type { Directive } from '../config/shell-facts.js'
import {
  type FragmentEdit,
  lineBreak,
  lineEnd,
  lineStart,
  nextLine,
  refuse,
  withLineBreak,
} from './fragment-edit.js'
import { inSequence } from './sequence.js'
import type { Refusal, ShellWrite } from './write.js'

type SetDirective = Extract<ShellWrite, { kind: 'set directive' }>

export function shellEdits(text: string, writes: readonly ShellWrite[]): FragmentEdit[] | Refusal {
  // Text is replaced by its offset, so that comes before anything moves.
  const replacements: FragmentEdit[] = []
  for (const write of writes) {
    if (write.kind !== 'replace text') continue
    if (write.start < 0 || write.end > text.length) return refuse('the text is no longer there')
    replacements.push({
      start: write.start,
      end: write.end,
      text: withLineBreak(write.text, lineBreak(text)),
    })
  }
  const settings = inSequence(
    text,
    writes.filter((write) => write.kind === 'set directive'),
    setDirective,
  )
  return 'reason' in settings ? settings : [...replacements, ...settings]
}

function setDirective(text: string, write: SetDirective): FragmentEdit[] | Refusal {
  if (write.value !== null && /[\r\n]/.test(write.value)) return refuse('a directive has one line')
  const all = directives(text)
  const same = all.filter((one) => one.scheduler === write.scheduler && one.name === write.name)
  // The scheduler takes the last one.
  const present = same[same.length - 1]
  if (present) return replaceValue(text, present, write)
  const own = all.filter((one) => one.scheduler === write.scheduler)
  const line = `#${write.scheduler} ${option(text, write, own)}`
  const eol = lineBreak(text)
  const last = own[own.length - 1] ?? all[all.length - 1]
  if (last) {
    const at = lineEnd(text, last.end)
    return [{ start: at, end: at, text: eol + line }]
  }
  const at = text.startsWith('#!') ? nextLine(text, 0) : 0
  const lead = at > 0 && text[at - 1] !== '\n' ? eol : ''
  return [{ start: at, end: at, text: lead + line + eol }]
}

function replaceValue(text: string, present: Directive, write: SetDirective): FragmentEdit[] | Refusal {
  const { valueStart, valueEnd } = present
  if (valueStart < valueEnd) {
    if (write.value !== null)
      return [{ start: valueStart, end: valueEnd, text: quotedLike(text, present, write.value) }]
    return refuse(`${write.name} is given with a value`)
  }
  if (write.value === null) return []
  const joint =
    text[present.end - 1] === '=' ? '' : present.name.length > 1 && write.scheduler === 'SBATCH' ? '=' : ' '
  const isShort = /^-[A-Za-z]$/.test(text.slice(present.start, present.end))
  return [{ start: present.end, end: present.end, text: (isShort ? ' ' : joint) + quoted(write.value) }]
}

function quotedLike(text: string, present: Directive, value: string): string {
  const quote = text[present.valueStart]
  if ((quote === '"' || quote === "'") && !value.includes(quote)) return quote + value + quote
  return quoted(value)
}

function quoted(value: string): string {
  if (!/[\s#]/.test(value)) return value
  return value.includes('"') ? `'${value}'` : `"${value}"`
}

/** The option in the style of the file: `--time=1:00:00` or `--time 1:00:00`; resources of PBS stand behind `-l`. */
function option(text: string, write: SetDirective, own: readonly Directive[]): string {
  const { scheduler, name } = write
  const value = write.value === null ? null : quoted(write.value)
  if (scheduler === 'SBATCH') {
    if (value === null) return `--${name}`
    const model = own.filter(
      (one) =>
        one.valueStart < one.valueEnd &&
        text.startsWith('--', one.start) &&
        one.start >= lineStart(text, one.end),
    )
    const last = model[model.length - 1]
    return `--${name}${last && text[last.valueStart - 1] !== '=' ? ' ' : '='}${value}`
  }
  // Options of PBS are single letters; a longer name is a resource.
  if (scheduler === 'PBS' && name.length > 1) return value === null ? `-l ${name}` : `-l ${name}=${value}`
  return value === null ? `-${name}` : `-${name} ${value}`
}
