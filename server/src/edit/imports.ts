/** How a name is spelled in a file, and where a missing import goes. */

import type { Expr, Import as ImportStmt, PythonTree, Stmt } from '../syntax/python-ast.js'
import type { Span } from '../text/location.js'
import { lookUp } from '../text/records.js'
import type { SourceFragment } from '../text/source-fragment.js'
import { type BracketedList, insertItems, removeItems, skipTrivia } from './bracketed-list.js'
import {
  endsLine,
  type FragmentEdit,
  lineBreak,
  lineStart,
  nextLine,
  refuse,
  startsLine,
  wholeLines,
} from './fragment-edit.js'
import {
  anchors,
  functionWithImports,
  indentationAt,
  type Place,
  placeFor,
  topLevelPackage,
} from './import-places.js'
import { boundNames } from './python-find.js'
import { indentationUnit } from './python-statement.js'
import type { UnusedName } from './unused-imports.js'
import type { Import, Refusal } from './write.js'

/** One name that an import binds. */
interface Binding {
  local: string
  /** What it stands for: 'torch.nn'. */
  canonical: string
  /** The module whose import is certain: for `import torch.nn`, which binds `torch`, that is 'torch.nn'. */
  loaded: string
}

/** Submodules that `import <package>` loads, so that they can be reached through the package. */
const loadedByPackage: Record<string, RegExp> = {
  torch:
    /^torch\.(nn(\.(functional|init|parallel|utils))?|optim(\.lr_scheduler)?|amp|cuda(\.amp)?|utils(\.data)?|backends(\.(cuda|cudnn|mps))?|distributed|multiprocessing|autograd|profiler|compiler|jit)$/,
  numpy: /^numpy\.(random|linalg|fft)$/,
  tensorflow: /^tensorflow\.(keras(\.[a-z_]+)*|data|distribute|config)$/,
  keras: /^keras\.[a-z_]+$/,
  lightning: /^lightning\.pytorch(\.(callbacks|loggers|strategies))?$/,
  pytorch_lightning: /^pytorch_lightning\.(callbacks|loggers|strategies)$/,
  optuna: /^optuna\.(pruners|samplers|trial)$/,
}

function bindingsOf(statement: ImportStmt): Binding[] {
  const bindings: Binding[] = []
  for (const { name, alias } of statement.names) {
    if (statement.from) {
      if (statement.level > 0 || statement.module === null || name === '*') continue
      const canonical = `${statement.module}.${name}`
      bindings.push({ local: alias ?? name, canonical, loaded: canonical })
    } else if (alias !== null) bindings.push({ local: alias, canonical: name, loaded: name })
    else bindings.push({ local: topLevelPackage(name), canonical: topLevelPackage(name), loaded: name })
  }
  return bindings
}

/**
 * Imports that have run when the code at `offset` runs: those before it at module level or in the blocks around it.
 * `if` blocks count only for what stands in them: `if TYPE_CHECKING:` binds nothing at run time.
 */
function visibleImports(tree: PythonTree, offset: number): ImportStmt[] {
  const imports: ImportStmt[] = []
  let block: Stmt[] | null = tree.body
  while (block !== null) {
    let inner: Stmt[] | null = null
    for (const statement of block) {
      if (statement.start > offset) break
      collect(statement)
      if (statement.end < offset) continue
      inner = innerBlock(statement, offset) ?? inner
    }
    block = inner
  }
  return imports

  function collect(statement: Stmt): void {
    if (statement.type === 'import') imports.push(statement)
    else if (statement.type === 'try' && statement.end <= offset) {
      for (const guarded of statement.body) if (guarded.type === 'import') imports.push(guarded)
    }
  }
}

function innerBlock(statement: Stmt, offset: number): Stmt[] | null {
  const blocks: Stmt[][] = []
  if (statement.type === 'if' || statement.type === 'for' || statement.type === 'while') {
    blocks.push(statement.body, statement.orelse)
  } else if (statement.type === 'with' || statement.type === 'function' || statement.type === 'class') {
    blocks.push(statement.body)
  } else if (statement.type === 'try') {
    blocks.push(statement.body, ...statement.handlers.map((h) => h.body), statement.orelse, statement.finally)
  } else if (statement.type === 'match') blocks.push(...statement.cases.map((c) => c.body))
  for (const block of blocks) {
    const last = block[block.length - 1]
    if (last && block[0]!.start <= offset && last.end >= offset) return block
  }
  return null
}

