/** W&B sweeps: files, and dictionaries that are handed to `wandb.sweep`. */

import { at, entries, entry, text } from '../../config/access.js'
import type { ConfigDocument } from '../../config/node.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { gridSize } from '../../estimate/grid.js'
import type { PythonModule } from '../../python/module.js'
import type { CallExpr, DictExpr, Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import type { Span } from '../../text/location.js'
import { lookUp } from '../../text/records.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { DrawnDimension, SearchSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimDrawn } from '../search/drawn.js'
import { type Agent, agentOf, claimCountedAgents } from './agent.js'
import { agentCommand } from './agent-command.js'
import { chosenSweeps } from './chosen-sweeps.js'
import { configData, isUnreadable, pythonData } from './sweep-data.js'
import { launchOfSweep } from './sweep-launch.js'
import { drawnFrom, sweepDimensions } from './sweep-space.js'

const strategies: Record<string, SearchSettings['strategy']> = {
  grid: 'grid',
  random: 'random',
  bayes: 'bayesian',
}

export const wandbSweepReader = defineReader({
  name: 'wandb',
  languages: ['yaml', 'json', 'python'],
  // A sweep file names its method and its parameters; code calls `wandb.sweep`.
  triggers: ['wandb', 'method:', '"method"', 'method":'],
  // An agent that ends limits the searches that it serves.
  shares: (text) => text.includes('agent'),

  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) readDocument(document, claims)
    if (facts.python !== undefined) readCalls(facts.python, claims)
  },

  change(claim, value, facts) {
    if (claim.setting === 'drawn') return drawByLogarithm(value as DrawnDimension, claim, facts)
    const wanted = wantedOf(claim, value)
    if (wanted === null) return byHand(claim)
    if (facts.python !== undefined)
      return changeCode(claim, facts.python, facts.path, facts.fragment.index, wanted)
    const document = facts.config?.documents[claim.site.document ?? 0]
    if (document === undefined) return { reason: 'the file has changed' }
    return changeDocument(document, facts.path, facts.fragment.index, wanted)
  },
})

function drawByLogarithm({ name }: DrawnDimension, { site }: Claim, facts: FragmentFacts): Change | Refusal {
  if (facts.python !== undefined || facts.config === undefined)
    return { reason: "give it 'distribution': 'log_uniform_values'" }
  const keys = ['parameters', name, 'distribution']
  return {
    title: `Draw ${name} on a logarithmic scale`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'set key',
        path: facts.path,
        fragment: facts.fragment.index,
        document: site.document ?? 0,
        keys,
        value: 'log_uniform_values',
      },
    ],
    imports: [],
  }
}

const jobEvidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }

const noTermination = 'the sweep has no early_terminate'

const constraints = ['value', 'values', 'min', 'max', 'distribution', 'parameters', 'mu', 'q']

/** What the service would accept: other tools have a `method` and `parameters` too. */
function isSweep(data: Json): data is Record<string, Json> {
  if (!isMap(data) || typeof data.method !== 'string' || !Object.hasOwn(strategies, data.method)) return false
  if (!isMap(data.parameters)) return false
  const parameters = Object.values(data.parameters)
  return parameters.length > 0 && parameters.every(isParameter)
}

function isMap(data: Json | undefined): data is Record<string, Json> {
  return data !== null && typeof data === 'object' && !Array.isArray(data)
}

/** A value that cannot be read may be one. */
function isParameter(data: Json): boolean {
  return typeof data === 'string'
    ? isUnreadable(data)
    : isMap(data) && constraints.some((one) => Object.hasOwn(data, one))
}

function readDocument(document: ConfigDocument, claims: ClaimBuilder): void {
  const method = entry(document.root, 'method')
  if (method === undefined) return
  const data = configData(document.root)
  if (!isSweep(data)) return
  const place: Place = {
    start: method.value.start,
    end: method.value.end,
    document: document.index,
    keys: ['method'],
  }
  const job = launchOfSweep(document, place, claims)
  const search = claimSweep(data, place, '', jobEvidence, claims, null, job)
  const shown = at(document.root, 'metric', 'goal') ?? at(document.root, 'metric', 'name')
  if (shown !== undefined) claimGoal(search, data, { start: shown.start, end: shown.end })
  const parameters = data.parameters as Record<string, Json>
  const drawn = entries(at(document.root, 'parameters')).map(({ key, value }) =>
    drawnFrom(key, lookUp(parameters, key), value, (span) => claims.locate(span)),
  )
  claimDrawn(search, 'parameters', drawn, place)
  const epochs = mostEpochs(data)
  if (epochs !== null) search.known('trialSteps', 'parameters', { what: 'epochs', count: epochs }, place)
}

