/** HCL (Terraform) as located values. What other files or the provider decide is unknown, with the reference as reason. */
import type { TreeSource } from '../syntax/parser.js'
import { lookUp } from '../text/records.js'
import { at, entry, items, textWithTemplates } from './access.js'
import { defaultsOfType } from './hcl-types.js'
import type { ConfigFacts, ConfigList, ConfigMap, ConfigNode, ConfigUnknown } from './node.js'
import { inField, namedChildren, type PlainNode, plainTree } from './plain-tree.js'
import { evaluateArithmetic } from './shell-arithmetic.js'
import { unreadFacts } from './unread-facts.js'

const deepest = 200

/** `var.a`, `local.a.b["c"][0]`, `aws_launch_template.gpu[0].id`, `module.a.b`. */
const reference = /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*|\["[^"]*"\]|\[\d+\]|\[count\.index\])+$/
/** `local.sizes[var.env].type` */
const byKey = /^([\w."[\]-]{1,100}?)\[([A-Za-z_][\w-]*(?:\.[\w-]+)+)\]((?:\.[\w-]+|\["[^"]*"\]){0,8})$/
/** `{ for name, one in local.pools : name => one if one.enabled }` */
const comprehension =
  /^\{\s*for\s+(?:([\w-]+)\s*,\s*)?([\w-]+)\s+in\s+([\w."[\]-]{1,100})\s*:\s*([\w.-]{1,100})\s*=>\s*([\w-]+)(?:\s+if\s+([^{}]{1,100}?))?\s*\}$/
/** A text or a reference. */
const operand = /^("[^"$%]*"|[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)+)$/

/**
 * Reads a Terraform file with the `hcl` grammar. Never throws.
 *
 * - Blocks of one type are a list under that type, in order, each a map with its labels: `resource "aws_instance" "a"`
 *   is an item of `resource` with labels `['aws_instance', 'a']`.
 * - References, function calls, conditions and templates are unknown; `because` is their text, at most 80 characters.
 * - A block `dynamic "x"` makes its parent open (`ConfigMap.open`) until it is known what it is repeated for.
 */
export function hclFacts(text: string, trees: TreeSource): ConfigFacts {
  const parsed = trees.parse('hcl', text, (tree) => plainTree(tree, text))
  if (parsed.value === undefined) return unreadFacts(parsed.problem, text)
  const { root, comments, hasErrors } = parsed.value
  const reader = new HclReader(text)
  const map: ConfigMap = { kind: 'map', entries: [], start: 0, end: text.length }
  for (const child of root.children) {
    if (child.type === 'body') reader.body(map, child, 0)
    // Around a syntax error the grammar gives up the body but keeps its blocks.
    else reader.statement(map, child, 0, new Map())
  }
  return { documents: [{ index: 0, root: map, templated: false, hasErrors }], comments }
}

class HclReader {
  constructor(private readonly text: string) {}

  private source(node: PlainNode): string {
    return this.text.slice(node.start, node.end)
  }

  body(map: ConfigMap, node: PlainNode, depth: number): void {
    const lists = new Map<string, ConfigList>()
    for (const child of node.children) this.statement(map, child, depth, lists)
  }

  statement(map: ConfigMap, node: PlainNode, depth: number, lists: Map<string, ConfigList>): void {
    if (depth > deepest) return
    if (node.type === 'attribute') {
      const [name, value] = namedChildren(node)
      if (name === undefined) return
      map.entries.push({
        key: this.source(name),
        keyStart: name.start,
        keyEnd: name.end,
        value: this.value(value, name.end, depth + 1),
      })
    } else if (node.type === 'block') this.block(map, node, depth, lists)
  }

  private block(map: ConfigMap, node: PlainNode, depth: number, lists: Map<string, ConfigList>): void {
    const [type, ...rest] = namedChildren(node)
    if (type?.type !== 'identifier') return
    const labels: string[] = []
    for (const one of rest) {
      if (one.type === 'identifier') labels.push(this.source(one))
      else if (one.type === 'string_lit') labels.push(this.source(one).slice(1, -1))
    }
    const name = this.source(type)
    const block: ConfigMap = { kind: 'map', entries: [], labels, start: node.start, end: node.end }
    const body = rest.find((one) => one.type === 'body')
    if (body !== undefined) this.body(block, body, depth + 1)
    if (name === 'dynamic' && depth > 0) {
      map.open = `dynamic ${labels[0] ?? ''}`.trim()
      const over = entry(block, 'for_each')?.value
      const content = items(at(block, 'content'))[0]
      const iterator = entry(block, 'iterator')?.value
      if (labels[0] !== undefined && over !== undefined && content?.kind === 'map') {
        map.dynamic ??= []
        const own = iterator?.kind === 'unknown' ? iterator.because : labels[0]
        map.dynamic.push({ name: labels[0], iterator: own, over, content })
        return
      }
    }
    const list = lists.get(name)
    if (list !== undefined) {
      list.items.push(block)
      list.end = block.end
      return
    }
    const fresh: ConfigList = { kind: 'list', items: [block], start: node.start, end: node.end }
    lists.set(name, fresh)
    map.entries.push({ key: name, keyStart: type.start, keyEnd: type.end, value: fresh })
  }

  private value(node: PlainNode | undefined, at: number, depth: number): ConfigNode {
    if (node === undefined || depth > deepest)
      return { kind: 'unknown', because: 'syntax error', start: at, end: at }
    const { start, end } = node
    const raw = this.source(node)
    const inner = namedChildren(node)
    const only = inner.length === 1 ? inner[0]! : undefined
    switch (node.type) {
      case 'expression':
      case 'literal_value':
      case 'collection_value':
      case 'template_expr':
        // `(1)`: the range of the whole expression counts.
        return only === undefined ? this.referring(node) : { ...this.value(only, at, depth + 1), start, end }
      case 'string_lit':
        return { kind: 'scalar', value: unquoted(raw.slice(1, -1)), raw, start, end }
      case 'numeric_lit':
        return { kind: 'scalar', value: Number(raw), raw, start, end }
      case 'bool_lit':
        return { kind: 'scalar', value: raw === 'true', raw, start, end }
      case 'null_lit':
        return { kind: 'scalar', value: null, raw, start, end }
      case 'tuple':
        return {
          kind: 'list',
          items: inner
            .filter((one) => one.type === 'expression')
            .map((one) => this.value(one, one.start, depth + 1)),
          start,
          end,
        }
      case 'object':
        return this.object(node, depth)
      case 'operation': {
        // `60 * 60`, `-1`: arithmetic on numbers needs nobody else.
        const value = evaluateArithmetic(raw, () => null)
        return value === null ? this.unknown(node) : { kind: 'scalar', value, raw, start, end }
      }
      case 'heredoc_template':
        return this.heredoc(node)
      case 'quoted_template': {
        const unknown = { ...this.unknown(node), text: unquoted(raw.slice(1, -1)) } as ConfigUnknown
        // `"${var.name}"`, as it had to be written before version 0.12.
        const alone = /^"\$\{([^{}"]+)\}"$/.exec(raw)?.[1]?.trim()
        if (alone !== undefined && reference.test(alone)) unknown.reference = alone
        const parts = this.parts(node, raw)
        if (parts !== undefined) unknown.parts = parts
        return unknown
      }
      case 'conditional': {
        const [test, then, otherwise] = inner.map((one) => this.value(one, one.start, depth + 1))
        const written = inner[0] === undefined || test === undefined ? '' : this.source(inner[0])
        return then === undefined || otherwise === undefined || written.length > 200
          ? this.unknown(node)
          : { ...this.unknown(node), chosen: { test: written, then, otherwise } }
      }
      case 'function_call':
        return this.call(node, depth)
      default:
        return this.referring(node)
    }
  }

  /** A reference keeps what it refers to: the rest of the module may know it. */
  private referring(node: PlainNode): ConfigUnknown {
    const unknown = this.unknown(node)
    const raw = node.end - node.start <= 200 ? this.source(node) : ''
    if (reference.test(raw)) unknown.reference = raw
    const [, keyName, item, of, by, shown, test] = comprehension.exec(raw) ?? []
    if (item !== undefined && item === shown)
      unknown.keyed = {
        ...{ of: of!, item, key: by! },
        ...(keyName === undefined ? {} : { keyName }),
        ...(test === undefined ? {} : { test }),
      }
    const [, map, key, rest] = byKey.exec(raw) ?? []
    if (map !== undefined && reference.test(map)) unknown.lookedUp = { map, key: key!, rest: rest! }
    return unknown
  }

  /** Plain text and references between them; undefined: it holds more than these. */
  private parts(node: PlainNode, raw: string): ConfigNode[] | undefined {
    const inner = raw.slice(1, -1)
    if (raw.length > 200 || inner.includes('%{') || inner.includes('$${')) return undefined
    const pieces = inner.split(/\$\{\s*([^{}"]+?)\s*\}/)
    if (pieces.length === 1 || pieces.some((one, index) => index % 2 === 1 && !reference.test(one)))
      return undefined
    return pieces.map((one, index) => this.piece(node, one, index % 2 === 1))
  }

  private piece({ start, end }: PlainNode, written: string, refers: boolean): ConfigNode {
    return refers
      ? { kind: 'unknown', because: written, reference: written, start, end }
      : { kind: 'scalar', value: unquoted(written), raw: written, start, end }
  }

  /** `format("%s.%s", var.family, var.size)` */
  private formatted(
    node: PlainNode,
    [first, ...values]: PlainNode[],
    depth: number,
  ): ConfigNode[] | undefined {
    const written = /^"([^"\\$]{1,200})"$/.exec(first === undefined ? '' : this.source(first))?.[1]
    const pieces = written?.split(/%[sd]/)
    if (
      pieces === undefined ||
      pieces.length !== values.length + 1 ||
      pieces.some((one) => one.includes('%'))
    )
      return undefined
    return pieces.flatMap((one, index) => {
      const value = values[index]
      const text = this.piece(node, one, false)
      return value === undefined ? [text] : [text, this.value(value, value.start, depth + 1)]
    })
  }

  /** `lookup(local.sizes, var.env, "m5.large")` */
  private lookup([map, key, otherwise]: PlainNode[], depth: number): ConfigUnknown['lookedUp'] {
    if (map === undefined || key === undefined) return undefined
    const [mapped, by] = [this.source(map), this.source(key)]
    return reference.test(mapped) && operand.test(by)
      ? {
          ...{ map: mapped, key: by, rest: '' },
          ...(otherwise === undefined
            ? {}
            : { otherwise: this.value(otherwise, otherwise.start, depth + 1) }),
        }
      : undefined
  }

  private call(node: PlainNode, depth: number): ConfigNode {
    const unknown = this.unknown(node)
    const [name, passed] = namedChildren(node)
    if (name === undefined || passed === undefined) return unknown
    const values = namedChildren(passed)
    // What is written down as text is what counts, whichever text that becomes.
    const kept = /^((json|yaml)encode|to(string|number|bool|list|set|map)|(non)?sensitive)$/.test(
      this.source(name),
    )
    if (kept && values.length === 1) return this.value(values[0], values[0]!.start, depth + 1)
    const file = this.file(this.source(name), values, depth)
    if (file !== undefined) unknown.file = file
    if (/^base64(encode|gzip)$/.test(this.source(name)) && values[0] !== undefined) {
      const inner = this.value(values[0], values[0].start, depth + 1)
      const text = textWithTemplates(inner)
      if (inner.kind === 'unknown' && inner.file !== undefined) unknown.file = inner.file
      if (text !== undefined) unknown.text = text
    }
    const lookedUp = this.source(name) === 'lookup' ? this.lookup(values, depth) : undefined
    if (lookedUp !== undefined) unknown.lookedUp = lookedUp
    const gives = defaultsOfType(this.source(name), values, (one) => this.value(one, one.start, depth + 1))
    if (gives !== undefined) unknown.gives = gives
    const parts = this.source(name) === 'format' ? this.formatted(node, values, depth) : undefined
    if (parts !== undefined) unknown.parts = parts
    const group = /^(?:(merge)|try|coalesce)$/.exec(this.source(name))
    if (group !== null && values.every((one) => one.type === 'expression'))
      unknown[group[1] === undefined ? 'firstOf' : 'merged'] = values.map((one) =>
        this.value(one, one.start, depth + 1),
      )
    return unknown
  }

  /** `file("${path.module}/boot.sh")`, and the same as a template with its variables. */
  private file(name: string, [path, variables]: PlainNode[], depth: number): ConfigUnknown['file'] {
    if (path === undefined || !/^(file|filebase64|templatefile)$/.test(name)) return undefined
    const written = /^"(?:\$\{path\.(module|root|cwd)\}\/)?([\w./-]+)"$/.exec(this.source(path))
    if (written === null) return undefined
    const beside = written[1] === 'module' || /^\.\.?\//.test(written[2]!)
    return {
      name: { path: written[2]!, ...(beside ? { beside: true as const } : {}) },
      ...(variables === undefined ? {} : { variables: this.value(variables, variables.start, depth + 1) }),
    }
  }

  private unknown(node: PlainNode): ConfigUnknown {
    const raw = this.source(node)
    const because = raw.length > 80 ? `${raw.slice(0, 79)}…` : raw
    return { kind: 'unknown', because: because.replace(/\s+/g, ' '), start: node.start, end: node.end }
  }

  private object(node: PlainNode, depth: number): ConfigMap {
    const map: ConfigMap = { kind: 'map', entries: [], start: node.start, end: node.end }
    for (const element of node.children) {
      if (element.type !== 'object_elem') continue
      const key = inField(element, 'key')
      if (key === undefined) continue
      const source = this.source(key)
      // `(var.name) = …` and `"${…}" = …` may be any key.
      if (!/^"[^"$%]*"$|^[\w-]+$/.test(source)) {
        map.open = source
        continue
      }
      map.entries.push({
        key: source.replace(/^"|"$/g, ''),
        keyStart: key.start,
        keyEnd: key.end,
        value: this.value(inField(element, 'val'), key.end, depth + 1),
      })
    }
    return map
  }

  /** A heredoc is a script or a document of its own: a string, with its interpolations left as they are. */
  private heredoc(node: PlainNode): ConfigNode {
    const raw = this.source(node)
    const match = /^<<(-?)[^\n]*\n([\s\S]*?)[ \t]*\w+\s*$/.exec(raw)
    if (match === null) return this.unknown(node)
    let body = match[2]!
    if (match[1] === '-') {
      const indents = body
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => /^[ \t]*/.exec(line)![0].length)
      const least = indents.reduce((a, b) => Math.min(a, b), 1000)
      body = body
        .split('\n')
        .map((line) => line.slice(Math.min(least, /^[ \t]*/.exec(line)![0].length)))
        .join('\n')
    }
    return { kind: 'scalar', value: body, raw, start: node.start, end: node.end }
  }
}

function unquoted(source: string): string {
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t' }
  return source
    .replace(/\\([nrt"\\])/g, (_, char: string) => lookUp(named, char) ?? char)
    .replace(/\$\$\{/g, '${')
    .replace(/%%\{/g, '%{')
}
