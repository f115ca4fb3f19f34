/** Code that never runs: a branch whose test the files decide, and what stands behind the end of its block. */
import type { Expr, PythonTree, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'
import type { Analysis } from './analysis.js'
import { conditionOf } from './conditions.js'
import type { DeadCode } from './module.js'
import { nameOf } from './names.js'
import { truthy } from './operators.js'
import { scopeAt } from './scope.js'
import { isMainGuard } from './scopes.js'

/** The statements of a block that never run: all from an index on. */
export interface DeadTail {
  from: number
  /** The test that keeps them from running; null: the statement before them ends the block. */
  test: Expr | null
  /** They run where an attempt fails that usually does not. */
  fallback?: true
}

export function deadBlocks(analysis: Analysis): Map<Stmt[], DeadTail> {
  const dead = new Map<Stmt[], DeadTail>()
  const end = (block: Stmt[], top: boolean): void => {
    const last = block.findIndex((statement) => endsBlock(analysis, statement, top))
    if (last >= 0 && last < block.length - 1) dead.set(block, { from: last + 1, test: null })
  }
  // Cells of a notebook run one by one.
  if (!analysis.notebook) end(analysis.tree.body, true)
  for (const statement of analysis.statements) {
    for (const block of blocksOf(statement)) end(block, false)
    if (statement.type === 'try')
      for (const { body } of statement.handlers)
        if (triesAgain(analysis, statement.body, body))
          dead.set(body, { from: body.length - 1, test: null, fallback: true })
    if (statement.type !== 'if' || isMainGuard(statement.test)) continue
    const folded = analysis.fold(statement.test)
    if (folded.state !== 'known' || folded.overridable) continue
    const never = truthy(folded.value) ? statement.orelse : statement.body
    if (never.length > 0) dead.set(never, { from: 0, test: statement.test })
  }
  return dead
}

/**
 * `except TypeError: return Arguments(evaluation_strategy=…)`, for another version of the library than the attempt before
 * it: both make the same thing.
 */
function triesAgain({ text }: Analysis, attempt: Stmt[], fallback: Stmt[]): boolean {
  const form = (statement: Stmt | undefined): string | null => {
    if (statement?.type !== 'return' && statement?.type !== 'assign') return null
    const { value } = statement
    if (value?.type !== 'call' || (statement.type === 'assign' && statement.targets.length !== 1)) return null
    const { start } = statement.type === 'assign' ? statement.targets[0]! : statement
    return text.slice(start, value.callee.end)
  }
  const again = form(fallback.at(-1))
  return again !== null && again === form(attempt.at(-1))
}

const exits = new Set(['sys.exit', 'os._exit', 'os.abort'])
const exitNames = new Set(['exit', '_exit', 'abort'])

/** What follows it in its block never runs. `top`: the block is the module itself. */
function endsBlock(analysis: Analysis, statement: Stmt, top: boolean): boolean {
  switch (statement.type) {
    case 'return':
    case 'raise':
    case 'break':
    case 'continue':
      return true
    case 'expr':
      break
    default:
      return false
  }
  const { value } = statement
  if (value.type === 'call') {
    const { callee } = value
    // What a star brings is hardly called so.
    if (callee.type === 'name' && /^(exit|quit)$/.test(callee.id)) return isBoundNowhere(analysis, callee)
    // Most calls that stand alone are of something else.
    if (callee.type === 'attribute' && !exitNames.has(callee.attr)) return false
    return exits.has(nameOf(analysis, callee) ?? '')
  }
  // `stop`, written to end a script there: a NameError.
  return top && value.type === 'name' && !builtin.test(value.id) && isUnbound(analysis, value)
}

/** What a line may hold by itself without an error. */
const builtin = /^(__\w+__|exit|quit|help|credits|license|copyright|print|Ellipsis|_)$/

function isUnbound(analysis: Analysis, name: Expr & { type: 'name' }): boolean {
  if (analysis.scopes.stars.length > 0 || /\b(globals|exec|global)\b/.test(analysis.text)) return false
  return isBoundNowhere(analysis, name)
}

function isBoundNowhere({ scopes }: Analysis, { id, start }: Expr & { type: 'name' }): boolean {
  for (let scope = scopeAt(scopes, start); ; scope = scope.parent) {
    if (scope.bindings.has(id)) return false
    if (scope.parent === null) return true
  }
}

const rangeOf = ({ start, end }: Stmt): Span => ({ start, end })

/** The tree without these blocks. What holds none of them is shared with the tree that is given. */
export function withoutBlocks(tree: PythonTree, dead: ReadonlyMap<Stmt[], DeadTail>): PythonTree {
  const inBlock = (block: Stmt[]): Stmt[] => {
    const tail = dead.get(block)
    const from = tail?.from ?? block.length
    let changed = from < block.length
    const kept = block.slice(0, from).map((statement) => {
      const inner = inStatement(statement)
      changed ||= inner !== statement
      return inner
    })
    // A failure that has an answer is none that is passed over.
    if (tail?.fallback) kept.push({ ...rangeOf(block[from]!), type: 'raise', children: [] })
    return changed ? kept : block
  }
  const inStatement = (statement: Stmt): Stmt => {
    switch (statement.type) {
      case 'if':
      case 'for':
      case 'while': {
        const [body, orelse] = [inBlock(statement.body), inBlock(statement.orelse)]
        return body === statement.body && orelse === statement.orelse
          ? statement
          : { ...statement, body, orelse }
      }
      case 'with':
      case 'function':
      case 'class': {
        const body = inBlock(statement.body)
        return body === statement.body ? statement : { ...statement, body }
      }
      case 'try': {
        const handlers = statement.handlers.map((handler) => {
          const body = inBlock(handler.body)
          return body === handler.body ? handler : { ...handler, body }
        })
        const [body, orelse, final] = [statement.body, statement.orelse, statement.finally].map(inBlock)
        const same =
          body === statement.body &&
          orelse === statement.orelse &&
          final === statement.finally &&
          handlers.every((one, index) => one === statement.handlers[index])
        return same ? statement : { ...statement, body: body!, orelse: orelse!, finally: final!, handlers }
      }
      default:
        return statement
    }
  }
  return { ...tree, body: inBlock(tree.body) }
}

/** Where it stands, in order, with the condition that keeps each piece from running. */
export function deadCode(analysis: Analysis, blocks: ReadonlyMap<Stmt[], DeadTail>): DeadCode[] {
  return [...blocks]
    .filter(([, { fallback }]) => fallback === undefined)
    .map(([block, { from, test }]) => ({
      start: block[from]!.start,
      end: block.at(-1)!.end,
      condition: test === null ? afterTheEnd : conditionOf(analysis, test),
    }))
    .sort((a, b) => a.start - b.start)
}

const afterTheEnd: DeadCode['condition'] = {
  test: null,
  value: false,
  byDefault: false,
  holds: 'what ends the block is left out',
  fails: 'the block ends before it',
  option: null,
  negated: false,
}