/** The spelling of `canonical` through this binding, or null where it does not lead there. */
function spell(binding: Binding, module: string, canonical: string): string | null {
  if (binding.canonical === canonical) return binding.local
  if (!canonical.startsWith(`${binding.canonical}.`)) return null
  const reachable =
    module === binding.canonical ||
    module === binding.loaded ||
    binding.loaded.startsWith(`${module}.`) ||
    lookUp(loadedByPackage, topLevelPackage(module))?.test(module) === true
  return reachable ? binding.local + canonical.slice(binding.canonical.length) : null
}

export interface SpelledName {
  /** Code that stands for the name. */
  text: string
  /** The import that `text` needs; null where the file has it. */
  import: Import | null
}

/** Where the name will be used. */
export interface NameUse {
  path: string
  fragment: number
  /** Offset in the fragment of the code that will use the name. */
  offset: number
}

/**
 * Spells a name the way the file would. `name` null: the module itself. Where nothing suitable is imported, the text
 * is the bare name with the import that it needs, or the dotted name when the file binds the bare one to something
 * else.
 */
export function nameFor(tree: PythonTree, module: string, name: string | null, use: NameUse): SpelledName {
  const canonical = name === null ? module : `${module}.${name}`
  const bound = boundNames(tree)
  let best: string | null = null
  let bestLength = -1
  const visible = new Map<string, Binding>()
  for (const statement of visibleImports(tree, use.offset)) {
    for (const binding of bindingsOf(statement)) {
      // `import torch` and `import torch.nn` bind the same name; the one that loads more counts.
      const earlier = visible.get(binding.local)
      if (earlier?.canonical === binding.canonical) {
        const text = spell(binding, module, canonical) ?? spell(earlier, module, canonical)
        if (text !== null && !bound.has(binding.local)) consider(text, binding.canonical.length)
      }
      visible.set(binding.local, binding)
    }
  }
  for (const binding of visible.values()) {
    if (bound.has(binding.local)) continue
    const text = spell(binding, module, canonical)
    if (text !== null) consider(text, binding.canonical.length)
  }
  if (best !== null) return { text: best, import: null }
  const place = { path: use.path, fragment: use.fragment }
  const taken = new Set(bound)
  for (const local of otherLocals(tree, canonical)) taken.add(local)
  if (name !== null && !taken.has(name)) return { text: name, import: { ...place, module, name } }
  return { text: canonical, import: { ...place, module, name: null } }

  function consider(text: string, length: number): void {
    if (length <= bestLength) return
    best = text
    bestLength = length
  }
}

/** As `nameFor`, for what takes the place of `former`: imported by its name where that is. */
export function nameInPlaceOf(
  former: Expr,
  tree: PythonTree,
  module: string,
  name: string,
  use: NameUse,
): SpelledName {
  const spelled = nameFor(tree, module, name, use)
  if (former.type !== 'name' || !spelled.text.includes('.')) return spelled
  const byName = visibleImports(tree, use.offset).some((statement) =>
    bindingsOf(statement).some(
      ({ local, canonical }) => local === former.id && canonical.startsWith(`${module}.`),
    ),
  )
  if (!byName || boundNames(tree).has(name)) return spelled
  return { text: name, import: { path: use.path, fragment: use.fragment, module, name } }
}

/** Names that imports anywhere in the file bind to something else. */
function otherLocals(tree: PythonTree, canonical: string): string[] {
  const names: string[] = []
  const stack: unknown[] = [...tree.body]
  while (stack.length > 0) {
    const node = stack.pop()
    if (Array.isArray(node)) {
      for (const item of node) stack.push(item)
      continue
    }
    if (node === null || typeof node !== 'object') continue
    if ((node as { type?: string }).type === 'import') {
      const statement = node as ImportStmt
      const known = bindingsOf(statement).filter((binding) => binding.canonical === canonical)
      for (const { name, alias } of statement.names) {
        const local = alias ?? (statement.from ? name : topLevelPackage(name))
        if (!known.some((binding) => binding.local === local)) names.push(local)
      }
      continue
    }
    for (const child of Object.values(node))
      if (child !== null && typeof child === 'object') stack.push(child)
  }
  return names
}

