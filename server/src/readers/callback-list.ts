/** Lists of callbacks that a trainer is given, and what the callbacks of a project do. */
import type { ArgumentValue, Call, Func, PythonModule } from '../python/module.js'
import { returnsOf } from '../python/returns.js'
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import { mayBePassed, passedExpression } from '../values/argument.js'
import { type WrittenList, writtenList } from '../values/written-list.js'
import { judgeInstantiated } from './instantiated-callbacks.js'
import { codeText } from './pytorch/evidence.js'
import { importedFrom } from './search/trial-function.js'

/** What a call is given as its callbacks: nothing where none are passed; null: they cannot all be seen. */
export function passedCallbacks(python: PythonModule, argument: ArgumentValue): WrittenList | null {
  if (!mayBePassed(argument)) return { items: [], display: null, alone: false }
  const expr = passedExpression(argument)
  return expr === null ? null : writtenList(python, expr)
}

/** The items that none of these calls makes. */
export function itemsBut(
  python: PythonModule,
  items: readonly Expr[],
  calls: readonly Call[] | null,
): Expr[] {
  return items.filter((item) => calls?.some((one) => one === python.callOf(item)) !== true)
}

export type Verdict = 'stops' | 'goes on' | 'unknown'

export interface Callbacks {
  /** Callbacks of libraries, by canonical name. */
  library(name: string): Verdict
  /** What code of the project does to end a run. */
  stop: RegExp
}

const harmlessName =
  /log|print|progress|save|checkpoint|sample|generat|visual|plot|wandb|tensorboard|mlflow|comet|ema\b|memory|metric|monitor|image|lr_?|learningrate|time|speed|profil/i

/** Whether any of the callbacks ends the run; `unknown` where one of them cannot be judged. */
export function judgeCallbacks(
  python: PythonModule,
  items: readonly Expr[],
  known: Callbacks,
  depth = 0,
  seen = new Set<Func>(),
): Verdict {
  if (depth > 4) return 'unknown'
  let result: Verdict = 'goes on'
  for (const item of items) {
    const verdict = judgeCallback(python, item, known, depth, seen)
    if (verdict === 'stops') return 'stops'
    if (verdict === 'unknown') result = 'unknown'
  }
  return result
}

