/** Networks of a step that no optimiser updates and nothing freezes, and that run with gradients. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import {
  type CalledNetwork,
  calledNetwork,
  isFromLibrary,
  isLoadedForUse,
  isUntouched,
  passedNetwork,
} from './called-networks.js'
import { keepsContent } from './frozen-passes.js'
import { switchesForGood } from './gradient-switches.js'
import { callsIn, type HotStatement } from './hot-code.js'
import { networkText, optimizedNetworks } from './optimized-networks.js'
import type { Step } from './step-operations.js'
import {
  backwardPasses,
  ownStatements,
  reachedByGradients,
  textOfTarget,
  withoutGradients,
} from './step-values.js'
import { togglesGradients } from './wasted-passes.js'

/** By a function, or from one network to another: `p.grad = q.grad`. */
const takesGradients = /autograd\.grad|create_graph|\.grad\s*=(?!=)\s*(?!None\b)|\.grad\.copy_\(/

export interface Untrained {
  call: Call
  name: string
}

/** Those of a library, those that are put into evaluation mode, and copies of what is trained: targets, averages. */
export function untrainedWithGradients(python: PythonModule, step: Step): Untrained[] {
  const optimizers = optimizedNetworks(python)
  const text = python.code
  if (optimizers.size === 0 || [...optimizers.values()].some((one) => one.size === 0)) return []
  // The backward pass goes on from what it computes; a second one through it may be what is wanted.
  if (togglesGradients(python) || switchesForGood(python) || takesGradients.test(text)) return []
  const own = ownStatements(python, step)
  const passes = backwardPasses(python, own)
  if (passes.length === 0) return []
  const reached = new Set(
    passes.flatMap(({ loss, at }) => reachedByGradients(own, loss, at).map(({ expr }) => expr)),
  )
  const found: Untrained[] = []
  for (const { expressions, exceptional } of own) {
    if (exceptional) continue
    for (const expr of expressions)
      for (const call of callsIn(python, expr)) {
        const { args } = call.expr
        if (!reached.has(call.expr) || args.length === 0 || withoutGradients(python, call)) continue
        for (const { network, inputs } of networksRun(python, call)) {
          const { name } = network
          if (!isLeftAlone(python, network)) continue
          // `self.parameters()` holds those of `self.teacher`.
          if (name.startsWith('self.') && [...optimizers.values()].some((one) => one.has('self'))) continue
          if (inputs.some((value) => passesNetwork(python, own, value, call))) continue
          if (!found.some((one) => one.name === name)) found.push({ call, name })
        }
      }
  }
  return found
}

interface Run {
  network: CalledNetwork
  /** What it is given to compute with. */
  inputs: Expr[]
}

/** The network that is called, or those that a function of the project runs and is handed: `log_probs(reference, ids)`. */
function networksRun(python: PythonModule, call: Call): Run[] {
  const network = calledNetwork(python, call)
  const values = call.expr.args.map(({ value }) => value)
  const func = python.functionOf(call.expr.callee)
  if (func === null) return network === null ? [] : [{ network, inputs: values }]
  const shift = func.class !== null && /^(self|cls)$/.test(func.node.params[0]?.name ?? '') ? 1 : 0
  return call.expr.args.flatMap(({ name, value }, position): Run[] => {
    const text = textOfTarget(value)
    const parameter = name ?? func.node.params[position + shift]?.name
    if (text === null || parameter === undefined || !isRunIn(python, func, parameter)) return []
    const passedBy = new Set(python.callSites(func) ?? [])
    const handed = { expr: value, name: text, names: [text], passedBy, origins: [value] }
    return [{ network: handed, inputs: values.filter((one) => one !== value) }]
  })
}

/** The function runs a network that it is handed, with gradients. */
function isRunIn(python: PythonModule, func: Func, parameter: string): boolean {
  return func.calls.some(
    (call) =>
      call.expr.callee.type === 'name' &&
      call.expr.callee.id === parameter &&
      call.expr.args.length > 0 &&
      !withoutGradients(python, call),
  )
}

function isLeftAlone(python: PythonModule, network: CalledNetwork): boolean {
  if (isCopy(python, network)) return true
  if (!isUntouched(python, network)) return false
  const passed = passedNetwork(python, network)
  const learned = isFromLibrary(python, network) || isLoadedForUse(python, network)
  return passed?.frozen !== true && (learned || passed?.evaluates === true)
}

/** Its weights are those of a network that is trained: `target.load_state_dict(policy.state_dict())`. No optimiser has them. */
function isCopy(python: PythonModule, { name }: CalledNetwork): boolean {
  const trained = once(
    python,
    'trained networks',
    () => new Set([...optimizedNetworks(python).values()].flatMap((one) => [...one])),
  )
  if (trained.has(name) || trained.has('self')) return false
  return once(python, 'copies of networks', () => copies(python, trained)).has(name)
}

function copies(python: PythonModule, trained: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>()
  const isTrained = (expr: Expr | undefined) => expr !== undefined && trained.has(networkText(python, expr))
  for (const { method, expr, assignedTo, name } of python.calls) {
    const { callee, args } = expr
    const [first] = args
    const given = first?.value
    if (method === 'load_state_dict' && callee.type === 'attribute' && given?.type === 'call') {
      const source = given.callee
      if (source.type === 'attribute' && source.attr === 'state_dict' && isTrained(source.value))
        found.add(networkText(python, callee.value))
    }
    if (name === 'copy.deepcopy' && assignedTo !== null && isTrained(given)) found.add(assignedTo)
  }
  return found
}

/** Something else than the batch goes in: what another network has made, whose gradients need this one. */
function passesNetwork(python: PythonModule, own: readonly HotStatement[], input: Expr, user: Call): boolean {
  const at = own.findIndex(({ statement }) => statement === user.statement)
  if (at < 0) return true
  return reachedByGradients(own, input, at).some(({ expr }) => {
    if (expr.type !== 'call') return false
    const { callee } = expr
    if (callee.type === 'attribute' && (textOfTarget(callee) === null || keepsContent.test(callee.attr)))
      return false
    return (
      python.nameOf(callee) === null &&
      !(callee.type === 'name' && /^(len|int|float|list|tuple|dict|zip)$/.test(callee.id))
    )
  })
}
