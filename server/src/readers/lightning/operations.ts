/** Arguments of a Lightning `Trainer` that make steps dearer. */

import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { knownArgument, passedExpression, passedPlace } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { callSite } from '../../values/places.js'
import { effective, isGiven, optionsOf } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { OperationKind, OperationSettings, ResourceKinds } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { slowed } from '../early-stopping.js'
import { claimOperation } from '../operation-claims.js'
import { unusedBecause } from '../pytorch/distributed.js'
import { slowedBy } from '../pytorch/modes.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { cliTraining } from './cli.js'
import { isShare } from './run.js'
import { readStepLogs } from './step-logs.js'
import { commandLines, fitsOf, isFirstVersion, trainerClass, trainerEvidence } from './trainer.js'

export const lightningOperationsReader = defineReader({
  name: 'lightning-operations',
  languages: ['python'],
  triggers: ['lightning'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const call of python.callsTo(trainerClass))
      if (fitsOf(python, call) !== null) readTrainer(python, call, context, claims)
    for (const call of commandLines(python)) readCommandLine(python, call, context, claims)
    readStrategies(python, claims, context)
    readStepLogs(python, claims)
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
    // 'warn' chooses the same kernels, and only warns where there is none.
    when: (value) => value === true || value === 'warn',
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
    key: 'log_every_n_steps',
    kind: 'synchronise',
    place: 'step',
    weight: 'ordinary',
    when: (value) => value === 1,
    write: '50',
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
  const site = callSite(call)
  const scope = call.function?.qualified ?? ''
  for (const row of rows) {
    const source = new CallSource(python, call, claims)
    const given = source.get(row.key)
    const at = argumentSpan(call, source.argument(row.key))
    if (at === null) continue
    const value = effective(given)
    const made = source.maker(row.key)
    // A profiler that is made with a schedule records a few steps.
    if (made?.expr.args.some((one) => one.name === 'schedule')) continue
    if (!row.when(value, value === undefined ? (made?.name ?? null) : null)) continue
    claimOperation(claims, {
      kind: row.kind,
      place: row.place,
      key: value === undefined ? row.key : `${row.key}=${spell(value)}`,
      at,
      site,
      scope,
      evidence,
      from: given,
      weight: row.weight,
      ...placesOf(row, at),
      // Switches that a configuration gives are all shown at the call.
      apart: row.key,
      realModel: true,
      subject: row.kind === 'deterministic kernels' ? slowedBy(python, row.key) : null,
    })
  }
  readRhythm(python, call, evidence, claims)
}

/** The same where flags and files of `LightningCLI` give the arguments. */
function readCommandLine(
  python: PythonModule,
  call: Call,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const started = cliTraining(python, call, context, claims)
  if (started === null) return
  const { settings, evidence } = started
  for (const row of rows) {
    const given = settings.get(row.key)
    const value = effective(given)
    if (value === undefined || !isGiven(given) || !row.when(value, null)) continue
    claimOperation(claims, {
      kind: row.kind,
      place: row.place,
      key: `${row.key}=${spell(value)}`,
      at: settings.place,
      site: callSite(call, { kind: 'refused', reason: 'it is set on the launch line or in a file' }),
      scope: call.function?.qualified ?? '',
      evidence,
      from: given,
      weight: row.weight,
      ...placesOf(row, settings.place),
      apart: row.key,
      realModel: true,
      subject: row.kind === 'deterministic kernels' ? slowedBy(python, row.key) : null,
    })
  }
}

/** Where the steps themselves do it. */
function placesOf({ kind, key }: Row, node: Place): { places?: { what: string; node: Place }[] } {
  return kind === 'synchronise' ? { places: [{ what: `\`${key}=1\``, node }] } : {}
}

function spell(value: unknown): string {
  return value === true ? 'True' : value === false ? 'False' : JSON.stringify(value)
}

/** What is shown: the keyword with its value where both stand in the call; null: it is not passed. */
function argumentSpan(call: Call, argument: ArgumentValue): Place | null {
  const expr = passedExpression(argument)
  const written = call.expr.args.find((one) => one.value === expr)
  return written === undefined ? passedPlace(argument) : { start: written.start, end: written.end }
}

/** Validation after less than a tenth of an epoch, or after a few steps. */
function readRhythm(python: PythonModule, call: Call, evidence: Evidence, claims: ClaimBuilder): void {
  const key = 'val_check_interval'
  const source = new CallSource(python, call, claims)
  const given = source.get(key)
  const values = optionsOf(given)
  const expr = source.expression(key)
  const at = argumentSpan(call, source.argument(key))
  if (isGiven(source.get('limit_val_batches')) || expr === null || at === null) return
  const [value] = values ?? []
  if (typeof value !== 'number') return
  const share = isShare(python, expr, value)
  const isOften = (one: Json) => typeof one === 'number' && one > 0 && (share ? one < 0.1 : one <= 50)
  if (!values!.every(isOften)) return
  const operation = claimOperation(claims, {
    kind: 'evaluate',
    place: 'step',
    key,
    at,
    site: callSite(call),
    scope: call.function?.qualified ?? '',
    evidence,
    from: given,
    subject: share ? 'share of an epoch' : null,
  })
  operation.say('every', key, convert(given, asNumber))
}

/** `strategy="ddp_find_unused_parameters_true"`, `DDPStrategy(find_unused_parameters=True, process_group_backend="gloo")`. */
function readStrategies(python: PythonModule, claims: ClaimBuilder, context: ReaderContext): void {
  const trainers = python.callsTo(trainerClass)
  const [first] = trainers
  if (first === undefined) return
  const evidence = trainerEvidence(python, first, isFirstVersion(python, context.versions), context)
  const why = unusedBecause(python)
  const claim = <K extends 'findsUnused' | 'backend'>(
    call: Call,
    key: string,
    setting: K,
    to: (value: Json) => ResourceKinds['Parallelism'][K] | undefined,
    spelled?: (value: Json) => string,
  ): void => {
    const named = spelled === undefined
    const source = new CallSource(python, call, claims, { withName: named })
    const given = source.get(key)
    const value = effective(given)
    const argument = source.argument(key)
    const at = named ? argumentSpan(call, argument) : passedPlace(argument)
    if (at === null || value === undefined || to(value) === undefined) return
    const subject = claims.subject('Parallelism', at, call.function?.qualified ?? '', evidence)
    subject.say(setting, spelled?.(value) ?? key, convert(given, to))
    if (setting === 'findsUnused' && why !== null) subject.known('unusedBecause', key, why, at)
  }
  for (const call of trainers)
    claim(
      call,
      'strategy',
      'findsUnused',
      (value) => (/^ddp_.*find_unused_parameters_true$/.test(String(value)) ? true : undefined),
      (value) => `strategy="${value}"`,
    )
  for (const call of python.callsTo(
    'lightning.pytorch.strategies.DDPStrategy',
    'lightning.fabric.strategies.DDPStrategy',
  )) {
    claim(call, 'find_unused_parameters', 'findsUnused', (value) => (value === true ? true : undefined))
    claim(call, 'process_group_backend', 'backend', (value) => (value === 'gloo' ? 'gloo' : undefined))
  }
}

const deterministic = 'torch.use_deterministic_algorithms'

function isOn(python: PythonModule, call: Call): boolean {
  return knownArgument(python.argument(call, 'mode', 0)) !== false
}

function changeTrainer(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  // A configuration file gives what the call works its value out from.
  if (python === undefined) return byHand(claim)
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the call is no longer in the file' }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const name = claim.key.split('=')[0]!
  const set = (code: string): Change | Refusal => {
    const written = writeArgument(facts, call, name, python.argument(call, name), code)
    return 'reason' in written
      ? written
      : { title: `Set ${name}=${code}`, safety: 'unsafe', writes: [written], imports: [] }
  }
  if (claim.setting === 'findsUnused' && name === 'strategy') return set('"ddp"')
  if (claim.setting === 'backend') return set(`"${String(value)}"`)
  if (name === 'val_check_interval') {
    const wanted = typeof value === 'number' && value > 1 ? value : 0.25
    const every = knownArgument(python.argument(call, name))
    const counted = typeof every === 'number' && python.uses('lightning.pytorch.callbacks.EarlyStopping')
    // Patience counts validations.
    const slow = counted ? slowed(every, wanted, wanted > 1 ? 100 : 0.1) : null
    const change = set(String(slow?.every ?? wanted))
    if ('reason' in change) return change
    // Lightning refuses more steps than an epoch has, unless they are counted through all epochs.
    return wanted > 1 && knownArgument(python.argument(call, 'check_val_every_n_epoch')) !== null
      ? { ...change, title: `${change.title}, if an epoch has as many steps`, safety: 'display' }
      : { ...change, safety: slow?.safety ?? change.safety }
  }
  const row = rows.find((one) => one.key === name)
  if (name === 'deterministic' && python.callsTo(deterministic).some((one) => isOn(python, one)))
    return { reason: `${deterministic}() asks for the same: both have to go` }
  if (row?.write != null) {
    const change = set(row.write)
    // Whoever asked for it knows whether it was meant.
    if (name === 'deterministic' && 'safety' in change)
      return { ...change, title: `${change.title}, if runs need not repeat bit by bit`, safety: 'display' }
    // Data that is made in double precision has to follow.
    return row.kind === 'double precision' && 'safety' in change ? { ...change, safety: 'display' } : change
  }
  if (!call.expr.args.some((one) => one.name === name)) return { reason: `${name} is set elsewhere` }
  return {
    title: `Remove ${name}`,
    safety: 'unsafe',
    writes: [{ kind: 'remove keyword', path, call: range, name }],
    imports: [],
  }
}
