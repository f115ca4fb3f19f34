/**
 * `CreateTrainingJob`, and the definition of the trials in `CreateHyperParameterTuningJob`. Source: SageMaker API
 * reference (2017-07-24): StoppingCondition, ResourceConfig, CheckpointConfig.
 */

import { imageVersions } from '../../link/versions.js'
import { define } from '../../text/records.js'
import { asCount, asText } from '../../values/parse.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { LaunchValue } from '../../workload/claim.js'
import { defaultMaxRun } from './names.js'
import { claimCluster, claimSaid, evidenceOf, type Key, type Request, textAt } from './request.js'

export interface TrainingFacts {
  /** Keys down to the definition of the job: none for a training job of its own. */
  prefix: Key[]
  trials: boolean
  /** Jobs that the request starts where it is written; null: several, or not known. */
  jobs: number | null
  /** Runs after the first that whoever sends the request starts when the job fails. */
  retries?: { count: number; key: string; place: Place; site: Place }
}

export function claimTrainingRequest(request: Request, facts: TrainingFacts): SubjectBuilder<'Compute'> {
  const { prefix, trials } = facts
  // Trials may be given several machines to choose from.
  const flexible = [...prefix, 'HyperParameterTuningResourceConfig']
  const cluster = request.read(...flexible).state === 'absent' ? [...prefix, 'ResourceConfig'] : flexible
  const evidence = evidenceOf(request, textAt(request, ...cluster, 'InstanceType'))
  const { claims, header, job } = request
  const compute = claims.subject(
    'Compute',
    { ...request.site(...prefix), ...header },
    request.scope,
    evidence,
    job,
  )
  const site = request.site(...prefix)
  compute.known('provider', 'SageMaker', 'aws', header, { site })
  compute.known('choosesCapacity', 'SageMaker', true, header, { site })
  compute.known('service', 'SageMaker', false, header, { site })
  compute.known('trials', 'HyperParameterTuningJobConfig', trials, header, { site })
  const name = trials ? 'HyperParameterTuningJobName' : 'TrainingJobName'
  const named = request.read(name)
  if (named.state === 'known' && typeof named.value === 'string')
    compute.known('name', name, named.value, named.place)
  claimCluster(compute, request, cluster)
  const text = (value: unknown) => typeof value === 'string' && value !== ''
  claimSaid(compute, request, 'reserved', [...cluster, 'TrainingPlanArn'], text, false)
  claimSaid(compute, request, 'keepAlive', [...cluster, 'KeepAlivePeriodInSeconds'], asCount, null)
  const stopping = [...prefix, 'StoppingCondition']
  claimSaid(compute, request, 'spot', [...prefix, 'EnableManagedSpotTraining'], asSwitch, false)
  claimSaid(compute, request, 'timeLimit', [...stopping, 'MaxRuntimeInSeconds'], asCount, defaultMaxRun)
  claimSaid(compute, request, 'maxWait', [...stopping, 'MaxWaitTimeInSeconds'], asCount, null)
  claimStore(compute, request, prefix)
  const tags = request.read('Tags')
  const tagSite = request.site('Tags')
  if (tags.state === 'absent') compute.default('tagged', 'Tags', false, header, { site: tagSite })
  else compute.known('tagged', 'Tags', true, tags.place, { site: tagSite })
  const metrics = request.read(...prefix, 'AlgorithmSpecification', 'MetricDefinitions')
  compute.known('readsMetrics', 'MetricDefinitions', metrics.state !== 'absent', header, { site })
  compute.known('jobsStarted', 'CreateTrainingJob', facts.jobs, header, { site })
  const { retries } = facts
  if (retries !== undefined)
    compute.known('retries', retries.key, retries.count, retries.place, { site: retries.site })
  if (isForProcessors(request, prefix)) {
    // The container holds no library for accelerators, whatever it is given.
    compute.known('work', 'TrainingImage', ['train'], header, { site })
    compute.known('acceleratorLibrary', 'TrainingImage', null, header, { site })
  }
  claimLaunch(request, facts)
  return compute
}

