/** Whether a program can go on from what it saved. */
import type { Call, PythonModule } from '../../python/module.js'
import { once } from '../../text/once.js'
import { effective } from '../../values/value.js'
import { newEachTime } from '../own-folder.js'
import { codeMatches, codeText } from './evidence.js'
import {
  isFirst,
  isLoad,
  isSwitchedOff,
  loads,
  mayLoadFirst,
  optimizerName,
  optimizerState,
  readsText,
} from './loads-first.js'
import { findIn, textOf } from './numbered-files.js'

/** `unknown`: it saves or loads something, but what for cannot be told. */
export type Resumption = 'resumes' | 'saves only' | 'keeps nothing' | 'unknown'

const saves = [
  'torch.save',
  '.save_state',
  '.save_checkpoint',
  '.save_pretrained',
  '.save_weights',
  'torch.distributed.checkpoint.',
  'safetensors.',
  'orbax.',
]
const asked =
  /\b(resume\w*|resume_from_checkpoint|start_epoch|last_checkpoint|latest_checkpoint|get_last_checkpoint|restore\w*|continue_training)\b/i

export function resumption(python: PythonModule): Resumption {
  return once(python, 'resumption', () => {
    const own = judgeResumption(python)
    // An object that is handed in may load its weights where it is made.
    const elsewhere = own !== 'resumes' && python.reachedByObjects().some((one) => loads.includes(one))
    return elsewhere ? 'unknown' : own
  })
}

function judgeResumption(python: PythonModule): Resumption {
  const keeps = python.uses(...saves)
  const reads = python.uses(...loads)
  if (!keeps && !reads) return 'keeps nothing'
  if (keeps && readsNewFolder(python)) return 'saves only'
  if (readsWhatItKeeps(python) || (keeps && resumesWhereAsked(python))) return 'resumes'
  if (keeps && reads) {
    if (!mayLoadFirst(python) && !handsCheckpoint(python)) return 'saves only'
    if (restoresOptimizer(python) || python.uses('.load_state') || handsCheckpoint(python)) return 'resumes'
    if (readsOtherFiles(python)) return 'saves only'
    // Names alone do nothing: `start_epoch = 1` beside a network that reads its first weights.
    if (codeMatches(python, asked)) return loadsBack(python) ? 'resumes' : 'unknown'
    return savesWeightsOnly(python) ? 'saves only' : 'unknown'
  }
  return keeps && !isSwitchedOff(python) ? 'saves only' : 'unknown'
}

/** All that is read lies in a folder that this start has named by the clock, where nothing can be yet. */
function readsNewFolder(python: PythonModule): boolean {
  const read = python.callsTo('torch.load')
  return (
    read.length > 0 &&
    python.imported.every(({ uses }) => !uses.includes('torch.load')) &&
    read.every(({ expr: { args } }) => {
      const file = args.find(({ name }) => name === 'f')?.value ?? args[0]?.value
      return file !== undefined && newEachTime(python, file) !== null
    })
  )
}

/** `torch.load('pretrained.pth')` beside `torch.save(state, 'last.pth')`: all that is read are files that it never writes. */
function readsOtherFiles(python: PythonModule): boolean {
  const read = python.callsTo('torch.load')
  const written = python.callsTo('torch.save')
  if (read.length === 0 || written.length === 0) return false
  // What another module or an engine reads may be anything.
  if ([...python.imported, ...python.importers].some(({ uses }) => uses.some((one) => loads.includes(one))))
    return false
  if (python.uses('.load_state', '.load_checkpoint', '.load_weights', 'torch.distributed.checkpoint.'))
    return false
  const files = written.map((call) => filesOf(python, call))
  if (files.some((names) => names.length === 0)) return false
  const own = new Set(files.flat())
  return read.every((call) => {
    const names = filesOf(python, call)
    return names.length > 0 && names.every((name) => !own.has(name))
  })
}

const weightsFile = /([^/\\]+\.(pth?|ckpt|tar|bin|safetensors))$/i

