/** Random searches by hand: a loop draws hyperparameters, trains with them to the end, and draws the next. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { numberArgument, numberIn } from '../../values/argument.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { hyperparameter } from '../python/hyperparameter-names.js'
import { tuningEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { claimPersisted, stepsOf } from './trial-claims.js'
import type { TrialSteps } from './trial-steps.js'

const draws =
  /^(random\.(uniform|choice|randint|randrange|sample|gauss|loguniform)|numpy\.random\.(\w+\.)*(uniform|choice|randint|rand|random|integers|normal)|scipy\.stats\.\w+\.rvs)$/
const drawnMethods = /^(uniform|choice|randint|integers|rvs|sample)$/
/** So many drawn hyperparameters make a search; one may be a seed. */
const several = 2
/** Of so few trials a library would end hardly any. */
const worthPruning = 20

export const drawnTrialsReader = defineReader({
  name: 'drawn-trials',
  languages: ['python'],
  triggers: ['random', 'ParameterSampler'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    for (const loop of python.loops) if (drawsEachPass(python, loop)) readSearch(python, loop, claims)
  },
  change: () => ({ reason: 'let a library draw the trials: it can stop the weak ones' }),
})

function drawsEachPass(python: PythonModule, loop: Loop): boolean {
  const { node, role, effects } = loop
  // What is drawn anew for each epoch of one training is noise, not a trial.
  if (node.type !== 'for' || role !== 'other') return false
  if (!effects.trains && !loop.calls.some(({ expr }) => stepsOf(python, expr.callee) !== null)) return false
  if (samplerOf(python, loop) !== null) return true
  const drawn = loop.calls.filter(
    (call) =>
      call.loops.at(-1) === loop &&
      (draws.test(call.name ?? '') ||
        (call.name === null && drawnMethods.test(call.method) && ofGenerator(python, call))),
  )
  const names = new Set(
    node.body.flatMap((statement) => {
      if (statement.type !== 'assign' || statement.value === null) return []
      const { start, end } = statement.value
      if (!drawn.some(({ expr }) => start <= expr.start && expr.end <= end)) return []
      const keys = [...python.code.slice(start, end).matchAll(/['"]?(\w+)['"]?\s*[:=](?!=)/g)].map(
        ([, key]) => key!,
      )
      const targets = statement.targets.flatMap((one) => (one.type === 'name' ? [one.id] : []))
      return [...targets, ...keys].filter((name) => hyperparameter.test(name))
    }),
  )
  return names.size >= several
}

/** `rng = np.random.default_rng(0)`. */
function ofGenerator(python: PythonModule, { expr: { callee } }: Call): boolean {
  return (
    callee.type === 'attribute' &&
    /rng|random|generator/i.test(python.code.slice(callee.value.start, callee.value.end))
  )
}

function samplerOf(python: PythonModule, { node }: Loop): Call | null {
  if (node.type !== 'for') return null
  const { iterable } = node
  const inner = iterable.type === 'call' ? [iterable, ...iterable.args.map(({ value }) => value)] : [iterable]
  for (const one of inner) {
    const call = python.callOf(one)
    if (/^sklearn\.model_selection\.(\w+\.)*ParameterSampler$/.test(call?.name ?? '')) return call
  }
  return null
}

/** What one pass trains by, and for how long; null: not known. */
function trialOf(python: PythonModule, loop: Loop): Pick<TrialSteps, 'what' | 'count'> {
  const epochs = loop.inner.find(({ role }) => role === 'epoch')
  if (epochs !== undefined) return { what: 'epochs', count: numberIn(epochs.trips) }
  const called = loop.calls.map(({ expr }) => stepsOf(python, expr.callee)).find((one) => one !== null)
  return { what: called?.what ?? 'epochs', count: called?.count ?? null }
}

function readSearch(python: PythonModule, loop: Loop, claims: ClaimBuilder): void {
  if (loop.node.type !== 'for') return
  const sampler = samplerOf(python, loop)
  const count =
    sampler === null ? numberIn(loop.trips) : numberArgument(python.argument(sampler, 'n_iter', 1))
  if (count !== null && count < worthPruning) return
  const trial = trialOf(python, loop)
  // Boosters are stopped by their rounds, each for itself.
  if (trial.what !== 'epochs') return
  const place: Place = { start: loop.node.start, end: loop.node.iterable.end }
  const search = claims.subject('Search', place, loop.function?.qualified ?? '', tuningEvidence(python))
  search.known('strategy', 'for', 'random', place)
  search.known('unit', 'for', 'run', place)
  search.known('folds', 'for', 1, place)
  if (count === null) search.unknown('trialCap', 'for', 'how often the loop goes round', place)
  else search.known('trialCap', 'for', count, place)
  search.known('trialSteps', 'for', trial, place)
  if (loop.inner.some(({ hasBreak }) => hasBreak))
    search.unknown('earlyTermination', 'for', 'trials may end early', place)
  else search.default('earlyTermination', 'for', false, place)
  search.known('terminationGap', 'for', 'each is trained to its end before the next is drawn', place)
  claimPersisted(python, search, 'file', place)
}
