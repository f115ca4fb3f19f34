/**
 * Templates of a Helm chart with the values that stand beside them, as far as a template uses them plainly:
 * `replicas: {{ .Values.replicaCount }}`, `{{- toYaml .Values.resources | nindent 12 }}`. Everything else stays unknown.
 */
import type { Span } from '../text/location.js'
import { at } from './access.js'
import type { ConfigEntry, ConfigNode } from './node.js'
import { raised } from './overlay.js'

const plain =
  /^:[ \t]*["']?\{\{-?\s*\.Values\.([\w.]+)\s*(?:\|\s*(?:quote|squote|int|int64|toString)\s*)*-?\}\}["']?[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/
const whole =
  /^:[ \t]*(?:\r?\n[ \t]*)?\{\{-?\s*toYaml\s+\.Values\.([\w.]+)\s*\|\s*n?indent\s+\d+\s*-?\}\}[ \t]*\r?(?:\n|$)/
const within = /^:[ \t]*(?:\r?\n[ \t]*)?\{\{-?\s*toYaml\s+\.\s*\|\s*n?indent\s+\d+\s*-?\}\}[ \t]*\r?(?:\n|$)/
const opened = /\{\{-?\s*with\s+\.Values\.([\w.]+)\s*-?\}\}\s*$/
/** Longest expression that is looked at, in characters. */
const longest = 300

const action = /\{\{-?\s*(if|with|range|define|block|else|end)\b\s*([^}]*?)\s*-?\}\}/g
const asked = /^(not\s+)?\.Values\.([\w.]+)$/

/** Spans of the text that are written only on a condition that does not hold by default, or that cannot be read. */
function doubtful(text: string, values: ConfigNode): Span[] {
  const found: Span[] = []
  /** Null: whether it holds cannot be read. */
  const stack: { holds: boolean | null; from: number }[] = []
  const close = (end: number): void => {
    const { holds, from } = stack.pop()!
    if (holds !== true) found.push({ start: from, end })
  }
  for (const { 1: word, 2: condition, 0: all, index } of text.matchAll(action)) {
    const end = index + all.length
    if (word === 'end') {
      if (stack.length > 0) close(index)
    } else if (word === 'else') {
      const before = stack.at(-1)
      if (before === undefined) continue
      close(index)
      // `else if` asks again; that it comes to it is the opposite of what held before.
      stack.push({ holds: condition === '' && before.holds !== null ? !before.holds : null, from: end })
    } else {
      const plainly = word === 'if' || word === 'with' ? asked.exec(condition!) : null
      const set = plainly === null ? null : isSet(at(values, ...plainly[2]!.split('.')))
      const holds = set === null ? null : set === (plainly![1] === undefined)
      stack.push({ holds, from: end })
    }
  }
  while (stack.length > 0) close(text.length)
  return found
}

/** What a template takes for true. */
function isSet(node: ConfigNode | undefined): boolean {
  if (node === undefined) return false
  if (node.kind === 'map') return node.entries.length > 0
  if (node.kind === 'list') return node.items.length > 0
  return (
    node.kind === 'scalar' &&
    node.value !== null &&
    node.value !== false &&
    node.value !== '' &&
    node.value !== 0
  )
}

/** `text`: what `root` was read from. Nodes of the values are from the first of the other texts (see overlay.ts). */
export function withValues(root: ConfigNode, text: string, values: ConfigNode): ConfigNode {
  const left = doubtful(text, values)
  const known = (path: string): ConfigNode | undefined => {
    const node = at(values, ...path.split('.'))
    const nothing =
      node === undefined || node.kind === 'unknown' || (node.kind === 'scalar' && node.value === null)
    return nothing ? undefined : raised(node, 0)
  }
  const givenBy = ({ keyStart, keyEnd }: ConfigEntry): ConfigNode | undefined => {
    if (left.some((span) => span.start <= keyStart && keyStart < span.end)) return undefined
    const rest = text.slice(keyEnd, keyEnd + longest)
    const named = plain.exec(rest) ?? whole.exec(rest)
    if (named !== null) {
      const node = known(named[1]!)
      // A map where a scalar is asked for is no plain use.
      return node === undefined || (plain.test(rest) && node.kind !== 'scalar') ? undefined : node
    }
    if (!within.test(rest)) return undefined
    const before = opened.exec(text.slice(Math.max(0, keyStart - longest), keyStart))
    return before === null ? undefined : known(before[1]!)
  }
  const filled = (node: ConfigNode, depth: number): ConfigNode => {
    if (depth > 100) return node
    if (node.kind === 'list') return { ...node, items: node.items.map((one) => filled(one, depth + 1)) }
    if (node.kind !== 'map') return node
    return {
      ...node,
      entries: node.entries.map((one) => {
        if (one.value.kind !== 'unknown') return { ...one, value: filled(one.value, depth + 1) }
        const value = givenBy(one)
        return value === undefined ? one : { ...one, value }
      }),
    }
  }
  return filled(root, 0)
}
