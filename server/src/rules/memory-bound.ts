/** The most memory that a training can need, where what is not known about it has a worst case. */
import { originOf } from '../values/operations.js'
import { effective } from '../values/value.js'
import type { Claim, SubjectView } from '../workload/claim.js'
import type { ResourceKinds } from '../workload/resource-kinds.js'
import { roughMemory } from './rough-memory.js'
import type { RuleOptions } from './rule.js'
import { subjectsOf } from './subject-view.js'
import { memoryOf, type NoEstimate, type TrainingMemory } from './training-memory.js'

type Settings = SubjectView<'Training'>['settings']
type Worst = { [K in keyof Settings]?: ResourceKinds['Training'][K] }

/** What no reading of the setting exceeds. */
const worst: Worst = {
  weightBits: 32,
  precision: 'fp32',
  optimizer: 'adamw',
  adapters: null,
  checkpointing: false,
  sharding: null,
  attention: 'eager',
  accumulation: 2,
}

/** Numbers that count at their upper bound. */
const bounded = ['batchSize', 'sequenceLength', 'imageEdge'] as const

/**
 * An estimate whose high end holds whatever the unknown settings are; else what has no worst case.
 * @param counts where the layers are only counted, their arithmetic bounds what they keep
 */
export function mostMemoryOf(
  view: SubjectView<'Training'>,
  options: RuleOptions,
  counts = false,
): TrainingMemory | NoEstimate {
  const exact = memoryOf(view, options)
  if ('estimate' in exact) return exact
  const settings: Settings = { ...view.settings }
  const assumed = new Set<string>()
  const spoken = Object.values(view.settings)[0] as Claim | undefined
  const assume = <K extends keyof Settings>(name: K, value: ResourceKinds['Training'][K] | undefined) => {
    const claim = view.settings[name] as Claim | undefined
    // What no reader speaks of is no better known than what one could not read.
    const place = claim ?? spoken
    if (place === undefined || value === undefined || (claim !== undefined && claim.state !== 'unknown'))
      return
    const { subject, reader } = place
    const known = { ...originOf(place), state: 'known', value }
    Object.assign(settings, { [name]: { subject, setting: name, reader, key: claim?.key ?? name, ...known } })
    assumed.add(name)
  }
  for (const name of Object.keys(worst) as (keyof Worst)[]) assume(name, worst[name])
  for (const name of bounded) {
    const claim = view.settings[name]
    assume(name, claim?.state === 'unknown' ? (claim.bounds?.high ?? undefined) : undefined)
  }
  const bound = { ...view, settings }
  const most = assumed.size === 0 ? exact : memoryOf(bound, options)
  if ('estimate' in most) return { ...most, assumed }
  if (!counts) return exact
  const rough = madeOfItsOwn(view) ? roughMemory(bound, options, most, true) : null
  return rough === null ? exact : { ...rough, assumed: new Set([...assumed, ...rough.assumed]) }
}

/** Nothing but networks of the program, so that none is left out that is loaded by its name. */
export function madeOfItsOwn({ settings, run }: SubjectView<'Training'>): boolean {
  return effective(settings.fineTuning) !== true && subjectsOf(run, 'Model').length === 0
}
