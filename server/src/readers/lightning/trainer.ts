/** Lightning: one `Training` for each `Trainer` that fits; the precision of `Fabric` around a hand-written loop. */

import type { Call, Folded, PythonModule } from '../../python/module.js'
import { noteSmall } from '../../text/evidence.js'
import {
  fixedArgument,
  knownArgument,
  mayBePassed,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { refusedLossOfFit } from '../pytorch/refused-losses.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { acceleratorKind } from './accelerators.js'
import { changeLightning } from './changes.js'
import { cliClass, readCli } from './cli.js'
import { readCliDocument } from './cli-configuration.js'
import { readMemory } from './memory.js'
import { readPrecision } from './precision.js'
import { isOfFirstVersion, usualOfFirstVersion } from './releases.js'
import { batchLimit, readRun } from './run.js'
import { stoppingSettings, trainerSettings } from './settings.js'

export const trainerClass = 'lightning.pytorch.Trainer'
const fabricClass = 'lightning.fabric.Fabric'

export const lightningReader = defineReader({
  name: 'lightning',
  title: 'Lightning',
  languages: ['python', 'yaml'],
  triggers: ['lightning', 'trainer:', 'hydra'],
  layer: 1,
  settings: [trainerSettings, stoppingSettings],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) {
      const launch = context.binding?.launch
      // A launch that sets the format, or may, has it read with its program.
      if (launch !== undefined && (!launch.complete || launch.flags['trainer.precision'] !== undefined))
        return
      for (const document of facts.config?.documents ?? []) readCliDocument(facts, document, claims)
      return
    }
    for (const call of commandLines(python)) readCli(python, call, context, claims)
    for (const call of python.callsTo(trainerClass)) {
      const fits = fitsOf(python, call)
      if (fits !== null) readTrainer(python, call, fits, context, claims)
    }
    const fabrics = python.callsTo(fabricClass)
    if (fabrics.length === 0) return
    // The loop is the subject; Fabric only adds to it.
    const training = claims.extend('Training')
    for (const call of fabrics)
      readPrecision(python, call, { older: false, variable: 'LT_PRECISION' }, context, training)
  },
  change: changeLightning,
})

/** Calls of `LightningCLI`, or of a class of the project that extends it. */
export function commandLines(python: PythonModule): Call[] {
  const direct = python.callsTo(cliClass)
  const own = python.calls.filter(({ name, expr: { callee } }) => {
    if (name !== null) return false
    const bases = python.classOf(callee)?.bases ?? python.importedClass(callee)?.bases
    return bases?.includes(cliClass) === true
  })
  return [...direct, ...own]
}

/**
 * The calls of `fit` on a trainer; empty where another module fits with it. Null: it does not train, as far as can
 * be seen.
 */
export function fitsOf(python: PythonModule, trainer: Call): Call[] | null {
  const own = python.calls.filter((call) => call.receiverCall === trainer || isMadeBy(python, call, trainer))
  const fits = own.filter((call) => call.method === 'fit')
  if (fits.length > 0) return fits
  // What ran before the trainer was made ran with another one.
  const named = python.calls.filter(
    (call) =>
      call.receiverCall === null &&
      (call.receiver === trainerClass || call.receiver === null) &&
      call.expr.callee.type === 'attribute' &&
      /trainer/i.test(python.code.slice(call.expr.callee.value.start, call.expr.callee.value.end)) &&
      !isBefore(call, trainer) &&
      !isOfAnother(python, call, trainer),
  )
  const fitted = named.filter((call) => call.method === 'fit')
  if (fitted.length > 0) return fitted
  // It tests or predicts, and nothing else is done with it.
  if ([...own, ...named].some((call) => /^(test|validate|predict)$/.test(call.method))) return null
  const uses = [...python.importers, ...python.imported].flatMap((module) => module.uses)
  return uses.some((use) => use === `${trainerClass}.fit` || use === '.fit') ? [] : null
}

/** `make_trainer().fit(…)`, where the function returns that trainer. */
function isMadeBy(python: PythonModule, { expr: { callee }, receiverCall }: Call, trainer: Call): boolean {
  if (callee.type !== 'attribute' || trainer.function === null || receiverCall === null) return false
  return python.functionOf(receiverCall.expr.callee) !== null && python.result(callee.value) === trainer.expr
}

/** `lr_trainer = Trainer(…)` beside `trainer.fit(…)`, where another trainer has that name. */
function isOfAnother(python: PythonModule, { expr: { callee } }: Call, trainer: Call): boolean {
  if (callee.type !== 'attribute' || trainer.assignedTo === null) return false
  const name = python.text.slice(callee.value.start, callee.value.end)
  return (
    name !== trainer.assignedTo &&
    python.callsTo(trainerClass).some((other) => other !== trainer && other.assignedTo === name)
  )
}

