/** Places where a program waits while it holds an accelerator: after its training, between epochs, or for ever. */
import type { Change, PythonRange, Refusal } from '../../edit/write.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { isMainGuard } from '../../python/scopes.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { fixedValue, numberArgument, numberIn } from '../../values/argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { stepsOf } from '../pytorch/step-operations.js'
import { defineReader, type FragmentFacts } from '../reader.js'

export const idleReader = defineReader({
  name: 'python-idle',
  languages: ['python'],
  triggers: ['sleep(', ' input(', '\ninput(', '(input(', 'raw_input(', 'signal.pause'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    for (const found of idlePlaces(python)) claimIdle(python, found, claims)
  },
  change(claim, _value, facts) {
    return remove(claim, facts)
  },
})

interface Idle {
  call: Call
  /** As the code calls it, its argument included. */
  what: string
  stage: 'after' | 'instead' | 'within'
  seconds: number | null
  /** How often it comes, and the loop that it stands in; null: one of another module, or of a trainer. */
  per: { loop: Loop | null; place: 'step' | 'epoch' } | null
  /** What would be removed. */
  statement: Stmt
}

/** Shorter waits let something settle. */
const longSleep = 600
const least = { step: 0.5, epoch: 5 }

const sleeps = new Set(['time.sleep'])
const waitsForSomeone = new Set(['input', 'raw_input', 'signal.pause'])

function idlePlaces(python: PythonModule): Idle[] {
  const found: Idle[] = []
  // Something else goes on beside: a server, threads, other programs.
  const busy =
    /\bthreading\b|\bThread\b|\bmultiprocessing\b|subprocess|socket|\bserve|uvicorn|flask|fastapi|gradio|asyncio|Popen|watchdog/i
  const beside = busy.test(python.code)
  for (const call of python.calls) {
    const name = call.name ?? (call.expr.callee.type === 'name' ? call.expr.callee.id : null)
    if (name === null) continue
    if (sleeps.has(name)) {
      const seconds = secondsOf(python, call)
      const endless = endlessLoop(python, call)
      if (endless !== null) {
        if (beside) continue
        const stage = trainsBefore(python, endless) ? 'after' : 'instead'
        const what = `while True: ${textOf(python, call)}`
        found.push({ call, what, stage, seconds: null, per: null, statement: endless })
        continue
      }
      if (seconds === null || !standsAlone(call)) continue
      const per = repeatedIn(call) ?? inStep(python, call)
      if (per !== null) {
        if (seconds >= least[per.place])
          found.push({
            call,
            what: textOf(python, call),
            stage: 'within',
            seconds,
            per,
            statement: call.statement,
          })
      } else if (
        seconds >= longSleep &&
        call.loops.length === 0 &&
        !beside &&
        trainsBefore(python, call.statement)
      )
        found.push({
          call,
          what: textOf(python, call),
          stage: 'after',
          seconds,
          per: null,
          statement: call.statement,
        })
    } else if (waitsForSomeone.has(name) && !python.evidence.notebook) {
      if (call.loops.length > 0 || call.conditional || beside || call.function?.class != null) continue
      if (trainsBefore(python, call.statement))
        found.push({
          call,
          what: `${name}()`,
          stage: 'after',
          seconds: null,
          per: null,
          statement: call.statement,
        })
    }
  }
  return found
}

function textOf(python: PythonModule, call: Call): string {
  return python.text.slice(call.expr.start, call.expr.end).replace(/\s+/g, ' ')
}

function secondsOf(python: PythonModule, call: Call): number | null {
  const given = python.argument(call, 'secs', 0)
  return numberArgument(given)
}

/** A statement of its own that nothing decides about. */
function standsAlone(call: Call): boolean {
  return call.statement.type === 'expr' && call.statement.value === call.expr && !call.conditional
}

/** The loop `while True` whose body does nothing but sleep and tell. */
function endlessLoop(analysis: PythonModule, call: Call): Stmt | null {
  const loop = call.loops.at(-1)
  if (loop === undefined || loop.node.type !== 'while' || loop.hasBreak) return null
  const { test, body } = loop.node
  if (test.type !== 'constant' || (test.value !== true && test.value !== 1)) return null
  const idle = body.every(
    (one) =>
      one.type === 'pass' ||
      (one.type === 'expr' &&
        one.value.type === 'call' &&
        (one.value === call.expr || analysis.nameOf(one.value.callee) === 'print')),
  )
  return idle ? (loop.node as Stmt) : null
}

function repeatedIn(call: Call): Idle['per'] {
  const loop = call.loops.at(-1)
  if (loop === undefined || loop.hasBreak) return null
  if (loop.role === 'train') return { loop, place: 'step' }
  return loop.role === 'epoch' ? { loop, place: 'epoch' } : null
}

/** In a function that runs in each step: of this loop, of a trainer, or of a loop in another module. */
function inStep(python: PythonModule, { statement }: Call): Idle['per'] {
  const loops = once(python, 'loops of what each step runs', () => {
    const found = new Map<Stmt, Loop | null>()
    for (const { loop, code } of stepsOf(python))
      for (const one of code.statements)
        if (!one.guarded && !one.conditional && !one.exceptional) found.set(one.statement, loop)
    return found
  })
  const loop = loops.get(statement)
  return loop === undefined ? null : { loop, place: 'step' }
}

