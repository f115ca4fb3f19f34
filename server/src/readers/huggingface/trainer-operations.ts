/** Arguments of Trainers that make steps dearer: rhythm of evaluating and saving, debug modes, number formats, backends. */

import type { Change, Refusal } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { mayBePassed, passedExpression, passedPlace } from '../../values/argument.js'
import { convert, orDefault } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { effective, isGiven, isLaunchDefault, optionsOf } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { OperationKind, OperationSettings } from '../../workload/resource-kinds.js'
import { changeOf } from '../change-answer.js'
import { slowed } from '../early-stopping.js'
import { idAt } from '../job-in-code.js'
import { claimOperation } from '../operation-claims.js'
import { claimCompiled } from '../pytorch/compile.js'
import { unusedBecause } from '../pytorch/distributed.js'
import { hasConvolutions, isMeasurement } from '../pytorch/model-evidence.js'
import { partOfLength } from '../pytorch/share-of-epoch.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { isBefore } from '../versions.js'
import { ArgumentsSource } from './arguments-source.js'
import { evaluatedSamples } from './evaluated-samples.js'
import { samplesAsked } from './samples.js'
import { trainerEvidence } from './trainer.js'
import { codeArguments } from './trainer-changes.js'
import { policyTrainer } from './trainer-names.js'
import { evaluationStrategy } from './trainer-run.js'
import { parallelSettings, trainerSettings } from './trainer-settings.js'
import { type Trainers, trainedArguments, trainerName } from './trainers.js'
import { trainerArguments } from './training-arguments.js'

export const huggingfaceOperationsReader = defineReader({
  name: 'huggingface-operations',
  title: 'Hugging Face Trainer',
  languages: ['python'],
  triggers: ['TrainingArguments', 'trl'],
  settings: [parallelSettings],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const { made, trainers } of trainedArguments(python)) {
      const evidence = trainerEvidence(python, made, context)
      const source = new ArgumentsSource(python, made, context.binding, claims)
      readSwitches(source, evidence, claims)
      // A step that first plays out whole episodes takes minutes.
      const plays = trainers.calls.some((call) => policyTrainer(trainerName(python, call) ?? ''))
      if (!plays && !/GRPO|PPO|RLOO/.test(made.call.method) && !isMeasurement(python.path))
        readRhythm(source, trainers, evidence, context, claims)
      readParallel(source, evidence, claims)
      readCompilation(source, context, claims)
    }
  },
  change: changeArguments,
})

interface Row {
  key: string
  kind: OperationKind
  when(value: unknown): boolean
  weight: OperationSettings['weight']
  /** What the fix writes; absent: the argument is taken out. */
  write?: boolean
}

const switches: Row[] = [
  {
    key: 'tf32',
    kind: 'strict matrix products',
    when: (value) => value === false,
    weight: 'ordinary',
    write: true,
  },
  {
    key: 'torch_empty_cache_steps',
    kind: 'empty cache',
    when: (value) => typeof value === 'number' && value >= 1 && value <= 50,
    weight: 'ordinary',
  },
  {
    key: 'debug',
    kind: 'debug checks',
    when: (value) => JSON.stringify(value ?? '').includes('underflow_overflow'),
    weight: 'severe',
  },
  {
    key: 'full_determinism',
    kind: 'deterministic kernels',
    when: (value) => value === true,
    weight: 'severe',
  },
  {
    key: 'skip_memory_metrics',
    kind: 'profile',
    when: (value) => value === false,
    weight: 'ordinary',
  },
]

function readSwitches(source: ArgumentsSource, evidence: Evidence, claims: ClaimBuilder): void {
  const { python, made, place, site } = source
  for (const row of switches) {
    const given = source.get(row.key)
    const value = effective(given)
    if (value === undefined || !row.when(value)) continue
    claimOperation(claims, {
      kind: row.kind,
      place: row.kind === 'empty cache' ? 'step' : 'run',
      key: row.kind === 'empty cache' ? `${row.key}=${value}` : `${row.key}=${spell(value)}`,
      at: passedPlace(source.argument(row.key)) ?? place,
      site,
      scope: made.call.function?.qualified ?? '',
      evidence,
      from: given,
      weight: row.weight,
      realModel: true,
      subject: row.kind === 'deterministic kernels' && hasConvolutions(python) ? 'convolutions' : null,
    })
  }
}

function spell(value: unknown): string {
  return value === true ? 'True' : value === false ? 'False' : JSON.stringify(value)
}