function asSwitch(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

/** Given is enough: where the checkpoints lie is mostly computed. */
function claimStore(compute: SubjectBuilder<'Compute'>, request: Request, prefix: Key[]): void {
  const keys = [...prefix, 'CheckpointConfig', 'S3Uri']
  const said = request.read(...keys)
  const whole = request.read(...keys.slice(0, -1))
  const computed = said.state === 'unknown' && whole.state !== 'unknown'
  const site = request.site(...keys)
  if (computed)
    compute.known('checkpointStore', 'CheckpointConfig', request.textOf(...keys), said.place, { site })
  else if (said.state === 'absent') {
    compute.default('checkpointStore', 'CheckpointConfig', null, request.header, { site })
  } else claimSaid(compute, request, 'checkpointStore', keys, asText)
}

/** Images of the service whose container computes on processors only. */
const processorImages = /randomcutforest|\blda\b|sagemaker-scikit-learn|sklearn/i

function isForProcessors(request: Request, prefix: Key[]): boolean {
  return processorImages.test(request.textOf(...prefix, 'AlgorithmSpecification', 'TrainingImage'))
}

/** Keys by which the containers of the frameworks know what to start; they are no flags of the script. */
const own = /^(sagemaker_|_tuning_objective_metric$)/
const launchers =
  /^sagemaker_(mpi_enabled|torch_distributed_enabled|pytorch_ddp_enabled|distributed_dataparallel_enabled|parameter_server_enabled|multi_worker_mirrored_strategy_enabled|instance_groups)$/

/** Hyperparameters are text; the SDK writes them as JSON. */
function decoded(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return null
  const quoted = /^"(.*)"$/s.exec(value.trim())
  return quoted === null ? value : quoted[1]!.replace(/\\(["\\/])/g, '$1')
}

/** Variables of the container, as far as they are written out. */
function wordsOf(request: Request, keys: Key[]): Record<string, LaunchValue> {
  const found: Record<string, LaunchValue> = {}
  for (const name of request.keysOf(...keys) ?? []) {
    const said = request.read(...keys, name)
    if (said.state === 'absent') continue
    const fixed = said.state === 'known' && said.options.overridable !== true
    const value = fixed && typeof said.value === 'string' ? said.value : null
    define(found, name, { value, location: request.claims.locate(said.place) })
  }
  return found
}

/** The script that a container of a framework starts. Nothing where the image brings its own program. */
function claimLaunch(request: Request, { prefix, trials }: TrainingFacts): void {
  const keys = [...prefix, trials ? 'StaticHyperParameters' : 'HyperParameters']
  const given = request.read(...keys, 'sagemaker_program')
  if (given.state !== 'known') return
  const path = decoded(given.value)
  if (path === null || /^\w+:\/\//.test(path)) return
  const flags: Record<string, LaunchValue> = {}
  const names = request.keysOf(...keys)
  let launcher = 'python'
  for (const name of names ?? []) {
    if (launchers.test(name)) launcher = 'unknown'
    if (own.test(name)) continue
    const said = request.read(...keys, name)
    const place = said.state === 'absent' ? given.place : said.place
    const fixed = said.state === 'known' && said.options.overridable !== true
    define(flags, name, { value: fixed ? decoded(said.value) : null, location: request.claims.locate(place) })
  }
  const nodes = request.read(...prefix, 'ResourceConfig', 'InstanceCount')
  const image = textAt(request, ...prefix, 'AlgorithmSpecification', 'TrainingImage')
  const versions = Object.entries(image === null ? {} : imageVersions(image))
  request.claims.launch(
    {
      id: request.job,
      job: request.job,
      launcher,
      program: { path, module: null, bases: [''] },
      flags,
      positionals: [],
      // Each trial brings values of its own.
      complete: names !== null && !trials,
      environment: wordsOf(request, [...prefix, 'Environment']),
      launcherFlags: {},
      processes: launcher === 'python' ? 1 : null,
      nodes: nodes.state === 'known' ? (asCount(nodes.value) ?? null) : null,
      files: [],
      ...(versions.length === 0
        ? {}
        : { versions: Object.fromEntries(versions.map(([name, found]) => [name, found.version])) }),
    },
    given.place,
  )
}
