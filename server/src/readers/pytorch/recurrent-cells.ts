/** Cells of recurrent layers that a loop runs over a sequence which is there as a whole: `nn.LSTM` takes it at once, in one kernel. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'

const cells = /^torch\.nn\.(LSTM|GRU|RNN)Cell$/

export interface CellLoop {
  loop: Loop
  call: Call
  /** `nn.LSTMCell` */
  cell: string
}

export function cellLoops(python: PythonModule): CellLoop[] {
  return python.loops.flatMap((loop): CellLoop[] => {
    const { node, function: func } = loop
    if (node.type !== 'for' || func?.class == null || loop.inner.length > 0) return []
    const elements = namesIn(node.target)
    const runs = loop.calls.filter(({ expr: { callee } }) => cells.test(typeOf(python, callee)))
    const [first] = runs
    if (first === undefined || runs.length > 1 || first.conditional) return []
    const input = first.expr.args[0]?.value
    if (input === undefined || !comesFromSequence(input, node, elements)) return []
    if (!node.body.every((one) => onlyKeeps(one, first))) return []
    return [{ loop, call: first, cell: typeOf(python, first.expr.callee).replace('torch.', '') }]
  })
}

function typeOf(python: PythonModule, callee: Expr): string {
  if (callee.type !== 'attribute') return ''
  const [made] = python.attributeValues(callee)
  return made?.type === 'call' ? (python.nameOf(made.callee) ?? '') : ''
}

/** `x[:, t]`, or the element that the loop takes: nothing that the cell has made before. */
function comesFromSequence(
  input: Expr,
  { iterable, body }: { iterable: Expr; body: Stmt[] },
  elements: string[],
): boolean {
  if (input.type === 'name') return elements.includes(input.id) && iterable.type === 'call'
  if (input.type !== 'subscript' || input.value.type !== 'name') return false
  const sequence = input.value.id
  const written = body.some((one) => one.type === 'assign' && one.targets.flatMap(namesIn).includes(sequence))
  return !written && namesIn(input.index).some((name) => elements.includes(name))
}

/** The step itself, and what keeps its result: `outputs.append(h)`. */
function onlyKeeps(statement: Stmt, { expr }: Call): boolean {
  if (statement.type === 'assign' && statement.value !== null) {
    const { value } = statement
    // What is masked or dropped between two steps no layer takes as a whole.
    const result = value.type === 'subscript' ? value.value : value
    return result === expr || statement.targets.every((one) => one.type === 'subscript')
  }
  return (
    statement.type === 'expr' &&
    statement.value.type === 'call' &&
    statement.value.callee.type === 'attribute' &&
    statement.value.callee.attr === 'append'
  )
}
