/** Arguments of Trainers that make steps dearer: rhythm of evaluating and saving, debug modes, number formats, backends. */

import type { Change, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, PythonModule } from '../../python/module.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { OperationKind, OperationSettings } from '../../workload/words.js'
import { byHand } from '../change-answer.js'
import { claimArgument } from '../claim-argument.js'
import { idAt } from '../job-in-code.js'
import { claimOperation } from '../operation-claims.js'
import { claimCompiled } from '../pytorch/compile.js'
import { unusedBecause } from '../pytorch/distributed.js'
import { hasConvolutions, isMeasurement } from '../pytorch/model-evidence.js'
import { defineReader, type ReaderContext, type UnitFacts } from '../reader.js'
import { samplesAsked } from './samples.js'
import { trainerEvidence } from './trainer.js'
import { policyTrainer } from './trainer-names.js'
import { evaluationStrategy } from './trainer-run.js'
import { trainedArguments, trainerName } from './trainers.js'
import { field, type TrainerArguments, trainerArguments } from './training-arguments.js'

export const huggingfaceOperationsReader = defineReader({
  name: 'huggingface-operations',
  languages: ['python'],
  triggers: ['TrainingArguments', 'trl'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const { made, trainers } of trainedArguments(python)) {
      const evidence = trainerEvidence(python, made, context)
      readSwitches(python, made, evidence, context, claims)
      // A step that first plays out whole episodes takes minutes.
      const plays = trainers.calls.some((call) => policyTrainer(trainerName(python, call) ?? ''))
      if (!plays && !/GRPO|PPO|RLOO/.test(made.call.method) && !isMeasurement(python.path))
        readRhythm(python, made, evidence, context, claims)
      readParallel(python, made, evidence, context, claims)
      readCompilation(python, made, context, claims)
    }
  },
  change: changeArguments,
})

interface Row {
  key: string
  kind: OperationKind
  when(value: unknown): boolean
  weight: OperationSettings['weight']
  /** What the fix writes; null: the argument is taken out. */
  write: string | null
}

const switches: Row[] = [
  {
    key: 'tf32',
    kind: 'strict matrix products',
    when: (value) => value === false,
    weight: 'ordinary',
    write: 'True',
  },
  {
    key: 'torch_empty_cache_steps',
    kind: 'empty cache',
    when: (value) => typeof value === 'number' && value >= 1 && value <= 50,
    weight: 'ordinary',
    write: null,
  },
  {
    key: 'debug',
    kind: 'debug checks',
    when: (value) => JSON.stringify(value ?? '').includes('underflow_overflow'),
    weight: 'severe',
    write: null,
  },
  {
    key: 'full_determinism',
    kind: 'deterministic kernels',
    when: (value) => value === true,
    weight: 'severe',
    write: null,
  },
  {
    key: 'skip_memory_metrics',
    kind: 'profile',
    when: (value) => value === false,
    weight: 'ordinary',
    write: null,
  },
]

function anchorOf(made: TrainerArguments): string {
  return made.parsed ? 'parsed' : 'arguments'
}

function readSwitches(
  python: PythonModule,
  made: TrainerArguments,
  evidence: Evidence,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  for (const row of switches) {
    const argument = field(python, made, row.key, context.binding)
    const value = known(argument)
    if (value === undefined || !row.when(value.value)) continue
    claimOperation(claims, {
      kind: row.kind,
      place: row.kind === 'empty cache' ? 'step' : 'run',
      key: row.kind === 'empty cache' ? `${row.key}=${value.value}` : `${row.key}=${spell(value.value)}`,
      at: { ...value.span },
      site: callSite(made.call, anchorOf(made)),
      scope: made.call.function?.qualified ?? '',
      evidence,
      options: value.options,
      weight: row.weight,
      realModel: true,
      subject: row.kind === 'deterministic kernels' && hasConvolutions(python) ? 'convolutions' : null,
    })
  }
}

