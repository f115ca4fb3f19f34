/** What readers of serving platforms share: whether a program ends what it deploys, and what it deploys for. */

import { gpu } from '../catalog/gpus.js'
import type { Change, Refusal } from '../edit/write.js'
import type { Call, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { SourceFragment } from '../text/source-fragment.js'
import { both, convert, derived, orDefault, orUnknown } from '../values/operations.js'
import { asNumber, asText } from '../values/parse.js'
import { calleePlace, callSite } from '../values/places.js'
import { effective, type Given, isGiven } from '../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import { startedUnder } from './branches.js'
import { jobRole, scopeOf } from './job-in-code.js'
import { acceleratorModel, acceleratorsInType, uncatalogued } from './machine-claims.js'
import { isOnlyOffered } from './only-offered.js'
import { codeText } from './pytorch/evidence.js'
import { usesAny } from './pytorch/library-uses.js'
import type { FragmentFacts } from './reader.js'
import { skippedEnding } from './skipped-ending.js'

const endings = [
  '.delete_endpoint',
  '.delete_predictor',
  '.undeploy_all',
  '.undeploy',
  '.begin_delete',
  '.scale_to_zero',
  '.pause',
  '.delete_inference_endpoint',
  '.pause_inference_endpoint',
  '.scale_to_zero_inference_endpoint',
  'huggingface_hub.delete_inference_endpoint',
  'huggingface_hub.pause_inference_endpoint',
  'huggingface_hub.scale_to_zero_inference_endpoint',
]
const endingText =
  /delete_(endpoint(?!_config)|predictor|inference_endpoint)|delete-endpoint(?!-config)|undeploy|endpoints?\s+delete|(endpoint|predictor|service)\w*\.delete\(|\bbegin_delete\(/i
/** `%store endpoint_name`, as the masked line of a notebook: the next notebook goes on with it. */
const storedName = /^#store\s+(?!-)[\w \t]*(endpoint|predictor)/i
const cleaningFunction =
  /clean_?(up|resources)|tear_?down|(delete|destroy|remove|stop|shut_?down)_(?!model$|endpoint_config|object|file|dir|handler|column|bucket|key)\w*/i

function endingCalls(python: PythonModule): Call[] {
  return once(python, 'calls that end endpoints', () => python.calls.filter((one) => ends(python, one)))
}

/** What makes room for the endpoint, before it is made in the same function, does not end it. */
function tearsDown(python: PythonModule, made: Call): boolean {
  const ended = endingCalls(python)
  if (ended.length > 0)
    return ended.some((one) => one.function !== made.function || one.expr.start > made.expr.start)
  return once(
    python,
    'tears endpoints down',
    () => usesAny(python, endings) || endingText.test(doingText(python)),
  )
}

/** The call that would end it stands in functions that the file itself never calls: they are offered to whoever imports it. */
function offeredEnding(python: PythonModule): Call | null {
  const ended = endingCalls(python)
  const isOffered = ({ function: func }: Call) =>
    func !== null &&
    func.class === null &&
    func.node.decorators.length === 0 &&
    python.callSites(func)?.length === 0
  return ended.length > 0 && ended.every(isOffered) ? ended[0]! : null
}

/** The text of the module without what it only tells its user: `print("aws sagemaker delete-endpoint …")`. */
function doingText(python: PythonModule): string {
  let [text, at] = ['', 0]
  for (const { name, method, expr } of python.calls) {
    if (expr.start < at || !(name === 'print' || /^(info|warning|debug|echo)$/.test(method))) continue
    text += codeText(python, at, expr.start)
    at = expr.end
  }
  return text + codeText(python, at)
}

function ends(python: PythonModule, call: Call): boolean {
  if (endings.some((one) => (one.startsWith('.') ? call.method === one.slice(1) : call.name === one)))
    return true
  if (cleaningFunction.test(call.method)) return true
  if (call.method !== 'delete' || call.expr.callee.type !== 'attribute') return false
  const owner = python.text.slice(call.expr.callee.value.start, call.expr.callee.value.end)
  return (
    /endpoint|predictor|deploy|server|service|model/i.test(owner) ||
    call.expr.args.some((one) => one.name === 'force')
  )
}

const deploymentName =
  /(^|[/_.-])(deploy\w*|serv(e|ing)\w*|inference|endpoints?|hosting|production|prod|app|api|lambda)([/_.-]|$)/i

/** Its `run` trains the model that is deployed, so that each run of the program leaves an endpoint. */
const trainingJob = /^google\.cloud\.aiplatform\.\w*TrainingJob$/

/** What ends an endpoint of these, by the name by which messages call the platform. */
const endingsByPlatform: Record<string, string> = {
  SageMaker: 'delete_endpoint',
  'Vertex AI': 'undeploy_all',
  'Azure ML': 'online_endpoints.begin_delete',
  'Azure Container Instances': 'Webservice.delete',
  'Inference Endpoints': 'delete_inference_endpoint',
}

/** A name that no earlier run has given: with the time, or drawn by chance. */
export function isNewName(python: PythonModule, expr: Expr): boolean {
  const { start, end } = python.definition(expr)
  return /\b(strftime|time|now|utcnow|today|gmtime|timestamp|uuid\d?|randint|token_hex|name_from_base|unique_name_from_base)\(|\{(timestamp|ts|now|run_id|uid|uuid|current_time|time_?stamp)\b/i.test(
    python.code.slice(start, end),
  )
}

/**
 * Starts the claims of an endpoint. Null where the program only offers a function that deploys, so that whoever calls it
 * ends it.
 */
export function claimEndpoint(
  python: PythonModule,
  fragment: SourceFragment,
  claims: ClaimBuilder,
  call: Call,
  platform: string,
): SubjectBuilder<'Serving'> | null {
  if (isOnlyOffered(python, call)) return null
  // Neither toy data nor a notebook makes a machine that is left running any cheaper.
  const evidence: Evidence = {
    role: jobRole(python),
    accelerator: 'maybe',
    small: null,
    notebook: false,
  }
  const place = calleePlace(call)
  const site = callSite(call)
  const scope = scopeOf(call)
  const serving = claims.subject('Serving', place, scope, evidence)
  serving.known('platform', platform, platform, place)
  const offered = python.isEntry ? offeredEnding(python) : null
  if (offered !== null) {
    serving.default('tornDown', call.method, false, place, { site })
    serving.known('endedElsewhere', offered.method, claims.locate(offered.expr), place, { site })
  } else if (tearsDown(python, call)) {
    serving.known('tornDown', call.method, true, place, { site })
    const skipped = python.isEntry ? skippedEnding(python, call, endingCalls(python)) : null
    if (skipped !== null) serving.known('endSkipped', skipped, skipped, place)
  } else if (python.evidence.notebook && python.tree.comments.some((one) => storedName.test(one.text)))
    serving.unknown('tornDown', call.method, 'its name is stored for another notebook', place)
  else serving.default('tornDown', call.method, false, place, { site })
  const comment = python.tree.comments.find((one) => endingText.test(one.text))
  if (comment !== undefined)
    serving.known('tearDownComment', call.method, claims.locate(comment), place, { site })
  serving.known('purpose', call.method, purposeOf(python, fragment), place)
  // What updates an endpoint starts none.
  const updates = call.expr.args.some(({ name }) => name === 'update_endpoint')
  const ending = updates ? undefined : lookUp(endingsByPlatform, platform)
  if (ending !== undefined) serving.known('endsBy', ending, ending, place)
  const branches = startedUnder(python, call, claims)
  if (branches !== null) serving.known('branches', call.method, branches, place)
  return serving
}

function purposeOf(
  python: PythonModule,
  fragment: SourceFragment,
): 'trial' | 'part of a series' | 'deployment' {
  if (python.evidence.notebook)
    return /(^|\/)\d+[-_. ][^/]*$/.test(python.path) ? 'part of a series' : 'trial'
  if (fragment.origin !== 'file' || deploymentName.test(python.path)) return 'deployment'
  const triesOut = python.calls.some(
    ({ method, name }) =>
      /^(fit|train|predict|invoke_endpoint|invoke)$/.test(method) || trainingJob.test(name ?? ''),
  )
  return triesOut ? 'trial' : 'deployment'
}

/** What one replica is: a machine type of a provider. */
export function claimMachine(serving: SubjectBuilder<'Serving'>, key: string, given: Given<Json>): void {
  const machine = orUnknown(convert(given, asText), 'the default')
  serving.say('machine', key, machine)
  serving.say('gpus', key, convert(machine, acceleratorsInType, uncatalogued))
  serving.say('gpuModel', key, derived(machine, acceleratorModel))
}

/** Accelerators that are attached by name and number (`NVIDIA_TESLA_T4`, 1); they count more than those of the machine. */
export function claimAttached(
  serving: SubjectBuilder<'Serving'>,
  key: string,
  type: Given<Json>,
  count: Given<Json>,
): void {
  const named = convert(type, asText)
  if (!isGiven(named) || effective(type) === null || /UNSPECIFIED/.test(effective(named) ?? '')) return
  const many = orDefault(convert(count, asNumber), 1)
  const attached = { ...both(named, many, (_, number) => number), channel: 'launch flag' } as const
  serving.say('gpus', key, attached)
  const model = derived({ ...named, channel: 'launch flag' }, (name) => gpu(name.replace(/_/g, '-'))?.name)
  serving.say('gpuModel', key, model)
}

/** Requests that name the endpoint instead of going through what `deploy()` returns. */
const asksByName = /^(invoke_endpoint\w*|describe_endpoint|update_endpoint\w*)$/

/** The end of an endpoint, behind the last statement of its program that speaks of it. */
export function endEndpoint(
  facts: FragmentFacts,
  call: Call,
  ending: (name: string) => string,
): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  const name = call.assignedTo
  if (name === null || !/^\w+$/.test(name))
    return { reason: 'what deploy() returns has no name: delete the endpoint when you are done with it' }
  if (call.function !== null || call.loops.length > 0)
    return { reason: 'the endpoint is made in a function or a loop: delete it when you are done with it' }
  const word = new RegExp(`\\b${name}\\b`)
  let last = call.statement
  for (const statement of python.tree.body) {
    if (statement.start > last.start && word.test(python.code.slice(statement.start, statement.end)))
      last = statement
  }
  if (!python.tree.body.includes(last))
    return { reason: 'the endpoint is made under a condition: delete it when you are done with it' }
  if (python.calls.some(({ method, expr }) => asksByName.test(method) && expr.start > call.expr.end))
    return { reason: 'the program asks it by its name as well: delete it when you are done with it' }
  const line = ending(name)
  return {
    title: `Delete the endpoint at the end: ${line}`,
    // Where nothing here asks it anything, it is asked by somebody else.
    safety: last === call.statement ? 'display' : 'unsafe',
    writes: [
      {
        kind: 'insert lines',
        where: 'after',
        path,
        statement: { fragment: fragment.index, start: last.start, end: last.end },
        lines: [line],
      },
    ],
    imports: [],
  }
}
