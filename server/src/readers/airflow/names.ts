/**
 * Words of Apache Airflow: DAGs and tasks in versions 1 to 3, what each operator starts, and by what code the version
 * shows. From the sources of apache-airflow 2.10 and 3.1 and of the provider packages.
 */
import type { PythonModule } from '../../python/module.js'
import type { StepWork } from '../../workload/resource-kinds.js'

export const dagNames = [
  'airflow.DAG',
  'airflow.models.DAG',
  'airflow.models.dag.DAG',
  'airflow.sdk.DAG',
  'airflow.sdk.definitions.dag.DAG',
]
export const dagDecorators = ['airflow.decorators.dag', 'airflow.sdk.dag', 'airflow.models.dag.dag']
/** `@task`, and with a dot behind them the kinds of it: `@task.kubernetes`. */
export const taskDecorators = ['airflow.decorators.task', 'airflow.sdk.task']

/** Runs of one DAG at the same time (`[core] max_active_runs_per_dag`). */
export const defaultActiveRuns = 16

/** What an operator is for, by its class; a machine of its own for each run of it. */
const jobs: [RegExp, StepWork | null][] = [
  [/^SageMaker(Training|Tuning|AutoML)Operator$/, 'train'],
  [/^SageMakerProcessingOperator$/, 'prepare'],
  [/^SageMakerTransformOperator$/, 'evaluate'],
  [/^SageMaker(Endpoint|EndpointConfig|Model|RegisterModelVersion)Operator$/, 'deploy'],
  [/^CreateCustom(ContainerTrainingJob|PythonPackageTrainingJob|TrainingJob)Operator$/, 'train'],
  [/^CreateAutoML\w+TrainingJobOperator$/, 'train'],
  [/^CreateHyperparameterTuningJobOperator$/, 'train'],
  [/^(MLEngine(StartTrainingJob|Training)Operator|MLEngineStartTrainingJobOperator)$/, 'train'],
  [/^SupervisedFineTuning\w*Operator$/, 'train'],
  [/^BedrockCustomizeModelOperator$/, 'train'],
  [
    /^(Kubernetes|GKEStart|Eks|EksStart)PodOperator$|^(GKEStartJob|KubernetesJob|GKEStartKueueJob|KubernetesStartKueueJob)Operator$/,
    null,
  ],
  [/^(Batch|AwsBatch|EcsRunTask|ECS|Databricks\w*|EmrAddSteps|Azure\w+)Operator$/, null],
]

/** What an operator of this class starts; undefined: it runs on the worker. */
export function jobOf(className: string): { work: StepWork | null } | undefined {
  const found = jobs.find(([pattern]) => pattern.test(className))
  return found === undefined ? undefined : { work: found[1] }
}

export const podOperators = /^(Kubernetes|GKEStart|Eks|EksStart)PodOperator$/

/** Modules and names that version 3 no longer has. */
const beforeThree = [
  'airflow.contrib.',
  'airflow.utils.dates.',
  'airflow.operators.python_operator.',
  'airflow.operators.bash_operator.',
  'airflow.operators.dummy_operator.',
  'airflow.operators.dummy.',
  'airflow.operators.email_operator.',
  'airflow.operators.subdag',
  'airflow.hooks.base_hook.',
  'airflow.sensors.base_sensor_operator.',
]
/** Arguments of a DAG that say when it runs. */
export const scheduleKeys = ['schedule', 'schedule_interval', 'timetable']
/** Arguments of a DAG that version 3 refuses. */
const refusedByThree = [
  'schedule_interval',
  'timetable',
  'concurrency',
  'default_view',
  'orientation',
  'full_filepath',
]

/** Major version of Airflow that the file is written for; null: it may be either. */
export function majorVersion(python: PythonModule, versions: Record<string, string>): 2 | 3 | null {
  if (python.usesHere('airflow.sdk.', 'airflow.sdk') || python.imports.has('airflow.sdk')) return 3
  const old = [...python.imports].some((name) =>
    beforeThree.some((prefix) => name.startsWith(prefix) || `${name}.` === prefix),
  )
  if (old) return 2
  for (const call of python.callsTo(...dagNames, ...dagDecorators)) {
    if (call.expr.args.some((one) => one.name !== null && refusedByThree.includes(one.name))) return 2
  }
  const pinned = versions['apache-airflow']
  if (pinned === undefined) return null
  const exact = versions['apache-airflow=='] !== undefined
  const major = Number(pinned.split('.')[0])
  // `>=2.7` may be 3 by now.
  if (major >= 3) return 3
  return exact ? 2 : null
}
