/** How programs ask clouds for machines with GPUs: by a library, by a client of their own, or with a body for the cloud's interface. */
import type { Call, PythonModule } from '../../python/module.js'
import type { DictExpr, Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { calleePlace } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'
import { isOnlyOffered } from '../only-offered.js'
import { type Cloud, clouds, endingIn } from './clouds.js'

export interface PodRequest {
  cloud: Cloud
  made: Call
  place: Place
  /** Null: some, but how many is not known. */
  count: number | null
  /** As the cloud calls it. */
  model: string | undefined
}

/** What of one request says the kind of GPU and their number, whichever way it is written. */
interface Given {
  model: Expr | undefined
  count: Expr | undefined
}

const kinds = ['gpuTypeIds', 'gpuTypeId', 'gpu_type_ids', 'gpu_type_id', 'gpu_type', 'gpu_name', 'gpu']
const counts = ['gpuCount', 'gpu_count', 'num_gpus']

export function podRequests(python: PythonModule): PodRequest[] {
  const code = python.code
  return clouds.flatMap((cloud) => {
    if (!cloud.mentioned.test(code)) return []
    const found = new Map<Call, PodRequest>()
    for (const call of python.calls) {
      const request = requestOf(python, cloud, call)
      if (request !== null && !found.has(call)) found.set(call, request)
    }
    for (const request of queried(python, cloud))
      if (!found.has(request.made)) found.set(request.made, request)
    return [...found.values()].filter(({ made }) => !isHandedOn(python, made))
  })
}

function requestOf(python: PythonModule, cloud: Cloud, call: Call): PodRequest | null {
  const given = (key: readonly string[]) => key.map((one) => argumentOf(call, one)).find((one) => one)
  if (cloud.library !== null && call.name === cloud.library.creates) {
    const position = cloud.library.modelAt
    const model = given(kinds) ?? call.expr.args.filter(({ name }) => name === null)[position]?.value
    return request(python, cloud, call, calleePlace(call), { model, count: given(counts) })
  }
  const body =
    !keepsOrShows.test(call.method) && !isElsewhere(python, call) ? bodyOf(python, cloud, call) : null
  if (body !== null) {
    const entry = (keys: readonly string[]) =>
      body.entries.find(({ key }) => keys.includes(textOf(key) ?? ''))
    const kind = entry(cloud.body!.models)!
    const place = { start: kind.start, end: kind.end }
    return request(python, cloud, call, place, { model: kind.value, count: entry(counts)?.value })
  }
  // A client of the project's own, in another module.
  if (!cloud.client.test(call.method) || python.functionOf(call.expr.callee) !== null) return null
  if (call.receiver !== null && !/runpod|vast|lambda/i.test(call.receiver) && !isOwn(python, call))
    return null
  return request(python, cloud, call, calleePlace(call), { model: given(kinds), count: given(counts) })
}

const argumentOf = (call: Call, name: string): Expr | undefined =>
  call.expr.args.find((one) => one.name === name)?.value

const textOf = (expr: Expr | null): string | null =>
  expr?.type === 'constant' && typeof expr.value === 'string' ? expr.value : null

const isOwn = (python: PythonModule, { expr }: Call): boolean =>
  expr.callee.type === 'attribute' && python.instanceClass(expr.callee.value) !== null

/** The dictionary that the call hands on, directly or as a part of another (`json={'variables': {'input': {…}}}`). */
function bodyOf(python: PythonModule, cloud: Cloud, call: Call): DictExpr | null {
  const { body } = cloud
  if (body === null) return null
  const search = (expr: Expr, depth: number): DictExpr | null => {
    const made = expr.type === 'name' ? python.definition(expr) : expr
    if (made.type === 'call' && made.args.length === 1 && /dumps$/.test(python.nameOf(made.callee) ?? ''))
      return depth > 4 ? null : search(made.args[0]!.value, depth + 1)
    if (made.type !== 'dict') return null
    const keys = made.entries.map(({ key }) => textOf(key))
    if (body.models.some((one) => keys.includes(one)) && body.besides.some((one) => keys.includes(one)))
      return made
    if (depth > 3) return null
    for (const { value } of made.entries) {
      const inner = search(value, depth + 1)
      if (inner !== null) return inner
    }
    return null
  }
  for (const { value } of call.expr.args) {
    const found = search(value, 0)
    if (found !== null) return isScaled(python, body.scales, call, found) ? null : found
  }
  return null
}

function isScaled(python: PythonModule, scales: RegExp | null, call: Call, { entries }: DictExpr): boolean {
  if (scales === null) return false
  // `post(f'{api}/endpoints', …)`, `request('POST', f'{api}/endpoints', …)`
  const address = call.expr.args.slice(0, 2).filter(({ value }) => value.type !== 'dict')
  return (
    entries.some(({ key }) => scales.test(textOf(key) ?? '')) ||
    address.some(({ value }) => scales.test(python.code.slice(value.start, value.end)))
  )
}

/** Reads what there is, or keeps and shows what it is given. */
const keepsOrShows =
  /^(get|patch|put|p?print|dumps?|log|info|debug|warning|error|exception|append|extend|format|dict|list|sorted|str|repr|len)$|^_?(write|save|store|record|show|log|insert|update|assert|notify)(_|$)/

/** To an address of somebody else: what has been rented is told there. */
function isElsewhere(python: PythonModule, { expr }: Call): boolean {
  const first = expr.args[0]
  const address = first === undefined ? null : python.fold(first.value)
  const text = address?.state === 'known' && typeof address.value === 'string' ? address.value : ''
  return /^https?:/.test(text) && !/runpod|lambda|\/pods|graphql|instance-operations/i.test(text)
}

const sends = /post|request|quer|graphql|execute|send|run|call|mutat/i

/** A text of the interface for queries: `mutation { podFindAndDeployOnDemand(input: {…}) }`. */
function* queried(python: PythonModule, cloud: Cloud): Generator<PodRequest> {
  if (cloud.query === null) return
  for (const match of python.code.matchAll(cloud.query)) {
    const at = match.index
    const inside = (func: Call['function']) => func === null || holds(func.node, at)
    const isShared = !python.functions.some(({ node }) => holds(node, at))
    const name = isShared ? assignedName(python.statementAt(at)) : null
    const made =
      python.calls.find(({ expr }) => holds(expr, at)) ??
      python.calls.find(({ function: func, expr, method }) => {
        if (!sends.test(method) || expr.start < at) return false
        return isShared
          ? name !== null && mentions(python.code.slice(expr.start, expr.end), name)
          : inside(func)
      })
    if (made === undefined) continue
    const text = python.code.slice(at, at + longestQuery)
    const place = { start: at, end: at + match[0].length }
    const count = /\bgpuCount:\s*(\d+)/.exec(text)?.[1]
    const model = /\bgpuTypeId:\s*\\?"([^"{}\\]+)/.exec(text)?.[1]
    yield { cloud, made, place, count: count === undefined ? null : Number(count), model }
  }
}

