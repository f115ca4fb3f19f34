/** One walk over the statements: every call, function, class, loop and `with` with what encloses it. */
import type {
  CallExpr,
  ClassDef,
  Comprehension,
  Conditional,
  Expr,
  For,
  FunctionDef,
  PythonTree,
  Stmt,
  While,
  With,
} from '../syntax/python-ast.js'
import { blocksOf, forEachChild, forEachExpression } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import { CountedLoop } from './counted-loop.js'
import type { Call, Func, Klass, Loop } from './module.js'
import { isMainGuard } from './scopes.js'

export interface Indexed {
  calls: Call[]
  functions: Func[]
  classes: Klass[]
  loops: CountedLoop[]
  statements: Stmt[]
  callByExpr: Map<Expr, Call>
  callsIn: Map<Stmt, Call[]>
  functionByNode: Map<FunctionDef, Func>
  classByNode: Map<ClassDef, Klass>
  /** Short texts that stand in expressions; those that stand alone describe, and choose no device or data set. */
  strings: string[]
  mainGuard: boolean
}

interface Context {
  func: Func | null
  klass: Klass | null
  loops: Loop[]
  withs: With[]
  conditional: boolean
}

const leaving: ReadonlySet<Stmt['type']> = new Set(['return', 'raise', 'break', 'continue'])

/** What the expressions of a tree hold, statement by statement as they are walked through. */
interface Written {
  calls: (readonly CallExpr[])[]
  strings: string[]
  comprehensions: Comprehension[]
  conditionals: Conditional[]
}

function writtenIn(tree: PythonTree): Written {
  return once(tree, 'calls and texts', () => ({
    calls: [],
    strings: [],
    comprehensions: [],
    conditionals: [],
  }))
}

/** Those of a tree that has been indexed, in the order in which they are written, the outer ones first. */
export function comprehensionsIn(tree: PythonTree): readonly Comprehension[] {
  return writtenIn(tree).comprehensions
}
export function conditionalsIn(tree: PythonTree): readonly Conditional[] {
  return writtenIn(tree).conditionals
}

/** Calls in the order in which they are written, the outer ones first. */
function callsWritten(
  statement: Stmt,
  { strings, comprehensions, conditionals }: Written,
): readonly CallExpr[] {
  const calls: CallExpr[] = []
  const visit = (expr: Expr): void => {
    switch (expr.type) {
      case 'name':
        return
      case 'constant': {
        const alone = statement.type === 'expr' && statement.value === expr
        if (typeof expr.value === 'string' && expr.value.length < 120 && !alone) strings.push(expr.value)
        return
      }
      case 'call':
        calls.push(expr)
        break
      case 'comprehension':
        comprehensions.push(expr)
        break
      case 'conditional':
        conditionals.push(expr)
    }
    forEachChild(expr, visit)
  }
  forEachExpression(statement, visit)
  return calls.length === 0 ? none : calls
}

const none: readonly CallExpr[] = []

