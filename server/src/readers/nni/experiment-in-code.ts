/**
 * Experiments of NNI that Python code starts: `Experiment('local')` and what is assigned to its `config`. Source: nni 3.0,
 * experiment/experiment.py, experiment/config/experiment_config.py.
 */

import type { Change, Refusal } from '../../edit/write.js'
import { gridSize } from '../../estimate/grid.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Assign, Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, expressionsOf, forEachChild } from '../../syntax/python-children.js'
import type { Json } from '../../text/json.js'
import { knownArgument, passedCall } from '../../values/argument.js'
import { foldedValue } from '../../values/folded-value.js'
import { absent, unreadable } from '../../values/operations.js'
import { asNumber, orNone } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Key, Locator, Source } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { claimScript } from '../job-script.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import {
  dimensionOf,
  endsByItself,
  limitOf,
  secondsOf,
  spaceInFile,
  stopsByItself,
  strategyOf,
} from './search.js'

const experiments = /^nni\.experiment\.(experiment\.)?Experiment$/

function durationOf(value: Json): number | null | undefined {
  if (value === null) return null
  const seconds = secondsOf(String(value))
  return seconds === undefined ? undefined : limitOf(seconds)
}

const experimentSettings = settingTable('Search', {
  trialCap: { keys: ['max_trial_number'], parse: orNone(asNumber), otherwise: null },
  timeLimit: { keys: ['max_experiment_duration'], parse: durationOf, otherwise: null },
  parallelism: { keys: ['trial_concurrency'], parse: orNone(asNumber) },
})

export const nniInCodeReader = defineReader({
  name: 'nni-in-code',
  title: 'NNI, in Python',
  leads: true,
  settings: [experimentSettings],
  languages: ['python'],
  triggers: ['nni.experiment'],
  read(facts, context, claims) {
    const python = facts.python!
    for (const made of python.calls)
      if (experiments.test(made.name ?? '')) readExperiment(facts, python, context, claims, made)
  },
  change: changeExperiment,
})

/** One assignment to the configuration; null: several, or under a condition. */
type Assigned = { expr: Expr; statement: Stmt } | null

class Configuration {
  private readonly given = new Map<string, Assigned>()
  /** Another piece of code may have changed it. */
  readonly open: boolean
  /** The last assignment, behind which others are written. */
  last: Stmt | null = null

  private constructor(
    readonly python: PythonModule,
    /** `experiment.config` as the code spells it. */
    readonly prefix: string,
    name: string,
    after: number,
  ) {
    let open = false
    const visit = (statement: Stmt, certain: boolean): void => {
      if (statement.start >= after) {
        if (statement.type === 'assign')
          for (const target of statement.targets) this.take(target, statement, certain)
        for (const expr of expressionsOf(statement)) if (this.passes(expr, name)) open = true
      }
      const nested = statement.type === 'function' ? statement.start <= after && after < statement.end : false
      for (const block of blocksOf(statement))
        for (const one of block) visit(one, nested || (certain && isPlain(statement, after)))
    }
    for (const statement of python.tree.body) visit(statement, true)
    this.open = open
  }

  static of(python: PythonModule, made: Call): Configuration | null {
    const name = made.assignedTo
    if (name === null) return null
    const config = python.argument(made, 'config_or_platform', 0)
    const platform = knownArgument(config)
    if (typeof platform === 'string' || Array.isArray(platform))
      return new Configuration(python, `${name}.config`, name, made.expr.start)
    const built = passedCall(python, config)
    if (built === null || !/^nni\.experiment\..*ExperimentConfig$/.test(built.name ?? '')) return null
    // Only the form with a platform has places for what is assigned later.
    const first = built.expr.args
    if (first.length !== 1 || first[0]!.name !== null || first[0]!.star > 0 || built.assignedTo === null)
      return null
    return new Configuration(python, built.assignedTo, built.assignedTo, built.expr.start)
  }

  /** Undefined: not given. */
  get(key: string): Assigned | undefined {
    return this.given.get(key)
  }

  private take(target: Expr, statement: Assign, certain: boolean): void {
    const text = this.python.text.slice(target.start, target.end)
    if (!text.startsWith(`${this.prefix}.`)) return
    const key = text.slice(this.prefix.length + 1)
    const known = certain && statement.value !== null && !this.given.has(key)
    this.given.set(key, known ? { expr: statement.value!, statement } : null)
    if (certain) this.last = statement
  }

