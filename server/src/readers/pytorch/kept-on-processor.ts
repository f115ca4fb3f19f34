/** Trainings that their own code keeps on the processor: what says so, and how an accelerator is chosen where there is one. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { processorChoice } from '../../python/chosen-device.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { effective } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { changeOf, rangeOf, refuse } from '../change-answer.js'
import { claimFolded } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { makesTensor } from './lowering.js'
import { staysOnHost } from './no-device.js'

/** Claims what keeps the training on the processor. `header`: what is shown of it where nothing is written anywhere. */
export function claimProcessor(
  python: PythonModule,
  evidence: Evidence,
  header: Place,
  training: SubjectBuilder<'Training'>,
): void {
  const kept = evidence.accelerator === 'cpu' || evidence.processorByDefault === true
  // Whoever installs PyTorch without support for accelerators has none.
  if (!kept || python.processorOnly || meansProcessor(python)) return
  const choice = processorChoice(python)
  if (choice === null) {
    if (staysOnHost(python)) training.default('device', '.to(device)', 'cpu', firstLoop(python) ?? header)
    return
  }
  const [first] = choice.chosenBy
  if (first === undefined || choice.elsewhere || !choice.chosenBy.every((one) => isProcessor(python, one)))
    return
  const key = python.text.slice(first.start, first.end)
  const place = { start: first.start, end: first.end }
  const folded = python.fold(first)
  const overridable = choice.device === 'by default'
  if (first.type === 'constant' || folded.state !== 'known')
    training.known('device', key, 'cpu', place, { overridable })
  else claimFolded(training, 'device', key, folded, place, () => 'cpu' as const)
}

/** Of several loops none moves anything: that is said once. */
function firstLoop(python: PythonModule): Place | null {
  const first = python.loops.find(({ role }) => role === 'train')?.node
  return first === undefined
    ? null
    : { start: first.start, end: first.type === 'for' ? first.iterable.end : first.test.end }
}

function isProcessor(python: PythonModule, expr: Expr): boolean {
  const value = effective(python.fold(expr))
  return value === undefined || !String(value).startsWith('mps')
}

const words =
  /\bcpu[- ]?(only|training|friendly|version|mode|bound)\b|\b(on|for|with|using) (a |an |the |my |your )?(cpus?|laptops?|macbooks?)\b|\b(no|without) (a |any )?(gpus?|cuda)\b|\bgpu is not (needed|required|necessary)\b/i

/** Its name or what it says in words tells that it is meant for the processor. */
export function meansProcessor(python: PythonModule): boolean {
  return once(
    python,
    'meant for the processor',
    () => /(^|[/_.-])cpu([/_.-]|$)/i.test(python.path) || words.test(python.text),
  )
}

/** Writes an accelerator, where there is one, in place of the text that names the processor. */
export function changeProcessor(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const choice = python && processorChoice(python)
  if (python === undefined || choice == null || claim.state === 'default')
    return refuse('the network and its batches have to be moved by hand')
  const [named, ...others] = choice.chosenBy
  if (named?.type !== 'constant' || named.value !== 'cpu' || others.length > 0 || named.end <= named.start)
    return refuse('the device is chosen in several places')
  if (!movesAll(python)) return refuse('the network and its batches have to be moved as well')
  if (python.calls.some((call) => readsOnHost(python, call)))
    return refuse('`.numpy()` fails on tensors of an accelerator: bring them back with `.cpu()` first')
  if (python.calls.some((call) => staysBehind(python, call)))
    return refuse('tensors that are made beside the batches have to be moved as well')
  const use = { path, fragment: fragment.index, offset: named.start }
  const available = nameFor(python.tree, 'torch.cuda', 'is_available', use)
  const quote = python.text[named.start] === '"' ? '"' : "'"
  const write: Write = {
    kind: 'replace',
    path,
    range: rangeOf(facts, named),
    text: `${quote}cuda${quote} if ${available.text}() else ${quote}cpu${quote}`,
  }
  const imports = available.import === null ? [] : [available.import]
  return changeOf('Choose the GPU where there is one', [write], { imports })
}

/** The network is moved before the loops, and batches in them. */
function movesAll(python: PythonModule): boolean {
  const moves = python.methodCalls('to')
  const batches = moves.some(({ loops }) => loops.some(({ role }) => role === 'train'))
  const networks = moves.some(({ loops }) => !loops.some(({ role }) => role === 'train'))
  return batches && networks
}

/** `weight = torch.tensor([1.0, 4.0])` where the network is trained: what is computed with it has to lie on the same device. */
function staysBehind(python: PythonModule, { name, function: func, expr, loops }: Call): boolean {
  if (name === null || !makesTensor.test(name) || name.endsWith('_like')) return false
  const beside = func === null || loops.length > 0 || func.name === 'forward' || trainsIn(python, func)
  return (
    beside && !expr.args.some((one) => one.name === 'device') && !python.code.startsWith('.to(', expr.end)
  )
}

const trainsIn = (python: PythonModule, func: Func): boolean =>
  python.loops.some((loop) => loop.function === func && loop.role === 'train')

function readsOnHost(python: PythonModule, { method, expr }: Call): boolean {
  if (method !== 'numpy' || expr.callee.type !== 'attribute') return false
  const { value } = expr.callee
  return !/\.cpu\(|\.to\(/.test(python.code.slice(value.start, value.end))
}
