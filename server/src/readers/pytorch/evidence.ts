/** What a PyTorch module is for and what it runs on, seen together with the modules that it works with. */

import { deviceSaid } from '../../python/chosen-device.js'
import { toDevice } from '../../python/device-moves.js'
import { usesMatch } from '../../python/library-uses.js'
import type { Call, ModuleSummary, PythonModule } from '../../python/module.js'
import { isMainGuard } from '../../python/scopes.js'
import type { Expr, Param } from '../../syntax/python-ast.js'
import { noteSmall, noteSmallNetwork } from '../../text/evidence.js'
import { once } from '../../text/once.js'
import { fixedArgument, knownArgument, mayBePassed } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Evidence } from '../../workload/claim.js'
import { acceleratorKind } from '../lightning/accelerators.js'
import { asksRay } from '../ray/asked.js'
import { briefRun } from './brief-run.js'
import { smallNetwork } from './network-size.js'
import { staysOnHost } from './no-device.js'

/** Each module is asked by all that it works with. */
const training = new WeakMap<ModuleSummary, boolean>()

function trains(summary: ModuleSummary): boolean {
  let known = training.get(summary)
  if (known === undefined) {
    known = trainsItself(summary)
    training.set(summary, known)
  }
  return known
}

function trainsItself(summary: ModuleSummary): boolean {
  return (
    Object.values(summary.functions).some((func) => func.trains) ||
    (summary.uses.includes('.backward') && usesMatch(summary, step)) ||
    usesMatch(summary, trainer) ||
    // It hands an optimiser to something that trains, which nobody need know.
    (summary.evidence?.role === 'training' && summary.uses.some((use) => optimizer.test(use)))
  )
}

const optimizer = /^torch\.optim\.[A-Z]\w*$/
const step = /(^|\.)step$/

const trainer =
  /^(lightning\.pytorch\.(Trainer|cli\.LightningCLI)|transformers\.\w*Trainer|trl\.\w+Trainer)(\.|$)/

/** True when this module, or a program that imports it, trains a model. */
export function trainsAnywhere(python: PythonModule): boolean {
  return trainsWith(python, python)
}

/** What ends up running code of a module. */
type Users = Pick<PythonModule, 'importers' | 'programs'>

const alone: Users = { importers: [], programs: [] }

function trainsWith(python: PythonModule, { importers, programs }: Users): boolean {
  if (python.evidence.role === 'training' || python.stepFunctions().length > 0) return true
  const around = [...importers, ...python.imported, ...programs]
  return (
    around.some(trains) ||
    importers.some(({ trainsOn }) => trainsOn !== undefined) ||
    // A method in between takes the step.
    (python.loops.some(({ effects }) => effects.backward) && around.some(keepsOptimizer))
  )
}

/** It makes an optimizer and steps it. */
function keepsOptimizer(summary: ModuleSummary): boolean {
  return usesMatch(summary, optimizer) && usesMatch(summary, step)
}

function usesGpu(summary: ModuleSummary): boolean {
  const accelerator = summary.evidence?.accelerator
  return (
    [accelerator, summary.trainsOn].some((one) => one === 'gpu' || one === 'maybe') ||
    summary.uses.includes('accelerate.Accelerator') ||
    // A trainer takes the accelerator that it finds, unless it is told not to.
    (accelerator !== 'cpu' && usesMatch(summary, trainer))
  )
}

