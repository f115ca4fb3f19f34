/** Arguments of a Lightning `Trainer` that make steps dearer. */

import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { OperationKind, OperationSettings } from '../../workload/words.js'
import { claimedCall } from '../claim-argument.js'
import { claimOperation } from '../operation-claims.js'
import { unusedBecause } from '../pytorch/distributed.js'
import { hasConvolutions } from '../pytorch/model-evidence.js'
import { defineReader, type ReaderContext, type UnitFacts } from '../reader.js'
import { isShare } from './run.js'
import { fitsOf, isFirstVersion, trainerClass, trainerEvidence } from './trainer.js'

export const lightningOperationsReader = defineReader({
  name: 'lightning-operations',
  languages: ['python'],
  triggers: ['lightning'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const call of python.callsTo(trainerClass))
      if (fitsOf(python, call) !== null) readTrainer(python, call, context, claims)
    readStrategies(python, claims, context)
  },
  change: changeTrainer,
})

interface Row {
  key: string
  kind: OperationKind
  place: OperationSettings['place']
  weight: OperationSettings['weight']
  when(value: unknown, made: string | null): boolean
  /** What the fix writes; null: the argument is taken out. */
  write: string | null
}

const rows: Row[] = [
  {
    key: 'detect_anomaly',
    kind: 'debug checks',
    place: 'run',
    weight: 'severe',
    when: (value) => value === true,
    write: null,
  },
  {
    key: 'deterministic',
    kind: 'deterministic kernels',
    place: 'run',
    weight: 'ordinary',
    when: (value) => value === true,
    write: 'False',
  },
  {
    key: 'benchmark',
    kind: 'deterministic kernels',
    place: 'run',
    weight: 'slight',
    when: (value) => value === false,
    write: 'True',
  },
  {
    key: 'profiler',
    kind: 'profile',
    place: 'step',
    weight: 'ordinary',
    when: (value, made) =>
      value === 'pytorch' || value === 'advanced' || /\.(AdvancedProfiler|PyTorchProfiler)$/.test(made ?? ''),
    write: null,
  },
  {
    key: 'precision',
    kind: 'double precision',
    place: 'run',
    weight: 'ordinary',
    when: (value) => /^64(-true)?$/.test(String(value)),
    write: '32',
  },
]

function readTrainer(python: PythonModule, call: Call, context: ReaderContext, claims: ClaimBuilder): void {
  const evidence = trainerEvidence(python, call, isFirstVersion(python, context.versions), context)
  const site = callSite(call, 'trainer')
  const scope = call.function?.qualified ?? ''
  for (const row of rows) {
    const given = python.argument(call, row.key)
    if (given.state !== 'given') continue
    const { folded } = given
    const made = python.callOf(given.expr)
    // A profiler that is made with a schedule records a few steps.
    if (made?.expr.args.some((one) => one.name === 'schedule')) continue
    if (folded.state === 'unknown' ? !row.when(undefined, made?.name ?? null) : !row.when(folded.value, null))
      continue
    claimOperation(claims, {
      kind: row.kind,
      place: row.place,
      key: folded.state === 'known' ? `${row.key}=${spell(folded.value)}` : row.key,
      at: argumentSpan(call, row.key, given),
      site,
      scope,
      evidence,
      options: optionsOf(given),
      weight: row.weight,
      realModel: true,
      subject: row.kind === 'deterministic kernels' && hasConvolutions(python) ? 'convolutions' : null,
    })
  }
  readRhythm(python, call, evidence, claims)
}

function spell(value: unknown): string {
  return value === true ? 'True' : value === false ? 'False' : JSON.stringify(value)
}

function argumentSpan(call: Call, key: string, given: ArgumentValue & { state: 'given' }) {
  const written = call.expr.args.find((one) => one.name === key)
  return written === undefined ? { ...given.span } : { start: written.start, end: written.end }
}

function optionsOf(given: ArgumentValue & { state: 'given' }) {
  if (given.folded.state === 'unknown') return {}
  const { channel, overridable, location } = given.folded
  return { channel, overridable, ...(location === undefined ? {} : { location }) }
}

