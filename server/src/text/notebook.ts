/** Notebooks as JSON (nbformat 4): cells out of it, and changed cells back into it. */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { cellSeconds } from './cell-outputs.js'
import type { Json } from './json.js'

export interface NotebookCell {
  kind: 'code' | 'markdown' | 'raw'
  /** Lower case: the cell's own language, else the kernel's, else 'python'. */
  language: string
  text: string
  /** Where the value of `source` stands in the JSON; undefined: the cell has none. */
  source: { start: number; end: number } | undefined
  /** How long it ran when it was run last, where it may train; null: not known. */
  seconds: number | null
}

export interface NotebookJson {
  cells: NotebookCell[]
  problems: string[]
  /** What the notebook says about itself as a whole: its kernel, the runtime that it was written for; `platform: 'windows'` where paths of its code or outputs tell. */
  metadata: Record<string, Json>
}

/** A notebook is read whole or not at all: `problems` says why there are no cells. */
export function notebookCells(text: string): NotebookJson {
  const problems: string[] = []
  const nothing = { cells: [], problems, metadata: {} }
  const root = parseJson(text, problems)
  // No program opens broken JSON, and what stands behind the damage would be missing.
  if (root === undefined || problems.length > 0) return nothing
  const list = property(root, 'cells')
  if (list?.type !== 'array') {
    if (root.type !== 'object') return { ...nothing, problems: ['not a notebook: the JSON is no object'] }
    const old = property(root, 'worksheets') !== undefined
    problems.push(
      old
        ? 'notebooks of format 3 are not supported; open and save it in Jupyter'
        : 'not a notebook: no list of cells',
    )
    return nothing
  }
  const metadata = property(root, 'metadata')
  const kernel =
    stringAt(metadata, 'kernelspec', 'language') || stringAt(metadata, 'language_info', 'name') || 'python'
  const cells = (list.children ?? []).map((cell): NotebookCell => {
    const type = stringAt(cell, 'cell_type')
    const source = property(cell, 'source')
    const language = stringAt(property(cell, 'metadata'), 'vscode', 'languageId') || kernel
    const text = source === undefined ? '' : pieces(source).join('')
    return {
      kind: type === 'code' || type === 'raw' ? type : 'markdown',
      language: language.toLowerCase() === 'ipython' ? 'python' : language.toLowerCase(),
      text,
      source: source === undefined ? undefined : { start: source.offset, end: source.offset + source.length },
      seconds: type === 'code' ? cellSeconds(cell, text) : null,
    }
  })
  const said = smallValues(text, metadata)
  if (said.accelerator !== undefined && ranElsewhere(text, list.children ?? [])) {
    delete said.accelerator
    delete said.colab
  } else nameCards(text, said, list.children ?? [])
  if (windowsPath.test(text)) said.platform = 'windows'
  return { cells, problems, metadata: said }
}

/** `C:\\Users\\me`, as JSON spells it. */
const windowsPath = /\b[C-Z]:\\\\(?:\\\\)?[\w .-]+\\\\/

/** Folders of somebody's own machine, as JSON spells them, and cards that no service has; folders of a hosted runtime. */
const ownMachine =
  /\/home\/(?!jupyter|studio-lab-user|ec2-user|jovyan)[\w.-]+\/|\/Users\/[\w.-]+\/|\b[A-Z]:(\\\\|\/)+(Users|Program|Anaconda|ProgramData)|~\/(\.local|\.conda|(ana|mini)conda3?|\w[\w.-]*)\/|\b(GeForce )?[RG]TX \d{4}|\bLaptop GPU\b/
const hosted = /\/content\/|\/dist-packages\/|\/kaggle\//

/** What is kept of the last run comes from another machine than the runtime that the metadata still name. */
function ranElsewhere(text: string, cells: readonly Node[]): boolean {
  let own = false
  for (const cell of cells)
    for (const output of property(cell, 'outputs')?.children ?? []) {
      const kept = text.slice(output.offset, output.offset + Math.min(output.length, longestOutput))
      if (hosted.test(kept)) return false
      own ||= ownMachine.test(kept)
    }
  return own
}

