/** Servers and engines that run a language model: how its weights lie in memory, and on how many GPUs. */

import { model as known } from '../../catalog/models.js'
import { at, text } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ShellWord } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import {
  fixedArgument,
  knownArgument,
  mayBePassed,
  passedPlace,
  textArgument,
} from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { sizeOfModel } from '../huggingface/model-sizes.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { type ServerCommand, serverCommand } from './command.js'
import { serversOf } from './container-command.js'

export const servingReader = defineReader({
  name: 'model-server',
  languages: ['python', 'shell', 'yaml'],
  triggers: ['vllm', 'text-generation', 'sglang'],
  read(facts, context, claims) {
    if (facts.python !== undefined) readEngines(facts.python, claims)
    for (const command of facts.shell?.commands ?? []) {
      if (command.unreachable) continue
      const found = serverCommand(command.words, null)
      if (found !== null) readCommand(found, facts.path, claims, (word) => word)
    }
    for (const document of facts.config?.documents ?? [])
      for (const container of containersIn(document.root)) readContainer(container, facts, context, claims)
  },
  change: changeServer,
})

/** Checkpoints that are small by themselves, by their names; models that are published in 8 bits or fewer. */
const smallName =
  /awq|gptq|fp8|int[48]|w[48]a(8|16)|nf4|bnb|[48]-?bit|gguf|exl[23]|mxfp4|nvfp4|marlin|hqq|aqlm|quip/i
const smallModel = /DeepSeek-(V3|R1)$|gpt-oss|Kimi-K2/i

function parametersOf(id: string): number | null {
  return known(id)?.parameters ?? sizeOfModel(id)
}

function isSmall(id: string): boolean {
  return smallName.test(id) || smallModel.test(id)
}

const evidence = (path: string): Evidence => ({
  role: /(^|\/)tests?\//.test(path) ? 'test' : 'inference',
  accelerator: 'gpu',
  small: null,
  notebook: path.endsWith('.ipynb'),
})

/** What the weights are loaded in, and where that is written. */
interface Format {
  /** Null: not readable. */
  weights: Precision | null
  place: Place
  site: Place
}

function claimServed(
  model: SubjectBuilder<'Model'>,
  id: string,
  key: string,
  place: Place,
  site: Place,
  format: Format,
  quantized: boolean | null,
  devices: number | null,
): void {
  const parameters = parametersOf(id)
  model.known('id', key, id, place, { site })
  model.known('use', key, 'inference', place, { site })
  if (parameters !== null) model.known('parameters', key, parameters, place, { site })
  const { weights } = format
  if (weights === null) model.unknown('weights', 'dtype', 'its value', format.place, { site: format.site })
  else model.known('weights', 'dtype', weights, format.place, { site: format.site })
  if (quantized === null) model.unknown('quantized', 'quantization', 'its value', place, { site })
  else if (quantized || isSmall(id)) model.known('quantized', 'quantization', true, place, { site })
  else model.default('quantized', 'quantization', false, place, { site })
  if (devices === null) model.unknown('devices', 'tensor_parallel_size', 'its value', place, { site })
  else model.known('devices', 'tensor_parallel_size', devices, place, { site })
}

const formats: Record<string, Precision> = {
  auto: 'bf16',
  half: 'fp16',
  float16: 'fp16',
  bfloat16: 'bf16',
  float: 'fp32',
  float32: 'fp32',
}

// Python.

const engines = /^vllm\.(\w+\.)*(LLM|EngineArgs|AsyncEngineArgs)$/

function readEngines(python: PythonModule, claims: ClaimBuilder): void {
  for (const call of python.calls) {
    if (call.name === null || !engines.test(call.name)) continue
    const given = python.argument(call, 'model', 0)
    const [name, place] = [textArgument(given), passedPlace(given)]
    if (name === null || place === null) continue
    const value = (key: string): string | number | null | undefined => plain(python.argument(call, key))
    const quantization = value('quantization')
    const load = value('load_format')
    const dtype = value('dtype')
    const written = passedPlace(python.argument(call, 'dtype')) ?? place
    const devices = [value('tensor_parallel_size'), value('pipeline_parallel_size')]
    const role = evidence(python.path)
    if (python.evidence.role === 'test') role.role = 'test'
    claimServed(
      claims.subject('Model', calleePlace(call), call.function?.qualified ?? '', role),
      name,
      call.method,
      place,
      callSite(call),
      {
        weights:
          dtype === undefined ? 'bf16' : typeof dtype === 'string' ? (lookUp(formats, dtype) ?? null) : null,
        place: written,
        site: callSite(call),
      },
      // What it says of texts is measured, which other weights would change.
      /\bprompt_logprobs\b/.test(python.code)
        ? null
        : quantization === undefined || load === 'bitsandbytes'
          ? load === 'bitsandbytes'
          : quantization === null
            ? null
            : quantization !== 'None',
      devices.reduce<number | null>(
        (product, one) =>
          product === null || one === null ? null : one === undefined ? product : product * Number(one),
        1,
      ),
    )
  }
}

