/** A transform that tokenizes rows whenever they are read becomes a map, whose result stays on disk. */
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { changeOf } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'

/** Rows with pictures or sound take far more room once they are prepared than they take as files. */
const media = /image|picture|pixel|audio|waveform|\barray\b|frame|video|open\(/i

const padsAlike = /padding\s*=\s*["']max_length["']/

/** Null: the function is used in another way, or what it is given is not known well enough. */
export function mapOnce(
  python: PythonModule,
  func: Func,
  { path, fragment }: FragmentFacts,
): Change | Refusal | null {
  const text = python.code.slice(func.node.start, func.node.end)
  const sites = python.calls.filter((call) => isTransformedBy(python, call, func))
  // Rows that are padded to the longest of their batch have other lengths than those of the next one.
  if (sites.length === 0 || media.test(text) || !padsAlike.test(text)) return null
  const kept = /return_tensors/.test(text) ? '.with_format("torch")' : ''
  const writes: Write[] = []
  for (const { expr, method, statement } of sites) {
    if (expr.callee.type !== 'attribute') return null
    const rows = expr.callee.value
    const columns = columnsOf(python, rows)
    if (columns === null) return null
    const shown = textOf(python, rows)
    const mapped = `${shown}.map(${func.name}, batched=True, remove_columns=${columns})${kept}`
    const whole = statement.type === 'expr' && statement.value === expr
    if (method === 'set_transform' && !whole) return null
    const { start, end } = whole ? statement : expr
    const range = { fragment: fragment.index, start, end }
    writes.push({ kind: 'replace', path, range, text: whole ? `${shown} = ${mapped}` : mapped })
  }
  return changeOf('Tokenize all rows once, and keep the result: map(…, batched=True)', writes)
}

function isTransformedBy(python: PythonModule, { method, expr }: Call, func: Func): boolean {
  const [only, another] = expr.args
  if (!/^(set|with)_transform$/.test(method) || only === undefined || another !== undefined) return false
  return only.name === null && python.functionOf(only.value) === func
}

/** How the columns of these rows are spelled; null: it is not known whether they are one table or several. */
function columnsOf(python: PythonModule, rows: Expr): string | null {
  const holder = rows.type === 'subscript' ? rows.value : rows
  if (holder.type !== 'name') return null
  const loaded = python.callOf(holder)
  if (loaded?.name !== 'datasets.load_dataset') return null
  const given = (name: string) => loaded.expr.args.find((one) => one.name === name)
  if (given('streaming') !== undefined) return null
  const shown = textOf(python, rows)
  if (rows.type === 'subscript') {
    const key = rows.index.type === 'constant' && typeof rows.index.value === 'string'
    return key && given('split') === undefined ? `${shown}.column_names` : null
  }
  if (given('split') !== undefined) return `${shown}.column_names`
  // Where the code takes them apart.
  const part = new RegExp(`\\b${holder.id}(\\[(["'])train\\2\\])`).exec(python.text)?.[1]
  return part === undefined ? null : `${shown}${part}.column_names`
}

const textOf = (python: PythonModule, { start, end }: Expr): string => python.text.slice(start, end)