/** Names of checkpoint files in what a call is given. */
export function filesOf(python: PythonModule, { expr }: Call): string[] {
  const names: string[] = []
  for (const { value } of expr.args)
    for (const one of [value, python.definition(value)])
      findIn(one, (part) => {
        const text = /^(constant|fstring)$/.test(part.type) ? textOf(python, part) : ''
        const name = weightsFile.exec(text.replace(/^\w*["']+|["']+$/g, ''))?.[1]
        if (name !== undefined && !name.includes('{')) names.push(name)
        return false
      })
  return names
}

/** `if config.resume is not None: state = torch.load(config.resume)`, with `resume = None` for the first start. */
function resumesWhereAsked(python: PythonModule): boolean {
  return python.dead.some(({ start, end, condition: { test } }) => {
    if (test === null || test.type === 'constant') return false
    const block = python.text.slice(start, end)
    return readsText.test(block) && asked.test(python.text.slice(test.start, test.end) + block)
  })
}

/** `model.from_pretrained('last')` above, `model.save_pretrained('last')` below it: the next start goes on from there. */
function readsWhatItKeeps(python: PythonModule): boolean {
  const pathOf = (call: Call, position: number): string | null => {
    const given = call.expr.args.filter(({ name }) => name === null)[position]
    const path = given === undefined ? undefined : effective(python.fold(given.value))
    return typeof path === 'string' && path !== '' ? path : null
  }
  const kept = [
    ...python.callsTo('torch.save').map((call) => ({ call, path: pathOf(call, 1) })),
    ...python.methodCalls('save_pretrained').map((call) => ({ call, path: pathOf(call, 0) })),
  ]
  const read = [...python.callsTo('torch.load'), ...python.methodCalls('from_pretrained')]
  return read.some((one) => {
    const path = pathOf(one, 0)
    return (
      path !== null &&
      kept.some(
        ({ call, path: to }) =>
          to === path && one.expr.start < call.expr.start && one.function === call.function,
      ) &&
      isFirst(python, one)
    )
  })
}

/** The weights are loaded again for a test or another run, without the state of an optimiser. */
function savesWeightsOnly(python: PythonModule): boolean {
  return (
    python.callsTo('torch.save').length > 0 &&
    !optimizerState.test(python.code) &&
    !python.uses('.save_state', '.save_checkpoint')
  )
}

/** `trainer.fit(model, ckpt_path=path)`. */
function handsCheckpoint(python: PythonModule): boolean {
  return [...python.methodCalls('fit'), ...python.methodCalls('train')].some(({ expr }) =>
    expr.args.some(
      ({ name, value }) =>
        (name === 'ckpt_path' || name === 'resume_from_checkpoint') && effective(python.fold(value)) !== null,
    ),
  )
}

/** It loads something to go on from, or a function around it does that is named for it. */
function loadsBack(python: PythonModule): boolean {
  if (startsLater.test(python.code) && python.usesHere(...loads)) return true
  if (python.calls.some((call) => isLoad(call) && isForGoingOn(python, call))) return true
  const loading = (names: readonly string[]) => names.some((name) => loads.includes(name))
  const called = python.calls.some((call) => {
    const imported = python.importedFunction(call.expr.callee)
    return imported !== null && loading(imported.calls)
  })
  if (called) return true
  return [...python.imported, ...python.importers].some(
    ({ functions, classes }) =>
      Object.entries(functions).some(([name, { calls }]) => goingOn.test(name) && loading(calls)) ||
      Object.values(classes).some(
        ({ methods, calls }) => methods.some((one) => goingOn.test(one)) && loading(calls),
      ),
  )
}

/** `if args.resume: state = torch.load(…)`, or in a function that is named for it. */
export function isForGoingOn(python: PythonModule, { statement, function: func, expr }: Call): boolean {
  if (goingOn.test(func?.name ?? '')) return true
  const around = python.statements.filter(
    (one) => one === statement || (one.type === 'if' && one.start <= expr.start && expr.end <= one.end),
  )
  return around.some(({ start, end }) => asked.test(codeText(python, start, end)))
}

/** A switch that is named for it lets this load happen: `--resume`, not `--pretrained`. */
export function asksToResume(python: PythonModule, { expr }: Call): boolean {
  return python.statements.some(
    (one) =>
      one.type === 'if' &&
      one.start <= expr.start &&
      expr.end <= one.end &&
      asked.test(codeText(python, one.test.start, one.test.end)),
  )
}

/** `start_epoch = state['epoch'] + 1`. */
const startsLater = /\bstart_epoch\s*=\s*\w+(\[|\.get\()/

const goingOn = /resume|restore|load_?(ckpt|checkpoint|state|snapshot)/i

const steering = (name: string): boolean => optimizerName.test(name) || /sched|scaler/i.test(name)

function restoresOptimizer(python: PythonModule): boolean {
  const elsewhere = [...python.imported, ...python.importers].flatMap((module) => module.restores ?? [])
  if (elsewhere.some(steering)) return true
  return python.methodCalls('load_state_dict').some((call) => {
    const { callee } = call.expr
    return callee.type === 'attribute' && steering(python.code.slice(callee.value.start, callee.value.end))
  })
}
