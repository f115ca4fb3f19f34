/** Data sets that framework configs name, so that their samples count for the bill. */
import { dataset } from '../../catalog/datasets.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { convert, orUnknown } from '../../values/operations.js'
import { asText } from '../../values/parse.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { type FrameworkConfig, FrameworkConfigClaims } from './framework-config.js'

/**
 * @param named what the value of `key` names, undefined: it is not understood
 * @param limit key of the number of samples that are taken of each set at most
 */
export function claimDatasets(
  frameworkConfig: FrameworkConfig,
  claims: ClaimBuilder,
  evidence: Evidence,
  key: string,
  named: (value: Json) => string[] | undefined,
  limit?: string,
): void {
  const subject = claims.subject('Dataset', frameworkConfig.place([key], key), key, { ...evidence })
  const set = new FrameworkConfigClaims(frameworkConfig, subject, key)
  const given: Given<Json> = set.get(key)
  const names = (given.state === 'known' ? named(given.value) : undefined) ?? []
  const [only, ...more] = names
  const name = convert(given, () => (more.length === 0 ? only : undefined))
  set.say('name', [key], orUnknown(name, more.length === 0 ? 'its data' : 'several sets'))
  if (only === undefined) return
  set.known('part', [key], 'training')
  if (more.length === 0) {
    if (limit !== undefined) set.say('rows', [limit], set.number(limit))
    return
  }
  const most = limit === undefined ? undefined : effective(set.number(limit))
  const rows = names.map((one) => dataset(one)?.train ?? null)
  if (rows.every((count) => count !== null))
    set.known(
      'rows',
      [key],
      rows.reduce((sum, count) => sum + Math.min(count, most ?? count), 0),
    )
}

/** `datasets: [{path: tatsu-lab/alpaca, type: alpaca}]` */
export function pathsOf(value: Json): string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const paths = value.map((one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) && isWhole(one)
      ? asText(one.path ?? null)
      : undefined,
  )
  return paths.every((one) => one !== undefined) ? paths : undefined
}

/** Not `split: train[:10%]`, a shard or single files of it. */
function isWhole(set: Record<string, Json>): boolean {
  const parts = ['name', 'shards', 'data_files', 'preprocess_shards']
  return (set.split ?? 'train') === 'train' && parts.every((key) => (lookUp(set, key) ?? null) === null)
}

/** `alpaca_en,identity` of LLaMA-Factory: sets of the list in `dataset_info.json`, some of which are those of others. */
export function listedNames(value: Json): string[] | undefined {
  const words = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  const names = words.map((word) => (typeof word === 'string' ? word.trim() : ''))
  return names.length === 0 || names.includes('')
    ? undefined
    : names.map((name) => lookUp(own, name) ?? `${name} of dataset_info.json`)
}

/** Source: LLaMA-Factory, data/dataset_info.json. */
const own: Record<string, string> = {
  alpaca_en: 'tatsu-lab/alpaca',
  alpaca_gpt4_en: 'vicgalle/alpaca-gpt4',
  alpaca_cleaned: 'yahma/alpaca-cleaned',
  slimorca: 'Open-Orca/SlimOrca',
  codealpaca: 'sahil2801/CodeAlpaca-20k',
}

/** `dataset: {_component_: torchtune.datasets.alpaca_dataset, source: …}` */
export function builtData(value: Json): string[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isWhole(value)) return undefined
  const source = asText(value.source ?? null)
  if (source !== undefined) return [source]
  const builder = asText(value._component_ ?? null)
  const name = builder === undefined ? undefined : lookUp(built, builder.slice(builder.lastIndexOf('.') + 1))
  return name === undefined ? undefined : [name]
}

/** Source: torchtune 0.6, torchtune/datasets. */
const built: Record<string, string> = {
  alpaca_dataset: 'tatsu-lab/alpaca',
  alpaca_cleaned_dataset: 'yahma/alpaca-cleaned',
  slimorca_dataset: 'Open-Orca/SlimOrca-Dedup',
  samsum_dataset: 'Samsung/samsum',
}
