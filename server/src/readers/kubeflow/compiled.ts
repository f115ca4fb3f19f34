/**
 * Pipelines of the Kubeflow SDK as they are compiled: the specification (YAML, version 2) and the job of Vertex AI around it
 * (JSON). Source: pipeline_spec.proto of kubeflow/pipelines. The file is generated, so what it says is changed in the
 * Python code; where that is in the project, the project leaves the file out (linking/compiled.ts).
 */
import { gpu } from '../../catalog/gpus.js'
import { at, boolean, entries, entry, map, number, text, written } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigNode } from '../../config/node.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { type Keys, keyedPlace, nodePlace } from '../config-change.js'
import { claimContainer } from '../kubernetes/containers.js'
import { claimStepMachine } from '../pipelines/step-machine.js'
import { workOfName } from '../pipelines/step-work.js'
import { defineReader, type ReaderContext } from '../reader.js'

export const compiledPipelineReader = defineReader({
  name: 'kubeflow-compiled',
  languages: ['yaml', 'json'],
  triggers: ['deploymentSpec'],
  read(facts, context, claims) {
    const documents = facts.config?.documents ?? []
    for (const document of documents) {
      const pipeline = pipelineIn(document, documents)
      if (pipeline !== null) readPipeline(claims, context, pipeline)
    }
  },
  change() {
    return { reason: 'this file is compiled: change the pipeline in Python and compile it again' }
  },
})

interface Compiled {
  document: ConfigDocument
  spec: ConfigNode
  /** Keys from the top of the document to the specification. */
  keys: Keys
  engine: string
  /** What the second document says about executors on Kubernetes, by their labels. */
  platform: ConfigNode | undefined
}

interface Task {
  name: string
  entry: ConfigEntry
  keys: Keys
  container: ConfigNode
  label: string
}

function pipelineIn(document: ConfigDocument, all: readonly ConfigDocument[]): Compiled | null {
  for (const keys of [[], ['pipelineSpec']]) {
    const spec = at(document.root, ...keys)
    if (at(spec, 'root', 'dag') === undefined || at(spec, 'deploymentSpec', 'executors') === undefined)
      continue
    const google = entries(at(spec, 'deploymentSpec', 'executors')).some((one) =>
      /google-cloud-pipeline-components|automl-tabular/.test(text(at(one.value, 'container', 'image')) ?? ''),
    )
    return {
      document,
      spec: spec!,
      keys,
      engine: keys.length > 0 || google ? 'Vertex AI Pipelines' : 'Kubeflow Pipelines',
      platform: all
        .map((one) => at(one.root, 'platforms', 'kubernetes', 'deploymentSpec', 'executors'))
        .find((one) => one !== undefined),
    }
  }
  return null
}

/** Tasks that run a container, in the pipeline itself and in the graphs below it. */
function tasksOf({ spec, keys }: Compiled): Task[] {
  const executors = at(spec, 'deploymentSpec', 'executors')
  const components = at(spec, 'components')
  const graphs: [ConfigNode | undefined, Keys][] = [
    [at(spec, 'root', 'dag', 'tasks'), [...keys, 'root', 'dag', 'tasks']],
    ...entries(components).map(({ key, value }): [ConfigNode | undefined, Keys] => [
      at(value, 'dag', 'tasks'),
      [...keys, 'components', key, 'dag', 'tasks'],
    ]),
  ]
  return graphs.flatMap(([tasks, path]) =>
    entries(tasks).flatMap((one): Task[] => {
      const component = text(at(one.value, 'componentRef', 'name'))
      const label = text(at(components, component ?? '', 'executorLabel'))
      const container = at(executors, label ?? '', 'container')
      if (label === undefined || map(container) === undefined) return []
      return [{ name: one.key, entry: one, keys: [...path, one.key], container: container!, label }]
    }),
  )
}

const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }
/** Whoever compiles or submits the pipeline says it anew. */
const given = { overridable: true }

function readPipeline(claims: ClaimBuilder, context: ReaderContext, pipeline: Compiled): void {
  claims.extraction.compiledFrom = text(at(pipeline.spec, 'pipelineInfo', 'name')) ?? ''
  const tasks = tasksOf(pipeline)
  const off = tasks.filter((task) => cachingOf(task)?.on === false)
  // A switch for all of them is one thing to say.
  const all = off.length > 1 && off.length === tasks.length
  if (all) claimAllUncached(claims, pipeline, tasks)
  for (const task of tasks) {
    claimStep(claims, pipeline, task, all)
    claimMachine(claims, context, pipeline, task)
  }
}

/** An empty map is the cache switched off; undefined: nothing is said. */
function cachingOf({ entry: { value } }: Task): { on: boolean; node: ConfigEntry } | undefined {
  const options = entry(value, 'cachingOptions')
  if (options === undefined || map(options.value) === undefined) return undefined
  const on = entry(options.value, 'enableCache')
  if (on !== undefined && boolean(on.value) === undefined) return undefined
  return { on: on !== undefined && boolean(on.value)!, node: options }
}

function placeOf({ document }: Compiled, { entry: { keyStart, keyEnd }, keys }: Task): Place {
  return keyedPlace({ start: keyStart, end: keyEnd }, document.index, keys)
}

/** Something is made that is worth keeping, as far as names tell. */
const makes = (purpose: readonly StepWork[]): boolean =>
  purpose.some((one) => one === 'prepare' || one === 'train' || one === 'tune')

