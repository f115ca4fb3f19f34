/** Whether a loop that saves, or what comes after it, removes files again. */

import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { reachesElsewhere } from './calls-elsewhere.js'
import { isOfOthers } from './file-names.js'
import { functionsReached } from './functions-reached.js'
import type { Saving } from './numbered-files.js'

const removal = /^(os\.(remove|unlink)|shutil\.rmtree)$|(^|\.)unlink$/
const removesOne = /^os\.(remove|unlink)$|(^|\.)unlink$/
const temporary = /^tempfile\./

/**
 * What is saved by this call of the loop may be gone later: it lies in a folder for the moment, or something removes files
 * that are not surely those of the other calls that save.
 */
export function removesFiles(
  python: PythonModule,
  outer: Loop,
  { call: saving, path }: Saving,
  others: readonly Saving[],
): boolean {
  if (isTemporary(python, saving)) return true
  const afterwards = (call: Call) => call.expr.start > outer.node.end && call.function === outer.function
  const here = [...outer.calls, ...python.calls.filter(afterwards), ...afterIts(python, outer)]
  const { calls, functions } = functionsReached(python, here)
  const ofOthers = (call: Call): boolean => {
    const removed = others.length > 0 && outer.calls.includes(call) ? removedBy(call) : null
    const paths = others.map((one) => one.path)
    return removed !== null && isOfOthers(python, outer, removed, path, paths)
  }
  if (calls.some((call) => reachesElsewhere(python, call, removal))) return true
  if (calls.some((call) => removesMany(python, call) && !ofOthers(call))) return true
  // Methods of objects that cannot be followed.
  return python.calls.some(
    (call) =>
      call.function?.class != null &&
      !functions.has(call.function) &&
      call.function.class !== outer.function?.class &&
      removesMany(python, call),
  )
}

function isTemporary(python: PythonModule, saving: Call): boolean {
  const names = (value: Expr) => (value.type === 'call' ? (python.nameOf(value.callee) ?? '') : '')
  return (
    saving.withs.some(({ items }) => items.some(({ value }) => temporary.test(names(value)))) ||
    reachesElsewhere(python, saving, temporary) ||
    functionsReached(python, [saving]).calls.some(({ name }) => name !== null && temporary.test(name))
  )
}

/** Calls that follow on those of the function which holds the loop. */
function afterIts(python: PythonModule, { function: own }: Loop): Call[] {
  if (own === null) return []
  const sites = python.calls.filter(({ expr }) => python.functionOf(expr.callee) === own)
  return sites.flatMap((site) =>
    python.calls.filter((call) => call.function === site.function && call.expr.start > site.expr.end),
  )
}

/** A file that always has the same name is no checkpoint of another pass. */
function removesMany(python: PythonModule, call: Call): boolean {
  const name = call.name ?? call.method
  if (/^(os\.system|subprocess\.\w+)$/.test(name))
    return /\brm\b/.test(python.text.slice(call.expr.start, call.expr.end))
  if (!removal.test(name)) return false
  if (!removesOne.test(name)) return true
  const path = removedBy(call)
  return path === null || python.fold(path).state !== 'known'
}

/** What a call removes: the object of a method of paths, what a function is given. */
function removedBy({ name, expr: { callee, args } }: Call): Expr | null {
  const given = args.find((one) => one.name === 'path') ?? args.find((one) => one.name === null)
  // `missing_ok=True` names no file.
  const isMethod = name === null || !/^(os|shutil)\./.test(name)
  return (isMethod && callee.type === 'attribute' ? callee.value : given?.value) ?? null
}