const longestQuery = 2_000

const holds = ({ start, end }: Span, at: number): boolean => start <= at && at < end

const assignedName = (statement: Stmt | null): string | null =>
  statement?.type === 'assign' && statement.targets[0]?.type === 'name' ? statement.targets[0].id : null

const mentions = (code: string, name: string): boolean => new RegExp(`\\b${name}\\b`).test(code)

/** A function of another module makes the machine through this one, and says itself what it wants. */
function isHandedOn(python: PythonModule, made: Call): boolean {
  const func = made.function
  if (func === null) return false
  if (python.outsideCalls(func).length > 0 && clouds.some(({ client }) => client.test(func.name))) return true
  return isOnlyOffered(python, made)
}

function request(python: PythonModule, cloud: Cloud, made: Call, place: Place, given: Given): PodRequest {
  const asked = given.count === undefined ? null : python.fold(given.count)
  const number = asked?.state === 'known' && typeof asked.value === 'number' ? asked.value : null
  return {
    cloud,
    made,
    place,
    count: asked === null && cloud.single ? 1 : number,
    model: modelOf(python, given.model),
  }
}

/** The first of several. */
function modelOf(python: PythonModule, expr: Expr | undefined): string | undefined {
  if (expr === undefined) return undefined
  const list = python.definition(expr)
  const first = list.type === 'list' ? list.items[0] : expr
  if (first === undefined) return undefined
  const folded = python.fold(first)
  const value = folded.state === 'known' ? folded.value : null
  const one = Array.isArray(value) ? value[0] : value
  return typeof one === 'string' ? one : undefined
}

const ending =
  /^_?(terminate|delete|destroy|stop|remove|kill|release|tear_?down|clean_?up)(_?|_\w*?_)(gpu)?(pod|instance|machine|vm|box|node)(s|_by_id|_and_wait)?$/i

const endsIt = /^(terminate|delete|destroy|stop|remove|kill|shut_?down|tear_?down)$/

/** Calls of this module that end machines of the cloud. */
export function podEndings(python: PythonModule, cloud: Cloud, made: Call): Call[] {
  const { code } = python
  // `end = 'mutation { podTerminate(…) }'`, which a call is given.
  const texts = python.statements.flatMap((one) => {
    const name = assignedName(one)
    return name !== null && endingIn(cloud, code.slice(one.start, one.end)) !== null ? [name] : []
  })
  const rented = made.assignedTo?.split('.').pop() ?? null
  const asked = holderOf(python, made)
  return python.calls.filter((call) => {
    const { method, expr } = call
    const text = code.slice(expr.start, expr.end)
    return (
      ending.test(method) ||
      endingIn(cloud, text) !== null ||
      (sends.test(method) && texts.some((name) => mentions(text, name))) ||
      // `pod.terminate()`, `client.stop(pod)`, `requests.delete(url)`, `request('DELETE', url)`.
      (endsIt.test(method) &&
        ((asked !== null && asked === holderOf(python, call)) ||
          (rented !== null && mentions(text, rented)))) ||
      /^\(\s*["']DELETE["']/.test(code.slice(expr.callee.end, expr.end))
    )
  })
}

/** What a method is called on, as it is written. */
const holderOf = ({ code }: PythonModule, { expr: { callee } }: Call): string | null =>
  callee.type === 'attribute' ? code.slice(callee.value.start, callee.value.end) : null

/** What it makes ends with a block of code: `with client.create_pod(…) as pod`, or what its client has made: `with Client() as client`. */
export function endsWithBlock(python: PythonModule, { expr }: Call): boolean {
  const client =
    expr.callee.type === 'attribute' && expr.callee.value.type === 'name' ? expr.callee.value : null
  // What a class of this module does is read.
  const isStrange = client !== null && python.instanceClass(client) === null
  let body: readonly Stmt[] = python.tree.body
  for (;;) {
    const next = body.find((one) => one.start <= expr.start && expr.end <= one.end)
    if (next === undefined) return false
    if (
      next.type === 'with' &&
      next.items.some(
        ({ value, target }) =>
          value.start === expr.start || (isStrange && target?.type === 'name' && target.id === client.id),
      )
    )
      return true
    body = blocksOf(next).flat()
  }
}
