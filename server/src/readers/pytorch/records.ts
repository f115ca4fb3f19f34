/** What a hand-written loop over epochs keeps of a run: checkpoints and metrics. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { passedExpression } from '../../values/argument.js'
import { callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { trainsTrials } from '../search/trials-here.js'
import { claimTracked, trainingId } from '../tracking.js'
import { moduleText } from './evidence.js'
import { isEpochLoop, isTorchLoop, loopHeader } from './loop.js'
import { epochLoopOf } from './loop-facts.js'
import { usesAny } from './once.js'

export const pytorchRecordsReader = defineReader({
  name: 'pytorch-records',
  title: 'PyTorch loops',
  languages: ['python'],
  triggers: ['backward', 'torch'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const loop of python.loops) {
      // The steps may stand in another module.
      const outer = isTorchLoop(python, loop)
        ? epochLoopOf(python, loop)
        : isEpochLoop(python, loop)
          ? loop
          : null
      if (outer === null) continue
      const training = claims.extend('Training', trainingId(claims, loopHeader(loop)))
      readSaving(python, outer, training)
      const site = { start: outer.node.start, end: outer.node.end }
      // Scores and losses that are handed to the caller may be kept there.
      if (returnsValues(outer))
        training.unknown('tracked', 'tracker', 'what its function returns', loopHeader(outer), { site })
      else claimTracked(python, training, 'tracker', loopHeader(outer), site)
    }
  },
  change: changeRecords,
})

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

const saving =
  /(^|\.|_)(save|dump)(_|$|\.)|save|checkpoint|ckpt|snapshot|serialize|to_disk|push_to_hub|backup/i

function readSaving(python: PythonModule, outer: Loop, training: SubjectBuilder<'Training'>): void {
  const header = loopHeader(outer)
  const site = { start: outer.node.start, end: outer.node.end }
  const inside = [...outer.effects.calls].some((name) => saving.test(name))
  const own = outer.calls
  // A method of the project that is called there may do it under another name.
  const hidden = own.some((call) => saving.test(call.method))
  if (inside || hidden) {
    training.known('saves', 'checkpoint', 'while it runs', header, { site })
    readKept(python, outer, training)
    return
  }
  const afterwards = usesAny(python, [
    'torch.save',
    '.save_pretrained',
    '.save_state',
    '.save_checkpoint',
    '.save',
  ])
  if (trainsTrials(python)) training.unknown('saves', 'checkpoint', 'a trial of a search', header, { site })
  else if (python.imported.some((module) => Object.keys(module.functions).some((name) => saving.test(name))))
    training.unknown('saves', 'checkpoint', 'a module of the project that saves', header, { site })
  else training.default('saves', 'checkpoint', afterwards ? 'at the end' : 'never', header, { site })
}

/** `torch.save(…, f'epoch-{epoch}.pt')` in each pass, and nothing that removes the old ones. */
function readKept(python: PythonModule, outer: Loop, training: SubjectBuilder<'Training'>): void {
  if (outer.node.type !== 'for') return
  const counter = targetName(outer.node.target)
  if (counter === null) return
  const saves = python.calls.flatMap((call) =>
    call.loops.at(-1) === outer && !call.conditional ? (savingOf(python, call) ?? []) : [],
  )
  const numbered = saves.find(({ path }) => mentions(python.definition(path), counter))
  if (numbered === undefined) return
  if (/\bos\.(remove|unlink)\b|\.unlink\(|rmtree\(/.test(moduleText(python))) return
  const removes = python.importedFunction(numbered.call.expr.callee)?.calls ?? []
  if (removes.some((name) => /^(os\.(remove|unlink)|shutil\.rmtree)$|\.unlink$/.test(name))) return
  const { call, path, what, key } = numbered
  const place = { start: path.start, end: path.end }
  training.known('keptCheckpoints', key, null, place, { site: callSite(call) })
  const state = what !== null && /optim/i.test(textOf(python, python.definition(what)))
  training.known('checkpointHolds', key, state ? 'training state' : 'weights', place)
  if (averages.test(moduleText(python)))
    training.known('checkpointsFor', 'average', 'they are averaged', place)
}

/** What reads several checkpoints again; an average of losses or a meter is none. */
const averages =
  /average_(checkpoints?|weights|models?)|(checkpoint|weight|model)s?_?averag|averaged_?model|\bswa(_|\b)|swa_utils|model_?soup|ensemble|snapshot/i

interface Saving {
  call: Call
  path: Expr
  what: Expr | null
  /** As a message calls it. */
  key: string
}

/** What is saved beside the weights takes no room. */
const besideWeights = /tok|proc|extractor|config|scheduler/i

/** `torch.save(state, path)`, `model.save_pretrained(path)`, or a function of the project that hands both on; null: it is none. */
function savingOf(python: PythonModule, call: Call): Saving | null {
  const { callee } = call.expr
  if (call.method === 'save_pretrained' && callee.type === 'attribute') {
    if (besideWeights.test(textOf(python, callee.value))) return null
    const path = passedExpression(python.argument(call, 'save_directory', 0))
    return path === null ? null : { call, path, what: null, key: call.method }
  }
  if (call.name === 'torch.save') {
    const path = passedExpression(python.argument(call, 'f', 1))
    return path === null ? null : { call, path, what: call.expr.args[0]?.value ?? null, key: call.name }
  }
  if (call.name !== null) return null
  const handed = python.handsOn(call.expr.callee).filter(({ to }) => to === 'torch.save')
  const given = (keyword: string, position: number): Expr | null => {
    const one = handed.find(({ name, position: at }) => name === keyword || at === position)
    return one === undefined ? null : passedExpression(python.argument(call, one.parameter, one.index))
  }
  const path = given('f', 1)
  return path === null ? null : { call, path, what: given('obj', 0), key: call.method }
}

const textOf = (python: PythonModule, { start, end }: Expr) => python.text.slice(start, end)

function targetName(target: Expr): string | null {
  if (target.type === 'name') return target.id
  return target.type === 'tuple' && target.items[0]?.type === 'name' ? target.items[0].id : null
}

function mentions(expr: Expr, name: string): boolean {
  return (expr.type === 'name' && expr.id === name) || childrenOf(expr).some((child) => mentions(child, name))
}

function changeRecords(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  if (claim.setting === 'keptCheckpoints' && value !== null)
    return { reason: 'write to one name, or remove the file of the previous epoch' }
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