function spell(value: unknown): string {
  return value === true ? 'True' : value === false ? 'False' : JSON.stringify(value)
}

interface Known {
  value: unknown
  span: { start: number; end: number }
  options: Parameters<typeof claimOperation>[1]['options']
}

function known(argument: ArgumentValue): Known | undefined {
  if (argument.state !== 'given' || argument.folded.state !== 'known') return undefined
  const { value, channel, overridable, location } = argument.folded
  return {
    value,
    span: argument.span,
    options: { channel, overridable, ...(location === undefined ? {} : { location }) },
  }
}

/** Fewer steps than this between two evaluations are looked at, and than `generating` where each writes text. */
const often = 50
const generating = 200

function readRhythm(
  python: PythonModule,
  made: TrainerArguments,
  evidence: Evidence,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const get = (key: string) => field(python, made, key, context.binding)
  const maximum = known(get('max_steps'))?.value
  const told = typeof maximum === 'number' && maximum > 0 ? maximum : null
  const steps = told ?? stepsOfSamples(python, made, context)
  const strategy = known(evaluationStrategy(python, made, context).argument)?.value
  const saving = known(get('save_strategy'))?.value ?? 'steps'
  const generates = known(get('predict_with_generate'))?.value === true
  const claim = (kind: 'evaluate' | 'save', key: string, given: Known) => {
    const every = given.value as number
    const operation = claimOperation(claims, {
      kind,
      place: 'step',
      key,
      at: { ...given.span },
      site: callSite(made.call, anchorOf(made)),
      scope: made.call.function?.qualified ?? '',
      evidence,
      options: given.options ?? {},
      subject: kind === 'evaluate' && generates ? 'generated text' : null,
    })
    operation.known('every', key, every, { ...given.span })
    if (steps !== null)
      operation.known(
        'times',
        key,
        Math.floor(steps / every),
        { ...given.span },
        { overridable: told === null },
      )
  }
  const evaluating = known(get('eval_steps'))
  if (evaluating !== undefined && strategy === 'steps' && !fewSamples(python, context)) {
    const limit = generates ? generating : often
    if (isCount(evaluating.value, limit)) claim('evaluate', 'eval_steps', evaluating)
  }
  const saved = known(get('save_steps'))
  if (saved !== undefined && saving === 'steps' && isCount(saved.value, often))
    claim('save', 'save_steps', saved)
}

function isCount(value: unknown, limit: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= limit
}

/** At most so many steps, where the launch says how many samples it trains on; more processes make fewer. */
function stepsOfSamples(python: PythonModule, made: TrainerArguments, context: ReaderContext): number | null {
  const samples = samplesAsked(python, context.binding, 'train')
  if (samples === null) return null
  const number = (key: string, otherwise: number): number | null => {
    const argument = field(python, made, key, context.binding)
    if (argument.state === 'absent') return otherwise
    const value = known(argument)?.value
    return typeof value === 'number' && value > 0 ? value : null
  }
  const epochs = number('num_train_epochs', 3)
  const batch = number('per_device_train_batch_size', 8)
  const accumulated = number('gradient_accumulation_steps', 1)
  if (epochs === null || batch === null || accumulated === null) return null
  return Math.ceil((samples * epochs) / (batch * accumulated))
}

/** An evaluation over no more of them takes seconds. */
const fewEvaluated = 200

/** `eval_dataset.select(range(100))`, `--max_eval_samples 100`. */
function fewSamples(python: PythonModule, context: ReaderContext): boolean {
  const asked = samplesAsked(python, context.binding, 'eval')
  if (asked !== null && asked <= fewEvaluated) return true
  return python.methodCalls('select').some((call) => {
    const text = python.text.slice(call.statement.start, call.statement.end)
    const count = /range\(\s*(\d+)\s*\)/.exec(text)
    return count !== null && Number(count[1]) <= fewEvaluated && /eval|val|test/i.test(text)
  })
}

