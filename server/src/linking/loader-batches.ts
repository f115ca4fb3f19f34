/** A training that takes its batches from a loader of another module has the batch of that loader. */
import { effective } from '../values/value.js'
import type { Effective, Extraction, Run, Source, Subject, SubjectView } from '../workload/claim.js'
import { batchElsewhere } from '../workload/elsewhere.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import { settingsOf } from './joined-settings.js'
import type { Programs } from './programs.js'
import type { RunInput } from './runs.js'

type Batch = Effective<number>

interface Loader {
  batch: Batch | undefined
  from: readonly Source[]
}

export class LoaderBatches {
  constructor(
    private readonly input: RunInput,
    private readonly programs: Programs,
  ) {}

  /** Gives the training the batch that its loaders agree on; leaves any other view as it is. */
  complete(view: SubjectView): void {
    if (!isTraining(view)) return
    const { batchSize } = view.settings
    if (batchSize?.state !== 'unknown' || batchSize.because !== batchElsewhere) return
    const inRun = view.run.subjects.flatMap(({ subject, settings, from = [] }) =>
      loaderOf(subject, settings, from),
    )
    const loaders = inRun.length > 0 ? inRun : this.loadersOfImporters(view)
    const [first] = loaders
    const batch = first?.batch
    if (batch === undefined || !loaders.every((one) => isSame(one.batch, batch))) return
    view.settings = { ...view.settings, batchSize: splitsBatches(view.run) ? atMost(batch) : batch }
    view.from = [...(view.from ?? []), ...loaders.flatMap(({ from }) => from)]
  }

  /** Loaders of the programs that call the module of the training, where it is read by itself. */
  private loadersOfImporters({ subject }: SubjectView): Loader[] {
    return this.programs
      .around(subject.location.path)
      .flatMap(({ extraction, path }) => this.loadersIn(extraction, path))
  }

  private loadersIn(extraction: Extraction, path: string): Loader[] {
    const settings = settingsOf(extraction, this.input.layerOf)
    return extraction.subjects.flatMap((subject) =>
      loaderOf(subject, settings.get(subject.id)?.settings ?? {}, [{ path, said: extraction }]),
    )
  }
}

function isTraining(view: SubjectView): view is SubjectView<'Training'> {
  return view.subject.kind === ('Training' satisfies ResourceKind)
}

/** Empty: it is no loader that trains. */
function loaderOf({ kind }: Subject, settings: object, from: readonly Source[]): Loader[] {
  if (kind !== ('InputPipeline' satisfies ResourceKind)) return []
  const { feeds, batchSize } = settings as SubjectView<'InputPipeline'>['settings']
  return effective(feeds) === 'training' ? [{ batch: batchSize, from }] : []
}

function isSame(a: Batch | undefined, b: Batch): boolean {
  return a !== undefined && effective(a) === effective(b)
}

/** One process gives each of its devices a part of the batch. */
function splitsBatches({ subjects }: Run): boolean {
  return subjects.some(
    (one) =>
      one.subject.kind === ('Parallelism' satisfies ResourceKind) &&
      effective((one as SubjectView<'Parallelism'>).settings.method) === 'data-parallel',
  )
}

function atMost(batch: Batch): Batch {
  const high = effective(batch)
  if (high === undefined) return batch
  const { value: _, ...origin } = batch as Batch & { value: number }
  return { ...origin, state: 'unknown', because: 'DataParallel splits it', bounds: { low: 1, high } }
}
