/** Models that the container of a function or class loads when it starts: how large they are, and where they come from. */
import { namedModel } from '../../catalog/spellings.js'
import { loadedModel } from '../../python/model-load-names.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import { isAccelerated, standardLibrary } from '../../python/packages.js'
import { textIn } from '../../values/argument.js'
import { sizeOfModel } from '../huggingface/model-sizes.js'
import { computesOnProcessors } from '../pipelines/accelerator-use.js'
import { reachedCode } from '../pipelines/reached-code.js'

export interface LoadedModels {
  /** Each with its name on the hub that it is downloaded from. */
  named: { call: Call; id: string; parameters: number | null }[]
  /** Parameters of all of them; null: there are others, or one whose size nobody knows. */
  parameters: number | null
  /** Its weights take 32 bits. */
  full: boolean
  /** What it computes grows with its accelerator rather than with the memory of it: it draws pictures. */
  draws: boolean
}

/** Libraries whose models are encoders of a few hundred million parameters, where their name says nothing else. */
const encoders = /^(sentence_transformers|flair|spacy|easyocr|keybert|stanza)\./
const largestEncoder = 6e8

const keywords = /^(model|model_id|model_name|model_name_or_path|pretrained_model_name_or_path|repo_id|path)$/
/** Not a folder: `mistralai/Mistral-7B-v0.1`, `distilbert-base-uncased`. */
const onHub = /^[A-Za-z][\w.-]*(\/[\w.-]+)?$/
const halves = /float16|bfloat16|\bfp16\b|\bbf16\b|["']auto["']|load_in_[48]bit|quantiz|\.half\(\)/

export function modelsLoaded(python: PythonModule, func: Func): LoadedModels {
  // Whatever a class does, it does in the same container.
  const reached = [...(func.class === null ? [] : func.class.node.body), ...reachedCode(python, func)]
  const named: LoadedModels['named'] = []
  let unknown = false
  for (const call of python.calls) {
    const { expr, name } = call
    if (!reached.some(({ start, end }) => start <= expr.start && expr.end <= end)) continue
    unknown ||=
      keepsStranger(python, call) || python.importedLoads(expr.callee).some(({ model }) => model === true)
    if (name === null) continue
    const given = python.code.slice(expr.start, expr.end)
    if (loadedModel(name, given, call.assignedTo) !== 'model') continue
    const id = idOf(python, call)
    if (id === null) {
      unknown ||= !wraps(python, call)
      continue
    }
    const size = namedModel(id)?.model?.parameters ?? sizeOfModel(id)
    const parameters = size ?? (encoders.test(name) ? largestEncoder : null)
    if (!named.some((one) => one.id === id)) named.push({ call, id, parameters })
  }
  const sizes = named.map((one) => one.parameters)
  const isKnown = !unknown && sizes.length > 0 && !sizes.includes(null)
  return {
    named,
    parameters: isKnown ? sizes.reduce<number>((sum, one) => sum + one!, 0) : null,
    full: !halves.test(python.code),
    draws: /\bdiffusers\b/.test(python.code),
  }
}

/** `self.network = build(path)`: what another module makes may be a model of any size. */
function keepsStranger(python: PythonModule, { name, expr, assignedTo }: Call): boolean {
  const target = name ?? python.targetOf(expr.callee) ?? ''
  const root = /^[^.]+/.exec(target)?.[0]
  if (root === undefined || assignedTo?.startsWith('self.') !== true || plain.test(target)) return false
  return !standardLibrary.has(root) && !computesOnProcessors(root) && !isAccelerated(root)
}

const plain = /config|setting|option|prompt|logg|token|client|path/i

/** `pipeline('question-answering', model=network)`: around one that another call has loaded. */
function wraps(python: PythonModule, { expr }: Call): boolean {
  const model = expr.args.find(({ name }) => name === 'model')?.value
  const made = model === undefined ? null : python.callOf(model)
  return made?.name != null && loadedModel(made.name, '', null) === 'model'
}

function idOf(python: PythonModule, { name, expr }: Call): string | null {
  // `pipeline('summarization', model=…)` begins with its task.
  const first = /\.pipeline$/.test(name ?? '') ? undefined : expr.args[0]
  const told = expr.args.find((one) => one.name !== null && keywords.test(one.name)) ?? first
  if (told === undefined || told.star > 0 || (told.name !== null && !keywords.test(told.name))) return null
  const id = textIn(python.fold(told.value))
  return id !== null && onHub.test(id) && !/\.(pt|pth|onnx|bin|safetensors|ckpt|gguf)$/.test(id) ? id : null
}

/** The image is built with the weights in it, or tells the libraries of another folder. */
const comesWith =
  /\brun_function\b|\bbuild\b\s*\(|snapshot_download|hf_hub_download|(huggingface-cli|hf) download|\badd_local_dir|\bcopy_local_dir|\bfrom_(dockerfile|aws_ecr|gcp_artifact_registry)\b|HF_HOME|HF_HUB_CACHE|TRANSFORMERS_CACHE|enable_memory_snapshot/
/** A command of the image runs code, or fetches files: `run_commands("python fetch.py")`. */
const fetchesAtBuild =
  /\b(run|dockerfile)_commands\([^)]{0,400}\b(python3? (-c|-m (?!pip\b)|\S+\.py)|wget|curl|git (lfs )?clone https:\/\/huggingface)/

/** They are in none of the places from which a container of the module could have them but the hub. */
export function areFetched(python: PythonModule): boolean {
  // Another module may have made the image.
  const isOwn = /\bImage\s*\./.test(python.code) || !/\bimage\b/.test(python.code)
  return isOwn && !comesWith.test(python.code) && !fetchesAtBuild.test(python.code)
}
