/** What the programs that train by a configuration file decide by themselves: there they are judged, not in the file. */

import type { Extraction, SubjectView } from '../workload/claim.js'
import type { LayerOf } from '../workload/join.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import { settingsOf } from './joined-settings.js'
import { namedBy } from './launches.js'
import type { RunInput } from './runs.js'
import { madeWith } from './sources.js'

/** A training of a framework config without what its program decides by itself, for which the program is judged. */
export function undecided(view: SubjectView, program: Extraction, layerOf: LayerOf): SubjectView {
  return view.subject.kind === training ? without(view, decidedBy(program, layerOf)) : view
}

/** Files of a launcher, and the programs that launches start with them. */
export class ProgramDecisions {
  /** By file; null: what one of its launches starts is not known. */
  private readonly programs = new Map<string, Map<string, Extraction> | null>()

  constructor(private readonly input: RunInput) {
    for (const { launch, script, extraction } of input.launches)
      for (const path of namedBy(launch, input.extractions)) {
        const known = this.programs.get(path) ?? new Map<string, Extraction>()
        if (script === null || extraction === null || this.programs.get(path) === null)
          this.programs.set(path, null)
        else this.programs.set(path, known.set(launch.id, extraction))
      }
  }

  /** What is left of a training of the file once all programs that are launched with it have decided. */
  leftTo(view: SubjectView, path: string): SubjectView {
    const programs = this.programs.get(path)
    if (view.subject.kind !== training || programs == null) return view
    const [first, ...others] = [...programs.values()].map((one) => decidedBy(one, this.input.layerOf))
    const all = [...(first ?? [])].filter((setting) => others.every((one) => one.has(setting)))
    const said = [...programs.values()].map((program) => ({ path, said: program }))
    return madeWith(without(view, new Set(all)), said)
  }
}

const training = 'Training' satisfies ResourceKind

function decidedBy(program: Extraction, layerOf: LayerOf): Set<string> {
  const trainings = program.subjects.filter(({ kind }) => kind === training)
  const settings = trainings.flatMap(({ id }) =>
    Object.values(settingsOf(program, layerOf).get(id)?.settings ?? {}),
  )
  return new Set(settings.filter(({ state }) => state !== 'unknown').map(({ setting }) => setting))
}

function without(view: SubjectView, decided: ReadonlySet<string>): SubjectView {
  const settings = Object.entries(view.settings).filter(([setting]) => !decided.has(setting))
  const choices = view.choices?.filter(({ setting }) => !decided.has(setting))
  return { ...view, settings: Object.fromEntries(settings) as SubjectView['settings'], choices }
}