/** A line that is too long for one more name gets a second import instead. */
const longestLine = 100

/**
 * Edits that make the imports available to the code that `uses` spans (offsets in the fragment, from the first place that
 * will use them to the last). What the file has already is left alone.
 */
export function resolveImports(
  tree: PythonTree,
  fragment: SourceFragment,
  imports: readonly Import[],
  uses: Span,
  unused: readonly UnusedName[] = [],
): FragmentEdit[] | Refusal {
  const before = uses.start
  const around = functionWithImports(tree, uses)
  const missing = new Map<string, Import>()
  for (const wanted of imports) {
    if (isThere(tree, wanted, before)) continue
    const key = `${wanted.module} ${wanted.name ?? ''}`
    if (!missing.has(key)) missing.set(key, wanted)
  }
  const edits: FragmentEdit[] = []
  const lines = new Map<number, { place: Place; lines: string[] }>()
  const merges = new Map<ImportStmt, string[]>()
  const ordered = [...missing.values()].sort((a, b) => Number(b.first ?? false) - Number(a.first ?? false))
  for (const wanted of ordered) {
    const block = around !== null ? { ...tree, body: around.body } : tree
    const target = mergeTarget(block, fragment, wanted, before)
    if (target !== null) {
      const names = merges.get(target) ?? []
      names.push(wanted.name!)
      merges.set(target, names)
      continue
    }
    const place = placeFor(block, fragment, wanted, before)
    if (place === null) return refuse('there is no place for the import in this cell')
    const spelled =
      wanted.name === null ? `import ${wanted.module}` : `from ${wanted.module} import ${wanted.name}`
    const comment = wanted.comment ? `  ${wanted.comment.startsWith('#') ? '' : '# '}${wanted.comment}` : ''
    const group = lines.get(place.at) ?? { place, lines: [] }
    const same =
      wanted.name === null
        ? -1
        : group.lines.findIndex((line) => line.startsWith(`from ${wanted.module} import `))
    if (same >= 0 && comment === '' && !group.lines[same]!.includes('#'))
      group.lines[same] += `, ${wanted.name}`
    else group.lines.push(spelled + comment)
    lines.set(place.at, group)
  }
  edits.push(...withoutUnused(tree, fragment.text, unused, merges))
  for (const [statement, names] of merges) {
    const list = nameList(fragment.text, statement)!
    const bracketed = fragment.text[list.open] === '('
    for (const [index, group] of inOrder(statement, names)) {
      if (bracketed) edits.push(...insertItems(list, group, index, indentationUnit(tree, fragment.text)))
      else if (index < list.items.length) {
        const { start } = list.items[index]!
        edits.push({ start, end: start, text: group.map((name) => `${name}, `).join('') })
      } else {
        const { end } = list.items[index - 1]!
        edits.push({ start: end, end, text: group.map((name) => `, ${name}`).join('') })
      }
    }
  }
  const eol = lineBreak(fragment.text)
  for (const { place, lines: group } of lines.values()) {
    const code = group.map((line) => indentationAt(fragment.text, place) + line).join(eol)
    const next = nextLine(fragment.text, place.at)
    if (!place.after) edits.push({ start: place.at, end: place.at, text: code + eol + place.gap })
    else if (fragment.text[next - 1] === '\n' && holds(fragment, place.at, next)) {
      edits.push({ start: next, end: next, text: place.gap + code + eol })
    } else edits.push({ start: place.at, end: place.at, text: place.gap + eol + code })
  }
  return edits
}

/** Where the names join those of the import, by index: in their order where these are in one, else behind them. */
function inOrder(statement: ImportStmt, names: readonly string[]): Map<number, string[]> {
  const there = statement.names.map(({ name }) => name)
  const key = sortKeys.find((one) => isSorted(there.map(one)))
  const places = new Map<number, string[]>()
  for (const name of key === undefined ? names : [...names].sort((a, b) => (key(a) < key(b) ? -1 : 1))) {
    const later = key === undefined || there.length < 2 ? -1 : there.findIndex((one) => key(one) > key(name))
    const index = later < 0 ? there.length : later
    places.set(index, [...(places.get(index) ?? []), name])
  }
  return places
}