/** It stands above in the same function, and no loop brings it round again. */
function isBefore(call: Call, trainer: Call): boolean {
  return (
    call.function === trainer.function &&
    call.expr.end < trainer.expr.start &&
    !call.loops.some((loop) => trainer.loops.includes(loop))
  )
}

/** `strategy='dp'`, `accelerator='ddp'`. */
function isStrategyOfFirstVersion(told: Folded): boolean {
  return /^(dp|ddp2|ddp_sharded\w*|bagua|hpu_parallel|ddp_cpu)$/.test(String(effective(told)))
}

/** True for versions before 2: as pinned, else as the arguments tell. */
export function isFirstVersion(python: PythonModule, versions: Record<string, string>): boolean {
  const pinned = versions.lightning ?? versions['pytorch-lightning']
  const major = pinned === undefined ? null : /^(\d+)\./.exec(pinned)
  if (major !== null) return Number(major[1]) < 2
  return python.callsTo(trainerClass).some(
    (call) =>
      call.method === 'from_argparse_args' ||
      // `**kwargs` that the calls of the function tell.
      (call.expr.args.some(({ star }) => star > 0) &&
        usualOfFirstVersion.some((name) => python.argument(call, name).state === 'given')) ||
      call.expr.args.some(
        ({ name, value }) =>
          isOfFirstVersion(name ?? '') ||
          (/^(strategy|accelerator)$/.test(name ?? '') && isStrategyOfFirstVersion(python.fold(value))),
      ),
  )
}

function readTrainer(
  python: PythonModule,
  call: Call,
  fits: Call[],
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const first = isFirstVersion(python, context.versions)
  const evidence = trainerEvidence(python, call, first, context)
  const training = claims.subject('Training', calleePlace(call), call.function?.qualified ?? '', evidence)
  readPrecision(python, call, { older: first, variable: 'PL_TRAINER_PRECISION' }, context, training)
  const refused = refusedLossOfFit(python)
  if (refused?.maybe === false)
    training.known('autocastRefusedBy', refused.loss, refused.loss, calleePlace(call))
  readRun(python, call, fits, training)
  readMemory(python, call, context.versions, training)
}

/** Arguments that make a run a trial of the code. */
function isTrial(python: PythonModule, call: Call): boolean {
  const value = (key: string) => fixedArgument(python.argument(call, key))
  const dev = value('fast_dev_run')
  if (dev === true || (typeof dev === 'number' && dev > 0)) return true
  const overfit = value('overfit_batches')
  if (typeof overfit === 'number' && overfit > 0) return true
  const limit = batchLimit(python, call)
  if (limit !== null && limit <= 10) return true
  const steps = value('max_steps')
  return typeof steps === 'number' && steps > 0 && steps <= 50
}

/** Up to so many steps, whatever stands around them is over in minutes. */
const fewest = 1_000

/** `max_epochs=10, limit_train_batches=30`. */
function fewSteps(python: PythonModule, call: Call): string | null {
  const limit = batchLimit(python, call)
  const epochs = fixedArgument(python.argument(call, 'max_epochs'))
  if (limit === null || typeof epochs !== 'number' || epochs < 0) return null
  return epochs * limit <= fewest ? `${epochs * limit} steps` : null
}

export function trainerEvidence(
  python: PythonModule,
  call: Call,
  first: boolean,
  context: ReaderContext,
): Evidence {
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = isTrial(python, call) ? 'test' : 'training'
  noteSmall(evidence, fewSteps(python, call))
  evidence.accelerator = acceleratorOf(python, call, first, context)
  return evidence
}

function acceleratorOf(
  python: PythonModule,
  call: Call,
  first: boolean,
  context: ReaderContext,
): Evidence['accelerator'] {
  const visible = context.binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  if (visible === '' || visible === '-1') return 'cpu'
  const gpus = python.argument(call, 'gpus')
  const count = knownArgument(gpus)
  if (count !== undefined) return count === null || count === 0 || count === '0' ? 'cpu' : 'gpu'
  if (mayBePassed(gpus)) return 'maybe'
  const accelerator = python.argument(call, 'accelerator')
  const named = textArgument(accelerator)
  if (named !== null) return acceleratorKind(named)
  const passed = passedExpression(accelerator)
  if (passed !== null) {
    const made = python.typeOf(passed) ?? ''
    return /CPUAccelerator$/.test(made) ? 'cpu' : /XLA|TPU/.test(made) ? 'tpu' : 'maybe'
  }
  if (mayBePassed(accelerator)) return 'maybe'
  if (mayBePassed(python.argument(call, 'tpu_cores'))) return 'tpu'
  // Version 1 stays on the processor unless it is told otherwise.
  return first && !mayBePassed(python.argument(call, 'devices')) ? 'cpu' : 'maybe'
}
