/** The model that an endpoint serves, as its environment or its command line names it. */
import { namedModel } from '../catalog/spellings.js'
import type { Json } from '../text/json.js'
import { convert, stated, unreadable } from '../values/operations.js'
import { asText } from '../values/parse.js'
import type { Key } from '../values/source.js'
import { effective, type Given, isGiven } from '../values/value.js'
import type { SubjectBuilder } from '../workload/builder.js'
import { sizeOfModel } from './huggingface/model-sizes.js'
import type { ServerCommand } from './serving/command.js'

/** Variables by which images of SageMaker, Vertex AI and TGI are told their model. */
const modelVariables = ['HF_MODEL_ID', 'MODEL_ID', 'OPTION_MODEL_ID', 'SERVING_MODEL_ID']
const quantizeVariables = ['HF_MODEL_QUANTIZE', 'QUANTIZE', 'OPTION_QUANTIZE', 'SM_VLLM_QUANTIZATION']
const lengthVariables = ['MAX_TOTAL_TOKENS', 'OPTION_MAX_MODEL_LEN', 'SM_VLLM_MAX_MODEL_LEN']

/** Published in 8 bits or fewer, by their names. */
const small =
  /awq|gptq|fp8|int[48]|w[48]a(8|16)|nf4|bnb|[48]-?bit|gguf|exl[23]|mxfp4|nvfp4|marlin|hqq|aqlm|quip/i

type Serving = SubjectBuilder<'Serving'>

/** Its weights lie in memory in no more than so many bits. */
function bitsOf(id: string, quantized: boolean, written: string | null): 8 | 16 | 32 {
  if (quantized || small.test(id)) return 8
  if (written !== null && /32/.test(written)) return 32
  // Pipelines load encoders as they were saved.
  return namedModel(id)?.model?.shape?.stored === 32 ? 32 : 16
}

function claimModel(
  serving: Serving,
  key: string,
  model: Given<string>,
  quantized: boolean,
  dtype: string | null,
): void {
  const id = effective(model)
  if (!isGiven(model)) return
  serving.say('model', key, model)
  if (id === undefined) return
  const parameters = namedModel(id)?.model?.parameters ?? sizeOfModel(id)
  if (parameters === null) return
  serving.say('parameters', key, stated(model, parameters))
  serving.say('weightBits', key, stated(model, bitsOf(id, quantized, dtype)))
}

/** `get`: a variable of the environment. */
export function claimModelOfEnvironment(serving: Serving, get: (name: Key) => Given<Json>): void {
  const key = modelVariables.find((name) => isGiven(get(name)))
  if (key === undefined) return
  const quantized = quantizeVariables.some((name) => isGiven(get(name)))
  claimModel(serving, key, convert(get(key), asText), quantized, null)
  claimLength(serving, lengthVariables, get)
}

function claimLength(serving: Serving, names: readonly string[], get: (name: string) => Given<Json>): void {
  const name = names.find((one) => isGiven(get(one)))
  if (name === undefined) return
  serving.say(
    'sequenceLength',
    name,
    convert(get(name), (value) => {
      const count = Number(value)
      return Number.isInteger(count) && count > 0 ? count : undefined
    }),
  )
}

/** The model by its name alone: `JumpStartModel(model_id=…)`. */
export function claimModelByName(serving: Serving, key: string, given: Given<Json>): void {
  claimModel(serving, key, convert(given, asText), false, null)
}

/** Flags whose values, multiplied, are the accelerators that a server needs. */
const spreads = [
  ['tensor-parallel-size', 'tp', 'tp-size', 'num-shard'],
  ['pipeline-parallel-size', 'pp', 'pp-size'],
  ['data-parallel-size', 'dp', 'dp-size'],
]

function claimSpread(serving: Serving, { flags, complete }: ServerCommand, given: Given<string>): void {
  const told = spreads
    .map((names) => names.find((name) => flags.has(name)))
    .filter((one) => one !== undefined)
  const counts = told.map((name) => Number(flags.get(name) ?? Number.NaN))
  const key = told[0] === undefined ? '--tensor-parallel-size' : `--${told[0]}`
  const readable = complete && counts.every((one) => Number.isInteger(one) && one > 0)
  const total = counts.reduce((product, one) => product * one, 1)
  serving.say(
    'spreadOver',
    key,
    readable ? stated(given, total) : unreadable(given, 'a number that is not readable'),
  )
}

/** What a server is started with. `at`: the place of the word with the model's name. */
export function claimModelOfCommand(serving: Serving, command: ServerCommand, given: Given<string>): void {
  const { flags } = command
  const quantized = ['quantization', 'q', 'quantize'].some(
    (name) => flags.has(name) && flags.get(name) !== 'None',
  )
  claimModel(serving, command.server, given, quantized, flags.get('dtype') ?? null)
  claimSpread(serving, command, given)
  for (const name of ['max-model-len', 'max-total-tokens', 'context-length']) {
    const value = flags.get(name)
    if (value != null && /^\d+$/.test(value))
      serving.say('sequenceLength', `--${name}`, stated(given, Number(value)))
  }
}
