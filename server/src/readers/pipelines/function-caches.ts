/** Caches of functions whose key or folder is new in each run: of joblib, of Prefect, of data sets, and files of a program's own. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { workOfFunction } from './retried.js'
import { wordsOf, workOfName } from './step-work.js'
import { changeVolatile } from './volatile-change.js'
import { type Volatile, volatileIn } from './volatile-input.js'

export const functionCachesReader = defineReader({
  name: 'function-caches',
  languages: ['python'],
  triggers: [
    'Memory(',
    'cache_key_fn',
    'new_fingerprint',
    'exists(',
    'is_file(',
    'load_component',
    '.cache',
    'memo',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    for (const call of python.calls) {
      if (/^joblib\.(memory\.)?Memory$/.test(call.name ?? '')) readMemory(python, call, claims)
      else if (call.method === 'map') readFingerprint(python, call, claims)
      else if (/^(exists|isfile|is_file)$/.test(call.method)) readOwnFile(python, call, claims)
    }
    for (const call of python.calls) readComponent(python, call, claims)
    for (const func of python.functions) {
      readKeyFunction(python, func, claims)
      readCachedFunction(python, func, claims)
    }
  },
  change: (claim, _value, facts) => changeVolatile(claim, facts),
})

interface Cached {
  name: string
  work: StepWork[]
  engine: string
  input: string
  volatile: Volatile
}

function claimCached(
  python: PythonModule,
  claims: ClaimBuilder,
  place: Place,
  scope: string,
  { name, work, engine, input, volatile }: Cached,
): void {
  const { notebook } = python.evidence
  const evidence = { role: 'job', accelerator: 'none', small: null, notebook } as const
  const step = claims.subject('Step', place, scope, evidence)
  step.known('name', engine, name, place)
  step.known('engine', engine, engine, place)
  step.known('work', engine, work, place)
  step.known('purpose', engine, work, place)
  step.known('cached', engine, true, place)
  step.known('volatileInput', input, { what: volatile.what, input, when: 'run' }, volatile.place, {
    site: volatile.place,
  })
}

/** What a function does; what somebody has cached prepares something, where nothing tells more. */
function purposeOf(python: PythonModule, func: Func): StepWork[] {
  const { work } = workOfFunction(python, func)
  return work.length > 0 ? work : ['prepare']
}

/** `Memory(f'/cache/{time.time()}')`, whose `cache` decorates functions. */
function readMemory(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const folder = passedExpression(python.argument(call, 'location', 0))
  const volatile = folder === null ? null : volatileIn(python, folder)
  if (folder === null || volatile === null || call.assignedTo === null) return
  const owner = call.assignedTo
  const [func] = python.functions.filter(({ node }) =>
    node.decorators.some((one) => python.text.slice(one.start, one.end).startsWith(`${owner}.cache`)),
  )
  if (func === undefined) return
  const place = { start: call.expr.start, end: call.expr.callee.end }
  const work = purposeOf(python, func)
  claimCached(python, claims, place, func.qualified, {
    name: func.name,
    work,
    engine: 'joblib',
    input: 'location',
    volatile,
  })
}

/** `dataset.map(tokenize, new_fingerprint=uuid4().hex)`. */
function readFingerprint(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const given = passedExpression(python.argument(call, 'new_fingerprint'))
  const volatile = given === null ? null : volatileIn(python, given)
  // Of a program that trains, `thrown-away-caches` says so, and can take it out.
  if (volatile === null || /^(training|tuning)$/.test(trainingEvidence(python).role)) return
  const place = { start: call.expr.callee.end - call.method.length, end: call.expr.callee.end }
  claimCached(python, claims, place, call.function?.qualified ?? '', {
    name: 'map',
    work: ['prepare'],
    engine: 'datasets',
    input: 'new_fingerprint',
    volatile,
  })
}

