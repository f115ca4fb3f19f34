/** Searches and the commands that start their trials: a command that ends by itself limits a search that has no limit. */
import { effective } from '../values/value.js'
import type { Extraction, Source, SubjectView } from '../workload/claim.js'

/** Which of the project's commands end, by the tool that starts trials. */
export class StarterIndex {
  private readonly ending = new Map<string, Source[]>()

  constructor(extractions: Iterable<Extraction>) {
    for (const extraction of extractions) {
      if (!extraction.subjects.some(({ kind }) => kind === 'Search')) continue
      const ends = extraction.claims.filter(
        (claim) => claim.setting === 'endsTrials' && effective(claim) === true,
      )
      for (const { subject } of ends) {
        const tool = extraction.claims.find(
          (one) => one.subject === subject && one.setting === 'trialStarter',
        )
        const name = effective(tool)
        if (typeof name !== 'string') continue
        const { path } = extraction.subjects.find(({ id }) => id === subject)!.location
        const list = this.ending.get(name)
        if (list === undefined) this.ending.set(name, [{ path, said: extraction }])
        else list.push({ path, said: extraction })
      }
    }
  }

  /** Commands that may be what starts the trials of this search; they name it by an identifier that the service gave it. */
  endingFor({ subject, settings }: SubjectView): readonly Source[] {
    if (subject.kind !== 'Search') return []
    const { trialStarter, trialCap } = settings as SubjectView<'Search'>['settings']
    const open = trialCap?.state === 'default' && trialCap.value === null
    return open && trialStarter?.state === 'known' ? (this.ending.get(trialStarter.value ?? '') ?? []) : []
  }
}

/** How many trials it gets is said where they are started. */
export function cappedElsewhere(view: SubjectView): SubjectView {
  const { trialCap } = view.settings as SubjectView<'Search'>['settings']
  if (trialCap === undefined) return view
  const settings = {
    ...view.settings,
    trialCap: { ...trialCap, state: 'unknown', because: 'the count of its agents' },
  }
  return { ...view, settings: settings as SubjectView['settings'] }
}
