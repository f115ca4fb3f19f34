/** Checkpoints of a hand-written loop that are written under a new name each time, and stay. */

import type { Call, Folded, Loop, PythonModule } from '../../python/module.js'
import { conjuncts } from '../../syntax/conjuncts.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { foldedValue } from '../../values/folded-value.js'
import { both, convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { codeMatches } from './evidence.js'
import { loopHeader } from './loop.js'
import { epochsOf } from './loop-facts.js'
import {
  contentOf,
  dotted,
  findIn,
  isHandedOver,
  type Saving,
  savingOf,
  textOf,
  varies,
} from './numbered-files.js'
import { removesFiles } from './removed-files.js'

/** `torch.save(…, f'epoch-{epoch}.pt')` in each pass, or in every tenth, and nothing that removes the old ones. */
export function readKept(python: PythonModule, outer: Loop, training: SubjectBuilder<'Training'>): void {
  // What is saved may be the adapters alone, which are small.
  if (codeMatches(python, adapters)) return
  const counters = countersOf(python, outer)
  const header = loopHeader(outer)
  if (writes(python, outer.calls).some((one) => holdsState(python, one)))
    training.known('savesState', 'checkpoint', true, header)
  const savings = outer.calls.flatMap((call) => {
    const saved = savingOf(python, call, counters, (path) => isNewInside(python, outer, path))
    const rhythm = saved === null ? null : rhythmOf(python, outer, call, counters)
    return saved === null || rhythm === null ? [] : [{ call, saved, rhythm }]
  })
  // Of several files that are written, another one may be removed.
  for (const { call, saved, rhythm } of savings) {
    const others = savings.filter((one) => one.call !== call).map((one) => one.saved)
    if (!isHandedOver(call) && removesFiles(python, outer, { ...saved, call }, others)) continue
    claimKept(python, outer, saved, rhythm, training)
    return
  }
}

const adapters = /(?<![a-z])(q?lora|peft|lycoris|adapters?)(?![a-z])|Lora(Config|Layer|Model)/i

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
  const state = [...what, ...writes(python, [call])].some((one) => holdsState(python, one))
  training.known('checkpointHolds', key, state ? 'training state' : 'weights', place)
  if (averages.test(python.code)) training.known('checkpointsFor', 'average', 'they are averaged', place)
  if (rhythm === 'each pass') return
  const epochs = epochsOf(outer)
  if (rhythm === 'within a pass' || rhythm === 'later' || epochs === null) {
    const because = rhythm === 'later' ? 'when it begins' : 'how many steps there are'
    training.unknown('checkpointCount', key, because, place, { site })
    return
  }
  const number = (folded: Folded) => convert(foldedValue(folded, place, site, training.locator), asNumber)
  const count = both(number(epochs.trips), number(rhythm), (all, every) =>
    every >= 1 ? Math.floor(all / every) : undefined,
  )
  training.say('checkpointCount', key, count)
}

/** What calls save, and what functions of the module that they call do. */
function writes(python: PythonModule, calls: readonly Call[]): Expr[] {
  const functions = new Set(calls.map(({ expr }) => python.functionOf(expr.callee)))
  const inside = [...functions].flatMap((func) => func?.calls ?? [])
  return [...calls, ...inside].flatMap((one) => contentOf(python, one) ?? [])
}

const stateful = /optim|(?<![a-z])opt(imi[sz]er)?(?![a-z])|(?<![a-z])scaler(?![a-z])/i

/** It holds what an optimiser needs to go on: a dictionary, its keys and what is put into it later. */
function holdsState(python: PythonModule, content: Expr): boolean {
  if (stateful.test(textOf(python, python.definition(content)))) return true
  return content.type === 'name' && givenState(python).has(content.id)
}

/** Names of dictionaries that it is put into: `checkpoint['optimizer'] = …`. */
function givenState(python: PythonModule): ReadonlySet<string> {
  return once(python, 'given the state of an optimiser', () => {
    const targets = python.statements.flatMap((one) => (one.type === 'assign' ? one.targets : []))
    return new Set(
      targets.flatMap((one) =>
        one.type === 'subscript' && one.value.type === 'name' && stateful.test(textOf(python, one.index))
          ? [one.value.id]
          : [],
      ),
    )
  })
}

/** A clock that is read in the loop, or a result of the pass, is part of the name: `f'{acc:.3f}.pt'`. */
function isNewInside(python: PythonModule, outer: Loop, path: Expr, depth = 0): boolean {
  const { node } = outer
  const inside = ({ start }: Expr) => node.start < start && start < node.end
  return (
    findIn(path, (part) => {
      if (part.type === 'call' && inside(part) && clocks.test(python.nameOf(part.callee) ?? '')) return true
      if (part.type !== 'name' || depth > 3) return false
      const made = python.definition(part)
      if (made === part || !inside(made)) return false
      if (ofResults.test(part.id) && !/best/i.test(part.id) && made.type === 'call') return true
      return isNewInside(python, outer, made, depth + 1)
    }) !== null
  )
}

