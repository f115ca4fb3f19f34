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

interface PhaseTest {
  /** It holds in the phase that trains, or else in the others. */
  trains: boolean
  /** The comparison, or a variable that holds it, without a `not` before it; that of another sense is `inverted`. */
  asked: Expr
  inverted: boolean
}

/** Null: the test asks for something else. */
function phaseTest(python: PythonModule, test: Expr, phases: Phases, loop: Loop['node']): PhaseTest | null {
  if (test.type === 'unary' && test.op === 'not') {
    const inner = phaseTest(python, test.operand, phases, loop)
    return inner === null ? null : { ...inner, trains: !inner.trains, inverted: !inner.inverted }
  }
  const held = test.type === 'name' ? python.definition(test) : test
  if (held.type !== 'binary' || (held.op !== '==' && held.op !== '!=')) return null
  if (held.left.type !== 'name' || held.left.id !== phases.name) return null
  if (held.right.type !== 'constant' || typeof held.right.value !== 'string') return null
  const learns = learning.test(held.right.value)
  if (!learns && !looking.test(held.right.value)) return null
  // A variable of the loop is not there before it.
  const asked = loop.start <= held.start && held.end <= loop.end ? held : test
  return { trains: learns === (held.op === '=='), asked, inverted: false }
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
      const found = statement.type === 'if' ? phaseTest(python, statement.test, phases, node) : null
      if (statement.type === 'if' && found !== null) {
        const { trains, asked, inverted } = found
        const written = python.text.slice(asked.start, asked.end)
        const holds = trains !== inverted
        if (training === null || holds) training = holds ? written : `not (${written})`
        return visit(trains ? statement.orelse : statement.body, true)
      }
      const inner = blocksOf(statement)
      if (inner.length === 0) statements.push(statement)
      return inner.every((one) => visit(one, chosen))
    })
  const whole = visit(node.body, false)
  return whole && training !== null && !python.effects(statements).backward ? { statements, training } : null
}