/** How tools sort the names of an import: constants, classes and functions apart, or as they are, or whatever their case. */
const sortKeys: ((name: string) => string)[] = [
  (name) => (/^[A-Z0-9_]{2,}$/.test(name) ? '0' : /^[A-Z]/.test(name) ? '1' : '2') + name,
  (name) => name,
  (name) => name.toLowerCase(),
]

function isSorted(keys: readonly string[]): boolean {
  return keys.every((key, i) => i === 0 || keys[i - 1]! <= key)
}

/** Takes out names that nothing uses any more; a name that joins the same import takes the place of the first. */
function withoutUnused(
  tree: PythonTree,
  text: string,
  unused: readonly UnusedName[],
  merges: Map<ImportStmt, string[]>,
): FragmentEdit[] {
  const edits: FragmentEdit[] = []
  for (const statement of new Set(unused.map((one) => one.statement))) {
    const indices = unused.filter((one) => one.statement === statement).map(({ index }) => index)
    const list = nameList(text, statement)
    const joining = merges.get(statement)
    const [first] = indices
    if (list === null || first === undefined) continue
    if (joining !== undefined) {
      const { start, end } = list.items[first]!
      edits.push({ start, end, text: joining.join(', ') })
      merges.delete(statement)
    } else if (indices.length < list.items.length) edits.push(...removeItems(list, new Set(indices)))
    else if (
      tree.body.includes(statement) &&
      startsLine(text, statement.start) &&
      endsLine(text, statement.end)
    )
      edits.push(wholeLines(text, lineStart(text, statement.start), nextLine(text, statement.end)))
  }
  return edits
}

/** True where both offsets are in one cell. */
function holds(fragment: SourceFragment, from: number, to: number): boolean {
  return fragment.segments.some((segment) => segment.start <= from && segment.end >= to)
}

function isThere(tree: PythonTree, wanted: Import, before: number): boolean {
  const canonical = wanted.name === null ? wanted.module : `${wanted.module}.${wanted.name}`
  const local = wanted.name ?? topLevelPackage(wanted.module)
  return visibleImports(tree, before).some((statement) =>
    bindingsOf(statement).some((binding) => binding.local === local && binding.loaded === canonical),
  )
}

/** The `from … import` that the name can join: of the same module, unguarded, with room for it. */
function mergeTarget(
  tree: PythonTree,
  fragment: SourceFragment,
  wanted: Import,
  before: number,
): ImportStmt | null {
  if (wanted.name === null || wanted.first || wanted.comment) return null
  let target: ImportStmt | null = null
  for (const statement of anchors(tree, fragment, before)) {
    if (!statement.from || statement.level > 0 || statement.module !== wanted.module) continue
    const list = nameList(fragment.text, statement)
    if (list === null || list.items.length === 0) continue
    const last = list.items[list.items.length - 1]!
    const line = last.end - lineStart(fragment.text, last.end) + wanted.name.length + 2
    if (line <= longestLine || startsLine(fragment.text, last.start)) target = statement
  }
  return target
}

/** The names of a `from … import`, in parentheses or not. Null where they cannot be read, or are `*`. */
function nameList(text: string, statement: ImportStmt): BracketedList | null {
  const items: Span[] = statement.names.map(({ start, end }) => ({ start, end }))
  if (statement.names.some(({ name }) => name === '*') || items.length === 0) return null
  const bracketed = text[statement.end - 1] === ')'
  const keyword = /\bimport\b/.exec(text.slice(statement.start, items[0]!.start))
  if (!keyword) return null
  const open = skipTrivia(text, statement.start + keyword.index + 6, statement.end)
  if (bracketed !== (text[open] === '(')) return null
  const close = bracketed ? statement.end - 1 : statement.end
  return { text, open: bracketed ? open : open - 1, close, items, comment: '#', trailingComma: true }
}