function readCalls(module: PythonModule, claims: ClaimBuilder): void {
  const evidence: Evidence = {
    ...module.evidence,
    role: module.evidence.role === 'test' ? 'test' : 'tuning',
    small: null,
  }
  let here = false
  const told = new Set<number>()
  for (const call of module.callsTo('wandb.sweep')) {
    const passed = passedExpression(module.argument(call, 'sweep', 0))
    if (passed === null) continue
    const until = call.expr.start
    const chosen = isSweep(pythonData(module, passed, until)) ? [] : chosenSweeps(module, passed, until)
    for (const given of chosen.length > 0 ? chosen : [passed]) {
      const data = pythonData(module, given, until)
      const method = passedExpression(module.entry(given, 'method', until))
      // A dictionary may be one of several in more than one call.
      if (method === null || !isSweep(data) || (chosen.length > 0 && told.has(method.start))) continue
      here = true
      told.add(method.start)
      const target =
        chosen.length > 0
          ? ({ kind: 'refused', reason: 'the program chooses from several sweeps' } as const)
          : ({ kind: 'enclosing call', start: call.expr.start } as const)
      const search = claimSweep(
        data,
        { start: method.start, end: method.end, target },
        call.function?.qualified ?? '',
        evidence,
        claims,
        agentOf(module, call, metricName(data), claims),
        null,
        /--count\b/.test(module.text),
      )
      const parameters = passedExpression(module.entry(given, 'parameters', until))
      if (parameters !== null) claimRanges(module, parameters, data, search, claims)
      const metric = passedExpression(module.entry(given, 'metric', until))
      if (metric !== null) claimGoal(search, data, { start: metric.start, end: metric.end })
    }
  }
  if (!here) claimCountedAgents(module, evidence, claims)
}

function claimRanges(
  module: PythonModule,
  parameters: Expr,
  data: Record<string, Json>,
  search: SubjectBuilder<'Search'>,
  claims: ClaimBuilder,
): void {
  const known = data.parameters as Record<string, Json>
  const drawn = Object.keys(known).map((name) => {
    const written = passedExpression(module.entry(parameters, name))
    // What another module writes has no place here.
    if (written === null || written.end === written.start) return null
    return drawnFrom(name, lookUp(known, name), written, (span) => claims.locate(span))
  })
  claimDrawn(search, 'parameters', drawn, { start: parameters.start, end: parameters.end })
}

function claimSweep(
  data: Record<string, Json>,
  place: Place,
  scope: string,
  evidence: Evidence,
  claims: ClaimBuilder,
  agent: Agent | null = null,
  job: string | null = null,
  /** Its code starts agents by their command, `['wandb', 'agent', id, '--count', '5']`. */
  counted = false,
): SubjectBuilder<'Search'> {
  const search = claims.subject('Search', place, scope, evidence, job)
  search.known('strategy', 'method', lookUp(strategies, String(data.method))!, place)
  search.known('unit', 'run', 'run', place)
  search.known('folds', 'run', 1, place)
  const grids = [sweepDimensions(data.parameters!)]
  search.known('space', 'parameters', { grids, ...gridSize(grids) }, place)
  search.known('alternatives', 'method', ['bayesian'], place)
  claimCap(search, data, place, agent, counted)
  if (agent === null) search.known('trialStarter', agentCommand, agentCommand, place)
  if (data.early_terminate === undefined) search.default('earlyTermination', 'early_terminate', false, place)
  else search.known('earlyTermination', 'early_terminate', true, place)
  // Whether a program that stands elsewhere logs its metric while it trains, a sweep cannot tell.
  if (agent?.seen === true && agent.logsSteps && agent.steps !== null) {
    const count = agent.steps.count ?? mostEpochs(data)
    search.known('trialSteps', 'function', { ...agent.steps, count }, place)
    // The change of a grid, a finding of its own, brings early termination with it.
    if (data.method !== 'grid') search.known('terminationGap', 'early_terminate', noTermination, place)
  } else if (agent === null && data.method !== 'grid')
    search.known('terminationGapIfReported', 'early_terminate', noTermination, place)
  search.known('persisted', 'sweep', true, place)
  search.known('metric', 'metric', metricName(data), place)
  search.known('readsRecords', 'metric', 'W&B', place)
  return search
}

