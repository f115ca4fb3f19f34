/** Checkpoints of a hand-written loop that are written under a new name each time, and stay. */

import type { Call, Folded, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf } from '../../syntax/python-children.js'
import { lookUp } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import { foldedValue } from '../../values/folded-value.js'
import { both, convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { moduleText } from './evidence.js'
import { epochsOf } from './loop-facts.js'

/** `torch.save(…, f'epoch-{epoch}.pt')` in each pass, or in every tenth, and nothing that removes the old ones. */
export function readKept(python: PythonModule, outer: Loop, training: SubjectBuilder<'Training'>): void {
  const counters = countersOf(outer)
  if (counters.size === 0) return
  if (/\bos\.(remove|unlink)\b|\.unlink\(|rmtree\(|TemporaryDirectory/.test(moduleText(python))) return
  for (const call of python.calls) {
    if (!call.loops.includes(outer)) continue
    const saved = savingOf(python, call)
    if (saved === null || !(saved.numbers || varies(python, saved.path, counters))) continue
    const removes = python.importedFunction(call.expr.callee)?.calls ?? []
    if (removes.some((name) => /^(os\.(remove|unlink)|shutil\.rmtree)$|\.unlink$/.test(name))) continue
    const rhythm = rhythmOf(python, outer, call, counters)
    if (rhythm === null) continue
    claimKept(python, outer, saved, rhythm, training)
    return
  }
}

function claimKept(
  python: PythonModule,
  outer: Loop,
  { call, path, what, key }: Saving,
  rhythm: Rhythm,
  training: SubjectBuilder<'Training'>,
): void {
  const place = { start: path.start, end: path.end }
  const site = callSite(call)
  training.known('keptCheckpoints', key, null, place, { site })
  const state = what !== null && /optim/i.test(textOf(python, python.definition(what)))
  training.known('checkpointHolds', key, state ? 'training state' : 'weights', place)
  if (averages.test(moduleText(python)))
    training.known('checkpointsFor', 'average', 'they are averaged', place)
  if (rhythm === 'each pass') return
  const epochs = epochsOf(outer)
  if (rhythm === 'within a pass' || epochs === null) {
    training.unknown('checkpointCount', key, 'how many steps there are', place, { site })
    return
  }
  const number = (folded: Folded) => convert(foldedValue(folded, place, site, training.locator), asNumber)
  const count = both(number(epochs.trips), number(rhythm), (all, every) =>
    every >= 1 ? Math.floor(all / every) : undefined,
  )
  training.say('checkpointCount', key, count)
}

/** What counts the passes of a loop: its target, and what is added to inside. */
function countersOf(outer: Loop): ReadonlySet<string> {
  const target = targetOf(outer)
  const counters = new Set<string>(target === null ? [] : [target])
  const visit = (statement: Stmt): void => {
    if (statement.type === 'augassign' && statement.op.startsWith('+') && statement.value.type === 'constant')
      counters.add(dotted(statement.target) ?? '')
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  outer.node.body.forEach(visit)
  return counters
}

function targetOf({ node, horizon }: Loop): string | null {
  if (node.type === 'while') return horizon === null || horizon.inner ? null : counterOf(node.test)
  const first = node.target.type === 'tuple' ? node.target.items[0] : node.target
  return first === undefined ? null : dotted(first)
}

/** `epoch` of `while epoch < epochs`. */
function counterOf(test: Expr): string | null {
  return test.type === 'binary' && /^<=?$/.test(test.op) ? dotted(test.left) : null
}

/** `epoch`, `self.epoch`. */
function dotted(expr: Expr): string | null {
  if (expr.type === 'name') return expr.id
  return expr.type === 'attribute' && expr.value.type === 'name' ? `${expr.value.id}.${expr.attr}` : null
}

/** It changes with one of the counters, followed through names. */
function varies(python: PythonModule, expr: Expr, counters: ReadonlySet<string>, depth = 4): boolean {
  const name = dotted(expr)
  if (name !== null && counters.has(name)) return true
  if (expr.type === 'name' && depth > 0) {
    const made = python.definition(expr)
    if (made !== expr) return varies(python, made, counters, depth - 1)
  }
  return childrenOf(expr).some((child) => varies(python, child, counters, depth))
}

/** The number of passes from one to the next. */
type Rhythm = 'each pass' | 'within a pass' | Folded

/** How often a call in a loop comes; null: a condition decides that says nothing of it. */
function rhythmOf(
  python: PythonModule,
  outer: Loop,
  call: Call,
  counters: ReadonlySet<string>,
): Rhythm | null {
  let rhythm: Rhythm = 'each pass'
  for (const one of python.statements) {
    if (one.type !== 'if' || one.start < outer.node.start || one.end > outer.node.end) continue
    if (one.start > call.expr.start || one.end < call.expr.end) continue
    if (one.body.length === 0 || call.expr.end > one.body.at(-1)!.end) return null
    for (const part of conjuncts(one.test)) {
      const every = divisor(part, counters)
      if (every === null) {
        const text = textOf(python, part)
        if (text.includes('%')) rhythm = 'within a pass'
        else if (ofResults.test(text) || varies(python, part, counters, 0)) return null
      } else rhythm = every.counts === targetOf(outer) ? python.fold(every.by) : 'within a pass'
    }
  }
  return call.loops.at(-1) === outer ? rhythm : rhythm === 'each pass' ? null : 'within a pass'
}

/** Then only what is better than before is saved. */
const ofResults =
  /best|improv|better|loss|acc|score|metric|dice|iou|f1|auc|\bm?ap\b|wer|bleu|error|reward|psnr|ssim/i

function conjuncts(test: Expr): Expr[] {
  return test.type === 'binary' && test.op === 'and'
    ? [...conjuncts(test.left), ...conjuncts(test.right)]
    : [test]
}

/** What a counter is divided by: `(epoch + 1) % 10 == 0`, or the last pass. */
function divisor(test: Expr, counters: ReadonlySet<string>): { counts: string; by: Expr } | null {
  if (test.type === 'unary' && test.op === 'not') return divisor(test.operand, counters)
  if (test.type !== 'binary') return null
  if (test.op === '%') {
    const counts = counterIn(test.left, counters)
    return counts === null ? null : { counts, by: test.right }
  }
  if (!/^(==|or)$/.test(test.op)) return null
  return divisor(test.left, counters) ?? divisor(test.right, counters)
}

function counterIn(expr: Expr, counters: ReadonlySet<string>): string | null {
  const name = dotted(expr)
  if (name !== null && counters.has(name)) return name
  for (const child of childrenOf(expr)) {
    const found = counterIn(child, counters)
    if (found !== null) return found
  }
  return null
}

/** What reads several checkpoints again; an average of losses or a meter is none. */
const averages =
  /average_(checkpoints?|weights|models?)|(checkpoint|weight|model)s?_?averag|averaged_?model|\bswa(_|\b)|swa_utils|model_?soup|ensemble|snapshot/i

interface Saving {
  call: Call
  path: Expr
  what: Expr | null
  /** As a message calls it. */
  key: string
  /** It numbers its files by itself. */
  numbers?: true
}

/** What is saved beside the weights takes no room. */
const besideWeights = /tok|proc|extractor|config|scheduler/i

const savingMethods: Record<string, [keyword: string, position: number]> = {
  save_pretrained: ['save_directory', 0],
  save_weights: ['filepath', 0],
  save_state: ['output_dir', 0],
}

/** `torch.save(state, path)`, `model.save_pretrained(path)`, or a function of the project that hands both on; null: it is none. */
function savingOf(python: PythonModule, call: Call): Saving | null {
  const { callee } = call.expr
  const method = lookUp(savingMethods, call.method)
  if (method !== undefined && callee.type === 'attribute') {
    if (besideWeights.test(textOf(python, callee.value))) return null
    const path = passedExpression(python.argument(call, ...method))
    return path === null ? null : { call, path, what: null, key: call.method }
  }
  if (call.name === 'torch.save') {
    const path = passedExpression(python.argument(call, 'f', 1))
    const what = call.expr.args[0]?.value ?? null
    return path === null || holdsResults(python, what) ? null : { call, path, what, key: call.name }
  }
  // Without a `CheckpointManager`.
  if (call.method === 'save' && call.receiver === 'tensorflow.train.Checkpoint') {
    const path = passedExpression(python.argument(call, 'file_prefix', 0))
    return path === null ? null : { call, path, what: null, key: 'Checkpoint.save', numbers: true }
  }
  if (call.name !== null) return null
  return handedOn(python, call) ?? savingFunction(python, call)
}

function handedOn(python: PythonModule, call: Call): Saving | null {
  const handed = python.handsOn(call.expr.callee).filter(({ to }) => to === 'torch.save')
  const given = (keyword: string, position: number): Expr | null => {
    const one = handed.find(({ name, position: at }) => name === keyword || at === position)
    return one === undefined ? null : passedExpression(python.argument(call, one.parameter, one.index))
  }
  const path = given('f', 1)
  return path === null ? null : { call, path, what: given('obj', 0), key: call.method }
}

/** A function of the file that makes the name of the file from what it is given: `save(model, epoch)`. */
function savingFunction(python: PythonModule, call: Call): Saving | null {
  const func = python.functionOf(call.expr.callee)
  if (func === null) return null
  for (const inner of python.calls) {
    if (inner.function !== func || inner.conditional || inner.name !== 'torch.save') continue
    const path = passedExpression(python.argument(inner, 'f', 1))
    const what = inner.expr.args[0]?.value ?? null
    if (path === null || holdsResults(python, what)) continue
    const own = func.node.params.map(({ name }) => name).filter((name) => !/^(self|cls)$/.test(name))
    const naming = own.findIndex((name) => varies(python, path, new Set([name])))
    if (naming < 0) continue
    const given = passedExpression(python.argument(call, own[naming]!, naming))
    if (given !== null) return { call, path: given, what, key: call.method }
  }
  return null
}

/** Predictions and losses are no checkpoints. */
function holdsResults(python: PythonModule, what: Expr | null): boolean {
  return (
    what !== null &&
    !/model|net|state|dict|ckpt|checkpoint|weight|param|optim|self|encoder|decoder|module/i.test(
      textOf(python, what),
    )
  )
}

const textOf = (python: PythonModule, { start, end }: Expr) => python.text.slice(start, end)