  /** The configuration, or what holds it, as a whole in a call of something else. */
  private passes(expr: Expr, name: string): boolean {
    let found = false
    const visit = (one: Expr): void => {
      if (one.type === 'call' && !experiments.test(this.python.nameOf(one.callee) ?? ''))
        found ||= one.args.some(({ value }) =>
          [name, this.prefix].includes(this.python.text.slice(value.start, value.end)),
        )
      forEachChild(one, visit)
    }
    visit(expr)
    return found
  }
}

/** Statements inside run once: no condition, no loop. */
function isPlain(statement: Stmt, inside: number): boolean {
  if (statement.type === 'with') return true
  // The experiment itself stands in the same block.
  return statement.type !== 'class' && statement.start <= inside && inside < statement.end
}

function readExperiment(
  facts: FragmentFacts,
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  made: Call,
): void {
  const starts = python.calls.some(
    (call) => (call.method === 'run' || call.method === 'start') && call.receiverCall === made,
  )
  const config = starts ? Configuration.of(python, made) : null
  if (config === null) return
  const tuner = config.get('tuner.name')
  const place: Place = tuner == null ? calleePlace(made) : { start: tuner.expr.start, end: tuner.expr.end }
  const job = idAt(claims, 'nni', calleePlace(made))
  const site = callSite(made)
  const search = claims.subject('Search', place, scopeOf(made), evidenceOfJob(python, 'none'), job)
  const named = tuner == null ? undefined : plain(python, tuner.expr)
  const name = typeof named === 'string' ? named.toLowerCase() : undefined
  const strategy = strategyOf(name)
  if (strategy === undefined) search.unknown('strategy', 'tuner', 'a tuner that cannot be read', place)
  else search.known('strategy', 'tuner', strategy, place, { site })
  search.known('unit', 'trial_command', 'run', place)
  search.known('folds', 'trial_command', 1, place)
  search.known('alternatives', 'tuner', ['bayesian'], place)
  search.known('persisted', 'experiment', true, place)
  const space = spaceOf(config, facts, claims)
  if (space !== null && space.length > 0)
    search.known('space', 'search_space', { grids: [space], ...gridSize([space]) }, place)
  const source = new AssignedSource(config, place, site, claims)
  if (!endsByItself(name)) experimentSettings.claim(search, source, {}, ['trialCap', 'timeLimit'])
  experimentSettings.claim(search, source, {}, ['parallelism'])
  claimStops(config, search, name, place, site)
  search.known('metric', 'report_final_result', 'default', place)
  search.known('terminationGapIfReported', 'assessor', 'the experiment has no assessor', place)
  claimTrial(config, context, claims, job)
}

/** What is assigned to the configuration, as values. */
class AssignedSource implements Source {
  constructor(
    private readonly config: Configuration,
    private readonly place: Place,
    private readonly site: Place,
    private readonly locator: Locator,
  ) {}

  get(...path: Key[]): Given<Json> {
    const { config, site, locator } = this
    const assigned = config.get(path.join('.'))
    if (assigned != null)
      return foldedValue(config.python.fold(assigned.expr), range(assigned.expr), site, locator)
    const origin = locator.origin(this.place, { site, channel: 'library default' })
    return assigned === null || config.open
      ? unreadable({ ...origin, channel: 'code' }, 'set under a condition or elsewhere')
      : absent(origin)
  }

  set(path: readonly Key[]): Refusal {
    return { reason: `${path.join('.')} is set elsewhere` }
  }
}

function claimStops(
  config: Configuration,
  search: SubjectBuilder<'Search'>,
  name: string | undefined,
  place: Place,
  site: Place,
): void {
  const keys = ['assessor', 'assessor.name', 'assessor.class_name', 'advisor', 'advisor.name', 'tuner']
  if (stopsByItself(name) || keys.some((key) => config.get(key) != null))
    search.known('earlyTermination', 'assessor', true, place)
  else if (config.open || name === undefined || keys.some((key) => config.get(key) === null))
    search.unknown('earlyTermination', 'assessor', 'set under a condition or elsewhere', place)
  else search.default('earlyTermination', 'assessor', false, place, { site })
}

