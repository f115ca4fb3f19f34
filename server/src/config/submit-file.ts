/** Submit files of HTCondor: `name = value` in lines, and `queue`. Source: condor_submit manual, HTCondor 23. */

export interface SubmitOption {
  /** As written, with macros of the file put in; null: what it refers to is not known. */
  value: string | null
  /** The same with a variable of the shell for each macro that is not known: `--seed $Process`. */
  template: string
  /** The line, and the value in it. */
  start: number
  end: number
  valueStart: number
}

export interface SubmitFile {
  /** By name in lower case, the last of each: `request_gpus`, `+maxruntime`. */
  options: Map<string, SubmitOption>
  /** Jobs that it submits; null: not readable. */
  jobs: number | null
  queue: { start: number; end: number } | null
}

/** Never throws. */
export function submitFile(text: string): SubmitFile {
  const options = new Map<string, SubmitOption>()
  let jobs: number | null = 0
  let queue: SubmitFile['queue'] = null
  for (const { index: start, 0: line } of text.matchAll(/(?:[^\r\n\\]|\\[^\r\n]|\\\r?\n)+/g)) {
    const end = start + line.trimEnd().length
    const option = /^\s*([+\w.]+)\s*=\s*/.exec(line)
    if (option !== null) {
      const template = filledIn(line.slice(option[0].length).trim(), options)
      const valueStart = start + option[0].length
      options.set(option[1]!.toLowerCase(), { ...template, start, end, valueStart })
      continue
    }
    const queued = /^\s*queue\b(.*)$/is.exec(line)
    if (queued === null) continue
    queue = { start: end - line.trim().length, end }
    const count = countOf(queued[1]!.trim(), options)
    jobs = jobs === null || count === null ? null : jobs + count
  }
  return { options, jobs, queue }
}

/** `10`, nothing, `10 name in (a, b)`, `name in (a, b)`; what stands in a file is not known. */
function countOf(text: string, options: SubmitFile['options']): number | null {
  const [, written, rest] = /^(\S+)?\s*([\s\S]*)$/.exec(text)!
  const first = filledIn(written ?? '1', options).value
  const each = first !== null && /^\d+$/.test(first) ? Number(first) : 1
  const items = /\bin\s*\(([^()$]*)\)/is.exec(text)?.[1]
  if (items !== undefined) return each * items.split(/[\s,]+/).filter((one) => one !== '').length
  if (/\b(from|matching)\b/i.test(text)) return null
  return rest === '' && first !== null && /^\d+$/.test(first) ? each : null
}

/** `$(name)`, `$(name:otherwise)`; what `$$(name)`, `$ENV(name)` and the like stand for is not known. */
const macro = /\$(\$|[a-z]+)?\(([\w.]+)(?::([^()]*))?\)/gi

function filledIn(written: string, options: SubmitFile['options']): Pick<SubmitOption, 'value' | 'template'> {
  let whole = true
  const template = written.replace(macro, (_, computed?: string, name = '', otherwise?: string) => {
    const found = computed === undefined ? options.get(name.toLowerCase()) : undefined
    const value = found?.value ?? (computed === undefined ? otherwise : undefined)
    whole &&= value !== undefined
    return value ?? found?.template ?? `$${name.replaceAll('.', '_')}`
  })
  return { value: whole ? template : null, template }
}
