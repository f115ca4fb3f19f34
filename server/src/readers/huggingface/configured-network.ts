/** Networks of transformers that are made of a configuration: `BertForMaskedLM(BertConfig(hidden_size=256))`. */
import type { Call, PythonModule } from '../../python/module.js'
import { plainConfigured } from '../../text/configured.js'
import type { CountedLayers } from '../../text/counted-layers.js'
import { lookUp } from '../../text/records.js'
import { numberArgument, textArgument } from '../../values/argument.js'

/** A published name, or the layers that the configuration tells. */
export type ConfiguredNetwork = { name: string | null } | { layers: CountedLayers | null }

const model =
  /^transformers\.(?:\w+\.)*(?:Auto)?(?:\w+(?:Model|LMHeadModel)|\w*For[A-Z]\w+|\w*Model\w*)(?:\.(?:_?from_config))?$/
const configuration = /^transformers\.(?:\w+\.)*(\w*)Config$/

/** Widths, depths and widths within of the configurations as they come. Source: configuration classes of transformers 4.5x. */
const defaults: Record<string, [hidden: number, layers: number, inner: number, vocabulary: number]> = {
  Bert: [768, 12, 3072, 30_522],
  Roberta: [768, 12, 3072, 50_265],
  Electra: [256, 12, 1024, 30_522],
  Esm: [768, 12, 3072, 33],
  GPT2: [768, 12, 3072, 50_257],
  GPTNeoX: [6144, 44, 24_576, 50_432],
  Llama: [4096, 32, 11_008, 32_000],
  Mistral: [4096, 32, 14_336, 32_000],
  Qwen2: [4096, 32, 22_016, 151_936],
  ViT: [768, 12, 3072, 0],
  ModernBert: [768, 22, 1152, 50_368],
}
/** Families whose feed-forward part has three matrices. */
const gated = /^(Llama|Mistral|Qwen2|ModernBert)$/

/** Null: the call makes no network of a configuration. */
export function configuredNetwork(python: PythonModule, call: Call): ConfiguredNetwork | null {
  if (call.name === null || !model.test(call.name) || configuration.test(call.name)) return null
  const [first] = call.expr.args
  const given =
    call.expr.args.find(({ name }) => name === 'config') ?? (first?.name === null ? first : undefined)
  const made = given === undefined ? null : python.callOf(given.value)
  if (made?.name == null) return null
  const loaded = /^(.*Config)\.from_pretrained$/.exec(made.name)
  if (loaded !== null && configuration.test(loaded[1]!))
    return { name: textArgument(python.argument(made, 'pretrained_model_name_or_path', 0)) }
  const family = configuration.exec(made.name)?.[1]
  return family === undefined ? null : { layers: layersOf(python, made, family, call.name) }
}

/** Null: the family is not known. */
function layersOf(python: PythonModule, made: Call, family: string, of: string): CountedLayers | null {
  const usual = lookUp(defaults, family)
  if (usual === undefined) return null
  return layersFrom(
    family,
    usual,
    (names) =>
      names.map((name) => numberArgument(python.argument(made, name))).find((one) => one !== null) ?? null,
    of,
  )
}

/** The layers that `config.json` in the folder of a model tells; null: there is none, or the family is not known. */
export function layersInFolder(python: PythonModule, folder: string, of: string): CountedLayers | null {
  const root = python.configurationFile(`${folder.replace(/(?<!\/)\/+$/, '')}/config.json`)
  const values = root === null ? undefined : plainConfigured(root)
  if (values == null || typeof values !== 'object' || Array.isArray(values)) return null
  const type = String(values.model_type ?? '')
  const family = Object.keys(defaults).find((name) => name.toLowerCase() === type.replace(/[_-]/g, ''))
  if (family === undefined) return null
  const named = (names: string[]): number | null => {
    const found = names.map((name) => lookUp(values, name)).find((one) => typeof one === 'number')
    return typeof found === 'number' ? found : null
  }
  return layersFrom(family, lookUp(defaults, family)!, named, of)
}

/** `named`: what the configuration says under one of these names. */
function layersFrom(
  family: string,
  usual: [hidden: number, layers: number, inner: number, vocabulary: number],
  named: (names: string[]) => number | null,
  of: string,
): CountedLayers {
  const size = (names: string[], otherwise: number): number => named(names) ?? otherwise
  const [hidden, layers] = [
    size(['hidden_size', 'n_embd', 'd_model'], usual[0]),
    size(['num_hidden_layers', 'n_layer'], usual[1]),
  ]
  const inner = size(['intermediate_size', 'n_inner'], family === 'GPT2' ? 4 * hidden : usual[2])
  const head = /LMHead|ForCausalLM|ForMaskedLM|ForPreTraining/.test(of)
    ? hidden * size(['vocab_size'], usual[3])
    : 0
  const each = 4 * hidden ** 2 + (gated.test(family) ? 3 : 2) * hidden * inner
  return { parameters: layers * each + head, layers: 6 * layers, attends: true }
}