/** Fewer steps than this between two evaluations are looked at, and than `generating` where each writes text. */
const often = 50
const generating = 200
/** An evaluation that comes after no more training samples than these takes as long as they do, where it has as many of its own. */
const fewTrained = 500

/** Without a function for metrics a Trainer only adds up the loss, whatever it is told of texts. Source: transformers 4.57, `Trainer.evaluate`. */
function generatesTexts(source: ArgumentsSource, { calls, elsewhere }: Trainers): boolean {
  if (effective(source.get('predict_with_generate')) !== true) return false
  return elsewhere || calls.some((call) => mayBePassed(source.python.argument(call, 'compute_metrics')))
}

function readRhythm(
  source: ArgumentsSource,
  trainers: Trainers,
  evidence: Evidence,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const { python, made, place, site } = source
  const told = convert(source.get('max_steps'), positive)
  // Somebody may start it for more.
  const steps = isLaunchDefault(told) ? null : (effective(told) ?? stepsOfSamples(source))
  const generates = generatesTexts(source, trainers)
  const few = generates ? fewWritten : fewEvaluated
  const evaluated = samplesAsked(python, context.binding, 'eval') ?? evaluatedSamples(python, trainers.calls)
  const claim = (kind: 'evaluate' | 'save', key: string, limit: number) => {
    const given = source.get(key)
    const options = optionsOf(given)
    const share = options === null && kind === 'evaluate' ? shareOfEpoch(source, key) : null
    if (share === null && options?.every((one) => isCount(one, limit)) !== true) return
    const at = passedPlace(source.argument(key)) ?? place
    const operation = claimOperation(claims, {
      kind,
      place: 'step',
      key,
      at,
      site,
      scope: made.call.function?.qualified ?? '',
      evidence,
      from: given,
      subject:
        share !== null ? 'share of an epoch' : kind === 'evaluate' && generates ? 'generated text' : null,
    })
    if (share !== null) return void operation.known('every', key, share, at)
    operation.say('every', key, convert(given, asNumber))
    if (kind === 'evaluate' && evaluated !== null)
      operation.known('evaluatedSamples', 'eval_dataset', evaluated, at)
    const overridable = effective(told) === undefined
    const every = convert(given, asNumber)
    if (steps !== null && every.state === 'known')
      operation.known('times', key, Math.floor(steps / every.value), at, { overridable })
  }
  if (effective(evaluationStrategy(source).value) === 'steps' && !fewSamples(python, context, few)) {
    const samples = samplesOfStep(source)
    const steps = generates ? generating : often
    const limit = samples === null ? steps : Math.max(steps, fewTrained / samples)
    // Of a data set that is known, the share of the run is worked out.
    claim('evaluate', 'eval_steps', evaluated === null || generates ? limit : Number.MAX_SAFE_INTEGER)
  }
  if (effective(orDefault(source.get('save_strategy'), 'steps')) === 'steps')
    claim('save', 'save_steps', often)
}

/** So small a part of an epoch is small for several processes as well, which have fewer steps each. */
const smallShare = 0.02

/** `len(train) // batch // 100`: the part of an epoch that lies between two evaluations; null: a large one, or it is not known. */
function shareOfEpoch(source: ArgumentsSource, key: string): number | null {
  const expr = passedExpression(source.argument(key))
  const samples = samplesOfStep(source)
  const part = expr === null || samples === null ? null : partOfLength(source.python, expr)
  const share = part === null ? null : part * samples!
  return share !== null && share > 0 && share <= smallShare ? share : null
}

function isCount(value: Json | undefined, limit: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= limit
}

/** At most so many steps, where the launch says how many samples it trains on; more processes make fewer. */
function stepsOfSamples(source: ArgumentsSource): number | null {
  const samples = samplesAsked(source.python, source.binding, 'train')
  if (samples === null) return null
  const epochs = effective(convert(orDefault(source.get('num_train_epochs'), 3), positive))
  const each = samplesOfStep(source)
  return epochs === undefined || each === null ? null : Math.ceil((samples * epochs) / each)
}

/** Samples that one process trains on between two updates. */
function samplesOfStep(source: ArgumentsSource): number | null {
  const number = (key: string, otherwise: number) =>
    effective(convert(orDefault(source.get(key), otherwise), positive))
  const batch = number('per_device_train_batch_size', 8)
  const accumulated = number('gradient_accumulation_steps', 1)
  return batch === undefined || accumulated === undefined ? null : batch * accumulated
}

const positive = (value: Json): number | undefined =>
  typeof value === 'number' && value > 0 ? value : undefined

