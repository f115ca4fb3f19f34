/** What calls pass beside the parameters that a function lists: `def train(**options)`, then `options['epochs']`. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { keysChangedBy } from './configured-changes.js'
import { mayBe } from './dictionary-changes.js'
import { programArgument } from './fold-outside.js'
import { agree, type Fold, unknown } from './folded.js'
import type { Folded } from './module.js'
import { bindingsOf } from './names.js'

/** What all calls pass under the keyword. 'absent': none of them passes it. Null: no call is seen, or it is no such parameter. */
export function extraKeyword(
  analysis: Analysis,
  fold: Fold,
  object: Expr,
  keyword: string,
): Folded | 'absent' | null {
  if (object.type !== 'name') return null
  const [binding, ...others] = bindingsOf(analysis, object.id, object.start)
  const func = binding?.kind === 'param' ? (analysis.parameterOwner(binding)?.func ?? null) : null
  const listed = func?.node.params.find(({ name }) => name === object.id)
  if (func === null || listed?.star !== 2 || others.length > 0) return null
  if (isChanged(analysis, object, keyword)) {
    const entry = analysis.entry(object, keyword)
    return entry.state === 'given' ? entry.folded : unknown(`${object.id} is changed`)
  }
  const option = analysis.programParameters.argumentOf(func, keyword)
  if (option !== null) return programArgument(analysis, fold, keyword, [option])
  const sites = analysis.callSites(func)
  if (sites === null || sites.length === 0 || analysis.outsideCalls(func).length > 0) return null
  const passed = sites.map(({ expr: { args } }): Folded | null => {
    const given = args.find(({ name }) => name === keyword)
    if (given !== undefined) return fold(given.value)
    return args.some(({ star }) => star === 2) ? unknown('**kwargs') : null
  })
  const values = passed.filter((one) => one !== null)
  if (values.length === 0) return 'absent'
  return values.length < passed.length
    ? unknown(`several values of ${keyword}`)
    : agree(values, `several values of ${keyword}`)
}

/** `options['epochs'] = 3`, `options.setdefault('epochs', 3)` before it is used. */
function isChanged(analysis: Analysis, { id, start }: Expr & { type: 'name' }, keyword: string): boolean {
  return analysis.changesOf(id, start).some(({ target, method, call }) => {
    if (target !== null) {
      const key = analysis.fold(target.index)
      return key.state === 'unknown' ? mayBe(key, keyword) : key.value === keyword
    }
    if (method === null || call === null || method === 'setdefault') return true
    const keys = keysChangedBy(analysis, method, call.args)
    return keys === null || keys.includes(null) || keys.includes(keyword)
  })
}
