/** What a hand-written loop over epochs keeps of a run: checkpoints and metrics. */

import type { Change, Refusal } from '../../edit/write.js'
import { isAbstract } from '../../python/effects.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { effective } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { trainsTrials } from '../search/trials-here.js'
import { claimTracked, trainingId } from '../tracking.js'
import { reachesElsewhere } from './calls-elsewhere.js'
import { codeText } from './evidence.js'
import { readKept } from './kept-checkpoints.js'
import { isEpochLoop, isTorchLoop, loopHeader } from './loop.js'
import { runLoopOf } from './loop-facts.js'
import {
  callsWithin,
  isHandedSaver,
  isSavedOutside,
  keptAfterwards,
  savesAny,
  saving,
} from './model-savers.js'
import { onlyInLastPass } from './saved-last.js'

export const pytorchRecordsReader = defineReader({
  name: 'pytorch-records',
  title: 'PyTorch loops',
  languages: ['python'],
  triggers: ['backward', 'torch', 'epoch'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const loop of python.loops) {
      // The steps may stand in another module.
      const outer = isTorchLoop(python, loop)
        ? runLoopOf(python, loop)
        : isEpochLoop(python, loop)
          ? loop
          : null
      if (outer === null) continue
      const training = claims.extend('Training', trainingId(claims, loopHeader(loop)))
      readSaving(python, outer, training)
      readTracking(python, outer, training)
    }
  },
  change: changeRecords,
})

/** Whether the metrics of a hand-written loop outlive it. */
export function readTracking(python: PythonModule, outer: Loop, training: SubjectBuilder<'Training'>): void {
  const site = { start: outer.node.start, end: outer.node.end }
  // Scores and losses that are handed to the caller may be kept there.
  if (returnsValues(outer))
    training.unknown('tracked', 'tracker', 'what its function returns', loopHeader(outer), { site })
  else claimTracked(python, training, 'tracker', loopHeader(outer), site)
}

/** `return {'accuracy': …}`, `return model, losses`: more than the model alone. */
function returnsValues(outer: Loop): boolean {
  return (
    outer.function?.node.body.some(
      (statement) =>
        statement.type === 'return' &&
        (statement.value?.type === 'dict' ||
          statement.value?.type === 'tuple' ||
          statement.value?.type === 'list'),
    ) ?? false
  )
}

/** When a loop saves what it could go on from, and how much of that stays. */
export function readSaving(python: PythonModule, outer: Loop, training: SubjectBuilder<'Training'>): void {
  const header = loopHeader(outer)
  const site = { start: outer.node.start, end: outer.node.end }
  const inside = savesAny(python, outer.effects.calls)
  const own = outer.calls
  // A method of the project that is called there may do it under another name.
  const hidden =
    own.some((call) => isSaving(python, call) || handsToSaving(python, call)) ||
    callsWithin(python, outer).some((call) => isHandedSaver(python, call))
  const late = onlyInLastPass(python, outer, [
    ...new Set([...savingCalls(python, own), ...own.filter((one) => handsToSaving(python, one))]),
  ])
  const regular = (inside || hidden) && !late && !onlyAfterFailures(python, outer)
  const off = regular ? offByDefault(python, own) : null
  if (off !== null) {
    const key = codeText(python, off.start, off.end)
    training.default('saves', key, 'never', header, { site, overridable: true })
    return
  }
  if (regular) {
    training.known('saves', 'checkpoint', 'while it runs', header, { site })
    readKept(python, outer, training)
    return
  }
  if (late) {
    training.default('saves', 'checkpoint', 'at the end', header, { site })
    return
  }
  if (savedByCaller(python, outer)) {
    training.known('saves', 'checkpoint', 'while it runs', header, { site })
    return
  }
  if (trainsTrials(python)) training.unknown('saves', 'checkpoint', 'a trial of a search', header, { site })
  else if (own.some((call) => isFilledIn(python, call)))
    training.unknown('saves', 'checkpoint', 'classes of other modules say what it does', header, { site })
  else if (own.some((call) => maySave(python, call)))
    training.unknown('saves', 'checkpoint', 'what is handed the model may save it', header, { site })
  else if (callsHooks(python, outer))
    training.unknown('saves', 'checkpoint', 'hooks that are given to it may save it', header, { site })
  else if (own.some((call) => reachesElsewhere(python, call, saving)))
    training.unknown('saves', 'checkpoint', 'a module of the project that saves', header, { site })
  else if (federated.test(python.path) || python.uses('flwr.'))
    training.unknown('saves', 'checkpoint', 'a server takes what its clients have learned', header, { site })
  else if (isSavedOutside(python, outer))
    training.unknown('saves', 'checkpoint', 'what calls it again and again saves', header, { site })
  else {
    const { kept: written, unused } = keptAfterwards(python)
    // Whoever holds an object that trains, in another module, has its weights afterwards.
    const kept = written || (!python.isEntry && outer.function?.class != null && unused === null)
    training.default('saves', 'checkpoint', kept ? 'at the end' : 'never', header, { site })
    if (!kept && unused !== null) training.known('unusedCheckpoint', unused, unused, header)
  }
}