function claimAllUncached(claims: ClaimBuilder, pipeline: Compiled, tasks: Task[]): void {
  const info = at(pipeline.spec, 'pipelineInfo', 'name') ?? pipeline.spec
  const place = nodePlace(info)
  const step = claims.subject('Step', place, 'pipeline', evidence)
  const purpose = [...new Set(tasks.flatMap(({ name }) => workOfName(name)))]
  step.known('engine', 'cachingOptions', pipeline.engine, place)
  step.known('unit', 'cachingOptions', 'task', place)
  step.known(
    'allSteps',
    'cachingOptions',
    tasks.map(({ name }) => name),
    place,
  )
  step.known('purpose', 'cachingOptions', purpose, place)
  step.known('unseen', 'cachingOptions', true, place)
  if (makes(purpose)) step.known('cached', 'cachingOptions', false, place, given)
}

function claimStep(claims: ClaimBuilder, pipeline: Compiled, task: Task, all: boolean): void {
  const place = placeOf(pipeline, task)
  const step = claims.subject('Step', place, task.keys.join('.'), evidence)
  const purpose = workOfName(task.name)
  step.known('name', 'tasks', task.name, place)
  step.known('engine', 'tasks', pipeline.engine, place)
  step.known('unit', 'tasks', 'task', place)
  step.known('purpose', 'tasks', purpose, place)
  step.known('work', 'tasks', purpose, place)
  step.known('unseen', 'tasks', true, place)
  const caching = cachingOf(task)
  if (caching !== undefined && !all && (caching.on || makes(purpose))) {
    const { keyStart, value } = caching.node
    step.known('cached', 'cachingOptions', caching.on, { start: keyStart, end: value.end }, given)
  }
  const retries = at(task.entry.value, 'retryPolicy', 'maxRetryCount')
  const count = wholeNumber(retries)
  if (retries !== undefined && count !== null)
    step.known('retries', 'maxRetryCount', count, nodePlace(retries), given)
  const accelerators = acceleratorsOf(task)
  if (typeof accelerators?.count === 'number')
    step.known('gpus', 'resourceCount', accelerators.count, nodePlace(accelerators.node), given)
}

interface AcceleratorRequest {
  node: ConfigNode
  /** Null: an input of the pipeline. */
  count: number | null
  type: ConfigNode | undefined
}

function acceleratorsOf({ container }: Task): AcceleratorRequest | null {
  const node = at(container, 'resources', 'accelerator')
  if (node === undefined) return null
  const amount = at(node, 'count') ?? at(node, 'resourceCount')
  return {
    node: amount ?? node,
    count: amount === undefined ? null : wholeNumber(amount),
    type: at(node, 'type') ?? at(node, 'resourceType'),
  }
}

function wholeNumber(node: ConfigNode | undefined): number | null {
  const source = node === undefined ? undefined : (number(node) ?? written(node))
  return source !== undefined && /^\d+(\.0+)?$/.test(String(source)) ? Number(source) : null
}

function claimMachine(claims: ClaimBuilder, context: ReaderContext, pipeline: Compiled, task: Task): void {
  const accelerators = acceleratorsOf(task)
  const type = text(accelerators?.type) ?? ''
  const own = accelerators !== null && accelerators.count !== 0 && !/tpu/i.test(type)
  const place = placeOf(pipeline, task)
  let compute: SubjectBuilder<'Compute'> | null = null
  if (own) {
    compute = claimStepMachine(claims, {
      engine: 'kubeflow-compiled',
      key: 'resources',
      nameKey: 'tasks',
      provider: pipeline.engine === 'Vertex AI Pipelines' ? 'gcp' : 'kubernetes',
      name: task.name,
      scope: task.name,
      place,
      evidence,
    })
    claimAccelerators(compute, pipeline, task, accelerators, type, place)
  }
  const job = compute?.subject.job ?? `${claims.path}#${task.keys.join('.')}`
  const work = claimCommand(claims, context, task, job)
  if (compute === null) return
  if (work === null)
    compute.unknown('acceleratorLibrary', 'command', 'the code is packed into this file', place)
  else if (work.sharing !== null) compute.known('sharing', 'command', work.sharing, place)
}

function claimAccelerators(
  compute: SubjectBuilder<'Compute'>,
  { platform }: Compiled,
  { container, label }: Task,
  { node, count, type: typeNode }: AcceleratorRequest,
  type: string,
  place: Place,
): void {
  compute.known('nodes', 'tasks', 1, place)
  if (count === null) compute.unknown('gpus', 'resourceCount', 'an input of the pipeline', nodePlace(node))
  else compute.known('gpus', 'resourceCount', count, nodePlace(node), given)
  const labels = at(platform, label, 'nodeSelector', 'labels')
  const selected = entries(labels).find(({ key }) => /accelerator|gpu\.product/.test(key))?.value
  const name = text(selected) ?? type
  const model = name === '' ? undefined : gpu(name)
  if (model !== undefined)
    compute.known('gpuModel', 'resourceType', model.name, nodePlace(selected ?? typeNode!), given)
  const cpus = at(container, 'resources', 'cpuLimit') ?? at(container, 'resources', 'resourceCpuLimit')
  const amount = Number(cpus === undefined ? Number.NaN : (number(cpus) ?? written(cpus)))
  if (cpus !== undefined && amount > 0) compute.known('cpus', 'cpuLimit', amount, nodePlace(cpus), given)
  compute.unknown('spot', 'nodeSelector', 'the pool decides', place)
  compute.unknown('timeLimit', 'timeout', 'the service or the pipeline may set it', place)
}

/** Runs the code of a component, which stands in the command itself. */
const packed = /kfp\.(v2\.)?(components|dsl)\.executor_main|kfp_component_module_path|--component_module_path/

/** Null: the program is packed into the command, or the image decides. */
function claimCommand(claims: ClaimBuilder, context: ReaderContext, { container }: Task, job: string) {
  const words = at(container, 'command')
  if (words?.kind === 'list' && words.items.some((word) => packed.test(text(word) ?? ''))) return null
  return claimContainer(claims, context, container, job, job, 1)
}
