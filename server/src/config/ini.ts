/** INI as located values, as Python's configparser reads it: sections are maps, values are text. */
import type { ConfigEntry, ConfigFacts, ConfigMap } from './node.js'

const section = /^\[([^\]]+)\]/
const option = /^([^=:\s][^=:]*)[=:](.*)$/

/** Reads an INI file. Never throws. A value that refers to others (`%(name)s`) is unknown. */
export function iniFacts(text: string): ConfigFacts {
  const root: ConfigMap = { kind: 'map', entries: [], start: 0, end: text.length }
  const comments: ConfigFacts['comments'] = []
  let hasErrors = false
  let current: ConfigMap | null = null
  let last: ConfigEntry | null = null
  for (const { index: start, 0: whole } of text.matchAll(/[^\r\n]+/g)) {
    const line = whole.trim()
    const at = start + whole.indexOf(line)
    const end = at + line.length
    if (line === '') continue
    const name = section.exec(line)?.[1]
    const [, before, after] = option.exec(line) ?? []
    const [key, value] = [before?.trimEnd(), after?.trimStart()]
    if (/^[#;]/.test(line)) comments.push({ start: at, end, text: line })
    else if (at > start && last !== null) {
      // An indented line goes on with the value before it.
      const { start: from } = last.value
      last.value = { kind: 'unknown', because: 'several lines', start: from, end }
    } else if (name !== undefined) {
      current = sectionOf(root, name, at, end)
      last = null
    } else if (key === undefined || current === null) hasErrors = true
    else {
      const placed = { start: end - value!.length, end }
      last = {
        key,
        keyStart: at,
        keyEnd: at + key.length,
        value: /%\(/.test(value!)
          ? { kind: 'unknown', because: 'a reference', text: value!, ...placed }
          : { kind: 'scalar', value: value!, raw: value!, ...placed },
      }
      current.entries.push(last)
      current.end = end
    }
  }
  inherit(root)
  return { documents: [{ index: 0, root, templated: false, hasErrors }], comments }
}

/** What `[DEFAULT]` says holds in each section that does not say it. */
function inherit(root: ConfigMap): void {
  const common = root.entries.find(({ key }) => key === 'DEFAULT')?.value
  if (common?.kind !== 'map') return
  for (const { value } of root.entries) {
    if (value.kind !== 'map' || value === common) continue
    const own = new Set(value.entries.map(({ key }) => key))
    value.entries.push(...common.entries.filter(({ key }) => !own.has(key)))
  }
}

function sectionOf(root: ConfigMap, name: string, start: number, end: number): ConfigMap {
  const found = root.entries.find((one) => one.key === name)?.value
  if (found?.kind === 'map') return found
  const made: ConfigMap = { kind: 'map', entries: [], start, end }
  root.entries.push({ key: name, keyStart: start, keyEnd: end, value: made })
  return made
}
