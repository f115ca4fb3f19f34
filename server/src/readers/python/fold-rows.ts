/** Rows that each fold takes of the same table: what is made of a single one of them is the same in every fold. */
import type { Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Varying } from '../repeated-code.js'

const deepest = 8

/** What leaves each row what it is. */
const keepsRows = /^(copy|reset_index|tolist|to_list|to_numpy|astype|fillna|dropna|rename|take)$/
const keepsItems = /^(list|tuple|pandas\.(Series|DataFrame)|numpy\.(array|asarray))$/

/** `notes.iloc[train]['text']` of a table that is the same in every fold, also as it is passed to a function. */
export function selectsRows(
  python: PythonModule,
  varying: Varying,
  expr: Expr,
  owner: Func | null,
  depth = 0,
): boolean {
  if (depth > deepest) return false
  const inner = (part: Expr, func = owner): boolean => selectsRows(python, varying, part, func, depth + 1)
  const value = python.definition(expr)
  switch (value.type) {
    case 'subscript': {
      const { index } = value
      if (index.type === 'constant' && typeof index.value === 'string')
        return !isGivenByFold(python, varying, index.value, owner) && inner(value.value)
      const table = value.value
      const whole = table.type === 'attribute' && /^(i?loc|values)$/.test(table.attr) ? table.value : table
      return !varying.has(whole, owner) || inner(whole)
    }
    case 'attribute':
      return inner(value.value)
    case 'call': {
      const { callee, args } = value
      const name = python.nameOf(callee)
      if (name !== null) return keepsItems.test(name) && args.length === 1 && inner(args[0]!.value)
      if (callee.type !== 'attribute' || !keepsRows.test(callee.attr)) return false
      if (callee.attr === 'fillna' && args.some((one) => varying.has(one.value, owner))) return false
      return callee.attr === 'take' ? !varying.has(callee.value, owner) : inner(callee.value)
    }
    case 'name': {
      const [binding, ...others] = python.bindingsOf(value)
      const parameter = binding?.kind === 'param' && others.length === 0 ? python.parameterOf(binding) : null
      const sites = parameter === null ? null : python.callSites(parameter.func)
      if (sites === null || sites.length === 0) return false
      return sites.every((site) => {
        const passed = python.argument(site, value.id, parameter!.position)
        if (passed.state !== 'given') return false
        return !varying.has(passed.expr, site.function) || inner(passed.expr, site.function)
      })
    }
    default:
      return false
  }
}

/** `train['score'] = model.predict(…)`: a column that each fold fills in its own way. */
function isGivenByFold(python: PythonModule, varying: Varying, column: string, owner: Func | null): boolean {
  return python.statements.some(
    (one) =>
      one.type === 'assign' &&
      one.targets.some(
        (target) =>
          target.type === 'subscript' &&
          target.index.type === 'constant' &&
          target.index.value === column &&
          varying.has(target.value, owner),
      ),
  )
}