const trainers = /(^|_)(trainer|model|net|learn|learner|clf|classifier|estimator|engine|runner)\d*$/i

/** Something above it, in the same run of statements, trains a model. */
function trainsBefore(analysis: PythonModule, statement: Stmt): boolean {
  const path = pathTo(analysis.tree.body, statement)
  return path?.some(({ block, index }) => block.slice(0, index).some((one) => trains(analysis, one))) ?? false
}

function trains(analysis: PythonModule, statement: Stmt): boolean {
  if (statement.type === 'function' || statement.type === 'class' || statement.type === 'import') return false
  if (statement.type === 'if' && isMainGuard(statement.test))
    return statement.body.some((one) => trains(analysis, one))
  const effects = analysis.effects([statement])
  if (effects.trains) return true
  for (const name of effects.calls)
    if (
      /^(keras|tensorflow|lightning|transformers|trl|fastai|ultralytics|ignite)\..*\.(fit|fit_generator|train|run)$/.test(
        name,
      )
    )
      return true
  return analysis.calls.some((call) => {
    if (call.expr.start < statement.start || call.expr.end > statement.end) return false
    if (!/^(fit|fit_generator|train|fine_tune|fit_one_cycle)$/.test(call.method)) return false
    const { callee, args } = call.expr
    // `model.train()` only switches a mode.
    if (callee.type !== 'attribute') return false
    const receiver = analysis.text.slice(callee.value.start, callee.value.end)
    return (
      trainers.test(receiver) &&
      (call.method !== 'train' || /trainer|runner|engine/i.test(receiver) || args.length > 0)
    )
  })
}

interface Step {
  block: Stmt[]
  index: number
}

/** The blocks from the module, or the function that holds it, down to the statement. */
function pathTo(block: Stmt[], statement: Stmt): Step[] | null {
  const path: Step[] = []
  let current = block
  for (let depth = 0; depth < 200; depth++) {
    const index = current.findIndex((one) => one.start <= statement.start && statement.end <= one.end)
    const found = current[index]
    if (found === undefined) return null
    // What stands above a definition does not run before its body.
    if (found.type === 'function' || found.type === 'class') path.length = 0
    else path.push({ block: current, index })
    if (found === statement) return path
    const blocks: readonly Stmt[][] =
      found.type === 'function' || found.type === 'class' ? [found.body] : blocksOf(found)
    const next = blocks.find((one) =>
      one.some((child) => child.start <= statement.start && statement.end <= child.end),
    )
    if (next === undefined) return null
    current = next
  }
  return null
}

/** Takes memory of an accelerator without training anything. */
function occupies(python: PythonModule): boolean {
  return python.evidence.accelerator === 'gpu' || /\.cuda\(|device\s*=\s*['"]cuda/.test(python.code)
}

function claimIdle(python: PythonModule, idle: Idle, claims: ClaimBuilder): void {
  const evidence = trainingEvidence(python)
  if (idle.stage === 'instead' && !occupies(python)) return
  const { statement, what, per } = idle
  const at = { start: idle.call.expr.start, end: idle.call.expr.end }
  const operation = claimOperation(claims, {
    kind: 'hold',
    place: per?.place ?? 'run',
    key: what,
    at,
    site: { start: statement.start, end: statement.end },
    scope: idle.call.function?.qualified ?? '',
    evidence,
  })
  operation.known('stage', what, idle.stage, at)
  operation.known('seconds', what, idle.seconds, at)
  const trips = per?.loop?.trips
  const times = numberIn(trips)
  if (trips !== undefined && times !== null)
    operation.known('times', what, times, at, { overridable: fixedValue(trips) === undefined })
}

function remove(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  const fragment = facts.fragment.index
  const statement = python === undefined ? null : find(python.tree.body, claim.site.start, claim.site.end)
  if (python === undefined || statement === null) return { reason: 'the statement is no longer in the file' }
  if (statement.only) return { reason: 'it is the only statement of its block' }
  if (statement.found.type === 'assign') return { reason: 'its answer is used' }
  const range: PythonRange = { fragment, start: claim.site.start, end: claim.site.end }
  const shown = claim.key.length > 50 ? `${claim.key.slice(0, 49)}…` : claim.key
  return {
    title: `Remove \`${shown}\``,
    safety: 'unsafe',
    writes: [{ kind: 'remove statement', path, statement: range }],
    imports: [],
  }
}

function find(body: Stmt[], start: number, end: number): { found: Stmt; only: boolean } | null {
  for (const one of body) {
    if (one.start === start && one.end === end) return { found: one, only: body.length === 1 }
    if (one.start > start || one.end < end) continue
    const blocks = one.type === 'function' || one.type === 'class' ? [one.body] : blocksOf(one)
    for (const block of blocks) {
      const found = find(block, start, end)
      if (found !== null) return found
    }
  }
  return null
}
