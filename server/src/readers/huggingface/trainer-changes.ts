/** How a Trainer's settings are written: arguments of the call, and callbacks with the arguments that they need. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { orDefault } from '../../values/operations.js'
import { effective, isGiven } from '../../values/value.js'
import { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { addCallback } from '../add-callback.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { forgottenFor } from '../early-stopping.js'
import { isOnLaunchLine, writeLaunchFlag } from '../launch-flag.js'
import { type CodeTest, hasCard, hasCardWithBf16 } from '../pytorch/bf16-units.js'
import { loadWith } from '../pytorch/data-loader-changes.js'
import { beforeHandingData, isLocalFunction, onceOfModule } from '../pytorch/local-samples.js'
import type { FragmentFacts } from '../reader.js'
import { changeStoppingSwitch } from '../stopping-switch.js'
import { isBefore } from '../versions.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { holdsLaunch, writeLaunchValue } from '../write-launch-value.js'
import { ArgumentsSource } from './arguments-source.js'
import { stoppingClass } from './early-stopping.js'
import { changeMemory } from './trainer-memory-changes.js'
import { evaluationStrategy } from './trainer-run.js'
import { trainerSettings } from './trainer-settings.js'
import { trainerArgument, trainersOf } from './trainers.js'
import { type TrainerArguments, trainerArguments } from './training-arguments.js'
import { overflowsInHalf } from './weights.js'

/** Versions of transformers from which on the arguments have these fields. */
export const firstBf16 = '4.13'
const firstPersistent = '4.37'

export function changeTrainer(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const memory = changeMemory(claim, value, facts)
  if (memory !== null) return memory
  const switched = changeStoppingSwitch(claim, facts)
  if (switched !== null) return switched
  if (isOnLaunchLine(claim)) return changeLaunch(claim, value, facts)
  if (isConfigured(claim, facts)) return changeConfigured(claim, value, facts)
  if (holdsLaunch(facts)) return changeLaunched(claim, value, facts)
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (claim.setting === 'earlyStopping') return addEarlyStopping(python, call, value, facts)
  if (claim.setting === 'stoppingGap') return fillGap(python, call, facts)
  const made = trainerArguments(python).find((one) => one.call === call)
  if (made === undefined) return { reason: 'the call is no longer in the file' }
  if (claim.setting === 'precision') return changePrecision(python, made, value, facts)
  if (claim.setting === 'workers') return changeWorkers(python, made, value, facts)
  if (claim.setting === 'device')
    return trainerSettings.change(claim, value, facts, codeArguments(facts, python, made))
  return byHand(claim)
}

/** The value of an option of the program itself, which hands it on. */
function changeLaunched(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'workers') {
    const count = typeof value === 'number' ? value : 4
    return changeOf(loadWith(count), [writeLaunchValue(claim, String(count), facts)])
  }
  const format = claim.setting === 'precision' ? keyFor(value) : null
  if (format !== claim.key) return byHand(claim)
  if (format === 'bf16' && isBefore(facts.versions, ['transformers'], firstBf16)) return tooOldForBf16
  return changeOf(`Train in ${format}`, [writeLaunchValue(claim, 'True', facts)])
}

function keyFor(precision: unknown): 'bf16' | 'fp16' | null {
  return precision === 'bf16-mixed' ? 'bf16' : precision === 'fp16-mixed' ? 'fp16' : null
}

const tooOldForBf16: Refusal = {
  reason: `bf16 came with transformers ${firstBf16}, and this project uses an older one`,
}

/** In the file of arguments that the program reads. */
function changeConfigured(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'precision') {
    const key = keyFor(value)
    return key === null
      ? { reason: 'a Trainer supports bf16 and fp16' }
      : writeConfigured(claim, true, facts, key)
  }
  if (claim.setting === 'workers') return writeConfigured(claim, typeof value === 'number' ? value : 4, facts)
  return { reason: `${claim.key} comes from a configuration file: change it there` }
}

/** Arguments that the program parses by itself are given where it is started. */
function changeLaunch(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const count = typeof value === 'number' ? value : 4
  if (value === 'bf16-mixed' && isBefore(facts.versions, ['transformers'], firstBf16)) return tooOldForBf16
  const flag =
    claim.setting === 'workers'
      ? `--dataloader_num_workers ${count}`
      : value === 'bf16-mixed'
        ? '--bf16 True'
        : value === 'fp16-mixed'
          ? '--fp16 True'
          : null
  if (flag === null) return { reason: 'its arguments come from the launch line' }
  const written = writeLaunchFlag(claim, flag, facts)
  if ('reason' in written) return written
  return { title: `Pass ${flag}`, safety: 'unsafe', writes: [written], imports: [] }
}