/** A client of federated learning trains for a server, and hands its weights over. */
const federated = /(^|[/_.-])(federated?|fl_client|flower)([/_.-]|$)/i

/** By the name of its method, and not of figures alone. */
function isSaving(python: PythonModule, { name, method }: Call): boolean {
  return saving.test(method) && savesAny(python, new Set([name ?? `.${method}`, `.${method}`]))
}

/** `for iteration in range(100): train(model, epochs=5); torch.save(…)`: the loop is a part of a run, which saves behind each part. */
function savedByCaller(python: PythonModule, { function: func }: Loop): boolean {
  const sites = func === null ? null : python.callSites(func)
  if (sites === null || sites.length === 0) return false
  return sites.every((site) =>
    site.loops.some(
      (around) =>
        isOfRounds(around) &&
        savingCalls(
          python,
          around.calls.filter((one) => one !== site),
        ).length > 0,
    ),
  )
}

/** Rounds of one run, which go on with what the last one left; folds and settings of a search each begin anew. */
function isOfRounds({ node, trips }: Loop): boolean {
  if (node.type !== 'for' || node.target.type !== 'name') return false
  const many = trips.state === 'known' && Number(trips.value) >= manyRounds
  return (
    /iter|epoch|round|cycle|generation|phase|stage|step/i.test(node.target.id) ||
    (many && !/fold|seed|trial|run/i.test(node.target.id))
  )
}

const manyRounds = 20

