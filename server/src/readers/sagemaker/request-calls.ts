/** Calls that send a request to the SageMaker API: boto3, and operators of Airflow that pass it on. */
import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import type { Key } from '../../values/source.js'

export type RequestKind = 'training' | 'tuning' | 'processing' | 'transform'

const methods: Record<string, RequestKind> = {
  create_training_job: 'training',
  create_hyper_parameter_tuning_job: 'tuning',
  create_processing_job: 'processing',
  create_transform_job: 'transform',
}
/** Provider amazon of Airflow: `config` is the request. */
const operators: Record<string, RequestKind> = {
  SageMakerTrainingOperator: 'training',
  SageMakerTuningOperator: 'tuning',
  SageMakerProcessingOperator: 'processing',
  SageMakerTransformOperator: 'transform',
}

export const requestWords = [...Object.keys(methods), ...Object.keys(operators)]

/** What a call sends, and the argument that holds it (none: the arguments are its keys). */
export function requestOf(python: PythonModule, call: Call): { kind: RequestKind; base: Key[] } | null {
  const method = lookUp(methods, call.method)
  if (method !== undefined) {
    // A helper of the same name has arguments of its own.
    const own = call.expr.args.every((one) => one.star === 2 || /^[A-Z]/.test(one.name ?? ''))
    return call.expr.callee.type === 'attribute' && own && call.expr.args.length > 0
      ? { kind: method, base: [] }
      : null
  }
  const operator = lookUp(operators, call.method)
  if (operator === undefined || passedExpression(python.argument(call, 'config')) === null) return null
  return { kind: operator, base: ['config'] }
}
