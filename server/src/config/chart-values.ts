/**
 * Templates of a Helm chart with the values that stand beside them, as far as a template uses them plainly:
 * `replicas: {{ .Values.replicaCount }}`, `{{- toYaml .Values.resources | nindent 12 }}`. Everything else stays unknown.
 */
import { at } from './access.js'
import { isSet } from './chart-conditions.js'
import { ChartScopes } from './chart-scopes.js'
import type { LaidTexts } from './laid-texts.js'
import type { ConfigEntry, ConfigNode } from './node.js'
import { laidFrom } from './overlay.js'

const plain = /^:[ \t]*["']?\{\{-?([^{}\n]+)\}\}["']?[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/
/** `toYaml .Values.a | nindent 8`, `.Values.a | toYaml | indent 8`, `tpl (toYaml .Values.a) .`, Bitnami's `tplvalues.render`. */
const shaped = [
  String.raw`toYaml\s+\$?\.Values\.([\w.]+)(?:\s*\|\s*trim)?`,
  String.raw`\$?\.Values\.([\w.]+)\s*\|\s*toYaml(?:\s*\|\s*trim)?`,
  String.raw`tpl\s+\(\s*toYaml\s+\$?\.Values\.([\w.]+)\s*\)\s+[.$]`,
  String.raw`include\s+"[\w.-]*tplvalues\.render"\s+\(\s*dict\s+"value"\s+\$?\.Values\.([\w.]+)\s+"context"\s+[.$]\s*\)`,
].join('|')
const whole = new RegExp(
  String.raw`^:[ \t]*(?:\r?\n[ \t]*)?\{\{-?\s*(?:${shaped})\s*\|\s*n?indent\s+\d+\s*-?\}\}[ \t]*\r?(?:\n|$)`,
)
const within =
  /^:[ \t]*(?:\r?\n[ \t]*)?\{\{-?\s*(?:toYaml\s+\.|\.\s*\|\s*toYaml)\s*\|\s*n?indent\s+\d+\s*-?\}\}[ \t]*\r?(?:\n|$)/
/** `{{- range $k, $v := .Values.a }}`, `{{ $k }}: {{ $v }}`, `{{- end }}`: the map as it is, written out entry by entry. */
const ranged = new RegExp(
  [
    String.raw`^:[ \t]*\r?\n[ \t]*\{\{-?\s*range\s+\$(\w+)\s*,\s*\$(\w+)\s*:=\s*\$?\.Values\.([\w.]+)\s*-?\}\}`,
    String.raw`[ \t]*["']?\{\{-?\s*\$\1(?:\s*\|\s*quote)?\s*-?\}\}["']?\s*:\s*["']?\{\{-?\s*\$\2(?:\s*\|\s*(?:quote|int|toString))?\s*-?\}\}["']?`,
    String.raw`[ \t]*\{\{-?\s*end\s*-?\}\}`,
  ].join(String.raw`[ \t]*\r?\n`),
)
/** `{{- range .Values.a }}`, `- {{ . | quote }}`, `{{- end }}`: the list as it is. */
const listed = new RegExp(
  [
    String.raw`^:[ \t]*\r?\n[ \t]*\{\{-?\s*range\s+\$?\.Values\.([\w.]+)\s*-?\}\}`,
    String.raw`[ \t]*-[ \t]*["']?\{\{-?\s*\.(?:\s*\|\s*(?:quote|toString))?\s*-?\}\}["']?`,
    String.raw`[ \t]*\{\{-?\s*end\s*-?\}\}`,
  ].join(String.raw`[ \t]*\r?\n`),
)
/** `toJson .Values.a`, `.Values.a | toJson`: a map or list on one line. */
const inJson = /^(?:toJson\s+\$?\.Values\.([\w.]+)|\$?\.Values\.([\w.]+)\s*\|\s*toJson)$/
const opened = /\{\{-?\s*with\s+\.Values\.([\w.]+)\s*-?\}\}\s*$/
/** Longest expression that is looked at, in characters. */
const longest = 300

/** `.Values.a.b`, `$.Values.a.b`, `index .Values "a" "b-c" 0`. */
const value = /^(?:\$?\.Values|\$\w+|)\.[\w.]+$/
const indexed = /^index\s+\$?\.Values(?:\.([\w.]+))?((?:\s+(?:"[\w./-]+"|\d+))+)$/
const shaping = /^(?:quote|squote|int|int64|toString|trim)$/
/** `default 4 .Values.a`; what stands for a value that is missing counts only where it is a value as well. */
const orElse = /^default\s+("[^"]*"|[\w.$-]+)(?:\s+(\S+))?$/

/** What a term of an expression stands for at its place. */
type Term = (term: string) => ConfigNode | undefined

/** The node that an expression takes from the values; undefined: it does more, or there is none. */
function takenFrom(expression: string, term: Term): ConfigNode | undefined {
  const [first = '', ...filters] = expression.split(/\s*\|\s*/)
  const direct = orElse.exec(first)
  let node = direct === null ? term(first) : isDefault(direct, term)
  for (const filter of filters) {
    const fallback = orElse.exec(filter)
    if (fallback !== null && fallback[2] === undefined) node = orOther(node, fallback[1]!, term)
    else if (!shaping.test(filter)) return undefined
  }
  return node
}

function isDefault([, otherwise, given]: RegExpExecArray, term: Term): ConfigNode | undefined {
  const node = given === undefined ? undefined : term(given)
  return orOther(node, otherwise!, term)
}

function orOther(node: ConfigNode | undefined, other: string, term: Term): ConfigNode | undefined {
  return isSet(node) || node?.kind === 'unknown' ? node : term(other)
}

function indexedIn(term: string, values: ConfigNode): ConfigNode | undefined {
  const listed = indexed.exec(term)
  if (listed === null) return undefined
  const keys = listed[2]!.trim().split(/\s+/)
  return at(
    values,
    ...(listed[1]?.split('.') ?? []),
    ...keys.map((key) => (key.startsWith('"') ? key.slice(1, -1) : Number(key))),
  )
}

/** `.Values.gpus | default 2 | quote`, `default 2 .Values.gpus` */
const literal = /^"[^"{}]*"$|^-?\d+(?:\.\d+)?$|^(?:true|false)$/

