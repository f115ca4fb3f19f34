/**
 * Programs that train with detectron2's `DefaultTrainer`: what they set on the configuration of `get_cfg()`. Source:
 * detectron2 0.6, config/defaults.py (`SOLVER.AMP.ENABLED` False, `DATALOADER.NUM_WORKERS` 4).
 */

import type { Change, Refusal } from '../../edit/write.js'
import { functionAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Assign } from '../../syntax/python-ast.js'
import { noteSmall } from '../../text/evidence.js'
import { lookUp } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimFolded } from '../claim-argument.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { onWindows } from '../windows.js'
import { fewSteps, isMixed, knowsAmp } from './config.js'

const trainerClass = /^detectron2\.engine\.(\w+\.)*DefaultTrainer$/

export const detectron2Reader = defineReader({
  name: 'detectron2',
  languages: ['python'],
  triggers: ['DefaultTrainer', 'detectron2'],
  read(facts, { versions }, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const call of python.calls) if (trains(python, call)) readTrainer(python, call, versions, claims)
  },
  change: changeConfig,
})

/** A trainer, or a class of its own around it, on which `train` is called. */
function trains(python: PythonModule, call: Call): boolean {
  const isTrainer =
    trainerClass.test(call.name ?? '') || basesOf(python, call).some((base) => trainerClass.test(base))
  return isTrainer && python.calls.some((one) => one.method === 'train' && one.receiverCall === call)
}

/** Library classes behind the class of the call, of this module or of another one. */
function basesOf(python: PythonModule, { expr: { callee } }: Call): readonly string[] {
  const found = python.projectMember(callee)
  return (
    python.classOf(callee)?.bases ??
    (found === null ? undefined : lookUp(found.summary.classes, found.rest)?.bases) ??
    []
  )
}

/** The module that makes the configuration of the trainer: a function of another one may. */
function configuredIn(python: PythonModule, trainer: Call): PythonModule {
  const given = passedExpression(python.argument(trainer, 'cfg', 0))
  const made = given === null ? null : python.callOf(given)
  return (made === null ? null : functionAt(python, made.expr.callee)?.python) ?? python
}

function evidenceOf(python: PythonModule): Evidence {
  const { role, small, notebook } = python.evidence
  return { role: role === 'test' ? 'test' : 'training', accelerator: 'gpu', small, notebook }
}

/** The assignment to `….SOLVER.AMP.ENABLED` that comes last before the trainer is made. */
function assignmentTo(python: PythonModule, key: string, before: number): Assign | null {
  let found: Assign | null = null
  for (const statement of python.statements) {
    if (statement.type !== 'assign' || statement.value === null || statement.start > before) continue
    const [target] = statement.targets
    if (target?.type === 'attribute' && python.text.slice(target.start, target.end).endsWith(`.${key}`))
      found = statement
  }
  return found
}

/** Why the configuration may hold more than is seen here; null: it is all in sight. */
function moreFrom(python: PythonModule): string | null {
  if (python.callsTo('detectron2.config.get_cfg').length === 0) return 'the configuration is made elsewhere'
  for (const call of python.calls) {
    if (call.method === 'merge_from_list') return 'the command line'
    if (call.method !== 'merge_from_file') continue
    const file = call.expr.args[0]?.value
    const made = file === undefined ? null : python.callOf(file)
    // No file of the model zoo sets it.
    if (made?.method !== 'get_config_file') return 'a file of the project'
  }
  return null
}

function readTrainer(
  python: PythonModule,
  call: Call,
  versions: Record<string, string>,
  claims: ClaimBuilder,
): void {
  const evidence = { ...evidenceOf(python), published: true as const }
  if (/MODEL\.DEVICE\s*=\s*['"]cpu/.test(python.code)) evidence.accelerator = 'cpu'
  const length = assignmentTo(python, 'SOLVER.MAX_ITER', call.expr.start)
  const steps = length === null ? undefined : effective(python.fold(length.value!))
  // A few minutes, to see that it works.
  if (typeof steps === 'number' && steps <= fewSteps) noteSmall(evidence, `${steps} steps`)
  const place = calleePlace(call)
  const scope = call.function?.qualified ?? ''
  const training = claims.subject('Training', place, scope, evidence)
  const key = 'SOLVER.AMP.ENABLED'
  const maker = configuredIn(python, call)
  const more =
    maker !== python && assignmentTo(maker, key, Number.POSITIVE_INFINITY) !== null
      ? 'a function of another module sets it'
      : moreFrom(maker)
  const amp = assignmentTo(python, key, call.expr.start)
  if (amp !== null)
    claimFolded(training, 'precision', key, python.fold(amp.value!), span(amp), (value) => {
      const on = asBoolean(value)
      return on === undefined ? undefined : on ? 'fp16-mixed' : 'fp32'
    })
  else if (more !== null) training.unknown('precision', key, more, place)
  else if (!knowsAmp(versions)) training.unknown('precision', key, 'a version without mixed precision', place)
  else
    training.default('precision', key, 'fp32', place, {
      site: callSite(call, { kind: 'call', role: 'configuration' }),
    })

  const workers = assignmentTo(python, 'DATALOADER.NUM_WORKERS', call.expr.start)
  if (workers === null) return
  const pipeline = claims.subject('InputPipeline', span(workers), scope, evidence)
  const explained = isExplained(python, workers) || onWindows(python)
  claimFolded(
    pipeline,
    'workers',
    'DATALOADER.NUM_WORKERS',
    python.fold(workers.value!),
    span(workers),
    (value) => (value === 0 && explained ? undefined : asNumber(value)),
  )
  pipeline.known('feeds', 'DefaultTrainer', 'training', span(workers))
  pipeline.known('work', 'DatasetMapper', 'decode', span(workers))
  pipeline.known('decoder', 'DatasetMapper', 'DatasetMapper', span(workers))
}

/** A comment beside the assignment, or above it. */
function isExplained({ text, tree }: PythonModule, { start, end }: Assign): boolean {
  const above = text.lastIndexOf('\n', text.lastIndexOf('\n', start) - 1)
  const line = text.indexOf('\n', end)
  return tree.comments.some((one) => one.start > above && one.end <= (line < 0 ? text.length : line))
}

function span({ value }: Assign): { start: number; end: number } {
  return { start: value!.start, end: value!.end }
}

function changeConfig(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  const { fragment, start, end, target } = claim.site
  if (python === undefined) return { reason: 'the file has changed' }
  const replaced = (title: string, text: string): Change => ({
    title,
    safety: 'unsafe',
    writes: [{ kind: 'replace', path, range: { fragment, start, end }, text }],
    imports: [],
  })
  if (claim.setting === 'workers') return replaced(`Load with ${value ?? 4} workers`, String(value ?? 4))
  if (claim.setting !== 'precision') return byHand(claim)
  if (!isMixed(value)) return { reason: 'detectron2 trains in fp16 or fp32' }
  const title = 'Train in mixed precision (SOLVER.AMP.ENABLED)'
  if (target?.kind !== 'call') return replaced(title, 'True')
  const call = python.callAt({ start, end })
  const given = call?.expr.args[0]?.value
  if (call === null || given?.type !== 'name') return { reason: 'the configuration has no name here' }
  const statement = { fragment, start: call.statement.start, end: call.statement.end }
  const line = `${given.id}.SOLVER.AMP.ENABLED = True`
  return {
    title,
    safety: 'unsafe',
    writes: [{ kind: 'insert lines', where: 'before', path, statement, lines: [line] }],
    imports: [],
  }
}
