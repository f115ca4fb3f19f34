/** Steps of pipelines of the Kubeflow SDK, and what they ask for. Source: kfp 1.8 and 2.14, kfp/dsl/pipeline_task.py. */

import type { Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import type { Json } from '../../text/json.js'
import type { Span } from '../../text/location.js'
import { knownArgument, mayBePassed, passedExpression, textIn } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { foldedValue } from '../../values/folded-value.js'
import { convert } from '../../values/operations.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Locator } from '../../values/source.js'
import type { Value } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { describeAllSteps, describeStep, stepEvidence, workOfStep } from '../pipelines/describe-step.js'
import { workOfName } from '../pipelines/step-work.js'
import { isInput, isLabel, type Volatile, volatileInput } from '../pipelines/volatile-input.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { defineReader } from '../reader.js'
import { changeStep } from './change.js'
import { methodPlace, methodValue } from './method-value.js'
import { claimParallelFor } from './parallel-for.js'
import { claimResources } from './resources.js'
import { engineOf, type Submission, submissionsOf } from './switches.js'
import { type Pipelines, pipelineNames, readPipelines, type Task } from './tasks.js'

export const kubeflowReader = defineReader({
  name: 'kubeflow-pipelines',
  leads: true,
  languages: ['python'],
  triggers: ['kfp', 'google_cloud_pipeline_components', 'PipelineJob'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined || !isConcerned(python)) return
    const names = pipelineNames(python)
    if (names.length > 0) claims.extraction.pipelines = names
    const pipelines = readPipelines(python)
    const submissions = submissionsOf(python, pipelines.pipelines)
    const engine = engineOf(python, submissions)
    const evidence = stepEvidence(python)
    const off = new Set<Func>()
    for (const submission of submissions) {
      const { call, pipeline } = submission
      const caching = knownArgument(python.argument(call, 'enable_caching'))
      if (caching === false && pipeline !== null) off.add(pipeline)
      claimSwitch(python, claims, submission, evidence, pipelines.tasks)
    }
    claimEnvironment(python, claims, engine, evidence, pipelines.tasks)
    const staleness = stalenessOf(python, pipelines.tasksOf)
    const functions = pipelines.tasks.flatMap(({ code, module }) => (module === python ? (code ?? []) : []))
    const training: { task: Task; onGpu: boolean }[] = []
    const feeding = handedToTraining(pipelines)
    for (const task of pipelines.tasks) {
      const place = calleePlace(task.call)
      const {
        subject: step,
        purpose,
        work,
      } = describeStep(
        claims,
        task.module,
        { name: task.name, code: task.code, place, scope: scopeOf(task), feeds: feeding.has(task) },
        { engine, key: 'kfp', unit: 'task', evidence },
      )
      if (purpose.includes('train'))
        training.push({ task, onGpu: [...task.settings.keys()].some((one) => /gpu|accelerator/.test(one)) })
      const decided = task.pipeline !== null && off.has(task.pipeline)
      claimCaching(python, step, task, staleness.get(task) ?? null, decided)
      claimVolatile(
        python,
        step,
        task,
        purpose,
        submissions.filter((one) => one.pipeline === task.pipeline),
      )
      claimIdentity(python, step, task)
      claimResources(python, claims, step, task, { evidence, engine, work, functions })
    }
    claimParallelFor(python, claims, training)
  },
  change: changeStep,
})

function isConcerned(python: PythonModule): boolean {
  for (const name of python.imports)
    if (/^(kfp|google_cloud_pipeline_components|google\.cloud\.aiplatform)(\.|$)|^google\.cloud$/.test(name))
      return true
  return false
}

/** Tasks whose outputs one that trains is given, whatever their names say: `train_op(tiles=tiles.outputs['tiles'])`. */
function handedToTraining({ tasks, tasksOf }: Pipelines): Set<Task> {
  const found = new Set<Task>()
  for (const { name, call } of tasks) {
    if (!workOfName(name).some((one) => one === 'train' || one === 'tune')) continue
    for (const { value } of call.expr.args) {
      const output = value.type === 'subscript' ? value.value : value
      if (output.type === 'attribute' && /^outputs?$/.test(output.attr))
        for (const task of tasksOf(output.value)) found.add(task)
    }
  }
  return found
}

function scopeOf(task: Task): string {
  return [task.call.function?.qualified, task.name].filter(Boolean).join('.')
}

/** `PipelineJob(enable_caching=False)`, `client.create_run_from_pipeline_func(…, enable_caching=False)`. */
function claimSwitch(
  python: PythonModule,
  claims: ClaimBuilder,
  submission: Submission,
  evidence: Evidence,
  tasks: Task[],
): void {
  const { call, engine, pipeline } = submission
  const key = 'enable_caching'
  const source = new CallSource(python, call, claims, { withName: true })
  const caching = source.expression(key)
  if (caching === null) return
  const scope = [call.function?.qualified, call.method].filter(Boolean).join('.')
  const own = pipeline === null ? [] : tasks.filter((task) => task.pipeline === pipeline)
  const step = describeAllSteps(
    claims,
    worksOf(own),
    { place: calleePlace(call), scope },
    { engine, key: 'pipeline', unit: 'task', evidence },
  )
  const place = placeOf(call.expr.args.find((one) => one.value === caching) ?? call.expr.callee)
  step.say('cached', key, convert(source.get(key), cachingOf))
  claimReason(python, step, call.statement, null, place)
}