const clocks = /^(time\.(time|time_ns|strftime)|datetime\.datetime\.(now|utcnow|today)|uuid\.uuid[14])$/

/** What counts the passes of a loop: its target, and what is added to inside. */
function countersOf(python: PythonModule, outer: Loop): ReadonlySet<string> {
  const target = targetOf(python, outer)
  const counters = new Set<string>(target === null ? [] : [target])
  const visit = (statement: Stmt): void => {
    if (statement.type === 'augassign' && statement.op.startsWith('+'))
      counters.add(dotted(statement.target) ?? '')
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  outer.node.body.forEach(visit)
  return counters
}

/** A loop over tasks or folds counts no passes: each of them has a model of its own. */
function targetOf(python: PythonModule, { node, horizon }: Loop): string | null {
  if (node.type === 'while') return horizon === null || horizon.inner ? null : counterOf(node.test)
  const first = node.target.type === 'tuple' ? node.target.items[0] : node.target
  const name = first === undefined ? null : dotted(first)
  const counts = /\b(x?range|trange|count)\(/.test(textOf(python, python.definition(node.iterable)))
  return name !== null && (counts ? !ofModels.test(name) : passes.test(name)) ? name : null
}

const passes = /(^|_|\.)(ep|epochs?|it|iter|iteration|steps?)(_|$)/i
const ofModels = /fold|task|seed|split|run|trial|repeat/i

/** `epoch` of `while epoch < epochs`. */
function counterOf(test: Expr): string | null {
  return test.type === 'binary' && /^<=?$/.test(test.op) ? dotted(test.left) : null
}

/** The number of passes from one to the next. */
type Rhythm = 'each pass' | 'within a pass' | 'later' | Folded

/** How often a call in a loop comes; null: a condition decides that says nothing of it. */
function rhythmOf(
  python: PythonModule,
  outer: Loop,
  call: Call,
  counters: ReadonlySet<string>,
): Rhythm | null {
  const reach = python.reach(call.expr.start)
  if (reach.state === 'sometimes' && reach.byDefault === false) return null
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
        else if (ofResults.test(text) || mayBeOff(python, part)) return null
        else if (asksWhetherDue(part, counters)) rhythm = 'within a pass'
        else if (varies(python, part, counters, 0)) {
          if (!isAfter(part, counters)) return null
          rhythm = 'later'
        }
      } else rhythm = every.counts === targetOf(python, outer) ? python.fold(every.by) : 'within a pass'
    }
  }
  return call.loops.at(-1) === outer ? rhythm : rhythm === 'each pass' ? null : 'within a pass'
}

/** A switch that nobody shows to be on: `if save:`; who asks for its rank, or for a place to save to, does so for all passes. */
function mayBeOff(python: PythonModule, test: Expr): boolean {
  if (
    dotted(test) === null ||
    /rank|main|master|primary|leader|dir|path|folder|out/i.test(textOf(python, test))
  )
    return false
  const value = python.fold(test)
  return value.state !== 'known' || !value.value
}

const ofRhythm = /freq|every|interval|period|should|(^|[._])due|time(?!r)/i
/** What comes once in a run. */
const ofEnd = /stop|last|final|end(s|ed|ing)?(?![a-z])|finish|over|exit|abort|preempt|interrupt/i

/** `check_freq(config.save_freq, step)`, `self.is_due(step)`: a function decides by the counter that it is given. */
function asksWhetherDue(test: Expr, counters: ReadonlySet<string>): boolean {
  if (test.type !== 'call') return false
  const name = dotted(test.callee) ?? ''
  return (
    ofRhythm.test(name) &&
    !ofEnd.test(name) &&
    test.args.some(({ value }) => counters.has(dotted(value) ?? ''))
  )
}

/** `epoch > 50`, `50 <= epoch`. */
function isAfter(test: Expr, counters: ReadonlySet<string>): boolean {
  if (test.type !== 'binary') return false
  const counter = /^>=?$/.test(test.op) ? test.left : /^<=?$/.test(test.op) ? test.right : null
  return counter !== null && counters.has(dotted(counter) ?? '')
}

/** Then only what is better than before is saved. */
const ofResults =
  /best|improv|better|loss|accuracy|score|metric|(?<![a-z])(acc|dice|m?iou|f1|auc|m?ap|c?wer|bleu|error|reward|psnr|ssim)(?![a-z])/i

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
  const counter = findIn(expr, (one) => counters.has(dotted(one) ?? ''))
  return counter === null ? null : dotted(counter)
}

/** What reads several checkpoints again; an average of losses or a meter is none. */
const averages =
  /average_(checkpoints?|weights|models?)|(checkpoint|weight|model)s?_?averag|averaged_?model|\bswa(_|\b)|swa_utils|model_?soup|ensemble/i
