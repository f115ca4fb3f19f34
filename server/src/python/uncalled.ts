/** Functions that nothing in the project calls. */
import type { Expr } from '../syntax/python-ast.js'
import { isExportedNotebook } from './entry-point.js'
import type { Func, PythonModule } from './module.js'

/** What starts functions by their names. */
const byName = ['fire.', 'typer.', 'torchx.specs.', 'globals', 'locals', 'getattr', 'eval', 'exec']
/** What a packaging file or a framework starts. */
const started = /^(main|cli|run|entry_?point|handler|lambda_handler)$/

/** 'nothing calls setup', where a function of this qualified name is left over in a module that is used otherwise; else null. */
export function uncalledBecause(python: PythonModule, qualified: string): string | null {
  // Cells are run by hand, and their calls are taken out again.
  if (qualified === '' || python.evidence.notebook || isExportedNotebook(python)) return null
  if (!python.isEntry && python.importers.length === 0) return null
  const [name] = qualified.split('.')
  const func = python.functions.find((one) => one.qualified === name)
  if (func === undefined || func.class !== null || started.test(func.name)) return null
  return isUncalled(python, func) ? `nothing calls ${func.name}` : null
}

function isUncalled(python: PythonModule, func: Func): boolean {
  if (func.node.decorators.length > 0 || python.usesHere(...byName)) return false
  const sites = python.callSites(func)
  if (sites === null || sites.some((site) => site.function !== func)) return false
  if (python.outsideCalls(func).length > 0) return false
  // In a string or a table; a list of exports calls nothing.
  const code = python.code.replace(/^__all__\s*\+?=\s*[[(][^\])]*[\])]/gm, '')
  const mentions = code.match(new RegExp(`\\b${func.name}\\b`, 'g')) ?? []
  return mentions.length <= 1 + sites.length
}

/** `def train(instance_type='ml.g5.xlarge')`, which nothing in the project calls: what it does when it is given nothing else. Null: it is called, or the name stands for something else. */
export function uncalledDefault(python: PythonModule, name: Expr): Expr | null {
  if (name.type !== 'name') return null
  const [binding, ...others] = python.bindingsOf(name)
  if (binding?.kind !== 'param' || binding.value === null || others.length > 0) return null
  const func = python.parameterOf(binding)?.func
  if (func === undefined || python.outsideCalls(func).length > 0) return null
  return (python.callSites(func) ?? []).length === 0 ? binding.value : null
}