/** None leaves it to each step. */
const cachingOf = (value: unknown) => (value === null ? true : asBoolean(value as never))

function claimReason(
  python: PythonModule,
  step: SubjectBuilder<'Step'>,
  span: { start: number; end: number },
  code: Func | null,
  place: Place,
): boolean {
  const reason = whyUncached(python, span, code)
  if (reason !== null) step.known('uncachedFor', 'caching', reason.because, place)
  return reason !== null
}

function worksOf(tasks: Task[]): { name: string; purpose: StepWork[] }[] {
  return tasks.map(({ name, code, module }) => ({ name, purpose: workOfStep(module, name, code).purpose }))
}

const variable = 'KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT'

/** `os.environ['KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT'] = 'true'` before the pipeline is compiled. */
function claimEnvironment(
  python: PythonModule,
  claims: ClaimBuilder,
  engine: string,
  evidence: Evidence,
  tasks: Task[],
): void {
  const written = python.environmentWrites().get(variable)
  if (written === undefined) return
  const { statement, value } = written
  const place = placeOf(statement)
  const step = describeAllSteps(
    claims,
    worksOf(tasks),
    { place, scope: variable },
    { engine, key: 'pipeline', unit: 'task', evidence },
  )
  step.say('cached', variable, convert(assigned(python, claims, value, place), isUnset))
  claimReason(python, step, statement, null, place)
}

function placeOf({ start, end }: Span): Place {
  return { start, end }
}

/** What a statement assigns, shown and changed as a whole. */
function assigned(python: PythonModule, locator: Locator, value: Expr, place: Place): Value<Json> {
  return foldedValue(python.fold(value), place, { ...place, target: { kind: 'statement' } }, locator)
}

const isUnset = (value: unknown) => !/^(true|1)$/i.test(String(value).trim())

/** `task.execution_options.caching_strategy.max_cache_staleness = 'P0D'` (version 1). */
function stalenessOf(
  python: PythonModule,
  tasksOf: (expr: Expr) => Task[],
): Map<Task, { statement: { start: number; end: number }; value: Expr }> {
  const found = new Map<Task, { statement: { start: number; end: number }; value: Expr }>()
  if (!python.code.includes('max_cache_staleness')) return found
  for (const statement of python.statements) {
    if (statement.type !== 'assign' || statement.value === null) continue
    let target = statement.targets[0]
    if (target?.type !== 'attribute' || target.attr !== 'max_cache_staleness') continue
    while (target.type === 'attribute') target = target.value
    for (const task of tasksOf(target)) found.set(task, { statement, value: statement.value })
  }
  return found
}

/** Null: it stands in another module. */
function ownCode(python: PythonModule, { code, module }: Task): Func | null {
  return module === python ? code : null
}

function claimCaching(
  python: PythonModule,
  step: SubjectBuilder<'Step'>,
  task: Task,
  staleness: { statement: { start: number; end: number }; value: Expr } | null,
  /** A switch for the whole pipeline has the last word. */
  decided: boolean,
): void {
  const set = task.settings.get('set_caching_options')?.at(-1)
  if (set !== undefined) {
    const place = methodPlace(set)
    const given = methodValue(python, set, 'enable_caching', 0, step.locator)
    step.say('cached', 'set_caching_options', convert(given, asBoolean))
    if (!claimReason(python, step, set.statement, ownCode(python, task), place))
      claimMovingImage(step, task, place)
    return
  }
  if (staleness !== null) {
    const place = placeOf(staleness.statement)
    const value = assigned(python, step.locator, staleness.value, place)
    step.say('cached', 'max_cache_staleness', convert(value, staleAtOnce))
    if (!claimReason(python, step, place, ownCode(python, task), place)) claimMovingImage(step, task, place)
    return
  }
  const place = calleePlace(task.call)
  if (decided) step.unknown('cached', 'set_caching_options', 'the run decides', place)
  else step.default('cached', 'set_caching_options', true, place)
}

/**
 * The key of the cache holds the name of an image and what it is told to run, and not the code in it: where new code comes under the
 * same name, the cache would answer with what the old code has made.
 */
function claimMovingImage(step: SubjectBuilder<'Step'>, task: Task, place: Place): void {
  const { container, module } = task
  const given =
    container === null ? baseImage(task) : passedExpression(module.argument(container, 'image', 0))
  const image = given === null ? null : textIn(module.fold(given))
  if (image === null || !isMoving(image)) return
  step.known('uncachedFor', 'image', `new code may come under the name of its image, ${image}`, place)
}

