/** Loops over the phases of an epoch: `for phase in ['train', 'val']:` around one loop over `loaders[phase]`. */
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'

const learning = /^train(ing)?$/i
const looking = /^(val(id(ation)?)?|valid|dev|eval|test)$/i

export interface Phases {
  /** The variable that names the phase. */
  name: string
  /** A phase that does not train, as the code names it. */
  other: string
}

/** The phases that a training loop is run for; null: it is run to train alone, or nobody can tell. */
export function phasesOf(python: PythonModule, { parent }: Loop): Phases | null {
  if (parent === null || parent.node.type !== 'for') return null
  const { target, iterable } = parent.node
  const first = target.type === 'tuple' ? target.items[0] : target
  if (first?.type !== 'name') return null
  const names = phaseNames(python, iterable)
  const other = names.find((name) => looking.test(name))
  return other === undefined || !names.some((name) => learning.test(name)) ? null : { name: first.id, other }
}

/** The strings of a list, or the keys of a dictionary that the loop goes through. */
function phaseNames(python: PythonModule, iterable: Expr): string[] {
  const held = python.definition(iterable)
  if (held.type === 'list' || held.type === 'tuple' || held.type === 'set') {
    return held.items.flatMap((item) => {
      const name = item.type === 'tuple' ? item.items[0] : item
      return name?.type === 'constant' && typeof name.value === 'string' ? [name.value] : []
    })
  }
  const dictionary =
    held.type === 'call' && held.callee.type === 'attribute' && /^(items|keys)$/.test(held.callee.attr)
      ? held.callee.value
      : iterable
  return python.keysOf(dictionary) ?? []
}

/** Whether a test holds in the phase that trains (true) or in the others (false); null: it asks for something else. */
function asksForPhase(python: PythonModule, test: Expr, phases: Phases): boolean | null {
  if (test.type === 'unary' && test.op === 'not') {
    const inner = asksForPhase(python, test.operand, phases)
    return inner === null ? null : !inner
  }
  const asked = test.type === 'name' ? python.definition(test) : test
  if (asked.type !== 'binary' || (asked.op !== '==' && asked.op !== '!=')) return null
  if (asked.left.type !== 'name' || asked.left.id !== phases.name) return null
  if (asked.right.type !== 'constant' || typeof asked.right.value !== 'string') return null
  const trains = learning.test(asked.right.value)
  if (!trains && !looking.test(asked.right.value)) return null
  return trains === (asked.op === '==')
}

export interface PhaseCode {
  /** What runs in the phases that do not train, without the headers around it. */
  statements: Stmt[]
  /** A test that holds where the loop trains, as it is written. */
  training: string
}

/** What a training loop does in the other phases; null: it trains in them as well, or leaves a pass early in them. */
export function otherPhase(python: PythonModule, { node }: Loop, phases: Phases): PhaseCode | null {
  const statements: Stmt[] = []
  let training: string | null = null
  const visit = (block: Stmt[], chosen: boolean): boolean =>
    block.every((statement) => {
      if (/^(break|continue|return)$/.test(statement.type)) return !chosen
      const trains = statement.type === 'if' ? asksForPhase(python, statement.test, phases) : null
      if (statement.type === 'if' && trains !== null) {
        const { start, end } = statement.test
        const written = python.text.slice(start, end)
        if (training === null || trains) training = trains ? written : `not (${written})`
        return visit(trains ? statement.orelse : statement.body, true)
      }
      const inner = blocksOf(statement)
      if (inner.length === 0) statements.push(statement)
      return inner.every((one) => visit(one, chosen))
    })
  const whole = visit(node.body, false)
  return whole && training !== null && !python.effects(statements).backward ? { statements, training } : null
}
