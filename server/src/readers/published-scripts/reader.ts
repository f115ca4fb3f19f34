/**
 * Launches of scripts that the project does not hold and everybody knows: the command line says how they train. What the
 * project holds is read instead.
 */

import type { Change, Refusal } from '../../edit/write.js'
import { flagOf } from '../../link/launch-parts.js'
import type { Claim, Evidence, Launch } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { llamafactorySettings } from '../framework-configs/llamafactory.js'
import { trainerSettings } from '../huggingface/trainer-settings.js'
import { isSetByLaunch, writeLaunchFlag } from '../launch-flag.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { dropLaunchFlag, writeLaunchValue } from '../write-launch-value.js'
import { diffusersScripts, diffusersSettings } from './diffusers.js'
import { fairseqScripts, fairseqSettings } from './fairseq.js'
import { changeFormat } from './formats.js'
import { kohyaScripts, kohyaSettings } from './kohya.js'
import { languageModelScripts, megatronSettings } from './language-models.js'
import { LaunchSource } from './launch-source.js'
import type { PublishedScript } from './published-script.js'
import { transformersScripts, transformersTables } from './transformers.js'
import { visionScripts, visionSettings } from './vision.js'

const scripts: readonly PublishedScript[] = [
  ...transformersScripts,
  ...diffusersScripts,
  ...kohyaScripts,
  ...fairseqScripts,
  ...languageModelScripts,
  ...visionScripts,
]

const tables = [
  ...transformersTables,
  diffusersSettings,
  kohyaSettings,
  fairseqSettings,
  llamafactorySettings,
  megatronSettings,
  visionSettings,
]
// Those of LLaMA-Factory are documented by the reader of its files.
const documented = tables.filter((one) => one !== llamafactorySettings && one !== trainerSettings)

const evidence: Evidence = {
  role: 'training',
  accelerator: 'gpu',
  small: null,
  notebook: false,
  published: true,
  unlessHeld: true,
}

export const publishedScriptsReader = defineReader({
  name: 'published-scripts',
  title: 'Published training scripts',
  languages: ['shell'],
  triggers: [],
  settings: documented,
  read() {},
  describes(launch, claims) {
    const name = nameOf(launch)
    const gives = (flag: string) => flagOf(launch.flags, flag) !== undefined
    const script = scripts.find(
      ({ named, within, known }) =>
        named.test(name) && within?.test(launch.program.path ?? name) !== false && known.some(gives),
    )
    if (script === undefined) return false
    const source = new LaunchSource(launch, claims)
    if (script.trains?.(source) === false) return false
    const training = claims.subject('Training', source.place, 'launch', { ...evidence }, launch.id)
    training.subject.location = launch.location
    training.known('managed', name, true, source.place, { location: launch.location })
    if (script.needsLauncher === true && launch.launcher === 'python')
      training.known('needsLauncher', name, true, source.place, { location: launch.location })
    script.read(source, training, { claims, evidence, job: launch.id, name })
    return true
  },
  change(claim, value, facts) {
    if (claim.setting === 'precision') return changeFormat(claim, value, facts)
    if (claim.setting === 'cached')
      return changeOf('Keep the cache: leave out the flag', [dropLaunchFlag(claim, facts)])
    if (claim.setting === 'paddedTo') return passPadding(claim, facts)
    const table = tables.find(
      (one) => Object.hasOwn(one.rows, claim.setting) && isKeyOf(one.rows, claim.setting, claim.key),
    )
    return table === undefined ? byHand(claim) : table.change(claim, value, facts)
  },
})

/** The collator of the scripts pads each batch where the texts are not padded before. */
function passPadding(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const title = 'Pad each batch to its longest text'
  if (isSetByLaunch(claim)) {
    const written = writeLaunchValue(claim, 'False', facts)
    return changeOf(title, ['reason' in written ? dropLaunchFlag(claim, facts) : written])
  }
  return changeOf(title, [writeLaunchFlag(claim, '--pad_to_max_length False', facts)])
}

function isKeyOf(rows: object, setting: string, key: string): boolean {
  const row = Object.entries(rows).find(([name]) => name === setting)?.[1] as { keys: readonly string[] }
  return row.keys.includes(key)
}

function nameOf({ program: { path, module } }: Launch): string {
  return path === null ? (module ?? '') : path.slice(path.lastIndexOf('/') + 1)
}
