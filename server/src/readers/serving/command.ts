/** Command lines that start a server for a language model: vLLM, Text Generation Inference, SGLang; for embeddings: TEI. */
import type { ShellWord } from '../../config/shell-facts.js'

export interface ServerCommand {
  server: 'vLLM' | 'TGI' | 'SGLang' | 'TEI'
  /** The word with the model's name; null: not readable, or left out. */
  model: ShellWord | null
  /** By name without dashes; null value: not readable. */
  flags: Map<string, string | null>
  /** By the same names, the words that hold the values. */
  values: Map<string, ShellWord>
  /** Some words cannot be read, and could bring any flag. */
  complete: boolean
  /** Last word of the command. */
  last: ShellWord
}

interface Kind {
  server: ServerCommand['server']
  /** Flags that name the model. */
  model: string[]
}

const kinds: Record<ServerCommand['server'], Kind> = {
  vLLM: { server: 'vLLM', model: ['model'] },
  TGI: { server: 'TGI', model: ['model-id'] },
  SGLang: { server: 'SGLang', model: ['model-path', 'model'] },
  TEI: { server: 'TEI', model: ['model-id'] },
}

const imageOf: [RegExp, ServerCommand['server']][] = [
  [/(^|\/)vllm-openai(:|@|$)/, 'vLLM'],
  [/(^|\/)text-generation-inference(:|@|$)/, 'TGI'],
  [/(^|\/)text-embeddings-inference(:|@|$)/, 'TEI'],
]

/** `image`: of the container whose arguments these are; its entry point is the server then. */
export function serverCommand(words: readonly ShellWord[], image: string | null): ServerCommand | null {
  const last = words.at(-1)
  if (last === undefined) return null
  const found = startOf(words, image)
  if (found === null) return null
  const { kind, from, positional } = found
  const flags = new Map<string, string | null>()
  const values = new Map<string, ShellWord>()
  let model: ShellWord | null = null
  let complete = true
  for (let i = from; i < words.length; i++) {
    const word = words[i]!
    if (word.text === null) {
      const outline = /^--([\w-]+)=/.exec(word.outline ?? '')
      if (outline !== null) flags.set(outline[1]!, null)
      else complete &&= word.splits !== true
      continue
    }
    const flag = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(word.text)
    if (flag === null) {
      if (positional && model === null && i === from) model = word
      continue
    }
    const name = flag[1]!.replaceAll('_', '-')
    const next = words[i + 1]
    const apart = flag[2] === undefined && next !== undefined && !(next.text ?? '').startsWith('-')
    if (kind.model.includes(name) && model === null) {
      if (flag[2] === undefined) model = apart ? next : null
      else if (flag[2] !== '') model = { ...word, text: flag[2] }
    }
    flags.set(name, apart ? next.text : (flag[2] ?? ''))
    values.set(name, apart ? next : word)
    if (apart) i++
  }
  return { server: kind.server, model, flags, values, complete, last }
}

interface Start {
  kind: Kind
  /** Index of the first argument. */
  from: number
  /** The first argument may be the model. */
  positional: boolean
}

function startOf(words: readonly ShellWord[], image: string | null): Start | null {
  const texts = words.map((word) => word.text ?? '')
  const base = (index: number) => texts[index]!.slice(texts[index]!.lastIndexOf('/') + 1)
  for (let i = 0; i < texts.length; i++) {
    const name = base(i)
    if (name === 'vllm' && texts[i + 1] === 'serve')
      return { kind: kinds.vLLM, from: i + 2, positional: true }
    if (name === 'text-embeddings-router') return { kind: kinds.TEI, from: i + 1, positional: false }
    if (name === 'text-generation-launcher') return { kind: kinds.TGI, from: i + 1, positional: false }
    if (texts[i] === 'vllm.entrypoints.openai.api_server' || texts[i] === 'vllm.entrypoints.api_server')
      return { kind: kinds.vLLM, from: i + 1, positional: false }
    if (texts[i] === 'sglang.launch_server') return { kind: kinds.SGLang, from: i + 1, positional: false }
    // `docker run … vllm/vllm-openai:latest --model …`
    const inside = /^(docker|podman)$/.test(base(0))
      ? imageOf.find(([pattern]) => pattern.test(texts[i]!))
      : undefined
    if (inside !== undefined) return { kind: kinds[inside[1]], from: i + 1, positional: false }
  }
  const own = image === null ? undefined : imageOf.find(([pattern]) => pattern.test(image))
  return own !== undefined && texts[0]?.startsWith('-') === true
    ? { kind: kinds[own[1]], from: 0, positional: false }
    : null
}