/** `device='cpu'`, `add_argument('--device', default='cpu')`. */
function defaultsToProcessor(python: PythonModule): boolean {
  return codeMatches(python, /\b(device|default)\s*=\s*(torch\.device\()?['"]cpu['"]/)
}

/** It, or a class that it passes on, trains and puts something on a device that it does not choose: `batch.to(self.device)`. */
function movesBatches(summary: ModuleSummary): boolean {
  if (summary.evidence?.accelerator === 'cpu') return false
  const moves = ({ calls }: { calls: readonly string[] }) => calls.includes(toDevice)
  const { functions, classes, uses } = summary
  return (
    (trains(summary) &&
      (uses.includes(toDevice) || [...Object.values(functions), ...Object.values(classes)].some(moves))) ||
    Object.values(classes).some(
      (klass) => moves(klass) && Object.values(klass.steps ?? {}).some((step) => step.trains),
    )
  )
}

/**
 * Evidence of the module, completed by its neighbours: a loop in `engine.py` runs where `main.py` puts it, and on the
 * data that `main.py` loads.
 */
export function trainingEvidence(python: PythonModule): Evidence {
  return { ...once(python, 'evidence', () => completed(python, python)) }
}

/**
 * The same for code at a place. What stands under a main guard is a program of its own, which does not run when others import
 * the module: what they train says nothing of it.
 */
export function evidenceAt(python: PythonModule, call: Call): Evidence {
  if (python.importers.length === 0 || !runsAlone(python, call)) return trainingEvidence(python)
  return { ...once(python, 'evidence of its own program', () => completed(python, alone)) }
}

/** It runs only where its file is started: under the main guard, or in functions that only what stands there calls. */
function runsAlone(python: PythonModule, call: Call, depth = 0): boolean {
  const { function: func, expr } = call
  if (func === null) {
    const guards = once(python, 'main guards', () =>
      python.tree.body.flatMap((one) => (one.type === 'if' && isMainGuard(one.test) ? one.body : [])),
    )
    return guards.some(({ start, end }) => start <= expr.start && expr.end <= end)
  }
  if (depth > 3 || func.class !== null || python.outsideCalls(func).length > 0) return false
  const sites = python.callSites(func)
  return sites !== null && sites.length > 0 && sites.every((site) => runsAlone(python, site, depth + 1))
}

/** The same of code that searches: whatever it trains is a trial. */
export function tuningEvidence(python: PythonModule): Evidence {
  const evidence = trainingEvidence(python)
  return evidence.role === 'test' ? evidence : { ...evidence, role: 'tuning' }
}

function completed(python: PythonModule, users: Users): Evidence {
  const evidence: Evidence = { ...python.evidence }
  if (evidence.role !== 'test' && trainsWith(python, users)) evidence.role = 'training'
  const around = [...users.importers, ...python.imported]
  const brief = briefRun(python)
  if (brief !== null) evidence.negligible ??= brief
  for (const module of around) {
    noteSmall(evidence, module.evidence?.small ?? null)
    evidence.large ??= module.evidence?.large
    evidence.wide ??= module.evidence?.wide
  }
  // The folders of a service, or its cards, are mostly named where the program starts.
  for (const user of [...users.importers, ...users.programs]) {
    const older = user.evidence?.withoutBf16
    if (older !== undefined) evidence.withoutBf16 ??= older
  }
  // The data may be small; a step is not.
  if (evidence.large !== undefined) evidence.small = null
  else noteSmallNetwork(evidence, smallNetwork(python))
  noteSmall(evidence, drawsItsData(python))
  // What it learns is of no use to anybody.
  const dummy = dummyData(python)
  if (dummy !== null) evidence.negligible ??= dummy
  const processor = python.processorOnly ? 'processor' : (deviceSaid(python) ?? saidAround(python, users))
  if (processor === 'processor' && evidence.accelerator !== 'mps') return { ...evidence, accelerator: 'cpu' }
  if (processor === 'by default') return { ...evidence, accelerator: 'maybe', processorByDefault: true }
  if (staysOnHost(python)) return { ...evidence, accelerator: 'cpu' }
  const accelerators = python.callsTo('accelerate.Accelerator', 'lightning.fabric.Fabric')
  if (evidence.accelerator === 'none' || evidence.accelerator === 'cpu') {
    const forced = accelerators.some((call) => {
      const cpu = python.argument(call, 'cpu')
      const kind = python.argument(call, 'accelerator', 0)
      return knownArgument(cpu) === true || knownArgument(kind) === 'cpu'
    })
    if (forced) evidence.accelerator = 'cpu'
    // DeepSpeed's engine places the model by itself.
    else if (accelerators.length > 0 || python.callsTo('deepspeed.initialize').length > 0)
      evidence.accelerator = 'maybe'
    // An epoch object places the model on the device that it is given, else on the processor.
    else if (python.callsTo('segmentation_models_pytorch.utils.train.TrainEpoch').some(onOtherDevice(python)))
      evidence.accelerator = 'maybe'
    // So does what Ray prepares, where its workers are given accelerators.
    else if (python.callsTo('ray.train.torch.prepare_model').length > 0 && asksRay(python) === undefined)
      evidence.accelerator = 'maybe'
    else if ([...around, ...users.programs].some(usesGpu)) evidence.accelerator = 'maybe'
    else if (
      evidence.accelerator === 'none' &&
      (movesToDevice(python) ||
        python.reachedByObjects().some((one) => one === toDevice || one === '.cuda') ||
        makesTrainer(python) ||
        (around.some(movesBatches) && !defaultsToProcessor(python)))
    )
      evidence.accelerator = 'maybe'
  }
  return evidence
}

const onOtherDevice =
  (python: PythonModule) =>
  (call: Call): boolean => {
    const device = python.argument(call, 'device')
    return mayBePassed(device) && fixedArgument(device) !== 'cpu'
  }

const placingLibraries = ['accelerate.', 'lightning.', 'deepspeed.', 'ray.', 'transformers.Trainer']

/** What the modules around say, where this one names no device: the loop is in `engine.py`, the loader in `data.py`. */
function saidAround(python: PythonModule, { importers, programs }: Users): 'processor' | null {
  if (python.uses(...placingLibraries) || makesTrainer(python)) return null
  const said = [...importers, ...programs, ...python.imported].flatMap(({ computesOn }) => computesOn ?? [])
  return said.length > 0 && said.every((one) => one === 'processor') ? 'processor' : null
}

/** A trainer of its own takes the accelerator that it finds, unless it is told another. */
function makesTrainer(python: PythonModule): boolean {
  return python.calls.some((call) => {
    if (call.name === null || !trainer.test(call.name)) return false
    const told = fixedArgument(python.argument(call, 'accelerator'))
    return typeof told !== 'string' || !/^(cpu|none)$/.test(acceleratorKind(told))
  })
}

/** `batch.to(self.device)`: whoever starts the program chooses the device; code for the processor alone moves nothing. */
function movesToDevice(python: PythonModule): boolean {
  return python.methodCalls('to').some((call) => {
    const given = call.expr.args.find((one) => one.name === null || one.name === 'device')
    if (given === undefined || given.star > 0) return false
    if (!/(^|[._])(device|dev|rank|gpu)$/i.test(python.code.slice(given.value.start, given.value.end)))
      return false
    const value = effective(python.fold(given.value))
    return value === undefined || !String(value).startsWith('cpu')
  })
}

/** The operands of a sum or product. */
function terms(expr: Expr): Expr[] {
  const found: Expr[] = []
  const waiting = [expr]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (one.type === 'binary') waiting.push(one.left, one.right)
    else found.push(one)
  }
  return found
}

/** `X = torch.rand(1000, 20)`: data that is drawn, not read. */
export function drawsItsData(python: PythonModule): string | null {
  const drawn = python.callsTo(
    'torch.rand',
    'torch.randn',
    'torch.randint',
    'numpy.random.rand',
    'numpy.random.randn',
  )
  const found = drawn.some(({ expr, loops, function: func, statement }) => {
    // `X = 5 * np.random.rand(200, 4)`.
    if (statement.type !== 'assign' || statement.value === null) return false
    const [target] = statement.targets
    return (
      loops.length === 0 &&
      // Elsewhere it is what a network begins with that makes something.
      (func === null || /data|load|main|train|batch|toy|synth|dummy|setup|run/i.test(func.name)) &&
      func?.class == null &&
      terms(statement.value).includes(expr) &&
      target?.type === 'name' &&
      /^(X|x|y|data|inputs?|features?|samples?|labels?|targets?)(_?(train|data|train_data))?$/.test(target.id)
    )
  })
  return found ? 'random data' : null
}

const dummy = /^(Dummy|Fake|Mock|Toy|Random)\w*(Data|Dataset|DataModule|Loader)$/
const otherData = /^[A-Z]\w*(Dataset|DataModule)$|^load_dataset$/

/** `DummyDataset(…)`, and no other data set beside it: an option to try a program out has both. */
function dummyData(python: PythonModule): string | null {
  const made = python.calls.filter(({ conditional, loops }) => !conditional && loops.length === 0)
  const invents = (call: Call): boolean => dummy.test(call.method) || inventsSamples(python, call)
  const found = made.find((call) => invents(call) && call.name?.startsWith('torchvision.') !== true)
  if (found === undefined) return null
  const others = python.calls.some((call) => otherData.test(call.method) && !invents(call))
  return others ? null : `it learns from a ${found.method}`
}

/** A data set of the module whose samples are drawn: it is told how many, and reads nothing from anywhere. */
function inventsSamples(python: PythonModule, { expr }: Call): boolean {
  const klass = python.classOf(expr.callee)
  const params = klass?.methods.get('__init__')?.node.params.slice(1) ?? []
  if (klass?.bases.some((base) => /Dataset$/.test(base)) !== true) return false
  if (params.some((one) => one.star > 0 || !isCount(one))) return false
  const { start, end } = klass.node
  const code = codeText(python, start, end)
  return (
    draws.test(code) &&
    !/\b(open|load\w*|read\w*|imread|glob|listdir|scandir)\(/.test(code) &&
    // Another library may bring the samples: numbers that are drawn choose among them, or change them.
    python.calls.every(
      ({ name, expr: { start: at } }) =>
        at < start || at >= end || !name?.includes('.') || computes.test(name),
    )
  )
}

/** Also from a generator of its own: `rng.normal(…)`. */
const draws =
  /\b(torch|np|numpy)\.(random\.)?(randn?|randint|normal|uniform)\(|\b\w*(rng|rand|random|generator)\w*\.(normal|uniform|randint|integers|randn?|random|standard_normal|multivariate_normal)\(/i

const computes = /^(torch|torchvision\.transforms|numpy|random|math|PIL)\./

/** `num_samples`, `noise=0.1`, `mode='all'` */
function isCount({ name, default: value }: Param): boolean {
  const constant = value?.type === 'constant' ? typeof value.value : null
  if (constant === 'number' || constant === 'boolean') return true
  if (constant === 'string') return /(^|_)(mode|config|kind|type|split|task)$/.test(name)
  return /^(n|num|len|length|size|dim|seed|seq)(_|$)|_(size|len|length|dim|count)$/.test(name)
}

/** Whether the module's code matches. */
export function codeMatches(python: PythonModule, pattern: RegExp): boolean {
  return once(python.tree, `matches ${pattern}`, () => pattern.test(python.code))
}

/** The text of a piece of code; blanks stand for comments, docstrings and what never runs. */
export function codeText({ code }: PythonModule, start = 0, end = code.length): string {
  return code.slice(start, end)
}
