/** Which calls run a network, and how. */
import type { Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { SinglePassKind } from './function-summary.js'
import type { Call, PythonModule } from './module.js'
import { isNetworkType, networkName } from './network-types.js'
import { readyNetworkRun } from './ready-networks.js'

const engines = /^vllm\.(\w+\.)*(LLM|LLMEngine)$/
const encoders =
  /^(sentence_transformers\.(\w+\.)*(SentenceTransformer|CrossEncoder|SparseEncoder)|FlagEmbedding\.\w+|InstructorEmbedding\.INSTRUCTOR|ultralytics\.(YOLO|RTDETR))$/
const sessions = /^onnxruntime\.InferenceSession$/
const kerasModels = /^(keras\.(\w+\.)*(Model|Sequential|Functional)|keras\.applications\..*)$/
const kerasLoads = /^keras\.(models|saving)\.load_model$/
/** What a network may be wrapped in, or declared as. */
const wrappers =
  /^(typing\.|object$|torch\.|deepspeed\.|accelerate\.|peft\.|unsloth\.|optimum\.|open_clip\.|awq\.|auto_gptq\.)/
const partsOfForward =
  /^(forward|forward_features|extract_features|encode_(image|text)|get_(image|text)_features)$/

/** Null: it runs no network. */
export function passKindOf(python: PythonModule, call: Call): SinglePassKind | null {
  const { callee } = call.expr
  if (callee.type === 'attribute') {
    const { attr, value } = callee
    const type = python.typeOf(value)
    switch (attr) {
      case 'generate':
      case 'chat':
        if (type !== null && engines.test(type)) return 'engine'
        return attr === 'generate' && isNetwork(python, value) ? 'generate' : null
      case 'predict':
        if (type !== null && encoders.test(type)) return 'encode'
        return isKeras(python, value, type) ? 'predict' : null
      case 'predict_on_batch':
        return isKeras(python, value, type) ? 'predict' : null
      case 'encode':
        return type !== null && encoders.test(type) ? 'encode' : null
    }
    if (partsOfForward.test(attr) && isNetwork(python, value)) return 'forward'
    if (attr === 'run' && type !== null && sessions.test(type)) return 'session'
    if (partsOfForward.test(attr)) return readyNetworkRun(python, call.expr) === null ? null : 'forward'
  }
  if (callsTo(python, callee) === 'transformers.pipeline') return 'pipeline'
  if (parsesOnGpu(python, callee)) return 'texts'
  if (call.name !== null && python.typeOf(callee) === null) return null
  return isNetwork(python, callee) ? 'forward' : null
}

/** `nlp(text)` of a pipeline of spaCy or stanza that runs on the accelerator. */
function parsesOnGpu(python: PythonModule, callee: Expr): boolean {
  if (callee.type !== 'name' && callee.type !== 'attribute') return false
  const name = callsTo(python, callee)
  if (name === 'stanza.Pipeline') return true
  return name === 'spacy.load' && /require_gpu|prefer_gpu|_trf\b/.test(python.code)
}

/** What made the object that is called. */
function callsTo(python: PythonModule, expr: Expr): string | null {
  const values = expr.type === 'attribute' ? python.attributeValues(expr) : [python.definition(expr)]
  const [made] = values
  return values.length === 1 && made?.type === 'call' ? python.nameOf(made.callee) : null
}

function isNetwork(python: PythonModule, expr: Expr): boolean {
  const type = python.typeOf(expr)
  if (type !== null && (isNetworkType(type) || kerasModels.test(type))) return true
  if (type !== null && !wrappers.test(type)) return false
  if (expr.type === 'attribute' && !(expr.value.type === 'name' && expr.value.id === 'self')) return false
  const name = lastName(expr)
  // A class makes a network, and runs none.
  return networkName.test(name) && !/^[A-Z]/.test(name) && python.functionOf(expr) === null
}

function isKeras(python: PythonModule, expr: Expr, type: string | null): boolean {
  if (type !== null) return kerasModels.test(type) || kerasLoads.test(type)
  if (kerasLoads.test(callsTo(python, expr) ?? '')) return true
  // Models of other libraries predict as well.
  return (
    networkName.test(lastName(expr)) &&
    python.uses('keras.', 'tensorflow.') &&
    !python.uses('sklearn.', 'xgboost.', 'lightgbm.', 'catboost.', 'torch.')
  )
}
