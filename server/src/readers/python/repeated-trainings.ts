/** Loops over seeds, folds, models or settings that train once in each pass, keep each result, and skip none that is there. */
import type { Func, Loop, PythonModule } from '../../python/module.js'
import { effective } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { isMeasurement } from '../pytorch/model-evidence.js'
import { defineReader } from '../reader.js'
import { nestOf } from './grid-loop.js'
import { passesOf } from './preprocessing.js'
import { trainerRuns } from './swallowed.js'

/** So few passes and epochs are soon made again. */
const fewestPasses = 3
const fewestEpochs = 30

export const repeatedTrainingsReader = defineReader({
  name: 'repeated-trainings',
  languages: ['python'],
  triggers: ['backward', '.fit', 'train'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || isMeasurement(facts.path)) return
    for (const loop of python.loops) {
      // Grids are searches of their own.
      if (loop.parent !== null || nestOf(python, loop) !== null) continue
      const own = trainingEvidence(python)
      const evidence =
        own.role === 'test' || !trainsElsewhere(python, loop) ? own : { ...own, role: 'training' as const }
      if (evidence.role !== 'training' || !losesResults(python, loop)) continue
      const place: Place = {
        start: loop.node.start,
        end: loop.node.type === 'for' ? loop.node.iterable.end : 0,
      }
      const search = claims.subject('Search', place, loop.function?.qualified ?? '', evidence)
      search.known('byHand', 'for', true, place)
      claimLost(python, loop, search, place)
    }
  },
  change: () => ({ reason: 'look for the result of each pass before it is trained' }),
})

/** Says of a loop that trains how many results an interruption loses. */
function claimLost(python: PythonModule, loop: Loop, search: SubjectBuilder<'Search'>, place: Place): void {
  const site = { start: loop.node.start, end: loop.node.end }
  search.known('persisted', 'for', false, place, { site })
  const passes = passesIn(python, loop)
  if (passes !== null) search.known('trialCap', 'for', passes, place)
}

/** Each pass trains and writes what it has got, and nothing looks for what an earlier start has written. */
function losesResults(python: PythonModule, loop: Loop): boolean {
  const { node, effects, role, hasBreak } = loop
  if (node.type !== 'for' || role !== 'other' || hasBreak) return false
  if (!trainsAnew(loop) && !trainsElsewhere(python, loop)) return false
  const written = [...effects.calls].some((name) => writes.test(name)) || writesAfterwards(python, loop)
  if (!written || looks.test(python.code)) return false
  const passes = passesIn(python, loop)
  const epochs = python.loops.flatMap((one) => {
    const count = one.role === 'epoch' ? effective(one.trips) : undefined
    return typeof count === 'number' ? [count] : []
  })
  return (
    (passes === null || passes >= fewestPasses) &&
    (passes === null || epochs.length === 0 || passes * Math.max(...epochs) >= fewestEpochs)
  )
}

/** How often a function trains anew in one call: for each fold, for each seed. At least once. */
export function trainingsIn(python: PythonModule, func: Func): number {
  const around = python.loops.filter(
    (loop) => loop.function === func && loop.parent === null && loop.role === 'other' && trainsAnew(loop),
  )
  return around.reduce((most, loop) => Math.max(most, passesIn(python, loop) ?? 1), 1)
}

/** Stages of one training hand its model and optimiser on. */
function trainsAnew({ effects: { trains, calls } }: Loop): boolean {
  const names = [...calls]
  return (
    (trains && names.some((name) => name.startsWith('torch.optim.'))) ||
    names.some((name) => trainerRuns.test(name))
  )
}

/** A function of another module makes all that it trains: it is handed no model and no optimiser. */
function trainsElsewhere(python: PythonModule, { calls }: Loop): boolean {
  return calls.some(({ expr: { callee, args } }) => {
    const func = python.importedFunction(callee)
    return (
      func?.trains === true &&
      func.calls.some((name) => name.startsWith('torch.optim.')) &&
      args.every(({ value }) => value.type !== 'name' || !/model|net$|optim/i.test(value.id))
    )
  })
}

/** What each pass has got is gathered in memory, and written when all are over. */
function writesAfterwards(python: PythonModule, { node, calls, function: own }: Loop): boolean {
  const gathers =
    calls.some(({ method }) => method === 'append') ||
    python.statements.some(
      (one) =>
        one.type === 'assign' &&
        node.start < one.start &&
        one.end <= node.end &&
        one.targets.some((target) => target.type === 'subscript'),
    )
  return (
    gathers &&
    python.calls.some(
      ({ name, method, expr, function: func }) =>
        func === own && expr.start > node.end && (writes.test(name ?? '') || writes.test(`.${method}`)),
    )
  )
}

const writes =
  /^(torch\.save|json\.dump|pickle\.dump|joblib\.dump|numpy\.savez?(_compressed)?)$|\.(save|save_pretrained|save_checkpoint|save_model|save_weights|to_csv|to_parquet|to_json)$/
const looks =
  /exists\(|isfile\(|is_file\(|glob\(|listdir\(|\bresum|\bskip|\bdone\b|finished|completed|already|start_(fold|seed|run|from)/i

/** Passes of the loop and of those right inside it that do not count epochs or steps; null: not known. */
function passesIn(python: PythonModule, loop: Loop): number | null {
  const own = passesOf(python, loop)
  const inner = loop.inner.find((one) => one.role === 'other' && one.effects.trains)
  if (own === null || inner === undefined) return own
  const within = passesIn(python, inner)
  return within === null ? null : own * within
}