/** Undefined: not given, or None; null: not readable. */
function plain(argument: ArgumentValue): string | number | null | undefined {
  if (!mayBePassed(argument)) return undefined
  const value = knownArgument(argument)
  // An option without a default: whoever starts the program gives it.
  if (value === null) return fixedArgument(argument) === null ? undefined : null
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

// Commands.

function readCommand(
  command: ServerCommand,
  path: string,
  claims: ClaimBuilder,
  placeOf: (word: ShellWord) => Place,
): void {
  const id = command.model?.text
  // Embeddings come in 16 bits already, and no format is shorter there.
  if (command.model === null || id == null || id.includes('$') || command.server === 'TEI') return
  const { flags } = command
  const flag = (...names: string[]): string | null | undefined => {
    const name = names.find((one) => flags.has(one))
    return name === undefined ? undefined : flags.get(name)!
  }
  const count = (...names: string[]): number | null => {
    const value = flag(...names)
    if (value === undefined) return 1
    return value !== null && /^\d+$/.test(value) ? Number(value) : null
  }
  const quantization = flag('quantization', 'q', 'quantize')
  const dtype = flag('dtype')
  const shards =
    command.server === 'TGI'
      ? count('num-shard')
      : count('tensor-parallel-size', 'tp', 'tp-size', 'tensor-parallel')
  const stages = count('pipeline-parallel-size', 'pp', 'pp-size')
  const open = !command.complete
  const place = placeOf(command.model)
  const last = placeOf(command.last)
  const held = command.values.get('dtype')
  const written = held === undefined ? place : placeOf(held)
  claimServed(
    claims.subject('Model', place, command.server, evidence(path)),
    id,
    command.server,
    place,
    {
      start: last.start,
      end: last.end,
      target: {
        kind: 'missing option',
        text: command.server === 'TGI' ? '--quantize fp8' : '--quantization fp8',
      },
    },
    {
      weights:
        dtype === undefined
          ? open
            ? null
            : 'bf16'
          : dtype === null
            ? null
            : (lookUp(formats, dtype) ?? null),
      place: written,
      site: written,
    },
    open || quantization === null || flag('load-format') === null
      ? null
      : (quantization !== undefined && quantization !== 'None') || flag('load-format') === 'bitsandbytes',
    shards === null || stages === null || (open && shards === 1) ? null : shards * stages,
  )
}

/** Every map with an image, wherever it stands. */
function containersIn(root: ConfigNode): ConfigNode[] {
  const found: ConfigNode[] = []
  const stack = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.kind === 'list') stack.push(...node.items)
    else if (node.kind === 'map') {
      if (text(at(node, 'image')) !== undefined) found.push(node)
      for (const one of node.entries) stack.push(one.value)
    }
  }
  return found
}

function readContainer(
  container: ConfigNode,
  facts: FragmentFacts,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const image = text(at(container, 'image')) ?? null
  // Other accelerators have other formats.
  if (/tpu|neuron|gaudi|hpu|rocm|xpu|cpu/i.test(image ?? '')) return
  // Compose has an entry point and a command, Kubernetes a command and arguments.
  const parts = ['entrypoint', 'command', 'args'].map((key) => at(container, key))
  for (const command of serversOf(parts, image, context, facts))
    readCommand(command, facts.path, claims, ({ start, end }) => ({ start, end }))
}

// Changes.

/** fp8 needs no other checkpoint: weights are rounded while they are loaded. */
function changeServer(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment, shell } = facts
  if (claim.setting === 'weights')
    return changeFormat(claim, value === 'fp16' ? 'float16' : 'bfloat16', facts)
  if (claim.setting !== 'quantized') return byHand(claim)
  const title = 'Quantise the weights to 8 bits while loading (fp8)'
  if (python !== undefined) {
    const call: Call | null = claimedCall(python, claim.site)
    if (call === null) return { reason: 'the call is no longer in the file' }
    const key = 'quantization'
    const written = writeArgument(facts, call, key, python.argument(call, key), '"fp8"')
    return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
  }
  const { target } = claim.site
  const flag = target?.kind === 'missing option' ? target.text : '--quantization fp8'
  if (shell === undefined || fragment.origin !== 'file') return { reason: `pass ${flag} to the server` }
  const { end } = claim.site
  return {
    title,
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path, fragment: fragment.index, start: end, end, text: ` ${flag}` }],
    imports: [],
  }
}

/** In place of `float32`, behind `--dtype` where the whole line is one text. */
function changeFormat(claim: Claim, format: string, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const title = `Load the weights in 16 bits: dtype ${format}`
  if (python !== undefined) {
    const call = claimedCall(python, claim.site)
    if (call === null) return { reason: 'the call is no longer in the file' }
    const write = writeArgument(facts, call, 'dtype', python.argument(call, 'dtype'), `"${format}"`)
    return 'reason' in write ? write : { title, safety: 'unsafe', writes: [write], imports: [] }
  }
  const { start, end } = claim.site
  const found = /^(["']?|--dtype=|[\s\S]*--dtype(?:=|\s+)["']?)(float(?:32)?)\b/.exec(
    fragment.text.slice(start, end),
  )
  if (found === null) return byHand(claim)
  const at = start + found[1]!.length
  return {
    title,
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace text',
        path,
        fragment: fragment.index,
        start: at,
        end: at + found[2]!.length,
        text: format,
      },
    ],
    imports: [],
  }
}
