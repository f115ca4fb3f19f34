/**
 * `CreateTrainingJob`, and the definition of the trials in `CreateHyperParameterTuningJob`. Source: SageMaker API
 * reference (2017-07-24): StoppingCondition, ResourceConfig, CheckpointConfig.
 */

import type { ShellWord } from '../../config/shell-facts.js'
import { imageVersions } from '../../link/versions.js'
import type { Json } from '../../text/json.js'
import type { Span } from '../../text/location.js'
import { convert, orDefault, stated } from '../../values/operations.js'
import { asCount, asText } from '../../values/parse.js'
import { below, type Key, type TreeSource } from '../../values/source.js'
import { effective, isGiven, type Value } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { LaunchValue } from '../../workload/claim.js'
import { bareCommand } from '../bare-command.js'
import { launchValue } from '../launch-value.js'
import { claimShellLaunch, launchesOf } from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'
import { ownImageLaunch } from './image-launch.js'
import { claimJob } from './job-requests.js'
import { type Request, textAt } from './request.js'
import { jobSettings, trainingSettings } from './request-settings.js'

export interface TrainingFacts {
  /** Keys down to the definition of the job: none for a training job of its own. */
  prefix: Key[]
  trials: boolean
  /** Jobs that the request starts where it is written; null: several, or not known. */
  jobs: number | null
  /** Runs after the first that whoever sends the request starts when the job fails. */
  retries?: Value<number>
}

export function claimTrainingRequest(request: Request, facts: TrainingFacts): SubjectBuilder<'Compute'> {
  const { prefix, trials, retries } = facts
  const { header, site } = request
  const source = below(request.source, ...prefix)
  const name = trials ? 'HyperParameterTuningJobName' : 'TrainingJobName'
  const compute = claimJob(request, { name, trials, choosesCapacity: true, source }, trainingSettings)
  compute.say('checkpointStore', 'CheckpointConfig', checkpointsOf(source))
  jobSettings.claim(compute, request.source)
  const metrics = source.get('AlgorithmSpecification', 'MetricDefinitions')
  compute.known('readsMetrics', 'MetricDefinitions', isGiven(metrics), header, { site })
  compute.known('jobsStarted', 'CreateTrainingJob', facts.jobs, header, { site })
  if (retries !== undefined) compute.say('retries', 'MaxAttempts', retries)
  if (processorImages.test(source.textOf('AlgorithmSpecification', 'TrainingImage') ?? '')) {
    // The container holds no library for accelerators, whatever it is given.
    compute.known('work', 'TrainingImage', ['train'], header, { site })
    compute.known('acceleratorLibrary', 'TrainingImage', null, header, { site })
  }
  claimLaunch(request, source, trials)
  return compute
}

/** Given is enough: where the checkpoints lie is mostly computed. */
function checkpointsOf(source: TreeSource): Value<string | null> {
  const given = source.get('CheckpointConfig', 'S3Uri')
  const written = source.textOf('CheckpointConfig', 'S3Uri')
  if (isGiven(given) && written !== null) return stated(given, written)
  return orDefault<string | null>(convert(given, asText), null)
}

/** Images of the service whose container computes on processors only. */
const processorImages = /randomcutforest|\blda\b|sagemaker-scikit-learn|sklearn/i

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

/** What a map passes on, as far as it is written out. */
function launchValues(
  source: TreeSource,
  map: string,
  word: (value: Json) => string | null,
): Record<string, LaunchValue> {
  const names = source.keysOf(map) ?? []
  return Object.fromEntries(names.map((name) => [name, launchValue(source.get(map, name), word)]))
}

/** What the container starts in place of the program of its image. Source: SageMaker API reference, AlgorithmSpecification. */
function claimEntryPoint(request: Request, source: TreeSource, nodes: number | null): boolean {
  const { claims, header, job } = request
  const given = (key: string): ShellWord[] | null => {
    const list = effective(source.get('AlgorithmSpecification', key))
    return Array.isArray(list) ? list.map((one) => wordAt(one, header)) : null
  }
  const entry = given('ContainerEntrypoint')
  if (entry === null || entry.length === 0) return false
  const handed = given('ContainerArguments')
  const complete = handed !== null || !isGiven(source.get('AlgorithmSpecification', 'ContainerArguments'))
  const started = bareCommand([...entry, ...(handed ?? [])], header)
  const locate = (span: Span) => claims.locate(span)
  const around = { job, id: job, place: header, nodes }
  for (const launch of launchesOf([started], locate))
    claimShellLaunch(
      claims,
      { ...launch, parts: { ...launch.parts, complete: launch.parts.complete && complete } },
      around,
    )
  claimScriptCalls(claims, [started], around, locate)
  return true
}

function wordAt(value: Json, { start, end }: Span): ShellWord {
  const text = typeof value === 'string' ? value : null
  return { text, raw: text ?? '$', start, end }
}

/** The script that a container of a framework starts, or what its image does. */
function claimLaunch(request: Request, source: TreeSource, trials: boolean): void {
  const { claims, job } = request
  const parameters = trials ? 'StaticHyperParameters' : 'HyperParameters'
  const program = source.get(parameters, 'sagemaker_program')
  const nodes = effective(convert(source.get('ResourceConfig', 'InstanceCount'), asCount)) ?? null
  if (!isGiven(program)) {
    if (claimEntryPoint(request, source, nodes)) return
    const name = source.get('AlgorithmSpecification', 'TrainingImage')
    const written = source.textOf('AlgorithmSpecification', 'TrainingImage')
    if (written === null || !isGiven(name)) return
    const hyperparameters = source.keysOf(parameters)?.length !== 0 && isGiven(source.get(parameters))
    const environment = launchValues(source, 'Environment', (value) => asText(value) ?? null)
    const known = typeof effective(name) === 'string'
    const own = ownImageLaunch({
      job,
      hasCompute: true,
      written,
      known,
      hyperparameters,
      environment,
      nodes,
    })
    if (own !== null) claims.launchOf(own, name)
    return
  }
  const path = decoded(effective(program))
  if (path === null || /^\w+:\/\//.test(path)) return
  const given = launchValues(source, parameters, decoded)
  const launcher = Object.keys(given).some((name) => launchers.test(name)) ? 'unknown' : 'python'
  const image = textAt(source, 'AlgorithmSpecification', 'TrainingImage')
  const versions = Object.entries(image === null ? {} : imageVersions(image))
  claims.launchOf(
    {
      id: job,
      job,
      launcher,
      program: { path, module: null, bases: [''] },
      flags: Object.fromEntries(Object.entries(given).filter(([name]) => !own.test(name))),
      positionals: [],
      // Each trial brings values of its own.
      complete: source.keysOf(parameters) !== null && !trials,
      environment: launchValues(source, 'Environment', (value) => asText(value) ?? null),
      launcherFlags: {},
      processes: launcher === 'python' ? 1 : null,
      nodes,
      files: [],
      ...(versions.length === 0
        ? {}
        : { versions: Object.fromEntries(versions.map(([name, found]) => [name, found.version])) }),
    },
    program,
  )
}
