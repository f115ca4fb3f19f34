/** Library calls to which a function hands its parameters: `torch.save(state, filename)`, `torch.save(state, f'{epoch}.pt')`. */
import type { Expr } from '../syntax/python-ast.js'
import { forEachChild, namesIn } from '../syntax/python-children.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classAround } from './attribute-values.js'
import { importedBases } from './extended-classes.js'
import { importedFunction, importedMethod } from './import-targets.js'
import type { Call, Func, HandedOn, Klass } from './module.js'
import { bindingsOf } from './names.js'

const mostCalls = 30
const mostNames = 4

/** What writes a file: what its name is made of matters as well. */
const writesFile = /(^|\.)(save|save_file|save_model|dump)$/

export function handedOn(analysis: Analysis, func: Func): HandedOn[] {
  const found: HandedOn[] = []
  for (const call of func.calls)
    if (call.name !== null && (!call.conditional || writesEachTime(analysis, call, func)))
      addHanded(analysis, call, func, found)
  return found
}

/** The tests around it are not about what the function is given, as `if is_best:` is. */
function writesEachTime(analysis: Analysis, call: Call, { node }: Func): boolean {
  if (!writesFile.test(call.name!)) return false
  const given = new Set(node.params.map(({ name }) => name).filter((name) => name !== 'self'))
  return analysis.statements.every(
    (one) =>
      one.type !== 'if' ||
      one.start > call.expr.start ||
      one.end < call.expr.end ||
      one.start < node.start ||
      !(
        namesIn(one.test).some((name) => given.has(name)) ||
        /best|better|improv/i.test(analysis.text.slice(one.test.start, one.test.end))
      ),
  )
}

/** The same of a function or a method of another module, also of one that a class here has from there. */
export function handedOnElsewhere(analysis: Analysis, callee: Expr): readonly HandedOn[] {
  if (analysis.importedByName.size === 0) return []
  const known = importedFunction(analysis, callee)?.handsOn
  if (known !== undefined) return known
  const found = importedMethod(analysis, callee)
  if (found !== null) return lookUp(found.klass.handsOn, found.method) ?? []
  if (callee.type !== 'attribute' || callee.value.type !== 'name' || callee.value.id !== 'self') return []
  const klass = classAround(analysis, callee.start)
  if (klass === null) return []
  for (const base of importedBases(analysis, klass)) {
    const handed = lookUp(base.handsOn, callee.attr)
    if (handed !== undefined) return handed
  }
  return []
}

/** Methods of a class that hand parameters to what writes a file. */
export function writingMethods(analysis: Analysis, { methods }: Klass): Record<string, HandedOn[]> | null {
  const found = [...methods].flatMap(([name, method]) => {
    const handed = handedOn(analysis, method).filter(({ to }) => writesFile.test(to))
    return handed.length === 0 ? [] : [[name, handed] as const]
  })
  return found.length === 0 ? null : Object.fromEntries(found)
}

function addHanded(analysis: Analysis, call: Call, func: Func, found: HandedOn[]): void {
  const writes = writesFile.test(call.name!)
  let positional = 0
  for (const argument of call.expr.args) {
    if (argument.star > 0) break
    const position = argument.name === null ? positional++ : null
    const { value } = argument
    const to = { to: call.name!, name: argument.name, position }
    const add = (more: Handed): void => {
      if (found.length < mostCalls) found.push({ ...to, ...more })
    }
    const whole = parameterOf(analysis, value, func)
    if (whole !== null) add(whole)
    else if (writes) for (const part of partsOf(analysis, value, func)) add(part)
  }
}

type Parameter = Pick<HandedOn, 'parameter' | 'index'>

/** What of an argument a parameter is. */
type Handed = Omit<HandedOn, 'to' | 'name' | 'position'>

/** The parameter of the function that a name stands for. */
function parameterOf(analysis: Analysis, expr: Expr, func: Func): Parameter | null {
  if (expr.type !== 'name') return null
  const bindings = bindingsOf(analysis, expr.id, expr.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
  return owner?.func === func ? { parameter: expr.id, index: owner.position } : null
}

/** Parameters that an expression is made of, followed through names. */
function partsOf(
  analysis: Analysis,
  expr: Expr,
  func: Func,
  found: Map<string, Handed> = new Map(),
  names = mostNames,
): Iterable<Handed> {
  const owner = expr.type === 'attribute' ? parameterOf(analysis, expr.value, func) : null
  const itself = parameterOf(analysis, expr, func)
  if (itself !== null) found.set(itself.parameter, { ...itself, part: true })
  else if (owner !== null && expr.type === 'attribute')
    found.set(`${owner.parameter}.${expr.attr}`, { ...owner, part: true, attribute: expr.attr })
  else {
    const made = expr.type === 'name' && names > 0 ? analysis.definition(expr) : expr
    if (made !== expr) partsOf(analysis, made, func, found, names - 1)
    else forEachChild(expr, (child) => void partsOf(analysis, child, func, found, names))
  }
  return found.values()
}