/** The arguments in code, without a launch. */
export function codeArguments(
  facts: FragmentFacts,
  python: PythonModule,
  made: TrainerArguments,
): ArgumentsSource {
  return new ArgumentsSource(python, made, null, new ClaimBuilder(facts.path, facts.fragment, ''))
}

function changePrecision(
  python: PythonModule,
  made: TrainerArguments,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const key = keyFor(value)
  if (key === null) return { reason: 'a Trainer supports bf16 and fp16' }
  if (key === 'bf16' && isBefore(facts.versions, ['transformers'], firstBf16)) return tooOldForBf16
  if (key === 'fp16' && overflowsInHalf(python))
    return { reason: 'T5 and Gemma models overflow in fp16; they need bf16' }
  const source = codeArguments(facts, python, made)
  const other = key === 'bf16' ? 'fp16' : 'bf16'
  // A Trainer refuses both at once.
  if (source.get(other).state === 'choice') return { reason: `${other} is set under a condition` }
  const onDevice = whereSupported(python, key, made.call, facts)
  const code = onDevice?.text ?? 'True'
  const written =
    inPlaceOf(python, made, other, `${key}=${code}`, facts, source.get(key).state === 'absent') ??
    (onDevice === null ? source.set([key], true) : source.setCode(key, code))
  const title = onDevice === null ? `Train with ${key}=True` : `Train in ${key} where the device can`
  return changeOf(title, [written], { imports: onDevice?.imports ?? [] })
}

/** A Trainer refuses to start in 16 bits on a processor, and older cards have no bf16; null: neither can be, as far as the program says. */
function whereSupported(
  python: PythonModule,
  key: 'bf16' | 'fp16',
  call: Call,
  { path, fragment, card }: FragmentFacts,
): CodeTest | null {
  const maybe = python.usesHere('torch.cuda.is_available')
  const use = { path, fragment: fragment.index, offset: call.expr.start }
  if (key === 'bf16' && card === undefined) return hasCardWithBf16(python.tree, use)
  return maybe || card === undefined ? hasCard(python.tree, use) : null
}

/** `fp16=False` of the call becomes `bf16=True`; null: no such argument stands there, or a comment speaks of it. */
function inPlaceOf(
  python: PythonModule,
  { call }: TrainerArguments,
  other: string,
  text: string,
  { path, fragment }: FragmentFacts,
  isNew: boolean,
): Write | null {
  const argument = call.expr.args.find((one) => one.name === other)
  if (!isNew || argument?.value.type !== 'constant' || argument.value.value !== false) return null
  const line = python.text.indexOf('\n', argument.end)
  const end = line < 0 ? python.text.length : line
  if (python.tree.comments.some((one) => one.start > argument.start && one.start < end)) return null
  const range = { fragment: fragment.index, start: argument.start, end: argument.end }
  return { kind: 'replace', path, range, text }
}

function changeWorkers(
  python: PythonModule,
  made: TrainerArguments,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const count = typeof value === 'number' ? value : 4
  const source = codeArguments(facts, python, made)
  const writes = [source.set(['dataloader_num_workers'], count)]
  const persistent = 'dataloader_persistent_workers'
  if (!isGiven(source.get(persistent)) && !isBefore(facts.versions, ['transformers'], firstPersistent))
    writes.push(source.set([persistent], true))
  const condition = beforeHandingSamples(python, made)
  return condition === null
    ? changeOf(loadWith(count), writes)
    : changeOf(`${loadWith(count)}, ${condition}`, writes, { safety: 'display' })
}

/** What has to be done before workers can be handed the collator and the data set of its Trainers. */
function beforeHandingSamples(python: PythonModule, made: TrainerArguments): string | null {
  for (const call of trainersOf(python, made, trainerArguments(python).length === 1).calls) {
    const collator = trainerArgument(python, call, 'data_collator')
    if (typeof collator !== 'string' && isLocalFunction(python, collator))
      return onceOfModule('`data_collator`')
    const dataset = trainerArgument(python, call, 'train_dataset')
    const condition = typeof dataset === 'string' ? null : beforeHandingData(python, dataset)
    if (condition !== null) return condition
  }
  return null
}

// Early stopping.

