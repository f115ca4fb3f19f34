/** Calls that start a job elsewhere, or a task of an orchestrator, which trains: what one pass of a loop costs then. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { otherWork } from './hyperparameter-names.js'
import { trainerRuns } from './swallowed.js'

/** Methods that no other library has. */
const services =
  /^(create_training_job|create_namespaced_job|create_run_from_pipeline_(func|package)|submit_training_job)$/

/** Classes of jobs, by the method that starts them. */
const jobs: [method: RegExp, made: RegExp][] = [
  [
    /^(fit|train)$/,
    /^sagemaker\.(\w+\.)*(PyTorch|TensorFlow|HuggingFace|SKLearn|XGBoost|MXNet|Estimator|ModelTrainer)$/,
  ],
  [/^(run|submit)$/, /^google\.cloud\.aiplatform\.(\w+\.)*(Custom\w*Job|PipelineJob)(\.from_local_script)?$/],
  [/^submit_job$/, /^(boto3\.(client|resource)|ray\.job_submission\.JobSubmissionClient)$/],
]

/** Methods by which a task is started instead of called. */
const deferred = /^(submit|delay|apply_async|remote|spawn|with_options|options|override)$/
const trains = /^(train|fit)|(^|_)(train|training|fit|finetune)(_|$)/i
/** A task that is made of others. */
const whole = /pipeline|flow$/i
/** What brings data in shape, or uses a model that is there. */
const preparesOrUses = /(^|_)(data|prep\w*|ingest\w*|etl|features?|deploy\w*|report\w*)(_|$)/i

const isNamed = (what: RegExp, name: string): boolean =>
  what.test(name) && !otherWork.test(name) && !preparesOrUses.test(name)

/** `estimator.fit(…, wait=False)`, `train_task.submit(lr)`, `pipeline.with_options(…)(lr=lr)`. */
export function startsJob(python: PythonModule, call: Call): 'job' | 'run' | null {
  const { callee } = call.expr
  if (services.test(call.method)) return 'job'
  // `client.jobs.create_or_update(…)` of Azure ML.
  if (callee.type === 'attribute' && /^(begin_)?create_or_update$/.test(callee.attr))
    return callee.value.type === 'attribute' && callee.value.attr === 'jobs' ? 'job' : null
  if (callee.type === 'attribute') {
    const made = python.result(callee.value)
    const name = made.type === 'call' ? python.nameOf(made.callee) : null
    if (name !== null && jobs.some(([method, type]) => method.test(call.method) && type.test(name)))
      return 'job'
    return deferred.test(call.method) && runsTraining(python, callee.value) ? 'run' : null
  }
  if (callee.type === 'call' && callee.callee.type === 'attribute' && deferred.test(callee.callee.attr))
    return runsTraining(python, callee.callee.value) ? 'run' : null
  return null
}

/** A function of the project that trains, or whose name says so; one without a body that is seen is a task of its own. */
function runsTraining(python: PythonModule, expr: Expr): boolean {
  if (expr.type !== 'name') return false
  const own = python.functionOf(expr)
  if (own !== null) {
    const effects = python.effectsOfFunction(own)
    return (
      effects.trains || isNamed(trains, own.name) || [...effects.calls].some((name) => trainerRuns.test(name))
    )
  }
  const imported = python.importedFunction(expr)
  return imported !== null && (imported.trains || isNamed(trains, expr.id) || isNamed(whole, expr.id))
}