/** The most epochs that the parameters allow; null: not known. */
function mostEpochs({ parameters }: Record<string, Json>): number | null {
  const name = Object.keys(parameters as object).find((one) => /^((max|num|n)_?)?epochs?$/i.test(one))
  const parameter = name === undefined ? undefined : lookUp(parameters as Record<string, Json>, name)
  if (!isMap(parameter)) return null
  const { value, values, max } = parameter
  if (typeof value === 'number') return value
  if (typeof max === 'number') return max
  if (!Array.isArray(values) || values.length === 0) return null
  let most = 0
  for (const one of values) {
    if (typeof one !== 'number') return null
    most = Math.max(most, one)
  }
  return most
}

/** The sweep's own cap, else what its agent is told. An agent that is started elsewhere may be given a count. */
function claimCap(
  search: SubjectBuilder<'Search'>,
  data: Record<string, Json>,
  place: Place,
  agent: Agent | null,
  counted: boolean,
): void {
  if (typeof data.run_cap === 'number') search.known('trialCap', 'run_cap', data.run_cap, place)
  else if (data.run_cap !== undefined) search.unknown('trialCap', 'run_cap', 'a template', place)
  else if (agent !== null && !agent.endless) {
    // The cap of the sweep itself holds for every agent.
    const { site } = search.subject
    search.say('trialCap', 'count', { ...convert(agent.count, asNumber), site })
  } else if (agent === null && counted)
    search.unknown('trialCap', '--count', 'what its agents are told', place)
  else search.default('trialCap', 'run_cap', null, place, { overridable: agent === null })
}

function metricName(data: Record<string, Json>): string | null {
  const { metric } = data
  if (!isMap(metric)) return null
  return typeof metric.name === 'string' ? metric.name : null
}

/** It minimizes where nothing is said. */
function claimGoal(search: SubjectBuilder<'Search'>, { metric }: Record<string, Json>, place: Place): void {
  if (!isMap(metric)) return
  const { goal } = metric
  if (goal === undefined) search.default('goal', 'goal', 'minimize', place)
  else if (goal === 'minimize' || goal === 'maximize') search.known('goal', 'goal', goal, place)
  else if (typeof goal === 'string' && /^\w+$/.test(goal) && goal !== 'target')
    search.known('goal', `goal: ${goal}`, null, place)
}

/** Bayesian search and early termination need to know what to optimise: without a metric it is only a sketch. */
const placeholder = { name: 'val_loss', goal: 'minimize' }
const stopping = { type: 'hyperband', min_iter: 3 }

/** What a sweep shall get; what it has already is kept. */
interface Wanted {
  title: string
  bayes: boolean
  cap: number | null
  stopping: boolean
}

function wantedOf(claim: Claim, value: unknown): Wanted | null {
  if (claim.setting === 'strategy') {
    const { trials } = value as { trials: number }
    const title = `Search by Bayesian optimisation, at most ${trials} runs, weak ones stopped early`
    return { title, bayes: true, cap: trials, stopping: true }
  }
  if (claim.setting === 'trialCap')
    return { title: `Stop after ${value} runs (run_cap)`, bayes: false, cap: Number(value), stopping: false }
  if (claim.setting === 'earlyTermination')
    return { title: 'Stop weak runs early (Hyperband)', bayes: false, cap: null, stopping: true }
  return null
}

/** Hyperband and Bayesian optimisation compare runs by a metric that the sweep names. */
function needsMetric(wanted: Wanted, named: boolean): boolean {
  return !named && (wanted.bayes || wanted.stopping)
}

function titleOf(wanted: Wanted, named: boolean): string {
  return wanted.title + (needsMetric(wanted, named) ? '; name the metric that you log' : '')
}

function changeDocument(
  document: ConfigDocument,
  path: string,
  fragment: number,
  wanted: Wanted,
): Change | Refusal {
  const named = text(at(document.root, 'metric', 'name')) !== undefined
  const set = (key: string, value: unknown, after?: string, comment?: string): Write => ({
    kind: 'set key',
    path,
    fragment,
    document: document.index,
    keys: [key],
    value,
    ...(after === undefined ? {} : { after }),
    ...(comment === undefined ? {} : { comment }),
  })
  const writes: Write[] = []
  let last = 'method'
  const add = (key: string, value: unknown, comment?: string): void => {
    writes.push(set(key, value, last, comment))
    last = key
  }
  if (wanted.bayes) writes.push(set('method', 'bayes'))
  if (wanted.cap !== null) add('run_cap', wanted.cap)
  if (needsMetric(wanted, named)) add('metric', placeholder, 'the metric that the program logs')
  if (wanted.stopping && entry(document.root, 'early_terminate') === undefined)
    add('early_terminate', stopping)
  const safety = needsMetric(wanted, named) ? 'display' : 'unsafe'
  return { title: titleOf(wanted, named), safety, writes, imports: [] }
}