function addEarlyStopping(
  python: PythonModule,
  trainer: Call,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const all = trainerArguments(python)
  const made = all.find((one) => trainersOf(python, one, all.length === 1).calls.includes(trainer))
  if (made === undefined) return { reason: 'the arguments of the Trainer are not in this file' }
  if (made.parsed) return { reason: 'its arguments come from the launch line' }
  const patience = (value as { patience?: number }).patience ?? 3
  const { path, fragment } = facts
  const name = nameFor(python.tree, 'transformers', 'EarlyStoppingCallback', {
    path,
    fragment: fragment.index,
    offset: trainer.expr.start,
  })
  const imports: Import[] = name.import === null ? [] : [name.import]
  const callback = addCallback(python, trainer, `${name.text}(early_stopping_patience=${patience})`, facts)
  const source = codeArguments(facts, python, made)
  const needed = bestModel(source)
  const metric = source.get('metric_for_best_model')
  const named = effective(metric)
  const what = typeof named === 'string' ? named : isGiven(metric) ? 'the metric' : 'the evaluation loss'
  return 'reason' in needed
    ? needed
    : changeOf(`End the run when ${what} stalls (EarlyStoppingCallback)`, [callback, ...needed], { imports })
}

/** What keeps a callback that is there from acting: it is not passed, or its Trainer does not track the best model. */
function fillGap(python: PythonModule, callback: Call, facts: FragmentFacts): Change | Refusal {
  const [made, ...others] = trainerArguments(python)
  if (made === undefined || others.length > 0)
    return { reason: 'the arguments of its Trainer are not in this file' }
  if (made.parsed) return { reason: 'the arguments of its Trainer come from the launch line' }
  const needed = bestModel(codeArguments(facts, python, made))
  if ('reason' in needed) return needed
  const [trainer] = trainersOf(python, made, true).calls
  const name = callback.assignedTo
  if (name === null || trainer === undefined || forgottenFor(python, stoppingClass, trainer) !== callback)
    return changeOf('Track the best model, as early stopping needs it', needed)
  return changeOf(`Pass ${name} to the Trainer`, [addCallback(python, trainer, name, facts), ...needed])
}

/** What the callback needs: the best model is tracked, so saving follows the rhythm of evaluating. */
function bestModel(source: ArgumentsSource): (Write | Refusal)[] | Refusal {
  const writes: (Write | Refusal)[] = []
  const set = (key: string, value: Json) => writes.push(source.set([key], value))
  // The best and the last are kept; a checkpoint for each evaluation would pile up.
  const limit = () => {
    if (!isGiven(source.get('save_total_limit'))) set('save_total_limit', 2)
  }
  const rhythm = effective(orDefault(evaluationStrategy(source).value, 'no'))
  if (rhythm !== 'epoch' && rhythm !== 'steps')
    return {
      reason:
        rhythm === undefined
          ? 'when it evaluates cannot be read'
          : 'its Trainer never evaluates: how often it should is yours to say (eval_strategy)',
    }
  const saved = effective(orDefault(source.get('save_strategy'), 'steps'))
  if (saved === undefined) return { reason: 'when it saves cannot be read' }
  if (saved !== 'best' && saved !== rhythm) {
    set('save_strategy', rhythm)
    limit()
  } else if (rhythm === 'steps') {
    const saving = alignedSteps(source)
    if (typeof saving === 'object' && saving !== null) return saving
    if (saving !== null) {
      set('save_steps', saving)
      limit()
    }
  }
  const best = effective(orDefault(source.get('load_best_model_at_end'), false))
  if (best === undefined) return { reason: 'load_best_model_at_end cannot be read' }
  if (best !== true) set('load_best_model_at_end', true)
  if (!isGiven(source.get('metric_for_best_model'))) set('metric_for_best_model', 'eval_loss')
  return writes
}

/** Checkpoints fall on evaluations: `save_steps` is a multiple of `eval_steps`. Null: it is. */
function alignedSteps(source: ArgumentsSource): number | Refusal | null {
  const logging = effective(orDefault(source.get('logging_steps'), 500))
  const evaluating = effective(orDefault(source.get('eval_steps'), null)) ?? logging
  const saving = effective(orDefault(source.get('save_steps'), 500))
  if (typeof evaluating !== 'number' || typeof saving !== 'number')
    return { reason: 'how often it evaluates and saves cannot be read' }
  return saving % evaluating === 0 ? null : Math.max(1, Math.round(saving / evaluating)) * evaluating
}
