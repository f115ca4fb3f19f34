/** How a Trainer's settings are written: arguments of the call, and callbacks with the arguments that they need. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { addCallback } from '../add-callback.js'
import { byHand, rangeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { isOnLaunchLine, writeLaunchFlag } from '../launch-flag.js'
import type { UnitFacts } from '../reader.js'
import { isBefore } from '../versions.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { changeMemory } from './trainer-memory-changes.js'
import { evaluationStrategy } from './trainer-run.js'
import { trainersOf } from './trainers.js'
import { field, type TrainerArguments, trainerArguments } from './training-arguments.js'
import { overflowsInHalf } from './weights.js'

/** Versions of transformers from which on the arguments have these fields. */
export const firstBf16 = '4.13'
const firstPersistent = '4.37'

export function changeTrainer(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const memory = changeMemory(claim, value, facts)
  if (memory !== null) return memory
  if (isOnLaunchLine(claim)) return changeLaunch(claim, value, facts)
  if (isConfigured(claim, facts)) return changeConfigured(claim, value, facts)
  if (claim.site.anchor === 'parsed') return { reason: 'its arguments come from the launch line' }
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is not in the file any more' }
  if (claim.setting === 'earlyStopping') return addEarlyStopping(python, call, value, facts)
  const made = trainerArguments(python).find((one) => one.call === call)
  if (made === undefined) return { reason: 'the call is not in the file any more' }
  if (claim.setting === 'precision') return changePrecision(python, made, value, facts)
  if (claim.setting === 'workers') return changeWorkers(python, made, value, facts)
  return byHand(claim)
}

/** In the file of arguments that the program reads. */
function changeConfigured(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  if (claim.setting === 'precision') {
    const key = value === 'bf16-mixed' ? 'bf16' : value === 'fp16-mixed' ? 'fp16' : null
    return key === null
      ? { reason: 'a Trainer knows bf16 and fp16' }
      : writeConfigured(claim, true, facts, key)
  }
  if (claim.setting === 'workers') return writeConfigured(claim, typeof value === 'number' ? value : 4, facts)
  return { reason: `${claim.key} comes from a configuration file: change it there` }
}