/** A sweep in code: one display, one `dict(...)`, or assignments to its keys one by one. */
function changeCode(
  claim: Claim,
  module: PythonModule,
  path: string,
  fragment: number,
  wanted: Wanted,
): Change | Refusal {
  const { target } = claim.site
  const call = module.calls.find(
    ({ expr }) => target?.kind === 'enclosing call' && expr.start === target.start,
  )
  const given = call === undefined ? null : passedExpression(module.argument(call, 'sweep', 0))
  if (call === undefined || given === null) return { reason: 'the call has changed' }
  const entryOf = (key: string) => module.entry(given, key, call.expr.start)
  const method = passedExpression(entryOf('method'))
  if (method === null) return { reason: 'the method has changed' }
  if (method.end === method.start) return { reason: 'the sweep is put together in another module' }
  const named = passedExpression(entryOf('metric')) !== null
  const additions: [key: string, code: string][] = []
  if (wanted.cap !== null && !mayBePassed(entryOf('run_cap'))) additions.push(['run_cap', String(wanted.cap)])
  if (needsMetric(wanted, named)) additions.push(['metric', "{'name': 'val_loss', 'goal': 'minimize'}"])
  if (wanted.stopping && !mayBePassed(entryOf('early_terminate')))
    additions.push(['early_terminate', "{'type': 'hyperband', 'min_iter': 3}"])
  const replaceMethod = (text: string): Write => ({
    kind: 'replace',
    path,
    range: { fragment, start: method.start, end: method.end },
    text,
  })
  const writes: Write[] = []
  const newMethod = wanted.bayes ? "'bayes'" : module.text.slice(method.start, method.end)
  const holder = holderOf(module, given, method)
  if (holder === null) return { reason: 'the sweep is put together in a way that cannot be changed here' }
  if (holder.type === 'dict') {
    const entries = additions.map(([key, code]) => `'${key}': ${code}`)
    writes.push(replaceMethod([newMethod, ...entries].join(', ')))
  } else if (holder.type === 'call') {
    const range = { fragment, start: holder.start, end: holder.end }
    if (wanted.bayes) writes.push(replaceMethod(newMethod))
    for (const [name, value] of additions)
      writes.push({ kind: 'set keyword', path, call: range, name, value })
  } else {
    if (wanted.bayes) writes.push(replaceMethod(newMethod))
    const lines = additions.map(([key, code]) => `${holder.name}['${key}'] = ${code}`)
    const statement = { fragment, start: holder.start, end: holder.end }
    if (lines.length > 0) writes.push({ kind: 'insert lines', where: 'after', path, statement, lines })
  }
  const cap = passedExpression(entryOf('run_cap'))
  if (wanted.cap !== null && cap !== null) {
    const range = { fragment, start: cap.start, end: cap.end }
    writes.push({ kind: 'replace', path, range, text: String(wanted.cap) })
  }
  const safety = needsMetric(wanted, named) ? 'display' : 'unsafe'
  return { title: titleOf(wanted, named), safety, writes, imports: [] }
}

interface Assignment extends Span {
  type: 'assignment'
  /** The dictionary, as it is written. */
  name: string
}

/** What the method is written in: a display, a `dict(...)` call, or an assignment of its own. */
function holderOf(module: PythonModule, sweep: Expr, method: Span): DictExpr | CallExpr | Assignment | null {
  const within = (outer: Span) => outer.start <= method.start && method.end <= outer.end
  const literal = module.definition(sweep)
  if (literal.type === 'dict' && within(literal)) return literal
  // A function of the program need not take what the service takes.
  if (literal.type === 'call' && within(literal))
    return module.nameOf(literal.callee) === 'dict' ? literal : null
  const statement = module.statementAt(method.start)
  const target = statement?.type === 'assign' ? statement.targets[0] : undefined
  if (statement === null || target?.type !== 'subscript' || target.value.type !== 'name') return null
  return { type: 'assignment', name: target.value.id, start: statement.start, end: statement.end }
}
