/** What a configuration of detectron2 says of a training, whichever way it is written. */
import { type Configured, type ConfiguredMap, configuredAt } from '../../text/configured.js'
import { convert, orDefault, orUnknown } from '../../values/operations.js'
import { asNumber, asSwitch } from '../../values/parse.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import {
  frameworkConfigPlace,
  InheritedClaims,
  often,
  rarely,
} from '../framework-configs/inherited-claims.js'
import { claimOperation } from '../operation-claims.js'
import { isBefore } from '../versions.js'

/** A run of so few steps of a few images each tries something out. */
export const fewSteps = 1000

/** Keys of the same settings in YAML files and in LazyConfig. */
export interface Spelling {
  solver: string[]
  amp: string[]
  steps: string[]
  evaluates: string[]
  saves: string[]
  loader: string[]
  workers: string[]
}

export interface Detectron2Config {
  claims: ClaimBuilder
  path: string
  root: ConfiguredMap
  spelling: Spelling
  /** Shown for what stands in other files. */
  place: Place
  launched: boolean
  accelerator: Evidence['accelerator']
  /** Why what decides about the format is not seen; null: the library does, where nothing is said. */
  unclear: string | null
}

/** Mixed precision came in October 2020 (detectron2, pull request 2144): forks of older versions do not know the switch. */
export function knowsAmp(versions: Record<string, string>): boolean {
  return !isBefore(versions, ['detectron2'], '0.3')
}

/** Its trainer scales gradients and has one format of 16 bits, fp16: what asks for any gets that. */
export function isMixed(value: unknown): boolean {
  return value === 'fp16-mixed' || value === 'bf16-mixed'
}

export function readFrameworkConfig(frameworkConfig: Detectron2Config): void {
  const { claims, path, root, spelling, place, launched } = frameworkConfig
  const node = (keys: string[]) => configuredAt(root, ...keys)
  const steps = numberOf(node(spelling.steps))
  const evidence: Evidence = {
    role: launched ? 'training' : 'job',
    accelerator: frameworkConfig.accelerator,
    small: steps !== undefined && steps <= fewSteps ? `${steps} steps` : null,
    notebook: false,
    published: true,
  }
  const key = spelling.amp.join('.')
  const amp = node(spelling.amp)
  const solver = node(spelling.solver)
  const first = frameworkConfigPlace(amp ?? solver, path, place).place
  const training = new InheritedClaims(
    claims.subject('Training', first, key, evidence),
    path,
    first,
    !launched,
  )
  const { unclear } = frameworkConfig
  // What lies only in the library's own files is as the library has it.
  const switched = amp?.kind === 'unknown' && unclear === null ? undefined : amp
  const format = convert(convert(training.value(switched, solver), asSwitch), (on) =>
    on ? 'fp16-mixed' : 'fp32',
  )
  training.say('precision', key, unclear === null ? orDefault(format, 'fp32') : orUnknown(format, unclear))
  const stepsKey = spelling.steps.join('.')
  training.say('maxSteps', stepsKey, convert(training.value(node(spelling.steps)), asNumber))

  for (const kind of ['evaluate', 'save'] as const) {
    const keys = kind === 'evaluate' ? spelling.evaluates : spelling.saves
    const given = node(keys)
    const every = numberOf(given)
    if (given === undefined || every === undefined || every < 1 || every > often || steps === undefined)
      continue
    const name = keys.join('.')
    const { place: at, options } = frameworkConfigPlace(given, path, place, rarely(steps))
    const operation = claimOperation(claims, {
      kind,
      place: 'step',
      key: name,
      at,
      site: options.site ?? at,
      options: { ...options, overridable: !launched },
      scope: name,
      apart: `:${name}`,
      evidence: { ...evidence, role: 'training' },
    })
    operation.known('every', name, every, at)
    operation.known('times', name, Math.floor(steps / every), at)
  }

  const workers = node(spelling.workers)
  const count = numberOf(workers)
  if (workers === undefined || count === undefined) return
  const name = spelling.workers.join('.')
  const { place: at } = frameworkConfigPlace(workers, path, place)
  const pipeline = new InheritedClaims(
    claims.subject('InputPipeline', at, name, { ...evidence, role: 'training' }),
    path,
    at,
    !launched,
  )
  pipeline.known('workers', name, count, workers, true)
  pipeline.known('feeds', name, 'training', workers)
  pipeline.known('work', 'DatasetMapper', 'decode', workers)
  pipeline.known('decoder', 'DatasetMapper', 'DatasetMapper', workers)
}

function numberOf(node: Configured | undefined): number | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'number' ? node.value : undefined
}
