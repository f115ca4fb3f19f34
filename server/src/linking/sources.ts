/** What runs and their subjects were made from, noted where they are made. */
import type { Location } from '../text/location.js'
import type { Extraction, Run, Source, SubjectView } from '../workload/claim.js'
import type { LinkedLaunch, RunInput } from './runs.js'

/** The view with what others say of it. */
export function madeWith(view: SubjectView, others: readonly Source[]): SubjectView {
  return { ...view, from: [...(view.from ?? []), ...others] }
}

/** Readings of a file and of the modules that it runs with. */
export function sourcesAround(extraction: Extraction, path: string, input: RunInput): Source[] {
  const modules = input.modules.of(path, extraction).flatMap((one): Source[] => {
    const said = input.extractions.get(one)
    return said === undefined ? [] : [{ path: one, said }]
  })
  return [{ path, said: extraction }, ...modules]
}

/** Files whose words make a launch what it is, and what it was read with. */
export function sourcesOf(
  { launch, binding, script, extraction, frameworkConfig }: LinkedLaunch,
  input: RunInput,
): Source[] {
  const { location, calledAt } = launch
  return [
    { path: location.path, said: launch },
    ...(calledAt === undefined ? [] : [{ path: calledAt.path, said: launch }]),
    ...binding.settings.map((claim) => ({ path: claim.location.path, said: extraction })),
    ...(script === null || extraction === null ? [] : sourcesAround(extraction, script, input)),
    ...(frameworkConfig === null ? [] : [{ path: frameworkConfig.path, said: frameworkConfig.extraction }]),
  ]
}

export function sourceOf({
  subject,
  extraction,
}: {
  subject: { location: Location }
  extraction: object
}): Source {
  return { path: subject.location.path, said: extraction }
}

/** Everything that a rule can see from a view, followed to where it comes from. */
export class Origins {
  private readonly known = new Map<readonly Run[], Source[]>()

  of(views: readonly SubjectView[]): Source[] {
    return views.flatMap((view) => [...(view.from ?? []), ...this.ofRuns(view.run.siblings)])
  }

  private ofRuns(runs: readonly Run[]): Source[] {
    let found = this.known.get(runs)
    if (found === undefined) {
      found = runs.flatMap(({ from, job, subjects, around = [], searches = [] }) => [
        ...(from ?? []),
        ...[...(job.compute === null ? [] : [job.compute]), ...subjects, ...around, ...searches].flatMap(
          (view) => view.from ?? [],
        ),
      ])
      found = withoutTwins(found)
      this.known.set(runs, found)
    }
    return found
  }
}

/** The modules that many runs share are named once. */
function withoutTwins(sources: readonly Source[]): Source[] {
  const byPath = new Map<string, Map<unknown, Source>>()
  for (const source of sources) {
    const same = byPath.get(source.path) ?? new Map<unknown, Source>()
    byPath.set(source.path, same.set(source.said, source))
  }
  return [...byPath.values()].flatMap((same) => [...same.values()])
}
