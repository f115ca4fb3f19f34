/** Models that are loaded to be changed and written back: no batch ever goes through them. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { someExpression } from '../../syntax/python-children.js'

/** Methods that give the model back, or one that is made of it. */
const changes =
  /^(bfloat16|cpu|cuda|eval|float|from_pretrained|get_peft_model|half|merge_and_unload|to|train|unload)$/
/** Methods through which nothing goes either. */
const looks =
  /^(add_weighted_adapter|items|keys|load_adapter|named_parameters|parameters|print_trainable_parameters|resize_token_embeddings|set_adapter|state_dict|tie_weights|values)$/
const saves = /^(push_to_hub|save_pretrained)$/
const asks = /^(getattr|hasattr|id|isinstance|len|print|type)$/
const attributes = /^(config|device|dtype|generation_config|name_or_path)$/

/** It is saved, under whatever names it goes in its function, and does nothing else there. */
export function isOnlySaved(python: PythonModule, made: Call): boolean {
  const found: Found = { saved: false, names: new Set() }
  return follow(python, made, found) && found.saved
}

interface Found {
  saved: boolean
  names: Set<string>
}

/** What becomes of the model that a call gives; false: something may compute with it. */
function follow(python: PythonModule, made: Call, found: Found): boolean {
  const last = methodsOn(python, made.expr, found)
  if (last === null) return false
  if (last === 'looked at') return true
  const { assignedTo: name, statement } = last
  if (statement.type === 'expr' && statement.value === last.expr) return true
  if (statement.type !== 'assign' || statement.value !== last.expr) return false
  return name !== null && /^\w+$/.test(name) && named(python, name, last, found)
}

/** Every mention of the name behind the place that gives it its model, in the function or, at the top, in the module. */
function named(python: PythonModule, name: string, { expr, function: func }: Call, found: Found): boolean {
  if (found.names.has(name)) return true
  found.names.add(name)
  return !someExpression(
    func?.node.body ?? python.tree.body,
    (one) => one.type === 'name' && one.id === name && one.start >= expr.end && computes(python, one, found),
  )
}

/** What stands at a mention of the model may compute with it. */
function computes(python: PythonModule, name: Expr, found: Found): boolean {
  const statement = python.statementAt(name.start)
  if (statement?.type === 'delete') return false
  if (statement?.type === 'assign' && statement.targets.includes(name)) return false
  const attribute = /^\s*\.\s*(\w+)(?![\w\s]*\()/.exec(python.code.slice(name.end))?.[1]
  if (attribute !== undefined && attributes.test(attribute)) return false
  const taker = python.calls.find(({ expr }) => expr.args.some(({ value }) => value === name))
  if (taker !== undefined) {
    if (asks.test(taker.name ?? taker.method)) return false
    return !changes.test(taker.method) || !follow(python, taker, found)
  }
  const method = methodOn(python, name)
  if (method === null || !harmless(method, found)) return true
  return changes.test(method.method) && !follow(python, method, found)
}

/** The last of the methods that are called on the result of a call, one behind the other; null: one of them computes. */
function methodsOn(python: PythonModule, made: Expr, found: Found): Call | 'looked at' | null {
  let last = python.callAt(made)
  for (let depth = 0; depth < 8 && last !== null; depth++) {
    const next = methodOn(python, last.expr)
    if (next === null) return last
    if (!harmless(next, found)) return null
    if (!changes.test(next.method)) return 'looked at'
    last = next
  }
  return last
}

function methodOn(python: PythonModule, base: Expr): Call | null {
  const called = ({ expr: { callee } }: Call) => callee.type === 'attribute' && callee.value === base
  return python.calls.find(called) ?? null
}

function harmless({ method }: Call, found: Found): boolean {
  if (saves.test(method)) found.saved = true
  return saves.test(method) || changes.test(method) || looks.test(method)
}