/** An evaluation over no more of them takes seconds, one that writes a text for each of so few as well. */
const fewEvaluated = 200
const fewWritten = 40

/** `eval_dataset.select(range(100))`, `--max_eval_samples 100`. */
function fewSamples(python: PythonModule, context: ReaderContext, few: number): boolean {
  const asked = samplesAsked(python, context.binding, 'eval')
  if (asked !== null && asked <= few) return true
  return python.methodCalls('select').some((call) => {
    const text = python.text.slice(call.statement.start, call.statement.end)
    const count = /range\(\s*(\d+)\s*\)/.exec(text)
    return count !== null && Number(count[1]) <= few && /eval|val|test/i.test(text)
  })
}

function readParallel(source: ArgumentsSource, evidence: Evidence, claims: ClaimBuilder): void {
  const { python, made } = source
  const scope = made.call.function?.qualified ?? ''
  for (const setting of ['backend', 'findsUnused'] as const) {
    const { key, value } = parallelSettings.read(setting, source)
    const at = passedPlace(source.argument(key))
    if (at === null) continue
    const parallelism = claims.subject('Parallelism', at, scope, evidence)
    parallelism.say(setting, key, value)
    const why = setting === 'findsUnused' ? unusedBecause(python) : null
    if (why !== null) parallelism.known('unusedBecause', key, why, at)
  }
}

function readCompilation(source: ArgumentsSource, { versions }: ReaderContext, claims: ClaimBuilder): void {
  const { python, place, site } = source
  const id = idAt(claims, 'Training', place)
  const { key, value } = trainerSettings.read('compiled', source)
  if (isGiven(value)) claims.extend('Training', id).say('compiled', key, value)
  else if (isBefore(versions, ['torch'], '2')) {
    const training = claims.extend('Training', id)
    training.default('compiled', key, false, place, { site })
    training.known('compileHindered', key, 'a PyTorch that has no compiler', place, { site })
  } else claimCompiled(python, place, site, key, claims, id)
}

function changeArguments(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  if (python === undefined)
    return {
      reason:
        facts.config === undefined
          ? 'its arguments come from the launch line'
          : 'it stands in a configuration file, and what goes with it may stand elsewhere',
    }
  const made = trainerArguments(python).find(
    ({ call }) => call.expr.start === claim.site.start && call.expr.end === claim.site.end,
  )
  if (made === undefined) return { reason: 'the call is no longer in the file' }
  const source = codeArguments(facts, python, made)
  if (claim.setting === 'compiled') return trainerSettings.change(claim, value, facts, source)
  if (claim.setting !== 'kind') return parallelSettings.change(claim, value, facts, source)
  const name = claim.key.split('=')[0]!
  const row = switches.find((one) => one.key === name)
  if (row === undefined) return slower(source, name, value)
  const title = row.write === undefined ? `Remove ${name}` : `Set ${name}=${spell(row.write)}`
  return changeOf(title, [source.set([name], row.write)])
}

/** Checkpoints fall on evaluations where the best one is kept, so both rhythms change together. */
function slower(source: ArgumentsSource, name: string, value: unknown): Change | Refusal {
  const wanted = typeof value === 'number' ? value : 500
  // A Trainer takes less than 1 as a share of the whole run.
  if (wanted < 1) return { reason: `${name} is computed from the length of an epoch` }
  const together = isGiven(source.get('load_best_model_at_end'))
  const every = effective(source.get('eval_steps'))
  const moves = name === 'eval_steps' || (together && isGiven(source.get('eval_steps')))
  const enough = 2 * (effective(source.get('predict_with_generate')) === true ? generating : often)
  const slow =
    moves && typeof every === 'number' && source.python.uses('transformers.EarlyStoppingCallback')
      ? slowed(every, wanted, enough)
      : null
  const steps = slow?.every ?? wanted
  const saved = effective(source.get('save_steps'))
  const falls = typeof saved === 'number' && saved >= steps && saved % steps === 0
  const names = together && !falls ? ['eval_steps', 'save_steps'] : [name]
  const writes = names.filter((one) => isGiven(source.get(one))).map((one) => source.set([one], steps))
  const counted = slow === null ? '' : ' (early stopping counts evaluations)'
  // A shorter run would never do it, and ends without its best model.
  const length = effective(convert(source.get('max_steps'), positive)) ?? stepsOfSamples(source)
  const title = `Set ${names.join(' and ')} to ${steps}${length === null ? ', if the run has thousands of steps' : ''}`
  const safety = length === null ? 'display' : (slow?.safety ?? 'unsafe')
  return changeOf(title + counted, writes, { safety })
}