/** `@task(cache_key_fn=key)`, where `key` returns something new. */
function readKeyFunction(python: PythonModule, func: Func, claims: ClaimBuilder): void {
  for (const decorator of func.node.decorators) {
    const call = decorator.type === 'call' ? python.callOf(decorator) : null
    if (call === null || !/^prefect\.(tasks\.)?task$/.test(call.name ?? '')) continue
    const given = passedExpression(python.argument(call, 'cache_key_fn'))
    const key = given === null ? null : python.functionOf(given)
    const results: readonly Expr[] =
      key !== null ? [...returnsOf(key)] : given?.type === 'lambda' ? [given.body] : []
    const volatile = results.map((one) => volatileIn(python, one)).find((one) => one !== null)
    if (volatile == null) continue
    const place = { start: func.node.nameStart, end: func.node.nameStart + func.name.length }
    const work = purposeOf(python, func)
    claimCached(python, claims, place, func.qualified, {
      name: func.name,
      work,
      engine: 'Prefect',
      input: 'cache_key_fn',
      volatile,
    })
  }
}

/** `@memory.cache`, `@st.cache_data`: what such a function is given is its key. */
const remembers = /^@?(\w+\.cache\b|(st|streamlit)\.(cache|cache_data|experimental_memo)\b|\w+\.memoize\b)/

/** `features(path, run=time.time())`: each call is the first with these arguments. */
function readCachedFunction(python: PythonModule, func: Func, claims: ClaimBuilder): void {
  const decorator = func.node.decorators.map((one) => textOf(python, one)).find((one) => remembers.test(one))
  if (decorator === undefined || /ignore|key|hash_funcs/.test(decorator)) return
  for (const call of python.callSites(func) ?? []) {
    const given = call.expr.args.flatMap(({ name, value }, index) => {
      const parameter = name ?? func.node.params[index]?.name
      // Streamlit leaves these out of the key.
      return parameter === undefined || parameter.startsWith('_') ? [] : [{ parameter, value }]
    })
    for (const { parameter, value } of given) {
      const volatile = volatileIn(python, value)
      if (volatile === null) continue
      const place = { start: call.expr.start, end: call.expr.callee.end }
      const work = purposeOf(python, func)
      claimCached(python, claims, place, call.function?.qualified ?? '', {
        name: func.name,
        work,
        engine: 'cache',
        input: parameter,
        volatile,
      })
      return
    }
  }
}

/** `prepare = load_component('prepare.yml')`, then `prepare(data=raw, stamp=datetime.now())`: a step of Azure ML is reused for equal inputs. */
function readComponent(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const { callee, args } = call.expr
  if (call.name !== null || callee.type !== 'name') return
  const made = python.callOf(callee)
  if (!/^azure\.ai\.ml\.(\w+\.)*load_component$/.test(made?.name ?? '')) return
  const work = workOfName(callee.id)
  for (const { name, value } of args) {
    const volatile = volatileIn(python, value)
    if (volatile === null || name === null || work.length === 0) continue
    const place = { start: call.expr.start, end: callee.end }
    claimCached(python, claims, place, call.function?.qualified ?? '', {
      name: callee.id,
      work,
      engine: 'Azure ML',
      input: name,
      volatile,
    })
    return
  }
}

/** `if os.path.exists(f'cache/{uuid4()}.pkl'): features = load(…)`: the file is never there. */
function readOwnFile(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const { callee, args } = call.expr
  const file = args[0]?.value ?? (callee.type === 'attribute' ? callee.value : null)
  const volatile = file === null ? null : volatileIn(python, file)
  if (file === null || volatile === null) return
  const test = python.statements.find(
    (one) => one.type === 'if' && one.test.start <= call.expr.start && call.expr.end <= one.test.end,
  )
  if (test?.type !== 'if') return
  const body = python.code.slice(test.start, test.end)
  if (!/load|read_|open\(/.test(body)) return
  const name = call.function?.name ?? textOf(python, file)
  const named = `${name} ${textOf(python, file)}`
  const isCache = wordsOf(named).some((word) =>
    /^(cache\w*|feat\w*|prep\w*|process\w*|emb\w*|token\w*)$/i.test(word),
  )
  const work = call.function === null ? workOfName(name) : workOfFunction(python, call.function).work
  if (!isCache && !work.includes('prepare')) return
  const place = { start: call.expr.start, end: call.expr.end }
  claimCached(python, claims, place, call.function?.qualified ?? '', {
    name,
    work: ['prepare'],
    engine: 'files',
    input: textOf(python, file),
    volatile,
  })
}

function textOf({ text }: PythonModule, { start, end }: Expr): string {
  return text.slice(start, end)
}
