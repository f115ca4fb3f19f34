/** Functions of a Modal app, and the GPUs that they ask for. Source: modal 0.73, app.py (`timeout` is 300), gpu.py. */
import { gpu } from '../../catalog/gpus.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Func, Klass, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { mayBePassed, textArgument } from '../../values/argument.js'
import { absent, convert, orDefault } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { pythonLiteral, quoteOf } from '../../values/python-literal.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand, changeOf, refuse } from '../change-answer.js'
import { claimOperation } from '../operation-claims.js'
import {
  changeDecorator,
  type Decorated,
  DecoratorSource,
  decoratorSite,
  namePlace,
} from '../pipelines/decorated-function.js'
import { claimCode, stepEvidence, workOfStep } from '../pipelines/describe-step.js'
import { claimStepLaunch } from '../pipelines/step-launch.js'
import { claimStepMachine } from '../pipelines/step-machine.js'
import { claimStepSetUp } from '../pipelines/step-set-up.js'
import { claimStarted } from '../python/started-launches.js'
import { defineReader, type FragmentFacts, importing, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { areFetched, type LoadedModels, modelsLoaded } from './loaded-models.js'
import { plainMethods } from './plain-methods.js'

/** What a container is sure of where nobody asks for more; it may use more while its host has some. Source: modal.com/docs/guide/resources */
const reservedCores = 0.125

const functionSettings = settingTable('Compute', {
  cpus: { keys: ['cpu'], parse: asNumber },
})

export const modalReader = defineReader({
  name: 'modal',
  title: 'Modal',
  leads: importing('modal'),
  languages: ['python'],
  triggers: ['modal'],
  settings: [functionSettings],
  read(facts, context, claims) {
    const python = facts.python!
    const functions = appFunctions(python)
    for (const one of functions) readFunction(python, context, claims, one, functions)
  },
  change(claim, value, facts): Change | Refusal {
    if (claim.site.target?.kind === 'refused') return refuse(claim.site.target.reason)
    if (claim.setting === 'minReplicas' && typeof value === 'number')
      return changeDecorator(
        facts,
        claim.site,
        { [claim.key]: String(value) },
        `Keep ${value === 0 ? 'no container' : value} warm: ${claim.key}=${value}`,
      )
    if (claim.setting === 'keepAlive' && typeof value === 'number')
      return changeDecorator(
        facts,
        claim.site,
        { [claim.key]: String(value) },
        `Wait ${value} s for the next call: ${claim.key}=${value}`,
      )
    if (claim.setting === 'unaskedCores')
      return changeDecorator(
        facts,
        claim.site,
        { [claim.key]: String(value) },
        `Ask for ${value} cores: ${claim.key}=${value}`,
      )
    if (claim.setting === 'gpus' && value === 0)
      return changeDecorator(facts, claim.site, { gpu: null }, 'Ask for no GPU')
    if (claim.setting === 'gpus' && typeof value === 'number')
      return changeRequest(claim, facts, (asked) => ({ ...asked, count: value }))
    if (claim.setting === 'gpuModel' && offered.test(String(value)))
      return changeRequest(claim, facts, (asked) => ({ ...asked, name: modalName(String(value)) }))
    return byHand(claim)
  },
})

/** What Modal has, and how it spells the names of the catalogue. Source: modal.com/docs/guide/gpu */
const offered = /^(T4|L4|A10G?|L40S|A100-(40|80)GB|H100-SXM|H200|B200)$/
function modalName(card: string): string {
  return card === 'A10G' ? 'A10' : card.replace(/-SXM$/, '')
}

interface GpuRequest {
  name: string
  count: number
}

function changeRequest(
  claim: Claim,
  facts: FragmentFacts,
  to: (asked: GpuRequest) => GpuRequest,
): Change | Refusal {
  const { python } = facts
  const call = python?.callAt(claim.site) ?? null
  const argument = call === null ? undefined : python!.argument(call, 'gpu')
  const given = argument?.state === 'given' ? textArgument(argument) : null
  const asked = gpuRequest(given)
  if (argument?.state !== 'given' || asked === undefined)
    return { reason: 'the GPU is not written as one text' }
  // A name may stand for the GPUs of other functions as well: it is this one that is changed.
  const quote = quoteOf(python!.text.slice(argument.expr.start, argument.expr.end))
  const { name, count } = to(asked)
  // `H100!` asks for no other card in its place.
  const exactly = name === asked.name && /!(:|$)/.test(given ?? '') ? `${name}!` : name
  const text = pythonLiteral(count === 1 ? exactly : `${exactly}:${count}`, quote)
  const title =
    name === asked.name
      ? `Ask for ${count} GPU${count === 1 ? '' : 's'}: gpu=${text}`
      : `Ask for another kind of GPU: gpu=${text}`
  return isOwnConstant(python!, argument.expr)
    ? changeOf(title, [writeArgument(facts, call!, 'gpu', argument, text)])
    : changeDecorator(facts, claim.site, { gpu: text }, title)
}

/** `GPU = 'A100:4'` of this module, which nothing else mentions. */
function isOwnConstant(python: PythonModule, expr: Expr): boolean {
  if (expr.type !== 'name' || python.definition(expr).type !== 'constant') return false
  return [...python.code.matchAll(new RegExp(`\\b${expr.id}\\b`, 'g'))].length === 2
}

/** `@app.function(…)` and `@app.cls(…)` of an app of this module; a class stands for the method that it starts with. */
function appFunctions(python: PythonModule): Decorated[] {
  const found: Decorated[] = []
  const add = (func: Func, decorators: readonly Expr[], kind: 'function' | 'cls'): void => {
    for (const decorator of decorators) {
      if (decorator.type !== 'call' || decorator.callee.type !== 'attribute') continue
      const { attr, value } = decorator.callee
      const app = attr === kind ? python.callOf(value) : null
      if (app !== null && /^modal\.(App|Stub|aio\.Aio(App|Stub))$/.test(app.name ?? ''))
        found.push({ func, decorator, call: python.callOf(decorator), name: `modal.App.${kind}` })
    }
  }
  for (const func of python.functions) add(func, func.node.decorators, 'function')
  for (const { node, methods } of python.classes) {
    const first = [...methods.values()].find((one) => one.node.decorators.length > 0)
    if (first !== undefined) add(first, node.decorators, 'cls')
  }
  return found
}

function readFunction(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  one: Decorated,
  functions: readonly Decorated[],
): void {
  const { func, decorator } = one
  const source = new DecoratorSource(python, one, claims)
  const asked = source.get('gpu')
  if (!isGiven(asked)) return
  const place = namePlace(func)
  const evidence = stepEvidence(python)
  const compute = claimStepMachine(claims, {
    ...{ engine: 'modal', key: 'modal', provider: 'other', name: func.class?.name ?? func.name },
    ...{ scope: func.qualified, place, evidence },
  })
  compute.known('nodes', 'modal', 1, place, { site: decoratorSite(decorator) })
  compute.known('gpuCloud', 'modal', 'modal', place)
  compute.known('chargedApart', 'modal', 'its processors and its memory', place)
  const request = convert(asked, gpuRequest, 'a GPU that cannot be read')
  compute.say(
    'gpus',
    'gpu',
    convert(request, ({ count }) => count),
  )
  const model = convert(request, ({ name }) => gpu(name)?.name)
  compute.say('gpuModel', 'gpu', model.state === 'unknown' ? absent(asked) : model)
  functionSettings.claim(compute, source)
  if (!isGiven(source.get('cpu')))
    compute.say('unaskedCores', 'cpu', orDefault(convert(source.get('cpu'), asNumber), reservedCores))
  const models = modelsLoaded(python, func)
  const app =
    decorator.type === 'call' && decorator.callee.type === 'attribute'
      ? python.callOf(decorator.callee.value)
      : null
  const keepsFiles =
    stores.some((key) => source.get(key).state !== 'absent') ||
    // `App('name', volumes={…})` gives them to all of its functions.
    (app !== null && mayBePassed(python.argument(app, 'volumes')))
  claimServing(claims, one, source, { gpus: request, place, evidence, models })
  if (!keepsFiles && !handsBack(func)) compute.known('losesFiles', 'container', true, place)
  if (!keepsFiles && areFetched(python)) claimLostWeights(compute, claims, func, models, request)
  const idle = idleKeys.find((key) => isGiven(source.get(key)))
  if (idle !== undefined) compute.say('keepAlive', idle, convert(source.get(idle), asNumber))
  compute.say('timeLimit', 'timeout', orDefault(convert(source.get('timeout'), asNumber), 300))
  // A container keeps what a class has loaded, and takes one call after another.
  const answers = func.node.decorators.some(({ start, end }) =>
    answersRequests.test(python.code.slice(start, end)),
  )
  compute.known('limitsCalls', 'timeout', func.class !== null || isMapped(python, func) || answers, place)
  claimStepSetUp(claims, python, context, compute, func)
  if (claimStarted(claims, python, context, compute, func)) return
  if (func.class !== null) claimPlainMethods(python, claims, source, func.class, evidence)
  // What a class does, all of its methods do.
  if (func.class === null) {
    const { work } = workOfStep(python, func.name, func)
    claimCode(python, compute, func, work, place, false)
  }
  const onGpu = functions.filter((each) => isGiven(new DecoratorSource(python, each, claims).get('gpu')))
  claimStepLaunch(claims, python, compute, one, functions, onGpu.length === 1)
}

const answersRequests = /\b(web_endpoint|fastapi_endpoint|asgi_app|wsgi_app)\b/

/** What outlives the container of a function. */
const stores = ['volumes', 'network_file_systems', 'cloud_bucket_mounts', 'shared_volumes', 'mounts']

/** The caller gets what it has made. */
function handsBack(func: Func): boolean {
  return returnsOf(func).some(({ type }) => type !== 'constant')
}

/** Methods that hold the accelerators of their class and use none of it. */
function claimPlainMethods(
  python: PythonModule,
  claims: ClaimBuilder,
  source: DecoratorSource,
  klass: Klass,
  evidence: Evidence,
): void {
  const plain = plainMethods(python, klass)
  const [first, ...others] = plain
  if (first === undefined) return
  const place = namePlace(first)
  const name = `${first.qualified}${others.length === 0 ? '' : ` and ${others.length} more`}`
  // The class itself may stand at the same method.
  const compute = claimStepMachine(claims, {
    ...{ engine: 'modal-methods', key: 'modal', provider: 'other', name, place, evidence },
    ...{ scope: first.qualified, apart: 'methods' },
  })
  compute.known('nodes', 'modal', 1, place)
  compute.known('gpuCloud', 'modal', 'modal', place)
  const reason = 'make it a function of its own, without `gpu`'
  const request = convert(source.get('gpu') as Given<Json>, gpuRequest)
  const count = effective(request)?.count
  if (count !== undefined)
    compute.known('gpus', 'gpu', count, place, { site: { ...place, target: { kind: 'refused', reason } } })
  const model = gpu(effective(request)?.name ?? '')?.name
  if (model !== undefined) compute.known('gpuModel', 'gpu', model, place)
  compute.known('work', first.name, ['download'], place)
  compute.known('acceleratorLibrary', first.name, null, place)
}

/** Seconds that a container waits for the next call: `container_idle_timeout` before 0.73. */
const idleKeys = ['scaledown_window', 'container_idle_timeout']

/** A model of fewer parameters is there in seconds. */
const fetchedInMoments = 5e8

/** Weights that every new container downloads. */
function claimLostWeights(
  compute: SubjectBuilder<'Compute'>,
  claims: ClaimBuilder,
  func: Func,
  { named, parameters }: LoadedModels,
  gpus: Given<GpuRequest>,
): void {
  const { job, evidence } = compute.subject
  // The largest takes longest.
  const [first] = [...named].sort((a, b) => (b.parameters ?? 0) - (a.parameters ?? 0))
  if (first === undefined || job === null) return
  const at = calleePlace(first.call)
  const operation = claimOperation(claims, {
    kind: 'lost cache',
    place: 'run',
    key: '~/.cache',
    at,
    site: { ...at, target: { kind: 'refused', reason: 'mount a volume and name it with `HF_HOME`' } },
    scope: func.class?.name ?? func.qualified,
    evidence: { ...evidence, role: 'job' },
    weight: parameters !== null && parameters < fetchedInMoments ? 'slight' : 'ordinary',
    subject: first.id,
    job,
    apart: 'weights',
  })
  operation.known('holder', 'container', 'container', at)
  const { count, model } = askedGpus(gpus)
  operation.say('gpus', 'gpu', count)
  if (model !== null) operation.say('gpuModel', 'gpu', model)
}

/** Accelerators as subjects are told of them; a `null` model: nothing is known of it. */
function askedGpus(gpus: Given<GpuRequest>) {
  const model = convert(gpus, ({ name }) => gpu(name)?.name)
  return { count: convert(gpus, (asked) => asked.count), model: model.state === 'unknown' ? null : model }
}

interface Served {
  gpus: Given<GpuRequest>
  place: Place
  evidence: Evidence
  models: LoadedModels
}

/** A class that keeps models for its calls, or containers that wait at all hours: `min_containers=1`, `keep_warm=1` before 0.73. */
function claimServing(
  claims: ClaimBuilder,
  { func, decorator }: Decorated,
  source: DecoratorSource,
  { gpus, place, evidence, models }: Served,
): void {
  const key = isGiven(source.get('keep_warm')) ? 'keep_warm' : 'min_containers'
  const least = convert(source.get(key), asNumber)
  const keeps = func.class !== null && models.parameters !== null && !models.draws
  if (!isGiven(least) && !keeps) return
  const name = func.class?.name ?? func.name
  const serving = claims.subject('Serving', place, func.qualified, { ...evidence, accelerator: 'gpu' })
  serving.known('platform', 'modal', 'Modal', place, { site: decoratorSite(decorator) })
  serving.known('gpuCloud', 'modal', 'modal', place)
  serving.known('name', 'modal', name, place)
  serving.known('object', 'modal', `Function/${name}`, place)
  serving.known('purpose', 'modal', 'deployment', place)
  serving.known('scalesToZero', 'modal', true, place)
  serving.known('autoscaled', 'modal', true, place)
  serving.say('minReplicas', key, orDefault(least, 0))
  const { count, model } = askedGpus(gpus)
  serving.say('gpus', 'gpu', count)
  if (model !== null) serving.say('gpuModel', 'gpu', model)
  if (!keeps) return
  const ids = models.named.map(({ id }) => id)
  serving.known('model', 'from_pretrained', ids.join(', '), place)
  serving.known('parameters', 'from_pretrained', models.parameters!, place)
  serving.known('weightBits', 'from_pretrained', models.full ? 32 : 16, place)
}

/** `embed.map(texts)`: called for each of many. */
function isMapped(python: PythonModule, func: Func): boolean {
  return python.calls.some(
    ({ method, expr: { callee } }) =>
      /^(map|starmap|for_each|spawn_map)$/.test(method) &&
      callee.type === 'attribute' &&
      callee.value.type === 'name' &&
      callee.value.id === func.name,
  )
}

/** `A100`, `a10g`, `H100:4`, `A100-80GB:2`, `H100!`. */
function gpuRequest(value: unknown): GpuRequest | undefined {
  const match = typeof value === 'string' ? /^([\w-]+?)!?(?::(\d+))?$/.exec(value.trim()) : null
  return match === null ? undefined : { name: match[1]!, count: Number(match[2] ?? 1) }
}
