/** Searches and the commands that start their trials: a command that ends by itself limits a search that has no limit. */
import { effective } from '../values/value.js'
import type { Judged, Reading } from '../workload/claim.js'

/** Which of the project's commands end, by the tool that starts trials. */
export class StarterIndex {
  private readonly ending = new Map<string, Reading[]>()

  constructor(readings: Iterable<Reading>) {
    for (const reading of readings) {
      if (!reading.subjects.some(({ word }) => word === 'Search')) continue
      const ends = reading.claims.filter(
        (claim) => claim.setting === 'endsTrials' && effective(claim) === true,
      )
      for (const { subject } of ends) {
        const tool = reading.claims.find((one) => one.subject === subject && one.setting === 'trialStarter')
        const name = effective(tool)
        if (typeof name !== 'string') continue
        const list = this.ending.get(name)
        if (list === undefined) this.ending.set(name, [reading])
        else list.push(reading)
      }
    }
  }

  /** Commands that may be what starts the trials of this search; they name it by an identifier that the service gave it. */
  endingFor({ subject, settings }: Judged): readonly Reading[] {
    if (subject.word !== 'Search') return []
    const { trialStarter, trialCap } = settings as Judged<'Search'>['settings']
    const open = trialCap?.state === 'default' && trialCap.value === null
    return open && trialStarter?.state === 'known' ? (this.ending.get(trialStarter.value ?? '') ?? []) : []
  }
}

/** How many trials it gets is said where they are started. */
export function cappedElsewhere(judged: Judged): Judged {
  const { trialCap } = judged.settings as Judged<'Search'>['settings']
  if (trialCap === undefined) return judged
  const settings = {
    ...judged.settings,
    trialCap: { ...trialCap, state: 'unknown', because: 'the count of its agents' },
  }
  return { ...judged, settings: settings as Judged['settings'] }
}