function judgeCallback(
  python: PythonModule,
  item: Expr,
  known: Callbacks,
  depth: number,
  seen: Set<Func>,
): Verdict {
  const value = python.definition(item)
  if (value.type === 'starred') {
    const inner = writtenList(python, value.value)
    return inner === null ? 'unknown' : judgeCallbacks(python, inner.items, known, depth + 1, seen)
  }
  if (value.type === 'conditional')
    return judgeCallbacks(python, [value.then, value.otherwise], known, depth + 1, seen)
  if (value.type === 'constant' && value.value === null) return 'goes on'
  // It is made in each branch of a test.
  const bound = value.type === 'name' ? python.bindingsOf(value) : []
  const assigned = bound.flatMap((one) => (one.kind === 'assign' && one.value !== null ? [one.value] : []))
  if (assigned.length > 1 && assigned.length === bound.length)
    return judgeCallbacks(python, assigned, known, depth + 1, seen)
  const instantiated = value.type === 'call' ? judgeInstantiated(python, value, known) : null
  if (instantiated !== null) return instantiated
  const made = value.type === 'call' ? value.callee : value
  // What another module makes has no text here.
  const written = python.text.slice(made.start, made.end) || (python.nameOf(made) ?? '')
  if (/early_?stop/i.test(written)) return 'stops'
  const klass = python.classOf(made)
  if (klass !== null) {
    if (known.stop.test(codeText(python, klass.node.start, klass.node.end))) return 'stops'
    const parents = klass.bases.map(known.library)
    return parents.includes('stops') ? 'stops' : 'goes on'
  }
  const imported = python.importedClass(made)
  if (imported !== null && imported.bases.length > 0) {
    const parents = imported.bases.map(known.library)
    if (parents.includes('stops')) return 'stops'
    if (imported.ends === true) return 'unknown'
    if (parents.every((parent) => parent === 'goes on')) return 'goes on'
  }
  // `keep_best(monitor='val_auc')`: what a function of the module makes.
  const func = value.type === 'call' ? python.functionOf(made) : null
  if (func !== null && seen.has(func)) return 'goes on'
  if (func !== null && returnsOf(func).length > 0)
    return judgeCallbacks(python, returnsOf(func), known, depth + 1, seen.add(func))
  const name = python.nameOf(made)
  const elsewhere = value.type === 'call' ? importedFrom(python, made) : null
  const maker = elsewhere === null ? undefined : lookUp(elsewhere.summary.functions, elsewhere.rest)
  if (maker !== undefined) {
    // What it is handed may be among what it gives back.
    const handed =
      value.type === 'call' ? value.args.map(({ value: one }) => python.text.slice(one.start, one.end)) : []
    if (handed.some((one) => /early_?stop/i.test(one))) return 'stops'
    if (handed.some((one) => /callback/i.test(one))) return 'unknown'
    const classes = Object.values(elsewhere!.summary.classes)
    const { returns } = maker
    const given = returns === null ? 'unknown' : known.library(returns)
    // What it gives back is of this class, or of one of the module's that is derived from it.
    const ends = classes.some((one) => one.ends === true && one.bases.includes(returns ?? ''))
    if (given !== 'unknown') return ends && given === 'goes on' ? 'unknown' : given
    const own = classes.some(({ bases }) => bases.some((base) => /Callback$/.test(base)))
    if (own) return 'unknown'
    // What it gives back was made beside it.
    return madeElsewhere(maker.calls.length === 0 ? elsewhere!.summary.uses : maker.calls, known)
  }
  const verdict = name === null ? 'unknown' : known.library(name)
  if (verdict !== 'unknown') return verdict
  if (fromAnotherModule(python, made)) return harmlessName.test(written) ? 'goes on' : 'unknown'
  return isNamedForMore(written) ? 'goes on' : 'unknown'
}

/** A class of a library that says what it is for, which is not to end a run: `Seq2SeqMetricsCallback`. */
function isNamedForMore(written: string): boolean {
  const last = written.slice(written.lastIndexOf('.') + 1)
  return /^[A-Z]\w*[a-z]/.test(last) && purpose.test(last) && !endingName.test(last)
}

const purpose =
  /log|print|progress|save|checkpoint|generat|visual|plot|wandb|tensorboard|mlflow|comet|ema(?![a-z])|memory|metric|image|model|predict|confusion|gradient|attention|mixup|cutmix/i

/** Words of callbacks that end a run, or do whatever they are told. */
const endingName =
  /stop|prun|patien|terminat|time|limit|budget|report|tune|tuning|search|trial|optuna|abort|break|exit|kill|interrupt|early|plateau|converg|threshold|lambda|schedul|custom/i

/** Callbacks that a function of another module makes, by the classes that it calls. */
function madeElsewhere(calls: readonly string[], known: Callbacks): Verdict {
  let result: Verdict = 'unknown'
  for (const name of calls) {
    if (/^\.|(^|\.)[a-z_]\w*$/.test(name)) continue
    const verdict = known.library(name)
    if (verdict === 'stops') return 'stops'
    // A class that nobody knows may be one that stops.
    if (verdict === 'unknown') return 'unknown'
    result = 'goes on'
  }
  return result
}

/** A class of the project that is in another module: only its name is known here. */
function fromAnotherModule(python: PythonModule, expr: Expr): boolean {
  if (expr.type !== 'name') return false
  const target = python.bindingsOf(expr).at(-1)?.target
  const found = target === null || target === undefined ? null : python.projectTarget(target)
  return found !== null && lookUp(found.summary.classes, found.rest) !== undefined
}
