/** Pictures that a diffusion model draws between epochs, by hundreds of passes through its network each time. Source: diffusers 0.31, defaults of pipelines. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { mayBePassed, numberArgument, numberIn } from '../../values/argument.js'
import { isModelCall } from './forward-block.js'
import { rhythmOf } from './guards.js'

export interface EpochPreview {
  what: string
  at: Span
  epochs: Loop
  /** Passes through the network for one preview. */
  passes: number
  /** Epochs from one to the next. */
  every: number
}

/** Fewer passes are what a preview takes with a fast sampler. */
const many = 250
/** So many epochs between two of them leave little to save. */
const seldom = 25

export function epochPreviews(python: PythonModule): EpochPreview[] {
  const found: EpochPreview[] = []
  for (const epochs of python.loops) {
    if (epochs.role !== 'epoch') continue
    for (const call of epochs.calls) {
      if (call.loops.at(-1) !== epochs) continue
      const passes = passesOf(python, call)
      if (passes === null || passes < many) continue
      const every = everyOf(python, epochs, call)
      if (every === null || every > seldom) continue
      const { callee } = call.expr
      const what = `${python.text.slice(callee.start, callee.end)}(…)`
      found.push({ what, at: { start: callee.start, end: callee.end }, epochs, passes, every })
      break
    }
  }
  return found
}

/** Null: it draws nothing, or that cannot be read. */
function passesOf(python: PythonModule, call: Call): number | null {
  const { callee } = call.expr
  const given = python.argument(call, 'num_inference_steps', null)
  if (mayBePassed(given)) return numberArgument(given)
  const made = callee.type === 'name' ? python.callOf(callee) : null
  if (/^diffusers\.(\w+\.)*DDPMPipeline(\.from_pretrained)?$/.test(made?.name ?? '')) return 1000
  const func = python.functionOf(callee)
  if (func === null || python.effectsOfFunction(func).backward) return null
  // `for t in reversed(range(1000)): x = model(x, t)`, here or in the function that it hands the rest to.
  const holders = new Set([func, ...func.calls.flatMap((one) => python.functionOf(one.expr.callee) ?? [])])
  for (const loop of python.loops) {
    if (loop.function === null || !holders.has(loop.function)) continue
    if (!loop.calls.some(({ expr }) => isModelCall(python, expr) && takesTime(python, expr, loop))) continue
    const trips = numberIn(loop.trips) ?? stepsOf(python, loop)
    if (trips !== null) return trips
  }
  return null
}

/** `model(x, t)`: beside the picture it is told how far it has come. What is evaluated or written word by word is not. */
function takesTime(python: PythonModule, { args }: CallExpr, { node }: Loop): boolean {
  if (node.type !== 'for' || args.length < 2) return false
  const counters = namesIn(node.target)
  const counted = (expr: Expr) => namesIn(expr).some((name) => counters.includes(name))
  return args.some(({ value }) => {
    const made = python.definition(value)
    return made.type !== 'subscript' && counted(made)
  })
}

/** `reversed(range(1000))`, `tqdm(reversed(range(0, self.timesteps)))`. */
function stepsOf(python: PythonModule, { node }: Loop): number | null {
  if (node.type !== 'for') return null
  let expr = node.iterable
  for (let depth = 0; depth < 4 && expr.type === 'call'; depth++) {
    const { callee, args } = expr
    const name = callee.type === 'name' ? callee.id : ''
    if (name === 'range') {
      const [first = null, second, stride = 1] = args.map(({ value }) => numberIn(python.fold(value)))
      if (args.length === 1) return first
      return first === null || second == null || !stride
        ? null
        : Math.ceil(Math.abs((second - first) / stride))
    }
    const [inner] = args
    if (inner === undefined) return null
    expr = inner.value
  }
  return null
}

/** Null: a condition decides that says nothing of how often. */
function everyOf(python: PythonModule, epochs: Loop, { expr }: Call): number | null {
  const around = python.statements.filter(
    (one) =>
      one.type === 'if' && one.start > epochs.node.start && one.start < expr.start && expr.end <= one.end,
  )
  const [test] = around
  if (test === undefined) return 1
  if (around.length > 1 || test.type !== 'if' || (test.body.at(-1)?.end ?? 0) < expr.end) return null
  // `(epoch + 1) % 10 == 0 or epoch == epochs - 1`.
  return rhythmOf(python, test.test) ?? divisorIn(python, test.test)
}

/** What the number of the epoch is divided by, where another condition stands beside it. */
function divisorIn(python: PythonModule, test: Parameters<typeof rhythmOf>[1]): number | null {
  if (test.type !== 'binary') return null
  if (test.op === '%') return numberIn(python.fold(test.right))
  return divisorIn(python, test.left) ?? divisorIn(python, test.right)
}