function claimTrial(config: Configuration, context: ReaderContext, claims: ClaimBuilder, job: string): void {
  const { python } = config
  const command = config.get('trial_command')
  const text = command == null ? undefined : plain(python, command.expr)
  if (command == null || typeof text !== 'string') return
  const folder = config.get('trial_code_directory')
  const { start, end } = command.expr
  claimScript(claims, context, {
    node: { kind: 'scalar', value: text, raw: text, start, end },
    job,
    folder: folder === undefined ? '' : folder === null ? null : folderOf(python, folder.expr),
    nodes: null,
    machine: null,
  })
}

function folderOf(python: PythonModule, expr: Expr): string | null {
  const value = plain(python, expr)
  if (typeof value === 'string') return value
  const text = python.text.slice(expr.start, expr.end)
  return /^((pathlib\.)?Path\(__file__\)(\.resolve\(\)|\.absolute\(\))?\.parent|os\.path\.dirname\(__file__\))$/.test(
    text,
  )
    ? ''
    : null
}

function spaceOf(config: Configuration, facts: FragmentFacts, claims: ClaimBuilder) {
  const { python } = config
  const file = config.get('search_space_file')
  const path = file == null ? undefined : plain(python, file.expr)
  const inline = config.get('search_space')
  const value = inline == null ? undefined : plain(python, inline.expr)
  if (inline === undefined)
    return spaceInFile(typeof path === 'string' ? path : undefined, facts.named, claims)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return Object.entries(value).map(([name, one]) => {
    const { _type, _value } = one !== null && typeof one === 'object' && !Array.isArray(one) ? one : {}
    return dimensionOf(
      name,
      typeof _type === 'string' ? _type : undefined,
      Array.isArray(_value) ? _value : [],
    )
  })
}

/** Undefined: not known. */
function plain(python: PythonModule, expr: Expr): Json | undefined {
  return effective(python.fold(expr))
}

const range = ({ start, end }: Expr): Place => ({ start, end })

function changeExperiment(claim: Claim, value: unknown, { path, python }: FragmentFacts): Change | Refusal {
  const made = claimedCall(python, claim.site)
  const config = made === null || python === undefined ? null : Configuration.of(python, made)
  if (config === null || config.last === null) return byHand(claim)
  const { fragment } = claim.site
  const { last, prefix } = config
  const set = (key: string, code: string): Change['writes'] => {
    const given = config.get(key)
    if (given != null) {
      const { start, end } = given.expr
      return [{ kind: 'replace', path, range: { fragment, start, end }, text: code }]
    }
    const statement = { fragment, start: last.start, end: last.end }
    return [{ kind: 'insert lines', path, where: 'after', statement, lines: [`${prefix}.${key} = ${code}`] }]
  }
  const change = (title: string, ...writes: Change['writes'][]): Change => ({
    title,
    safety: 'unsafe',
    writes: writes.flat(),
    imports: [],
  })
  switch (claim.setting) {
    case 'trialCap':
      return change(`Stop after ${value} trials (max_trial_number)`, set('max_trial_number', String(value)))
    case 'parallelism':
      return change(`Run ${value} trials at a time`, set('trial_concurrency', String(value)))
    case 'strategy': {
      const { trials } = value as { trials: number }
      return change(
        `Search by TPE, at most ${trials} trials`,
        set('tuner.name', "'TPE'"),
        set('max_trial_number', String(trials)),
      )
    }
    case 'earlyTermination': {
      const lines = [
        `${prefix}.assessor.name = 'Medianstop'`,
        `${prefix}.assessor.class_args = {'optimize_mode': '${modeOf(config)}'}`,
      ]
      const statement = { fragment, start: last.start, end: last.end }
      return change('Stop weak trials early (Medianstop)', [
        { kind: 'insert lines', path, where: 'after', statement, lines },
      ])
    }
    default:
      return byHand(claim)
  }
}

function modeOf(config: Configuration): string {
  const whole = config.get('tuner.class_args')
  const args = whole == null ? undefined : plain(config.python, whole.expr)
  const single =
    config.get("tuner.class_args['optimize_mode']") ?? config.get('tuner.class_args["optimize_mode"]')
  const mode =
    single != null
      ? plain(config.python, single.expr)
      : args !== null && typeof args === 'object' && !Array.isArray(args)
        ? args.optimize_mode
        : undefined
  return mode === 'minimize' ? 'minimize' : 'maximize'
}