export function indexTree(tree: PythonTree): Indexed {
  const written = writtenIn(tree)
  const result: Indexed = {
    calls: [],
    functions: [],
    classes: [],
    loops: [],
    statements: [],
    strings: written.strings,
    callByExpr: new Map(),
    callsIn: new Map(),
    functionByNode: new Map(),
    classByNode: new Map(),
    mainGuard: false,
  }

  const addCall = (expr: CallExpr, statement: Stmt, context: Context): void => {
    const method =
      expr.callee.type === 'attribute' ? expr.callee.attr : expr.callee.type === 'name' ? expr.callee.id : ''
    const call: Call = {
      index: result.calls.length,
      expr,
      name: null,
      method,
      receiver: null,
      receiverCall: null,
      function: context.func,
      loops: context.loops,
      withs: context.withs,
      statement,
      conditional: context.conditional,
      assignedTo: assignedTo(statement, expr),
    }
    result.calls.push(call)
    result.callByExpr.set(expr, call)
    const others = result.callsIn.get(statement)
    if (others === undefined) result.callsIn.set(statement, [call])
    else others.push(call)
    context.func?.calls.push(call)
    for (const loop of context.loops) loop.calls.push(call)
  }

  const addFunction = (node: FunctionDef, context: Context): Func => {
    const prefix =
      context.func !== null
        ? `${context.func.qualified}.`
        : context.klass !== null
          ? `${context.klass.name}.`
          : ''
    const func: Func = {
      index: result.functions.length,
      node,
      name: node.name,
      qualified: prefix + node.name,
      class: context.func === null ? context.klass : null,
      calls: [],
    }
    result.functions.push(func)
    result.functionByNode.set(node, func)
    if (func.class !== null && !func.class.methods.has(node.name)) func.class.methods.set(node.name, func)
    return func
  }

  const addLoop = (node: For | While, context: Context): Loop => {
    const loop = new CountedLoop(result.loops.length, node, context.loops.at(-1) ?? null, context.func)
    result.loops.push(loop)
    loop.parent?.inner.push(loop)
    return loop
  }

  // What stands behind a `return` or `raise` in the same block never runs.
  const visitBlock = (block: readonly Stmt[], context: Context): void => {
    for (const statement of block) {
      visit(statement, context)
      if (leaving.has(statement.type)) return
    }
  }

  const visit = (statement: Stmt, context: Context): void => {
    const at = result.statements.length
    result.statements.push(statement)
    // A module is analysed several times; what its expressions hold stays.
    written.calls[at] ??= callsWritten(statement, written)
    for (const expr of written.calls[at]) addCall(expr, statement, context)
    switch (statement.type) {
      case 'function': {
        const func = addFunction(statement, context)
        const inner: Context = { func, klass: context.klass, loops: [], withs: [], conditional: false }
        visitBlock(statement.body, inner)
        return
      }
      case 'class': {
        const klass: Klass = { node: statement, name: statement.name, bases: [], methods: new Map() }
        result.classes.push(klass)
        result.classByNode.set(statement, klass)
        const inner: Context = { func: context.func, klass, loops: [], withs: [], conditional: false }
        // A class inside a function: its methods belong to the class, not to the function.
        visitBlock(statement.body, { ...inner, func: null })
        return
      }
      case 'for':
      case 'while': {
        const loop = addLoop(statement, context)
        const inner = { ...context, loops: [...context.loops, loop] }
        visitBlock(statement.body, inner)
        visitBlock(statement.orelse, context)
        return
      }
      case 'with': {
        const inner = { ...context, withs: [...context.withs, statement] }
        visitBlock(statement.body, inner)
        return
      }
      case 'break': {
        const loop = context.loops.at(-1)
        if (loop !== undefined) loop.hasBreak = true
        return
      }
      case 'return': {
        // Leaving the function leaves every loop in it.
        for (const loop of context.loops) loop.hasBreak = true
        return
      }
      case 'if': {
        const main = isMainGuard(statement.test)
        if (main) result.mainGuard = true
        const inner = main ? context : { ...context, conditional: true }
        visitBlock(statement.body, inner)
        visitBlock(statement.orelse, { ...context, conditional: true })
        return
      }
      default:
        for (const block of blocksOf(statement)) {
          const inner =
            statement.type === 'try' && block === statement.body ? context : { ...context, conditional: true }
          visitBlock(block, inner)
        }
    }
  }

  const top: Context = { func: null, klass: null, loops: [], withs: [], conditional: false }
  for (const statement of tree.body) visit(statement, top)
  result.calls.sort((a, b) => a.expr.start - b.expr.start || b.expr.end - a.expr.end)
  result.calls.forEach((call, index) => {
    call.index = index
  })
  return result
}

/** Name or `self.x` that a statement assigns a call to (also behind `.to(device)` and the like). */
function assignedTo(statement: Stmt, expr: CallExpr): string | null {
  if (statement.type !== 'assign' || statement.value === null || statement.targets.length !== 1) return null
  let value: Expr = statement.value
  while (value !== expr && value.type === 'call' && value.callee.type === 'attribute')
    value = value.callee.value
  if (value !== expr) return null
  const target = statement.targets[0]!
  if (target.type === 'name') return target.id
  if (target.type === 'attribute' && target.value.type === 'name') return `${target.value.id}.${target.attr}`
  return null
}