/** Arguments that the program parses by itself are given where it is started. */
function changeLaunch(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const count = typeof value === 'number' ? value : 4
  if (value === 'bf16-mixed' && isBefore(facts.versions, ['transformers'], firstBf16))
    return { reason: `bf16 came with transformers ${firstBf16}, and this project uses an older one` }
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

const fields = (python: PythonModule, made: TrainerArguments) => (key: string) =>
  field(python, made, key, null)

function changePrecision(
  python: PythonModule,
  made: TrainerArguments,
  value: unknown,
  facts: UnitFacts,
): Change | Refusal {
  const key = value === 'bf16-mixed' ? 'bf16' : value === 'fp16-mixed' ? 'fp16' : null
  if (key === null) return { reason: 'a Trainer knows bf16 and fp16' }
  if (key === 'bf16' && isBefore(facts.versions, ['transformers'], firstBf16))
    return { reason: `bf16 came with transformers ${firstBf16}, and this project uses an older one` }
  if (key === 'fp16' && overflowsInHalf(python))
    return { reason: 'T5 models overflow in fp16; they need bf16' }
  const written = writeArgument(facts, made.call, key, fields(python, made)(key), 'True')
  if ('reason' in written) return written
  return { title: `Train with ${key}=True`, safety: 'unsafe', writes: [written], imports: [] }
}

function changeWorkers(
  python: PythonModule,
  made: TrainerArguments,
  value: unknown,
  facts: UnitFacts,
): Change | Refusal {
  const count = typeof value === 'number' ? value : 4
  const get = fields(python, made)
  const key = 'dataloader_num_workers'
  const written = writeArgument(facts, made.call, key, get(key), String(count))
  if ('reason' in written) return written
  const writes: Write[] = [written]
  const persistent = 'dataloader_persistent_workers'
  if (get(persistent).state === 'absent' && !isBefore(facts.versions, ['transformers'], firstPersistent))
    writes.push({
      kind: 'set keyword',
      path: facts.path,
      call: rangeOf(facts, made.call),
      name: persistent,
      value: 'True',
    })
  return { title: `Load with ${count} worker processes`, safety: 'unsafe', writes, imports: [] }
}

// Early stopping.

/** Text of a literal argument; undefined: left out; null: not readable. */
function literal(argument: ArgumentValue): string | number | boolean | null | undefined {
  if (argument.state === 'absent') return undefined
  if (argument.state === 'unknown') return null
  const { expr, folded } = argument
  if (folded.state === 'unknown')
    return expr.type === 'attribute' && /^(NO|EPOCH|STEPS)$/.test(expr.attr) ? expr.attr.toLowerCase() : null
  const { value } = folded
  return typeof value === 'object' ? null : value
}

function addEarlyStopping(
  python: PythonModule,
  trainer: Call,
  value: unknown,
  facts: UnitFacts,
): Change | Refusal {
  const all = trainerArguments(python)
  const made = all.find((one) => trainersOf(python, one, all.length === 1).calls.includes(trainer))
  if (made === undefined) return { reason: 'the arguments of the Trainer are not in this file' }
  if (made.parsed) return { reason: 'its arguments come from the launch line' }
  const patience = (value as { patience?: number }).patience ?? 3
  const { path, unit } = facts
  const name = nameFor(python.tree, 'transformers', 'EarlyStoppingCallback', {
    path,
    unit: unit.index,
    offset: trainer.expr.start,
  })
  const imports: Import[] = name.import === null ? [] : [name.import]
  const callback = addCallback(python, trainer, `${name.text}(early_stopping_patience=${patience})`, facts)
  if ('reason' in callback) return callback
  const needed = bestModel(python, made, facts)
  if ('reason' in needed) return needed
  return {
    title: 'End the run when the evaluation loss stalls (EarlyStoppingCallback)',
    safety: 'unsafe',
    writes: [callback, ...needed.writes],
    imports,
  }
}

/** What the callback needs: the best model is tracked, so saving follows the rhythm of evaluating. */
function bestModel(
  python: PythonModule,
  made: TrainerArguments,
  facts: UnitFacts,
): { writes: Write[] } | Refusal {
  const get = fields(python, made)
  const writes: Write[] = []
  const set = (name: string, value: string) =>
    writes.push({ kind: 'set keyword', path: facts.path, call: rangeOf(facts, made.call), name, value })
  const evaluated = evaluationStrategy(python, made, { binding: null })
  const rhythm = literal(evaluated.argument)
  if (rhythm !== 'epoch' && rhythm !== 'steps') return { reason: 'when it evaluates cannot be read' }
  const saved = literal(get('save_strategy'))
  if (saved === null) return { reason: 'when it saves cannot be read' }
  if (saved !== 'best' && (saved ?? 'steps') !== rhythm) {
    set('save_strategy', `"${rhythm}"`)
    // The best and the last are kept; a checkpoint for each epoch would pile up.
    if (get('save_total_limit').state === 'absent') set('save_total_limit', '2')
  } else if (rhythm === 'steps') {
    const refusal = alignSteps(python, made, set)
    if (refusal !== null) return refusal
  }
  const best = literal(get('load_best_model_at_end'))
  if (best === null) return { reason: 'load_best_model_at_end cannot be read' }
  if (best !== true) set('load_best_model_at_end', 'True')
  if (get('metric_for_best_model').state === 'absent') set('metric_for_best_model', '"eval_loss"')
  return { writes }
}

/** Checkpoints fall on evaluations: `save_steps` is a multiple of `eval_steps`. */
function alignSteps(
  python: PythonModule,
  made: TrainerArguments,
  set: (name: string, value: string) => void,
): Refusal | null {
  const get = fields(python, made)
  const logging = literal(get('logging_steps'))
  const evaluating = literal(get('eval_steps')) ?? logging ?? 500
  const saving = literal(get('save_steps')) ?? 500
  if (typeof evaluating !== 'number' || typeof saving !== 'number')
    return { reason: 'how often it evaluates and saves cannot be read' }
  if (saving % evaluating !== 0)
    set('save_steps', String(Math.max(1, Math.round(saving / evaluating)) * evaluating))
  return null
}
