/** How many samples an evaluation goes over, where its data set is known by name and taken whole. */
import { dataset } from '../../catalog/datasets.js'
import type { Call, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { fixedArgument, passedExpression, textArgument } from '../../values/argument.js'

/** Methods after which nobody knows how much of a data set is left. */
const parts = /\.(select|filter|train_test_split|shard|take|skip)\(/

/** Methods that leave each of its samples. */
const keepsAll =
  /^(map|remove_columns|rename_columns?|select_columns|set_format|with_format|cast|cast_column|class_encode_column|shuffle|sort|flatten)$/

/** Methods one after the other. */
const deepest = 20

/** `eval_dataset=tokenized['test']` of `load_dataset('imdb')`; null: another data set, a part of one, or it is not known. */
export function evaluatedSamples(python: PythonModule, trainers: readonly Call[]): number | null {
  const [trainer, otherTrainer] = trainers
  const [load, otherLoad] = python.callsTo('datasets.load_dataset')
  if (trainer === undefined || otherTrainer !== undefined) return null
  if (load === undefined || otherLoad !== undefined || parts.test(python.text)) return null
  const given = passedExpression(python.argument(trainer, 'eval_dataset', null))
  const split = given === null ? null : splitOf(python, given, load)
  const path = textArgument(python.argument(load, 'path', 0))
  if (split === null || path === null || python.argument(load, 'split', null).state !== 'absent') return null
  const configuration = textArgument(python.argument(load, 'name', 1))
  const known = (configuration === null ? undefined : dataset(`${path}/${configuration}`)) ?? dataset(path)
  return known?.[split] ?? null
}

/** The split of what `load` brings that `data['validation']` names, behind any name that holds it. */
function splitOf(python: PythonModule, given: Expr, load: Call): 'validation' | 'test' | null {
  const expr = python.definition(given)
  if (expr.type !== 'subscript' || expr.index.type !== 'constant') return null
  const { value } = expr.index
  return (value === 'validation' || value === 'test') && holdsAll(python, expr.value, load, 0) ? value : null
}

/** `load_dataset(…).map(f).remove_columns(['text'])`: as many samples as were loaded. */
function holdsAll(python: PythonModule, held: Expr, load: Call, depth: number): boolean {
  const made = python.definition(held)
  if (made === load.expr) return true
  if (made.type !== 'call' || made.callee.type !== 'attribute' || depth > deepest) return false
  if (!keepsAll.test(made.callee.attr) || mayRegroup(python, made)) return false
  return holdsAll(python, made.callee.value, load, depth + 1)
}

const dropsColumns = /(remove|select)_columns/

/** `map(into_blocks, batched=True)` may make any number of samples of a batch, unless columns of before stay beside them. */
function mayRegroup(python: PythonModule, made: CallExpr): boolean {
  const call = python.callAt(made)
  if (call === null || call.method !== 'map' || !dropsColumns.test(python.code)) return false
  const batched = python.argument(call, 'batched')
  if (batched.state === 'absent' || fixedArgument(batched) === false) return false
  const given = passedExpression(python.argument(call, 'function', 0))
  if (given === null) return true
  const value = python.definition(given)
  const func = python.functionOf(given)
  const results = func !== null ? returnsOf(func) : value.type === 'lambda' ? [value.body] : []
  return results.length === 0 || !results.every((one) => isOnePerText(python, one))
}

/** `tokenizer(rows['text'], truncation=True)`; long texts come in several pieces only where it is asked for them. */
function isOnePerText(python: PythonModule, result: Expr): boolean {
  const value = python.definition(result)
  if (value.type !== 'call' || python.functionOf(value.callee) !== null) return false
  if (python.importedFunction(value.callee) !== null || !/tokeni[sz]er/i.test(lastIdentifier(value.callee)))
    return false
  return value.args.every(({ name, star }) => star === 0 && name !== 'return_overflowing_tokens')
}