/** What a template itself gives where the values say nothing. */
function givenByTemplate(expression: string, at: number, termAt: Term): ConfigNode | undefined {
  const [first = '', ...filters] = expression.split(/\s*\|\s*/)
  const all = orElse.exec(first)
  const found = all ?? filters.map((one) => orElse.exec(one)).find((one) => one !== null)
  const others = filters.filter((one) => !orElse.test(one))
  if (found == null || !literal.test(found[1]!) || !others.every((one) => shaping.test(one))) return undefined
  const term = all === null ? first : (found[2] ?? '')
  if (!value.test(term) || termAt(term) !== undefined) return undefined
  const raw = found[1]!
  const start = at + Math.max(0, expression.indexOf(raw, expression.indexOf('default')))
  const given = raw.startsWith('"')
    ? raw.slice(1, -1)
    : raw === 'true' || raw === 'false'
      ? raw === 'true'
      : Number(raw)
  return { kind: 'scalar', value: given, raw, start, end: start + raw.length }
}

/** `text`: what `root` was read from. Nodes of the values are from the first of the other texts. */
export function withValues(root: ConfigNode, text: string, values: ConfigNode, texts: LaidTexts): ConfigNode {
  const scopes = new ChartScopes(text, values)
  const left = scopes.branches.filter(({ holds }) => holds !== true)
  const known = (path: string) => knownNode(at(values, ...path.split('.')))
  const knownNode = (node: ConfigNode | undefined): ConfigNode | undefined => {
    const nothing =
      node === undefined || node.kind === 'unknown' || (node.kind === 'scalar' && node.value === null)
    return nothing ? undefined : laidFrom(node, 0, texts)
  }
  const givenBy = ({ keyStart, keyEnd, value }: ConfigEntry): ConfigNode | undefined => {
    if (left.some((span) => span.start <= keyStart && keyStart < span.end)) return undefined
    const rest = text.slice(keyEnd, keyEnd + longest)
    const each = ranged.exec(rest)
    if (each !== null) return known(each[3]!)
    const items = listed.exec(rest)
    if (items !== null) return known(items[1]!)
    if (value.kind === 'list') return undefined
    // Other entries stand beside what a template writes.
    if (value.kind === 'map') return undefined
    const all = whole.exec(rest)
    if (all !== null) return known(all.slice(1).find((one) => one !== undefined)!)
    const expression = plain.exec(rest)
    if (expression !== null) {
      const taken = expression[1]!.replace(/-$/, '').trim()
      const json = inJson.exec(taken)
      if (json !== null) return known(json[1] ?? json[2]!)
      const termAt: Term = (term) => scopes.term(term, keyStart) ?? indexedIn(term, values)
      const node = knownNode(takenFrom(taken, termAt))
      // A map where a scalar is asked for is no plain use.
      if (node?.kind === 'scalar') return node
      const start = keyEnd + rest.indexOf(taken)
      const own = node === undefined ? givenByTemplate(taken, start, termAt) : undefined
      if (own !== undefined) return own
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
        const isOpen = one.value.kind === 'map' && one.value.open !== undefined
        const isOther = one.value.kind === 'unknown' || one.value.kind === 'list'
        const value = isOther || isOpen ? givenBy(one) : undefined
        if (value !== undefined) return { ...one, value }
        return one.value.kind === 'unknown' ? one : { ...one, value: filled(one.value, depth + 1) }
      }),
    }
  }
  return filled(root, 0)
}
