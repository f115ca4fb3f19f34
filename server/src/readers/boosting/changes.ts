/** How the libraries of boosted trees spell early stopping. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { whereWritten } from '../../python/where-written.js'
import { lookUp } from '../../text/records.js'
import { isLeftOut, mayBePassed, passedExpression } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { passedCallbacks } from '../callback-list.js'
import { byHand, rangeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { isTestSet, ofTestSet } from '../early-stopping.js'
import type { FragmentFacts } from '../reader.js'
import { fitOf, hasSets, isOff } from './booster.js'

export function changeBooster(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (claim.setting === 'patience') return changePatience(python, claim, call, value, facts)
  if (claim.setting !== 'earlyStopping') return byHand(claim)
  const rounds = (value as { patience?: number }).patience ?? 50
  const name = call.name ?? ''
  if (name.startsWith('sklearn.')) return inScikitLearn(python, claim, call, facts)
  const trains = call.method === 'train' || call.method === 'cv'
  const fit = trains ? call : fitOf(python, call)
  if (fit === null) return { reason: 'the call of fit() is not in sight: it has to bring a validation set' }
  const writes: Write[] = []
  if (call.method !== 'cv') {
    const sets = validationOf(python, fit, facts)
    if (sets === null)
      return { reason: 'there is no validation set to watch: pass one, and early stopping with it' }
    writes.push(...sets)
  }
  const title = 'End the run when the validation metric stalls'
  const tests = setKeys(fit).some((key) => isTestSet(python, python.argument(fit, key)))
  const aside = (change: Change | Refusal): Change | Refusal =>
    tests && 'title' in change
      ? { ...change, title: `${change.title}${ofTestSet}`, safety: 'display' }
      : change
  if (name.startsWith('lightgbm.')) return aside(inLightGbm(python, fit, rounds, writes, title, facts))
  const keyword = 'early_stopping_rounds'
  writes.push(setKeyword(call, keyword, String(rounds), facts))
  return aside({ title: `${title} (${keyword}=${rounds})`, safety: 'unsafe', writes, imports: [] })
}

function setKeyword(call: Call, name: string, value: string, facts: FragmentFacts): Write {
  return { kind: 'set keyword', path: facts.path, call: rangeOf(facts, call.expr), name, value }
}

function changePatience(
  python: PythonModule,
  claim: Claim,
  call: Call,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const argument = python.argument(call, claim.key, claim.key === 'stopping_rounds' ? 0 : null)
  const written = writeArgument(facts, call, claim.key, argument, String(value))
  if ('reason' in written) return written
  return { title: `Set ${claim.key}=${value}`, safety: 'unsafe', writes: [written], imports: [] }
}

/** They hold a share of the data out by themselves. */
function inScikitLearn(
  python: PythonModule,
  claim: Claim,
  call: Call,
  facts: FragmentFacts,
): Change | Refusal {
  const [keyword, code] =
    claim.key === 'early_stopping' ? ['early_stopping', 'True'] : ['n_iter_no_change', '20']
  const written = writeArgument(facts, call, keyword!, python.argument(call, keyword!), code!)
  if ('reason' in written) return written
  return {
    title: `End the run when the score on held-out data stalls (${keyword}=${code})`,
    safety: 'unsafe',
    writes: [written],
    imports: [],
  }
}

function setKeys(fit: Call): string[] {
  return fit.method === 'train' ? ['evals', 'valid_sets', 'eval_set'] : ['eval_set']
}

/** What gives `fit` a validation set: nothing where it has one. Null: there is none at hand. */
function validationOf(python: PythonModule, fit: Call, facts: FragmentFacts): Write[] | null {
  const keys = setKeys(fit)
  const positions: Record<string, number> = { evals: 3, valid_sets: 3 }
  for (const key of keys) {
    const given = python.argument(fit, key, fit.method === 'train' ? (lookUp(positions, key) ?? null) : null)
    if (!isLeftOut(given) && !isOff(given)) return hasSets(python, given) === true ? [] : null
  }
  if (fit.method === 'train') return null
  const pair = heldOutPair(python, fit)
  return pair === null ? null : [setKeyword(fit, 'eval_set', `[(${pair[0]}, ${pair[1]})]`, facts)]
}

/** `X_train, X_val, y_train, y_val = train_test_split(…)` before `fit(X_train, y_train)`; never a test set. */
function heldOutPair(python: PythonModule, fit: Call): [string, string] | null {
  const text = (argument: ArgumentValue) => {
    const expr = passedExpression(argument)
    return expr === null ? null : python.text.slice(expr.start, expr.end)
  }
  const x = text(python.argument(fit, 'X', 0))
  const y = text(python.argument(fit, 'y', 1))
  const { function: where } = whereWritten(fit)
  for (const call of python.callsTo('sklearn.model_selection.train_test_split')) {
    const { statement, function: made } = whereWritten(call)
    if (statement.type !== 'assign' || call.expr.start > fit.expr.start || made !== where) continue
    const target = statement.targets[0]
    if (target?.type !== 'tuple' || target.items.length !== 4) continue
    const names = target.items.map((item) => (item.type === 'name' ? item.id : ''))
    if (names[0] !== x || names[2] !== y) continue
    if (/val|dev|eval|hold/i.test(names[1]!) && /val|dev|eval|hold/i.test(names[3]!))
      return [names[1]!, names[3]!]
  }
  return null
}

function inLightGbm(
  python: PythonModule,
  fit: Call,
  rounds: number,
  before: Write[],
  title: string,
  facts: FragmentFacts,
): Change | Refusal {
  const { path, fragment } = facts
  const name = nameFor(python.tree, 'lightgbm', 'early_stopping', {
    path,
    fragment: fragment.index,
    offset: fit.expr.start,
  })
  const code = `${name.text}(${rounds})`
  const given = python.argument(fit, 'callbacks')
  const list = passedCallbacks(python, given)
  let write: Write
  if (!mayBePassed(given) || isOff(given)) write = setKeyword(fit, 'callbacks', `[${code}]`, facts)
  else if (list?.display?.type === 'list')
    write = { kind: 'append item', path, list: rangeOf(facts, list.display), value: code }
  else return { reason: 'the list of callbacks cannot be read' }
  return {
    title: `${title} (early_stopping(${rounds}))`,
    safety: 'unsafe',
    writes: [...before, write],
    imports: name.import === null ? [] : [name.import],
  }
}