function readParallel(
  python: PythonModule,
  made: TrainerArguments,
  evidence: Evidence,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const scope = made.call.function?.qualified ?? ''
  const backend = field(python, made, 'ddp_backend', context.binding)
  if (backend.state === 'given') {
    const group = claims.subject('Parallelism', { ...backend.span }, scope, evidence)
    claimArgument(group, 'backend', 'ddp_backend', made.call, backend, {
      convert: (value) => (typeof value === 'string' ? value : undefined),
      anchor: anchorOf(made),
    })
  }
  const key = 'ddp_find_unused_parameters'
  const unused = field(python, made, key, context.binding)
  if (unused.state !== 'given') return
  const wrapper = claims.subject('Parallelism', { ...unused.span }, scope, evidence)
  claimArgument(wrapper, 'findsUnused', key, made.call, unused, {
    convert: asBoolean,
    anchor: anchorOf(made),
  })
  const why = unusedBecause(python)
  if (why !== null) wrapper.known('unusedBecause', key, why, { ...unused.span })
}

function readCompilation(
  python: PythonModule,
  made: TrainerArguments,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const key = 'torch_compile'
  const given = field(python, made, key, context.binding)
  const place = calleePlace(made.call)
  const id = idAt(claims, 'Training', place)
  if (given.state === 'absent')
    claimCompiled(python, place, callSite(made.call, anchorOf(made)), key, claims, id)
  else
    claimArgument(claims.extend('Training', id), 'compiled', key, made.call, given, {
      convert: asBoolean,
      anchor: anchorOf(made),
    })
}

function changeArguments(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python, path, unit } = facts
  if (claim.site.anchor === 'parsed' || python === undefined)
    return { reason: 'its arguments come from the launch line' }
  const made = trainerArguments(python).find(
    ({ call }) => call.expr.start === claim.site.start && call.expr.end === claim.site.end,
  )
  if (made === undefined) return { reason: 'the call is not in the file any more' }
  const name = claim.key.split('=')[0]!
  const get = (key: string) => field(python, made, key, null)
  const row = switches.find((one) => one.key === name)
  const range = { unit: unit.index, start: made.call.expr.start, end: made.call.expr.end }
  const removes = row?.write === null || claim.setting === 'findsUnused'
  if (removes) {
    if (!made.call.expr.args.some((one) => one.name === name))
      return { reason: `${name} is set in another place` }
    return {
      title: `Remove ${name}`,
      safety: 'unsafe',
      writes: [{ kind: 'remove keyword', path, call: range, name }],
      imports: [],
    }
  }
  if (claim.setting === 'kind' && row === undefined) return slower(python, made, name, value, facts)
  const code =
    row?.write ??
    (claim.setting === 'backend' ? `"${String(value)}"` : claim.setting === 'compiled' ? 'True' : null)
  if (code === null) return byHand(claim)
  const written = writeArgument(facts, made.call, name, get(name), code)
  return 'reason' in written
    ? written
    : { title: `Set ${name}=${code}`, safety: 'unsafe', writes: [written], imports: [] }
}

/** Checkpoints fall on evaluations where the best one is kept, so both rhythms change together. */
function slower(
  python: PythonModule,
  made: TrainerArguments,
  name: string,
  value: unknown,
  facts: UnitFacts,
): Change | Refusal {
  const steps = typeof value === 'number' ? value : 500
  const get = (key: string) => field(python, made, key, null)
  const best = get('load_best_model_at_end').state !== 'absent'
  const names = best ? ['eval_steps', 'save_steps'] : [name]
  const writes: Write[] = []
  for (const one of names) {
    const given = get(one)
    if (given.state === 'absent') continue
    const written = writeArgument(facts, made.call, one, given, String(steps))
    if ('reason' in written) return written
    writes.push(written)
  }
  return { title: `Set ${names.join(' and ')} to ${steps}`, safety: 'unsafe', writes, imports: [] }
}
