/** Passes over single records that leave little idle: one fills the accelerator, or each waits for something slower beside it. */
import type { PythonModule } from '../../python/module.js'
import type { SinglePass } from '../../python/single-passes.js'
import { imageEdge } from '../pytorch/picture-edge.js'
import type { RecordLoop } from './record-loops.js'

/** Networks that answer for every place of a picture or volume. */
const dense = [
  'torchvision.models.segmentation.',
  'torchvision.models.detection.',
  'segmentation_models_pytorch.',
  'segment_anything.',
  'sam2.',
  'monai.networks.nets.',
  'transformers.AutoModelForSemanticSegmentation',
  'transformers.AutoModelForUniversalSegmentation',
  'transformers.SegformerForSemanticSegmentation',
  'transformers.Mask2FormerForUniversalSegmentation',
  'transformers.SamModel',
]
/** Pixels of a side from which one picture keeps a card busy: in such a network, and in any. */
const large = { dense: 384, any: 768 }

/** Answers of a service, and pauses. */
const slower =
  /\bsleep\(|\.(chat\.)?completions\.create\(|\.(responses|messages)\.create\(|\.generate_content(_async)?\(|\.(ainvoke|invoke_model|converse)\(|\b(requests|httpx|ollama|litellm)\.\w+\(|\burlopen\(/
const services =
  /^(requests|httpx|aiohttp|openai|anthropic|google\.(generativeai|genai)|litellm|ollama|cohere|mistralai|groq|urllib\.request)\./

export function isBusy(python: PythonModule, { loop }: RecordLoop, passes: readonly SinglePass[]): boolean {
  if (passes.every(({ kind }) => kind === 'forward') && fillsAlone(python)) return true
  // An answer that is generated takes as long as one that is asked for.
  if (loop === null || passes.some(({ kind }) => kind === 'generate' || kind === 'engine')) return false
  const { start, end } = loop.node
  const text = python.code.slice(start, end)
  return (
    slower.test(text) ||
    [...loop.effects.calls].some((name) => services.test(name)) ||
    awaits(text, python, passes)
  )
}

function fillsAlone(python: PythonModule): boolean {
  const edge = imageEdge(python)?.edge
  if (edge !== undefined && edge >= large.any) return true
  return python.uses(...dense) && (edge === undefined || edge >= large.dense)
}

/** `await self.annotator.annotate(article)`: something else than the pass. */
function awaits(text: string, python: PythonModule, passes: readonly SinglePass[]): boolean {
  const own = passes.map(({ call: { expr } }) => python.code.slice(expr.callee.start, expr.callee.end))
  return [...text.matchAll(/\bawait\s+([\w.]+)\(/g)].some(
    ([, callee]) => !own.includes(callee!) && !/(to_thread|run_in_executor)$/.test(callee!),
  )
}