/** `except KeyboardInterrupt: torch.save(…)`: a machine that is taken away raises nothing. */
function onlyAfterFailures(python: PythonModule, { node, calls }: Loop): boolean {
  const handlers: Stmt[] = []
  const visit = (statement: Stmt): void => {
    if (statement.type === 'try') handlers.push(...statement.handlers.flatMap(({ body }) => body))
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  node.body.forEach(visit)
  if (handlers.length === 0) return false
  const saves = [...savingCalls(python, calls), ...calls.filter((one) => handsToSaving(python, one))]
  return (
    saves.length > 0 &&
    saves.every(({ expr }) => handlers.some(({ start, end }) => start <= expr.start && expr.end <= end))
  )
}

function handsToSaving(python: PythonModule, { name, expr }: Call): boolean {
  return name === null && python.handsOn(expr.callee).some(({ to }) => saving.test(to))
}

function savingCalls(python: PythonModule, calls: readonly Call[]): Call[] {
  return calls.filter(
    (call) => saving.test(call.name ?? call.method) || savesAny(python, python.effects(call.expr).calls),
  )
}

/** The switch that keeps everything in a loop from being saved unless somebody asks for it: `if args.checkpoint:`; null: none does. */
function offByDefault(python: PythonModule, calls: readonly Call[]): Expr | null {
  let found: Expr | null = null
  for (const { expr } of savingCalls(python, calls)) {
    const reach = python.reach(expr.start)
    if (reach.state !== 'sometimes' || reach.byDefault !== false) return null
    const off = reach.conditions.find(({ condition, holds }) => holds && condition.byDefault === false)
    // What the results of a run decide is no switch.
    const test = off === undefined ? null : switchIn(python, off.condition.test)
    if (test === null) return null
    found ??= test
  }
  return found
}

/** `args.checkpoint` of `if args.checkpoint and is_main:`, `args.save_every` of `if args.save_every > 0 and …`. */
function switchIn(python: PythonModule, test: Expr | null): Expr | null {
  if (test?.type === 'attribute' || test?.type === 'name') return test
  if (test?.type !== 'binary') return null
  if (/^(>=?|!=|is not)$/.test(test.op) && test.right.type === 'constant') return switchIn(python, test.left)
  if (test.op !== 'and') return null
  const off = [test.left, test.right].find((one) => effective(python.fold(one)) === false)
  return off === undefined ? null : switchIn(python, off)
}

const hooks = /(^|[._])(hook|callback|listener|plugin)s?\b/i

/** `for hook in self.hooks: hook.on_epoch_end(…)`, `self.callbacks.after_epoch(…)`: whoever makes the trainer decides what they do. */
function callsHooks(python: PythonModule, outer: Loop): boolean {
  const overHooks = python.loops.some(
    ({ node }) =>
      node.type === 'for' &&
      outer.node.start < node.start &&
      node.end <= outer.node.end &&
      hooks.test(codeText(python, node.iterable.start, node.iterable.end)),
  )
  return (
    overHooks ||
    outer.calls.some(
      ({ expr: { callee } }) =>
        callee.type === 'attribute' && hooks.test(codeText(python, callee.value.start, callee.value.end)),
    )
  )
}

/** `self.on_epoch_end(epoch)`, which is only declared here: classes that extend this one may save there. */
function isFilledIn(python: PythonModule, { expr: { callee } }: Call): boolean {
  const func = python.functionOf(callee)
  if (func === null || func.class === null || !isAbstract(func)) return false
  return python.importers.some(
    ({ classes, uses }) => Object.keys(classes).length > 0 && uses.some((one) => saving.test(one)),
  )
}

/** `early_stopping(val_loss, model, path)`, of a class that is not seen. */
function maySave(python: PythonModule, { name, expr: { callee, args } }: Call): boolean {
  if (name !== null || args.length < 2 || python.functionOf(callee) !== null) return false
  const object = callee.type === 'attribute' ? callee.value : callee
  if (python.instanceClass(object) !== null) return false
  const { start, end } = callee
  return (
    /stop|keep|best/i.test(python.code.slice(start, end)) &&
    args.some(({ value }) =>
      /(^|[._])(model|net|network|state)\w*$/i.test(python.code.slice(value.start, value.end)),
    )
  )
}

function targetName(target: Expr): string | null {
  if (target.type === 'name') return target.id
  return target.type === 'tuple' && target.items[0]?.type === 'name' ? target.items[0].id : null
}

function changeRecords(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  if (claim.setting === 'keptCheckpoints' && value !== null)
    return {
      reason:
        claim.key === 'num_to_keep'
          ? 'give RunConfig a CheckpointConfig(num_to_keep=2)'
          : 'write to one name, or remove the file of the previous epoch',
    }
  if (claim.setting !== 'saves') return byHand(claim)
  const outer = python.loops.find(
    ({ node }) => node.start === claim.site.start && node.end === claim.site.end,
  )
  const last = outer?.node.body.at(-1)
  if (outer === undefined || last === undefined || outer.node.type !== 'for')
    return { reason: 'the loop has changed' }
  const counter = targetName(outer.node.target)
  const names = made(python)
  if (counter === null || names.model === null || names.optimizer === null)
    return { reason: 'the names of the model and the optimiser are not known here' }
  const state = `{'epoch': ${counter}, 'model': ${names.model}.state_dict(), 'optimizer': ${names.optimizer}.state_dict()}`
  return {
    title: 'Save the state of training after each epoch (sketch: load it before the loop)',
    safety: 'display',
    writes: [
      {
        kind: 'insert lines',
        where: 'after',
        path,
        statement: { fragment: fragment.index, start: last.start, end: last.end },
        lines: [`torch.save(${state}, 'checkpoint.pt')`],
      },
    ],
    imports: [],
  }
}

/** The variables that hold the model and the optimiser. */
function made(python: PythonModule): { model: string | null; optimizer: string | null } {
  const optimizer = python.calls.find(
    (call) => call.name?.startsWith('torch.optim.') === true && call.assignedTo !== null,
  )
  const parameters = optimizer?.expr.args[0]?.value
  const owner: Call | null = parameters === undefined ? null : python.callOf(parameters)
  const callee = owner?.expr.callee
  const model = callee?.type === 'attribute' && callee.value.type === 'name' ? callee.value.id : null
  return { model, optimizer: optimizer?.assignedTo ?? null }
}
