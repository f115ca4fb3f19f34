/** Samples that a module makes for the training of another are made again in each of its epochs. */
import { effective } from '../values/value.js'
import type { Effective, SubjectView } from '../workload/claim.js'
import type { PreprocessingSettings, ResourceKind } from '../workload/resource-kinds.js'
import { settingsOf } from './joined-settings.js'
import type { Programs } from './programs.js'
import type { RunInput } from './runs.js'

type Epochs = SubjectView<'Training'>['settings']['epochs']

export class SamplePasses {
  constructor(
    private readonly input: RunInput,
    private readonly programs: Programs,
  ) {}

  /** Gives the preparation the epochs that its trainings agree on; leaves any other view as it is. */
  complete(view: SubjectView): void {
    if (!isPreprocessing(view)) return
    const { again, overlapped } = view.settings
    const repetition = effective(again)
    if (again === undefined || effective(overlapped) !== true) return
    if (repetition?.per !== 'epoch' || repetition.times !== null) return
    const { subjects, around = [] } = view.run
    const inRun = [subjects, around].map(epochsIn).find(({ length }) => length > 0)
    const all = inRun ?? this.epochsAround(view)
    const [first] = all
    const epochs = effective(first)
    if (typeof epochs !== 'number' || !all.every((one) => effective(one) === epochs)) return
    const told = first?.state === 'known'
    const value: PreprocessingSettings['again'] = told
      ? { ...repetition, times: epochs }
      : { ...repetition, unlessTold: epochs }
    view.settings = { ...view.settings, again: { ...again, value } as Effective<typeof value> }
  }

  private epochsAround(view: SubjectView): Epochs[] {
    return this.programs.around(view.subject.location.path).flatMap(({ path, extraction }) => {
      const settings = settingsOf(extraction, this.input.layerOf)
      const trainings = extraction.subjects.filter(({ kind }) => kind === ('Training' satisfies ResourceKind))
      if (trainings.length > 0) view.from = [...(view.from ?? []), { path, said: extraction }]
      return trainings.map(
        ({ id }) => (settings.get(id)?.settings as SubjectView<'Training'>['settings'] | undefined)?.epochs,
      )
    })
  }
}

function epochsIn(views: readonly SubjectView[]): Epochs[] {
  return views.flatMap((one) => (isTraining(one) ? [one.settings.epochs] : []))
}

function isPreprocessing(view: SubjectView): view is SubjectView<'Preprocessing'> {
  return view.subject.kind === ('Preprocessing' satisfies ResourceKind)
}

function isTraining(view: SubjectView): view is SubjectView<'Training'> {
  return view.subject.kind === ('Training' satisfies ResourceKind)
}
