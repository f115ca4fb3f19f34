/** Data sets that framework configs name, one subject each, so that their samples count for the bill. */
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { convert, orUnknown } from '../../values/operations.js'
import { asText } from '../../values/parse.js'
import type { Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { type FrameworkConfig, FrameworkConfigClaims } from './framework-config.js'

/** More sets than this are a mixture, of which nobody knows the shares. */
const most = 12

/**
 * @param named what the value of `key` names, undefined: it is not understood
 * @param rows key of the number of samples that are taken of each set at most
 */
export function claimDatasets(
  frameworkConfig: FrameworkConfig,
  claims: ClaimBuilder,
  evidence: Evidence,
  key: string,
  named: (value: Json) => string[] | undefined,
  rows?: string,
): void {
  const first = subjectOf(frameworkConfig, claims, evidence, key, 0)
  const given: Given<Json> = first.get(key)
  const names = given.state === 'known' ? named(given.value) : undefined
  if (names === undefined || names.length === 0 || names.length > most) {
    first.say(
      'name',
      [key],
      orUnknown(
        convert(given, () => undefined as string | undefined),
        'its data',
      ),
    )
    return
  }
  names.forEach((name, index) => {
    const set = index === 0 ? first : subjectOf(frameworkConfig, claims, evidence, key, index)
    set.say(
      'name',
      [key],
      convert(given, () => name),
    )
    set.known('part', [key], 'training')
    if (rows !== undefined) set.say('rows', [rows], set.number(rows))
  })
}

function subjectOf(
  frameworkConfig: FrameworkConfig,
  claims: ClaimBuilder,
  evidence: Evidence,
  key: string,
  index: number,
): FrameworkConfigClaims<'Dataset'> {
  const place = frameworkConfig.place([key], key)
  const subject = claims.subject('Dataset', place, key, { ...evidence }, null, `data ${index}`)
  return new FrameworkConfigClaims(frameworkConfig, subject, key)
}

/** `datasets: [{path: tatsu-lab/alpaca, type: alpaca}]` */
export function pathsOf(value: Json): string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const paths = value.map((one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? asText(one.path ?? null) : undefined,
  )
  return paths.every((one) => one !== undefined) ? paths : undefined
}

/** `alpaca_en,identity` of LLaMA-Factory: sets of its own list, some of which are those of others. */
export function listedNames(value: Json): string[] | undefined {
  const words = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  const names = words.map((word) => (typeof word === 'string' ? word.trim() : ''))
  return names.length === 0 || names.includes('') ? undefined : names.map((name) => lookUp(own, name) ?? name)
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
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
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
