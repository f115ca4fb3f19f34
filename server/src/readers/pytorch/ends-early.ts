/** What could end a hand-written loop before its last pass, wherever that stands. */
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { codeText } from './evidence.js'
import { functionsReached } from './functions-reached.js'

const leavesProgram = /\b(exit|_exit|quit|abort|SystemExit|KeyboardInterrupt|StopIteration)\b|\bos\.kill\(/
const stops = /stop|patien|early|plateau|converg/i

/**
 * A counter of bad epochs ends nothing by itself: somewhere a `break`, a `return`, an exception or the condition of the loop has
 * to follow from it.
 */
export function mayEndEarly(python: PythonModule, outer: Loop): boolean {
  const { node } = outer
  if (outer.hasBreak || mayChange(python, outer)) return true
  if (passStatements(node.body).some((one) => one.type === 'continue')) return true
  const functions = functionsReached(python, outer.calls).functions
  const bodies = [node, ...[...functions].map((func) => func.node)]
  if (bodies.some(({ start, end }) => leavesProgram.test(codeText(python, start, end)))) return true
  const isTried = python.statements.some(
    (one) => one.type === 'try' && one.handlers.length > 0 && one.start <= node.start && node.end <= one.end,
  )
  if (catchesEnd(python, outer)) return true
  for (const { start, end } of bodies) {
    const raised = codeText(python, start, end).match(/\braise\b.*/g) ?? []
    if (raised.some((one) => isTried || stops.test(one) || /exit|done|finish|prun/i.test(one))) return true
  }
  // `if not stopped:` around the passes, or a pass that is skipped.
  if (node.body.some((one) => one.type === 'if' && stops.test(written(python, one.test)))) return true
  // What another module does with it is not seen.
  return outer.calls.some(
    ({ expr: { callee } }) =>
      stops.test(written(python, callee)) && python.functionOf(callee) === null && !onlyTells(python, callee),
  )
}

/** `stopper(loss)` of a class of this module that raises nothing: it tells whether to stop, and here nobody listens. */
function onlyTells(python: PythonModule, callee: Expr): boolean {
  const object = callee.type === 'attribute' ? callee.value : callee
  const made = object.type === 'name' ? python.callOf(object) : null
  const klass = made === null ? null : python.classOf(made.expr.callee)
  if (klass === null) return false
  const { start, end } = klass.node
  const code = codeText(python, start, end)
  return !leavesProgram.test(code) && !/\braise\b/.test(code)
}

/** The program ends in the loop, or `except StopTraining:` stands around it, whoever raises that. */
export function catchesEnd(python: PythonModule, { node }: Loop): boolean {
  // `if lowered == 3: continue` before anything is done: the passes that are left do nothing.
  const [first] = node.body
  if (first?.type === 'if' && first.body.at(-1)?.type === 'continue' && node.type === 'for') {
    const test = written(python, first.test)
    const counter = written(python, node.target).match(/\w+/)?.[0] ?? ''
    if (!new RegExp(`\\b${counter}\\b`).test(test)) return true
  }
  // `if guard.update(loss): raise SystemExit`.
  if (
    /\b(SystemExit|exit|_exit)\b|\braise\s+\w*(Stop|Converg|Finish)/.test(
      codeText(python, node.start, node.end),
    )
  )
    return true
  return python.statements.some(
    (one) =>
      one.type === 'try' &&
      one.start <= node.start &&
      node.end <= one.end &&
      one.handlers.some(({ type }) => type !== null && endsBy.test(written(python, type))),
  )
}

const endsBy = /stop|early|exit|converg|cancel|finish|done|prun/i

/** What it goes through, or the condition that it goes on by, is more than a count. */
function mayChange(python: PythonModule, { node }: Loop): boolean {
  if (node.type === 'while') return node.test.type !== 'binary' || !/^[<>]=?$/.test(node.test.op)
  return !/\b(x?range|trange|count)\(/.test(written(python, python.definition(node.iterable)))
}

function written({ code }: PythonModule, { start, end }: Expr): string {
  return code.slice(start, end)
}

/** Statements of one pass, those of loops inside left out. */
function passStatements(body: readonly Stmt[]): Stmt[] {
  return body.flatMap((one) =>
    /^(for|while|function|class)$/.test(one.type) ? [] : [one, ...blocksOf(one).flatMap(passStatements)],
  )
}
