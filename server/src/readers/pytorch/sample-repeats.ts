/** What the code that makes a sample does with a model or a device: the same in each epoch, or one sample at a time. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { textIn } from '../../values/argument.js'
import { trainingEvidence } from './evidence.js'

export interface Repeated {
  kind: 'repeated work' | 'sample on device'
  /** As a clause. */
  what: string
  weight: 'slight' | 'ordinary'
}

const models =
  /^(transformers\.(\w+\.)*(Auto)?\w*Model(For\w+|With\w+)?\.from_pretrained|sentence_transformers\.SentenceTransformer|timm\.create_model|torch\.hub\.load|clip\.load|open_clip\.create_model\w*|torchvision\.models\.(\w+\.)*[a-z]\w*|whisper\.load_model)$/
/** Methods that stand for a pass through a model. */
const passes =
  /^(encode|encode_image|encode_text|get_image_features|get_text_features|forward|generate|transcribe|extract_features)$/

export function repeatedWork(analysis: PythonModule, call: Call): Repeated | null {
  const { callee } = call.expr
  if (isModelPass(analysis, callee))
    return { kind: 'repeated work', what: 'runs a model', weight: 'ordinary' }
  if (callee.type !== 'attribute' || !copiesToGpu(analysis, call)) return null
  return { kind: 'sample on device', what: 'puts one sample on the accelerator', weight: 'slight' }
}

/** `self.encoder(pixels)`, `clip.encode_image(pixels)`, of a model that is loaded with its weights. */
function isModelPass(analysis: PythonModule, callee: Expr): boolean {
  const model = callee.type === 'attribute' && passes.test(callee.attr) ? callee.value : callee
  if (model.type !== 'name' && model.type !== 'attribute') return false
  return isModel(analysis, model, 0)
}

function isModel(analysis: PythonModule, expr: Expr, depth: number): boolean {
  if (depth > 4) return false
  const value = analysis.definition(expr)
  if (value === expr || value.type !== 'call') return false
  const name = analysis.nameOf(value.callee)
  if (name !== null) return models.test(name)
  // `Model.from_pretrained(…).eval().to(device)`.
  return value.callee.type === 'attribute' &&
    /^(eval|to|cuda|half|bfloat16|requires_grad_|train)$/.test(value.callee.attr)
    ? value.callee.value.type === 'call'
      ? isModelCall(analysis, value.callee.value, depth + 1)
      : isModel(analysis, value.callee.value, depth + 1)
    : false
}

function isModelCall(analysis: PythonModule, call: Expr & { type: 'call' }, depth: number): boolean {
  if (depth > 4) return false
  const name = analysis.nameOf(call.callee)
  if (name !== null) return models.test(name)
  return call.callee.type === 'attribute' && call.callee.value.type === 'call'
    ? isModelCall(analysis, call.callee.value, depth + 1)
    : false
}

function copiesToGpu(analysis: PythonModule, call: Call): boolean {
  if (!analysis.imports.has('torch') && ![...analysis.imports].some((name) => name.startsWith('torch.')))
    return false
  if (call.method === 'cuda') return true
  if (call.method !== 'to') return false
  const [first] = call.expr.args
  if (first === undefined || first.star !== 0) return false
  const device = textIn(analysis.fold(first.value))
  if (device !== null) return /^cuda(:\d+)?$/.test(device)
  // `self.device`: whoever makes the data set chooses it, in a program that has a GPU.
  const named = /(^|[._])device$/.test(analysis.code.slice(first.value.start, first.value.end))
  return (
    named &&
    /^(gpu|maybe)$/.test(trainingEvidence(analysis).accelerator) &&
    !asksForProcessor(analysis, first.value)
  )
}

/** `device='cpu'`, unless somebody passes another. */
function asksForProcessor(analysis: PythonModule, device: Expr): boolean {
  const held = analysis.definition(device)
  const [binding] = held.type === 'name' ? analysis.bindingsOf(held) : []
  const otherwise = binding?.kind === 'param' ? binding.value : null
  return otherwise != null && textIn(analysis.fold(otherwise)) === 'cpu'
}