/** Validation after a twentieth of an epoch, or after a few steps. */
function readRhythm(python: PythonModule, call: Call, evidence: Evidence, claims: ClaimBuilder): void {
  const limited = python.argument(call, 'limit_val_batches')
  const key = 'val_check_interval'
  const given = python.argument(call, key)
  if (limited.state !== 'absent' || given.state !== 'given' || given.folded.state !== 'known') return
  const { value } = given.folded
  if (typeof value !== 'number' || value <= 0) return
  const share = isShare(python, given.expr, value)
  if (share ? value > 0.05 : value > 50) return
  const operation = claimOperation(claims, {
    kind: 'evaluate',
    place: 'step',
    key,
    at: argumentSpan(call, key, given),
    site: callSite(call, 'trainer'),
    scope: call.function?.qualified ?? '',
    evidence,
    options: optionsOf(given),
    subject: share ? 'share of an epoch' : null,
  })
  operation.known('every', key, value, argumentSpan(call, key, given))
}

/** `strategy="ddp_find_unused_parameters_true"`, `DDPStrategy(find_unused_parameters=True, process_group_backend="gloo")`. */
function readStrategies(python: PythonModule, claims: ClaimBuilder, context: ReaderContext): void {
  const trainers = python.callsTo(trainerClass)
  const [first] = trainers
  if (first === undefined) return
  const evidence = trainerEvidence(python, first, isFirstVersion(python, context.versions), context)
  const why = unusedBecause(python)
  for (const call of trainers) {
    const given = python.argument(call, 'strategy')
    if (given.state !== 'given' || given.folded.state !== 'known') continue
    if (!/^ddp_.*find_unused_parameters_true$/.test(String(given.folded.value))) continue
    const wrapper = claims.subject('Parallelism', { ...given.span }, call.function?.qualified ?? '', evidence)
    const options = { ...optionsOf(given), site: callSite(call, 'strategy') }
    wrapper.known('findsUnused', `strategy="${given.folded.value}"`, true, { ...given.span }, options)
    if (why !== null) wrapper.known('unusedBecause', 'strategy', why, { ...given.span })
  }
  for (const call of python.callsTo(
    'lightning.pytorch.strategies.DDPStrategy',
    'lightning.fabric.strategies.DDPStrategy',
  )) {
    const unused = python.argument(call, 'find_unused_parameters')
    if (unused.state === 'given' && unused.folded.state === 'known' && unused.folded.value === true) {
      const place = argumentSpan(call, 'find_unused_parameters', unused)
      const wrapper = claims.subject('Parallelism', place, call.function?.qualified ?? '', evidence)
      wrapper.known('findsUnused', 'find_unused_parameters', true, place, {
        ...optionsOf(unused),
        site: callSite(call, 'strategy'),
      })
      if (why !== null) wrapper.known('unusedBecause', 'find_unused_parameters', why, place)
    }
    const backend = python.argument(call, 'process_group_backend')
    if (backend.state === 'given' && backend.folded.state === 'known' && backend.folded.value === 'gloo') {
      const place = argumentSpan(call, 'process_group_backend', backend)
      const group = claims.subject('Parallelism', place, call.function?.qualified ?? '', evidence)
      group.known('backend', 'process_group_backend', 'gloo', place, {
        ...optionsOf(backend),
        site: callSite(call, 'strategy'),
      })
    }
  }
}

function changeTrainer(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python, path, unit } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is not in the file any more' }
  const range = { unit: unit.index, start: call.expr.start, end: call.expr.end }
  const name = claim.key.split('=')[0]!
  const set = (code: string): Change | Refusal => {
    const written = writeArgument(facts, call, name, python.argument(call, name), code)
    return 'reason' in written
      ? written
      : { title: `Set ${name}=${code}`, safety: 'unsafe', writes: [written], imports: [] }
  }
  if (claim.setting === 'findsUnused' && name === 'strategy') return set('"ddp"')
  if (claim.setting === 'backend') return set(`"${String(value)}"`)
  if (name === 'val_check_interval')
    return set(typeof value === 'number' && value > 1 ? String(value) : '0.25')
  const row = rows.find((one) => one.key === name)
  if (row?.write != null) {
    const change = set(row.write)
    // Data that is made in double precision has to follow.
    return row.kind === 'double precision' && 'safety' in change ? { ...change, safety: 'display' } : change
  }
  if (!call.expr.args.some((one) => one.name === name)) return { reason: `${name} is set in another place` }
  return {
    title: `Remove ${name}`,
    safety: 'unsafe',
    writes: [{ kind: 'remove keyword', path, call: range, name }],
    imports: [],
  }
}