/** The image of a component that is packed by itself, where it only starts what lies in there. */
function baseImage({ code, module }: Task): Expr | null {
  if (code === null) return null
  if (!starts.test(module.code.slice(code.node.start, code.node.end))) return null
  for (const decorator of code.node.decorators) {
    const call = decorator.type === 'call' ? module.callAt(decorator) : null
    const image = call === null ? null : passedExpression(module.argument(call, 'base_image'))
    if (image !== null) return image
  }
  return null
}

const starts = /\bsubprocess\.(run|call|check_call|check_output|Popen)\(|\bos\.system\(|\brunpy\./

/** `registry:5000/team/trainer`, `trainer:latest`: nothing in it tells one build from the next. */
function isMoving(image: string): boolean {
  const name = image.slice(image.lastIndexOf('/') + 1)
  return !name.includes('@') && (!name.includes(':') || /:(latest|main|master|dev|stable)$/.test(name))
}

const staleAtOnce = (value: unknown) =>
  typeof value === 'string' ? !/^P(T)?0+[DHMSW]$/i.test(value.trim()) : undefined

function claimVolatile(
  python: PythonModule,
  step: SubjectBuilder<'Step'>,
  task: Task,
  work: readonly StepWork[],
  submissions: Submission[],
): void {
  const claim = (input: string, found: Volatile) =>
    step.known(
      'volatileInput',
      input,
      { what: found.what, input, when: found.placeholder ? 'run' : 'built' },
      found.place,
    )
  for (const argument of task.call.expr.args) {
    const input = argument.name ?? (argument.value.type === 'name' ? argument.value.id : '')
    const found = volatileInput(python, argument.value, input, work)
    if (found !== null) {
      claim(input, found)
      return
    }
  }
  // By the component itself, where the pipeline leaves it out.
  const params = python.functionOf(task.call.expr.callee)?.node.params ?? []
  for (const [position, param] of params.entries()) {
    if (param.default === null || mayBePassed(python.argument(task.call, param.name, position))) continue
    const found = volatileInput(python, param.default, param.name, work)
    if (found === null) continue
    claim(param.name, found)
    return
  }
  // Through the inputs of the pipeline, given where it is submitted.
  for (const submission of submissions) {
    if (submission.inputs === null || task.pipeline === null) continue
    for (const param of task.pipeline.node.params) {
      if (!isInput(param.name, work)) continue
      const entry = passedExpression(python.entry(submission.inputs, param.name))
      if (entry === null) continue
      const found = volatileInput(python, entry, param.name, work)
      if (found === null) continue
      const uses = task.call.expr.args.find(
        (one) => isInput(one.name ?? '', work) && mentions(one.value, param.name),
      )
      if (uses === undefined) continue
      step.known(
        'volatileInput',
        param.name,
        { what: found.what, input: uses.name ?? param.name, when: 'run' },
        found.place,
      )
      return
    }
  }
}

function mentions(expr: Expr, name: string): boolean {
  if (expr.type === 'name') return expr.id === name
  if (expr.type === 'fstring')
    return expr.parts.some((part) => typeof part !== 'string' && mentions(part, name))
  if (expr.type === 'binary') return mentions(expr.left, name) || mentions(expr.right, name)
  if (expr.type === 'call') return expr.args.some((one) => mentions(one.value, name))
  return expr.type === 'list' || expr.type === 'tuple' ? expr.items.some((one) => mentions(one, name)) : false
}

/** Two calls of one component with the same inputs do the same. */
function claimIdentity(python: PythonModule, step: SubjectBuilder<'Step'>, task: Task): void {
  const { call, pipeline } = task
  if (call.expr.args.length === 0 || call.loops.length > 0 || call.conditional || pipeline === null) return
  const inputs = call.expr.args
    .filter((one) => !isLabel(one.name ?? ''))
    .map((one) => `${one.name ?? ''}=${valueText(python, one.value)}`)
    .sort()
  // What its container is told apart from its arguments: `task.set_env_variable('MODEL', 'gru')`.
  for (const [method, calls] of task.settings)
    if (toldApart.test(method))
      for (const { expr } of calls)
        inputs.push(`${method}(${expr.args.map((one) => valueText(python, one.value)).join(', ')})`)
  const callee = python.text.slice(call.expr.callee.start, call.expr.callee.end)
  step.known(
    'identity',
    task.name,
    `${pipeline.node.start}:${callee}(${inputs.join(', ')})`,
    calleePlace(call),
  )
}

const toldApart = /env_variable|^apply$|volume|container_image/

/** What is written, and for names also where their value comes from. */
function valueText(python: PythonModule, expr: Expr): string {
  const text = python.text.slice(expr.start, expr.end).replace(/\s+/g, ' ')
  const origins: number[] = []
  const visit = (one: Expr): void => {
    if (one.type === 'name')
      origins.push(python.definition(one).start === one.start ? -1 : python.definition(one).start)
    childrenOf(one).forEach(visit)
  }
  visit(expr)
  return `${text}@${origins.join('.')}`
}
