/** What a search over the parameters of a pipeline fits again and again, and how that is kept. */

import type { Change, Refusal } from '../../edit/write.js'
import { formatCount } from '../../estimate/grid.js'
import { argumentAt, resultAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import {
  configuredArgument,
  knownArgument,
  mayBePassed,
  numberArgument,
  passedExpression,
  whyUnreadable,
} from '../../values/argument.js'
import { foldedValue } from '../../values/folded-value.js'
import { convert } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { foldsOf } from './folds.js'
import { type PipelinePlace, pipelineAt, pipelineWithin, repeatsOf, stepsOf } from './pipeline.js'
import { repetitionOf } from './repeated-validation.js'
import { largestSpace } from './space.js'

/** One search, whatever library makes it. */
interface SearchOfPipeline {
  call: Call
  estimator: Expr
  grids: Dimension[][]
  /** Configurations that are fitted on every fold; null: they cannot be counted. */
  candidates: number | null
  folds: number
  /** There may be more of them. */
  atLeast: boolean
  /** Which of its fits are counted: ' in the first round'. */
  where: string
}

/** Its arguments: the space (the second one), and how often it draws, with the default. */
export interface DrawnSearch {
  space: string
  trials: [keyword: string, position: number | null, otherwise: number]
}

interface RepeatedWork {
  pipeline: PipelinePlace
  search: Call
  transformation: string
  total: number
  distinct: number
  why: string
  lowerBound: boolean
}

/** The pipelines that the searches of a module are given. */
export class RepeatedSteps {
  private readonly pipelines = new Map<Call, RepeatedWork>()

  constructor(private readonly module: PythonModule) {}

  add({ call, estimator, grids, candidates, folds, atLeast, where }: SearchOfPipeline): void {
    const found = pipelineWithin(this.module, estimator)
    const steps = found === null ? null : stepsOf(found.pipeline)
    if (found === null || steps === null) return
    const { pipeline, prefix } = found
    const inner = (one: Dimension): Dimension =>
      one.name.startsWith(prefix) ? { ...one, name: one.name.slice(prefix.length) } : one
    const repeats = repeatsOf(
      steps,
      grids.map((grid) => grid.map(inner)),
    )
    if (repeats === null || candidates === null) return
    const total = candidates * folds
    const work: RepeatedWork = {
      pipeline,
      search: call,
      transformation: repeats.transformation,
      total,
      distinct: Math.min(total, repeats.distinct * folds),
      why: `${formatCount(candidates)} ${candidates === 1 ? 'configuration' : 'configurations'} × ${folds} folds${where}`,
      lowerBound: atLeast,
    }
    // Two searches of one pipeline are told once, by the larger.
    const before = this.pipelines.get(pipeline.call)
    if (before === undefined || before.total - before.distinct < total - work.distinct)
      this.pipelines.set(pipeline.call, work)
  }

  /** A pipeline that is cross-validated in each trial of a search or pass of a loop, where its early steps never change. */
  addValidated(call: Call): void {
    const { module } = this
    const estimator = passedExpression(module.argument(call, 'estimator', 0))
    const folds = foldsOf(module, call, 5)
    const repetition = folds === null ? null : repetitionOf(module, call)
    const pipeline = estimator === null || repetition === null ? null : pipelineAt(module, estimator)
    if (pipeline === null || repetition === null || pipeline.python !== module) return
    const steps = stepsOf(pipeline) ?? []
    const dear = steps.findIndex(({ costly }, index) => costly !== null && index < steps.length - 1)
    if (dear < 0 || steps.slice(0, dear + 1).some(({ expr }) => repetition.varies(expr))) return
    if (setsParameters(module, pipeline.call)) return
    const { times, what } = repetition
    this.pipelines.set(pipeline.call, {
      pipeline,
      search: call,
      transformation: steps[dear]!.costly!,
      total: times * folds!,
      distinct: folds!,
      why: `${formatCount(times)} ${what} × ${folds} folds`,
      lowerBound: false,
    })
  }

  /** A search that draws its configurations: what it draws for an early step cannot be counted. */
  addDrawn(call: Call, { space, trials: [keyword, position, otherwise] }: DrawnSearch): void {
    const { module } = this
    const estimator = passedExpression(module.argument(call, 'estimator', 0))
    const given = passedExpression(module.argument(call, space, 1))
    const folds = foldsOf(module, call, 5)
    if (estimator === null || given === null || folds === null) return
    const names = parametersOf(module, given)
    const trials = module.argument(call, keyword, position)
    const candidates = mayBePassed(trials) ? numberArgument(trials) : otherwise
    if (names === null || candidates === null) return
    const grids = [names.map((name) => ({ name, size: null }))]
    this.add({ call, estimator, grids, candidates, folds, atLeast: false, where: '' })
  }

  claim(claims: ClaimBuilder, evidence: Evidence): void {
    for (const work of this.pipelines.values()) claimPipeline(this.module, work, claims, evidence)
  }
}

/** `pipe.set_params(…)` may touch any step. */
function setsParameters(module: PythonModule, pipeline: Call): boolean {
  return module.calls.some(({ method, receiverCall }) => method === 'set_params' && receiverCall === pipeline)
}

function claimPipeline(
  module: PythonModule,
  work: RepeatedWork,
  claims: ClaimBuilder,
  evidence: Evidence,
): void {
  const { pipeline, search } = work
  const here = pipeline.python === module
  // A pipeline of another module is told where it is searched.
  const shown = here ? pipeline.call : search
  const place = calleePlace(shown)
  const subject = claims.subject('Preprocessing', place, shown.function?.qualified ?? '', evidence)
  const memory = argumentAt({ ...pipeline, expr: pipeline.call.expr }, pipeline.call, 'memory')
  const off = knownArgument(memory) === null
  const site = callSite(shown)
  // What a file of the project says is changed there.
  if (memory.state === 'given' && configuredArgument(memory) !== null)
    subject.say(
      'cached',
      'memory',
      convert(foldedValue(memory.folded, place, site, claims), (folder) => folder !== null),
    )
  else if (memory.state === 'absent' && memory.overridable === true)
    subject.unknown('cached', 'memory', 'a configuration may ask for it', place)
  else if (!mayBePassed(memory) || off)
    // Whoever uses the pipeline cannot give it any more, as the search is written right here.
    subject.known('cached', 'memory', false, place, { site, channel: 'library default' })
  else if (passedExpression(memory) !== null) subject.known('cached', 'memory', true, place)
  else subject.unknown('cached', 'memory', whyUnreadable(memory) ?? '**kwargs', place)
  subject.known('transformation', 'steps', work.transformation, place)
  const { total, distinct, why, lowerBound } = work
  subject.known('repeats', 'steps', { total, distinct, why, lowerBound }, place)
}

/** Keeps the fitted transformers of the pipeline at a claim: of `call` itself, or of what the search `call` is given. */
export function changeCached(claim: Claim, facts: FragmentFacts): Change | Refusal {
  if (isConfigured(claim, facts)) return writeConfigured(claim, folder, facts)
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const module = facts.python!
  const estimator = passedExpression(module.argument(call, 'estimator', 0))
  const elsewhere = estimator === null ? null : pipelineAt(module, estimator)
  if (elsewhere === null) return cacheChange(module, facts.path, facts.fragment.index, call)
  const { python, returned } = elsewhere
  const memory = passedExpression(python.argument(elsewhere.call, 'memory'))
  const made = returned?.caller === module ? module.callAt(returned.call) : null
  // The function that makes it is told where it is called.
  if (memory?.type === 'name' && made !== null) {
    const position = returned!.func.node.params.findIndex(({ name }) => name === memory.id)
    const { value, title } = cacheValue(module, made, memory.id)
    const written = writeArgument(facts, made, memory.id, module.argument(made, memory.id, position), value)
    return changeOf(title, [written])
  }
  return cacheChange(python, python.path, 0, elsewhere.call)
}

/** What a search varies; null: not known, or several spaces, each of which has a number of tries of its own. */
function parametersOf(python: PythonModule, spaces: Expr): string[] | null {
  const made = resultAt(python, spaces)
  const found = made.python === python ? largestSpace(python, spaces) : largestSpace(made.python, made.expr)
  const [grid, ...others] = found?.count === 1 ? found.space.grids : []
  return grid === undefined || others.length > 0 ? null : grid.map(({ name }) => name)
}

/** Caching clones the transformers, so code that looks at the fitted originals afterwards would see nothing. */
function cacheChange(module: PythonModule, path: string, fragment: number, call: Call): Change | Refusal {
  if (call.expr.args.some((argument) => argument.star > 0))
    return { reason: 'the pipeline takes unpacked arguments' }
  const name = 'memory'
  const { value, title } = cacheValue(module, call, name)
  return {
    title,
    safety: 'unsafe',
    writes: [
      {
        kind: 'set keyword',
        path,
        call: { fragment, start: call.expr.start, end: call.expr.end },
        name,
        value,
      },
    ],
    imports: [],
  }
}

const folder = '.cache/sklearn'

/** What a call is given as `name`: the cache that the module has already, else a folder. */
function cacheValue(module: PythonModule, call: Call, name: string): { value: string; title: string } {
  const existing = module.calls.find(
    (one) => one.name === 'joblib.Memory' && one.assignedTo !== null && one.expr.end < call.expr.start,
  )
  const value = existing?.assignedTo ?? `'${folder}'`
  return { value, title: `Cache the fitted transformers (${name}=${value})` }
}
