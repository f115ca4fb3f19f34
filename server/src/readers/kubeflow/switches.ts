/** Switches that turn the cache of a whole pipeline off: where it is submitted, or in the environment of the compiler. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'

const vertexJob = /^google\.cloud\.aiplatform\.(pipeline_jobs\.)?PipelineJob$/
/** Methods of `kfp.Client`, and of the older client for Vertex AI, by where the pipeline is among the arguments. */
const submissions: Record<string, { keyword: string; position: number; inputs: string[] }> = {
  create_run_from_pipeline_func: { keyword: 'pipeline_func', position: 0, inputs: ['arguments'] },
  create_run_from_pipeline_package: { keyword: 'pipeline_file', position: 0, inputs: ['arguments'] },
  create_run_from_job_spec: { keyword: 'job_spec_path', position: 0, inputs: ['parameter_values'] },
  run_pipeline: { keyword: 'pipeline_package_path', position: 2, inputs: ['params'] },
  create_recurring_run: { keyword: 'pipeline_package_path', position: 99, inputs: ['params'] },
}

export interface Submission {
  call: Call
  engine: string
  /** What it is given for the inputs of the pipeline. */
  inputs: Expr | null
  pipeline: Func | null
}

export function submissionsOf(python: PythonModule, pipelines: Func[]): Submission[] {
  const found: Submission[] = []
  for (const call of python.calls) {
    const vertex = call.name !== null && vertexJob.test(call.name)
    const shape = vertex
      ? { keyword: 'template_path', position: 1, inputs: ['parameter_values'] }
      : call.expr.callee.type === 'attribute' && Object.hasOwn(submissions, call.method)
        ? lookUp(submissions, call.method)!
        : null
    if (shape === null) continue
    const given = passedExpression(python.argument(call, shape.keyword, shape.position))
    const inputs = shape.inputs.flatMap((keyword) => passedExpression(python.argument(call, keyword)) ?? [])
    found.push({
      call,
      engine:
        vertex || call.method === 'create_run_from_job_spec' ? 'Vertex AI Pipelines' : 'Kubeflow Pipelines',
      inputs: inputs[0] ?? null,
      pipeline: given === null ? null : pipelineOf(python, call, given, pipelines),
    })
  }
  return found
}

/** The function behind what is submitted: itself, or what was compiled into that file before. */
function pipelineOf(python: PythonModule, submitted: Call, expr: Expr, pipelines: Func[]): Func | null {
  const direct = python.functionOf(expr)
  if (direct !== null) return pipelines.includes(direct) ? direct : null
  const path = comparable(python, expr)
  let found: Func | null = null
  let unread = false
  for (const call of python.calls) {
    if (call.method !== 'compile' || call.expr.start > submitted.expr.start) continue
    const target = passedExpression(python.argument(call, 'package_path', 1))
    const func = passedExpression(python.argument(call, 'pipeline_func', 0))
    const compiled = target === null || func === null ? null : python.functionOf(func)
    if (target === null || compiled === null) continue
    if (comparable(python, target) === path) found = compiled
    else if (effective(python.fold(target)) === undefined) unread = true
  }
  // One pipeline that is compiled into a file whose name cannot be read.
  return found ?? (unread && pipelines.length === 1 ? pipelines[0]! : null)
}

function comparable(python: PythonModule, expr: Expr): string {
  return String(effective(python.fold(expr)) ?? python.text.slice(expr.start, expr.end))
}

/** Which engine runs the pipelines of a module; null: it cannot be seen, or both do. */
export function engineOf(python: PythonModule, submissions: Submission[]): string {
  const engines = new Set(submissions.map((one) => one.engine))
  if (engines.size === 1) return [...engines][0]!
  const google =
    python.usesHere(
      'google.cloud.aiplatform.',
      'google.cloud.aiplatform',
      'google_cloud_pipeline_components',
      'google_cloud_pipeline_components.',
    ) || /["']NVIDIA_[A-Z0-9_]+["']/.test(python.code)
  return google ? 'Vertex AI Pipelines' : 'Kubeflow Pipelines'
}