const cards: [RegExp, string, string][] = [
  [/\bTesla T4\b/, 'nvidiaTeslaT4', 'T4'],
  [/\bTesla P100\b/, 'nvidiaTeslaP100', 'P100'],
  [/\bTesla V100\b/, '', 'V100'],
  [/\bNVIDIA A100\b/, '', 'A100'],
  [/\bNVIDIA L4\b/, 'nvidiaL4', 'L4'],
]
/** `Using 2 GPUs`, `Number of GPUs: 2`. Kaggle gives two of one kind only. */
const twoCards =
  /\b(using|let's use|found|detected|available|with) 2 GPUs?\b|\bGPUs?( count| available)?: ?2\b/i

/** Whoever ran it last had these cards, whatever the runtime is set to since, or where it names none. */
function nameCards(text: string, said: Record<string, Json>, cells: readonly Node[]): void {
  const { kaggle, colab } = said
  const onKaggle = isTable(kaggle) && (kaggle.accelerator === 'none' || kaggle.accelerator === 'gpu')
  const onColab = said.accelerator === 'GPU' && (!isTable(colab) || colab.gpuType === undefined)
  if (!onKaggle && !onColab) return
  for (const cell of cells)
    for (const output of property(cell, 'outputs')?.children ?? []) {
      const kept = text.slice(output.offset, output.offset + Math.min(output.length, longestOutput))
      const found = cards.find(([pattern]) => pattern.test(kept))
      if (onKaggle) {
        const name = found?.[1] ?? (twoCards.test(kept) ? 'nvidiaTeslaT4' : '')
        if (name !== '') said.kaggle = { ...kaggle, accelerator: name }
      } else if (found !== undefined) said.colab = { ...(isTable(colab) ? colab : {}), gpuType: found[2] }
    }
}

function isTable(value: Json | undefined): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Characters: what stands behind are pictures. */
const longestOutput = 20_000

/** Characters of JSON: the state of widgets and the like is data. */
const longestValue = 2_000

function smallValues(text: string, metadata: Node | undefined): Record<string, Json> {
  const found: [string, Json][] = []
  for (const entry of metadata?.type === 'object' ? (metadata.children ?? []) : []) {
    const [key, value] = entry.children ?? []
    if (key !== undefined && value !== undefined && value.length <= longestValue)
      found.push([
        String(key.value),
        JSON.parse(text.slice(value.offset, value.offset + value.length)) as Json,
      ])
  }
  return Object.fromEntries(found)
}

/**
 * The JSON with new sources for some cells (by index over all cells). Everything else stays byte for byte, in a list
 * of lines also the lines that did not change. Undefined when a cell is not there or the JSON is broken.
 */
export function writeNotebook(text: string, sources: ReadonlyMap<number, string>): string | undefined {
  const problems: string[] = []
  const root = parseJson(text, problems)
  // Where the JSON is broken, the ranges of its values are guesses.
  if (root === undefined || problems.length > 0) return undefined
  const list = property(root, 'cells')
  const changes: { start: number; end: number; text: string }[] = []
  const style = escapeStyle(text)
  for (const [index, source] of sources) {
    const node = list?.children?.[index] === undefined ? undefined : property(list.children[index], 'source')
    if (node === undefined) return undefined
    if (pieces(node).join('') === source) continue
    const changed = node.type === 'array' ? listWith(text, node, source, style) : jsonString(source, style)
    changes.push({ start: node.offset, end: node.offset + node.length, text: changed })
  }
  let result = text
  for (const change of changes.sort((a, b) => b.start - a.start)) {
    result = result.slice(0, change.start) + change.text + result.slice(change.end)
  }
  return result
}

function parseJson(text: string, problems: string[]): Node | undefined {
  const errors: ParseError[] = []
  try {
    // A byte-order mark is no JSON, but it is there in files from Windows.
    const root = parseTree(text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text, errors, {
      disallowComments: true,
    })
    const first = errors[0]
    if (first !== undefined) {
      const line = text.slice(0, first.offset).split('\n').length
      problems.push(`broken notebook JSON at line ${line}: ${printParseErrorCode(first.error)}`)
    }
    return root
  } catch {
    // The JSON parser is recursive: thousands of nested brackets exhaust the stack.
    problems.push('broken notebook JSON: nested too deeply')
    return undefined
  }
}

function property(node: Node | undefined, name: string): Node | undefined {
  if (node?.type !== 'object') return undefined
  return node.children?.find((one) => one.children?.[0]?.value === name)?.children?.[1]
}

function stringAt(node: Node | undefined, ...names: string[]): string | undefined {
  const found = names.reduce(property, node)
  return found?.type === 'string' ? (found.value as string) : undefined
}

/** The strings that make up the source of each cell, as they stand in the JSON; null: it is no notebook. */
export function sourceStrings(text: string): (readonly Node[])[] | null {
  const problems: string[] = []
  const root = parseJson(text, problems)
  const list = root === undefined || problems.length > 0 ? undefined : property(root, 'cells')
  if (list?.type !== 'array') return null
  return (list.children ?? []).map((cell) => {
    const source = property(cell, 'source')
    return source === undefined ? [] : strings(source).filter((node) => node.type === 'string')
  })
}

function strings(source: Node): readonly Node[] {
  return source.type === 'array' ? (source.children ?? []) : [source]
}

function pieces(source: Node): string[] {
  return strings(source).map((node) => (node.type === 'string' ? (node.value as string) : ''))
}

/** The source list with another text: leading and trailing lines that did not change keep their spelling. */
function listWith(text: string, list: Node, source: string, style: EscapeStyle): string {
  const old = list.children ?? []
  const values = pieces(list)
  const endsLine = (at: number) => at === 0 || source[at - 1] === '\n'
  let head = 0
  let from = 0
  while (head < old.length && values[head] !== '' && source.startsWith(values[head]!, from)) {
    const next = from + values[head]!.length
    if (!endsLine(next) && next !== source.length) break
    from = next
    head++
  }
  let tail = 0
  let to = source.length
  while (tail < old.length - head) {
    const value = values[old.length - 1 - tail]!
    const start = to - value.length
    if (value === '' || start < from || !endsLine(start) || source.slice(start, to) !== value) break
    to = start
    tail++
  }
  const added = source.slice(from, to).match(/[^\n]*\n|[^\n]+$/g) ?? []
  const raw = (node: Node) => text.slice(node.offset, node.offset + node.length)
  const elements = [
    ...old.slice(0, head).map(raw),
    ...added.map((line) => jsonString(line, style)),
    ...old.slice(old.length - tail).map(raw),
  ]
  if (elements.length === 0) return '[]'
  const { before, between, after } = layout(text, list)
  return `[${before}${elements.join(between)}${after}]`
}

/** The blanks of a list: after `[`, between two elements, before `]`. */
function layout(text: string, list: Node): { before: string; between: string; after: string } {
  const end = list.offset + list.length - 1
  const [first, second] = list.children ?? []
  if (first === undefined) {
    // An empty list tells nothing; its line's indentation and Jupyter's habit of one blank per level do.
    const lineStart = text.lastIndexOf('\n', list.offset) + 1
    const indent = /^[ \t]*/.exec(text.slice(lineStart, list.offset))![0]
    if (lineStart === 0 || text.slice(lineStart, list.offset).trim() === '')
      return { before: '', between: ', ', after: '' }
    const newline = text[lineStart - 2] === '\r' ? '\r\n' : '\n'
    const deeper = indent + indentUnit(text)
    return { before: newline + deeper, between: `,${newline}${deeper}`, after: newline + indent }
  }
  const before = text.slice(list.offset + 1, first.offset)
  const last = list.children![list.children!.length - 1]!
  const between =
    second === undefined
      ? `,${before === '' ? ' ' : before}`
      : text.slice(first.offset + first.length, second.offset)
  return { before, between, after: text.slice(last.offset + last.length, end) }
}

function indentUnit(text: string): string {
  return /^\{\r?\n([ \t]+)"/.exec(text)?.[1] ?? ' '
}

/** How the file writes characters beyond ASCII. */
interface EscapeStyle {
  ascii: boolean
  upper: boolean
}

function escapeStyle(text: string): EscapeStyle {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII
  const raw = /[^\x00-\x7f]/.test(text)
  const escaped = /(?<!\\)(?:\\\\)*\\u(?!00[0-7])[0-9a-fA-F]{4}/.exec(text)?.[0]
  return { ascii: !raw && escaped !== undefined, upper: escaped !== undefined && /[A-F]/.test(escaped) }
}

function jsonString(value: string, style: EscapeStyle): string {
  const json = JSON.stringify(value)
  if (!style.ascii) return json
  return json.replace(/[\u007f-\uffff]/g, (character) => {
    const digits = character.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${style.upper ? digits.toUpperCase() : digits}`
  })
}
