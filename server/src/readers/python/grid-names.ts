/** What a value that a loop goes through is for: a name for each dimension of a grid. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { hyperparameter, repetitionTarget } from './hyperparameter-names.js'

/**
 * The name of the loop's variable where that says it; else the keyword, the parameter or the flag that the variable is
 * handed to (`layers=l`, `--temperature {t}`, `{"max_depth": d}`), or what its collection is called (`for t in temperatures`).
 */
export function nameOfValue(python: PythonModule, loop: Loop, target: string, values: Expr): string {
  if (isTelling(target)) return target
  return (
    keywordOf(loop, target) ??
    parameterOf(python, loop, target) ??
    flagOf(python, loop, target) ??
    keyOf(python, loop, target) ??
    collectionOf(values) ??
    target
  )
}

const isTelling = (name: string): boolean => hyperparameter.test(name) || repetitionTarget.test(name)

function keywordOf(loop: Loop, target: string): string | null {
  return keywordIn(loop.calls, target)
}

/** `max_depth` of `Forest(max_depth=d)`. */
function keywordIn(calls: readonly Call[], target: string): string | null {
  for (const call of calls) {
    for (const argument of call.expr.args) {
      if (argument.name === null || !hyperparameter.test(argument.name)) continue
      const { value } = argument
      const alone =
        (value.type === 'list' || value.type === 'tuple') && value.items.length === 1
          ? value.items[0]!
          : value
      if (alone.type === 'name' && alone.id === target) return argument.name
    }
  }
  return null
}

/** The parameter of a function of this module at whose place the variable stands. */
function parameterOf(python: PythonModule, loop: Loop, target: string): string | null {
  for (const call of loop.calls) {
    const func = python.functionOf(call.expr.callee)
    if (func === null || call.expr.args.some((one) => one.star > 0)) continue
    const params = func.node.params.map((one) => one.name).filter((name) => name !== 'self')
    const position = call.expr.args
      .filter((one) => one.name === null)
      .findIndex(({ value }) => value.type === 'name' && value.id === target)
    const name = position < 0 ? undefined : params[position]
    if (name === undefined) continue
    if (hyperparameter.test(name)) return name
    const handedOn = keywordIn(
      python.calls.filter((one) => one.function === func),
      name,
    )
    if (handedOn !== null) return handedOn
  }
  return null
}

/** `'--temperature', str(t)`, `f'--temperature={t}'`, `f'… --temperature {t} …'`. */
function flagOf(python: PythonModule, { node }: Loop, target: string): string | null {
  const handed = new RegExp(
    `--?([a-zA-Z][\\w.-]*)(?:["']\\s*,\\s*(?:(?:str|repr)\\(\\s*|f["']\\{)?|[ =]\\{)${target}\\b`,
  )
  const flag = handed.exec(python.code.slice(node.start, node.end))?.[1]
  const name = flag?.replace(/.*\./, '').replace(/-/g, '_')
  return name !== undefined && hyperparameter.test(name) ? name : null
}

/** `{'max_depth': d}`, `params['max_depth'] = d` */
function keyOf(python: PythonModule, { node }: Loop, target: string): string | null {
  const given = new RegExp(`["'](\\w{1,40})["'](?:\\s*:\\s*|\\]\\s*=\\s*)${target}\\b(?![.([])`)
  const name = given.exec(python.text.slice(node.start, node.end))?.[1]
  return name !== undefined && hyperparameter.test(name) ? name : null
}

/** `temperatures`, `LR_LIST`, `args.dropouts`. */
export function collectionOf(values: Expr): string | null {
  const written = values.type === 'name' ? values.id : values.type === 'attribute' ? values.attr : null
  const name = written?.replace(/_?(list|values|options|choices|range|grid|space|candidates)$/i, '')
  if (name === undefined || name === '') return null
  const one = [name, name.replace(/s$/i, '')].find((text) => text.length > 1 && hyperparameter.test(text))
  return one?.toLowerCase() ?? null
}
