/**
 * From the settings of a training to a question about its time: the same that `costlint estimate --model` answers, once for
 * the fastest run that the settings allow and once for the slowest.
 */
import { dataset, type KnownDataset } from '../catalog/datasets.js'
import type { Gpu } from '../catalog/gpus.js'
import { writesText } from '../catalog/models.js'
import type { NamedModel } from '../catalog/spellings.js'
import { countedNetwork } from '../estimate/counted-network.js'
import { type Interval, type Network, networkOf, throughViews } from '../estimate/network.js'
import { predictsNoToken, type ReadQuestion } from '../estimate/question.js'
import type { Lack } from '../estimate/run-hours.js'
import type { RunLength } from '../estimate/run-length.js'
import type { ProductFormat } from '../estimate/step-seconds.js'
import { groupedDigits } from '../text/grouped-digits.js'
import { once } from '../text/once.js'
import { effective } from '../values/value.js'
import type { Claim, Run, SubjectView } from '../workload/claim.js'
import { unfilledLengths } from './filled-up.js'
import { withOptions } from './option-bounds.js'
import { subjectsAround, subjectsOf } from './subject-view.js'
import { type Computed, endsOfModels, madeIn, modelOf, type NoQuestion } from './trained-model.js'
import { operationOf } from './training/operation.js'
import { arithmeticOf, formatOf } from './training-memory.js'

export interface TrainingQuestion {
  view: SubjectView<'Training'>
  fast: ReadQuestion
  slow: ReadQuestion
}

type Settings = SubjectView<'Training'>['settings']

interface Ends {
  fast: number
  slow: number
}

/**
 * @param devices accelerators that share the work, at most and at least
 * @param told samples of an epoch, as the user says; null: nothing is said
 */
export function questionOf(
  view: SubjectView<'Training'>,
  gpu: Gpu | null,
  devices: Ends,
  told: number | null = null,
): TrainingQuestion | NoQuestion {
  // A bill over all cards that a run may get asks once for each of them.
  const asked = once(view, 'what is asked of its time', () => askedOf(view))
  return typeof asked === 'function' ? asked(gpu, devices, told) : asked
}

/** The same for any card, as far as the settings alone say it. */
function askedOf(
  view: SubjectView<'Training'>,
): NoQuestion | ((gpu: Gpu | null, devices: Ends, told: number | null) => TrainingQuestion) {
  const settings = withOptions(view)
  const model = modelOf(view)
  if ('missing' in model) return model
  if (effective(settings.precision) === 'fp64') return { missing: 'how fast it computes in fp64' }
  const data = dataOf(view)
  const headless = effective(settings.languageHead) === false || predictsNoToken(data.known)
  // Of several networks it is not known which of them.
  const several = 'either' in model || ('networks' in model && model.networks.length > 1)
  const times = several ? 1 : (effective(settings.forwards) ?? 1)
  const made = effective(settings.model) === undefined ? madeIn(view) : {}
  const views = times * (made.copies ?? 1)
  const computed = (named: NamedModel, once: Network | null): Computed => ({
    named,
    network:
      once === null || views === 1
        ? once
        : { ...throughViews(once, { low: views, high: views }), model: once.model },
  })
  const ends =
    'either' in model
      ? endsOfModels(model.either.map((named) => ({ named, network: networkOf(named, headless) })))
      : null
  if ('either' in model && ends === null) return { missing: 'which model it trains' }
  const only =
    'networks' in model
      ? computed(
          { name: model.name, model: null, cost: null, assumed: false },
          countedNetwork(model.name, model.networks),
        )
      : 'either' in model
        ? ends!.slow
        : computed(model, networkOf(model, headless))
  const { named, network } = only
  const batch = endsOf(settings.batchSize)
  const passes = lengthsOf(settings)
  const arithmetic = arithmeticOf(settings)
  const adapters = effective(settings.adapters) != null
  const limit = sizeOf(view, network, named)
  const unfilled = unfilledLengths(view.run, limit, network, data.known)
  const size = unfilled ?? limit
  const frozen = frozenOf(view, named) ?? (made.partlyFrozen === true ? 'part' : null)
  return (gpu, devices, told) => {
    const each = (end: 'fast' | 'slow'): ReadQuestion => ({
      ...(ends?.[end] ?? only),
      gpu,
      mostMemoryGB: gpu?.memoryGB ?? null,
      machine: null,
      devices: devices[end],
      batch: batch?.[end] ?? null,
      accumulation: effective(settings.accumulation) ?? 1,
      size,
      formats: formatsOf(settings, network, gpu),
      precision: null,
      optimizer: effective(settings.optimizer) ?? 'adamw',
      method: {
        adapters,
        quantized: (arithmetic?.bits ?? 32) < 16,
        eightBits: false,
        checkpointing: effective(settings.checkpointing) ?? null,
        sharding: null,
        offload: false,
        lossInPieces: false,
        embeddings: false,
        rank: null,
        headOnly: end === 'fast' ? frozen !== null : frozen === 'model',
        generates: false,
      },
      length: passes[end],
      openLength: null,
      programRead: true,
      dataset: data.known,
      unknownDataset: data.unknown,
      samples: told ?? data.rows?.[end] ?? null,
      assumptions: [
        ...('either' in model ? [`any of ${model.either.map((one) => one.name).join(', ')}`] : []),
        ...(told === null && data.counted !== null ? [data.counted] : []),
        ...(unfilled === null
          ? []
          : [
              `texts of ${data.known!.meanTokens} tokens on average, as in ${data.known!.name}: a batch is no longer than its longest`,
            ]),
      ],
    })
    return { view, fast: each('fast'), slow: each('slow') }
  }
}

/** Letters and digits only. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Whether only a head is trained: 'part' where something is frozen that may be less than the model. */
function frozenOf({ run, settings }: SubjectView<'Training'>, { name }: NamedModel): 'model' | 'part' | null {
  const operations = subjectsOf(run, 'Operation').filter(
    (one) => operationOf(one, 'frozen features') !== null,
  )
  const names = [
    ...operations.map((one) => effective(one.settings.subject)),
    effective(settings.frozenNetwork),
  ].flatMap((one) => one ?? [])
  if (names.length === 0) return null
  return names.some((one) => plain(one) === plain(name)) ? 'model' : 'part'
}

/** What lacks, and what would make it known. */
export function lackText(lack: Lack, { view, slow }: TrainingQuestion): string {
  const { settings } = view
  const because = (claim: Claim | undefined): string =>
    claim?.state === 'unknown' ? ` (${claim.because})` : ''
  switch (lack) {
    case 'method':
      return 'how long a step takes that runs several models and generates text'
    case 'network':
      return `what ${slow.named.name} computes, which is not in the catalog`
    case 'size':
      return slow.network?.unit === 'pixels'
        ? `the size of the pictures${because(settings.imageEdge as Claim)}`
        : `the length of the texts${because(settings.sequenceLength as Claim)}`
    case 'gpu':
      return 'the accelerator: a job that names it, or `[hardware] default`'
    case 'speed':
      return `how fast ${slow.gpu?.name} is`
    case 'length':
    case 'open length':
      return `how long it trains${because((settings.epochs ?? settings.maxSteps) as Claim)}`
    case 'samples':
      return 'how many samples it trains on: `samples` of a `[[runs]]` entry would say'
    case 'dataset':
      return `how many samples "${slow.unknownDataset}" has: \`samples\` of a \`[[runs]]\` entry would say`
    case 'batch':
      return `the batch size${because(settings.batchSize as Claim)}`
    case 'tokens':
      return 'how many tokens a sample has'
  }
}

/** The ends of a number: both the same where it is known, its bounds where only these are. */
function endsOf(claim: Settings['batchSize']): Ends | null {
  const value = effective(claim)
  if (value !== undefined) return { fast: value, slow: value }
  if (claim?.state !== 'unknown' || claim.bounds === undefined) return null
  const { low, high } = claim.bounds
  return low === null || high === null ? null : { fast: high, slow: low }
}

/** Epochs that a training takes at least before early stopping ends it, where its patience is not known. */
const leastShare = 0.2

function lengthsOf(settings: Settings): { fast: RunLength | null; slow: RunLength | null } {
  const none = { fast: null, slow: null }
  if (effective(settings.endless) !== undefined || settings.maxSteps?.state === 'unknown') return none
  const steps = effective(settings.maxSteps)
  if (typeof steps === 'number' && steps > 0) {
    const length: RunLength = { amount: steps, unit: 'steps' }
    return { fast: length, slow: length }
  }
  const counted = effective(settings.countedEpochs)
  if (counted !== undefined) {
    const all = counted.epochs * counted.steps
    const least = leastEpochs(settings, counted.epochs) / counted.epochs
    return {
      fast: { amount: Math.max(1, least * all), unit: 'steps' },
      slow: { amount: all, unit: 'steps' },
    }
  }
  const bounds = settings.epochs?.state === 'unknown' ? settings.epochs.bounds : undefined
  const epochs = effective(settings.epochs) ?? bounds?.high
  if (epochs == null || epochs <= 0) return none
  const stopped = effective(settings.earlyStopping) === true
  const least = stopped ? leastEpochs(settings, epochs) : Math.min(epochs, bounds?.low ?? epochs)
  return {
    fast: { amount: Math.max(least, Number.EPSILON), unit: 'epochs' },
    slow: { amount: epochs, unit: 'epochs' },
  }
}

/** Epochs after which early stopping may end the training. */
function leastEpochs(settings: Settings, epochs: number): number {
  if (effective(settings.earlyStopping) !== true) return epochs
  const patience = effective(settings.patience)
  return Math.min(epochs, patience === undefined ? Math.ceil(leastShare * epochs) : patience + 1)
}

interface Data {
  known: KnownDataset | null
  rows: Ends | null
  /** The name of a data set that the catalogue does not hold. */
  unknown: string | null
  /** Where its samples were counted, a clause. */
  counted: string | null
  /** Columns of its tables; null: they are none, or not known. */
  columns: Interval | null
}

const noData: Data = { known: null, rows: null, unknown: null, counted: null, columns: null }

/** Between data sets that differ by more, an option chooses, and nothing is said. */
const mostApart = 4

/** What the program trains on, by the names under which it loads data, else by those of its files. */
function dataOf(view: Pick<SubjectView, 'run'>): Data {
  const loaded = dataLoaded(view)
  return loaded.known === null && loaded.rows === null && loaded.unknown === null
    ? (dataByFiles(view) ?? loaded)
    : loaded
}

/** A program that reads the files of a data set by its own means may split some off to validate on. */
const leastKept = 0.7

function dataByFiles({ run }: Pick<SubjectView, 'run'>): Data | null {
  const named = subjectsAround(run, 'Dataset').flatMap(({ settings }) => effective(settings.byFiles) ?? [])
  const [first] = named
  const known = first === undefined ? undefined : dataset(first.name)
  if (known?.train == null || named.some(({ name }) => name !== first!.name)) return null
  const rows = { fast: Math.ceil(leastKept * known.train), slow: known.train }
  const columns = columnsOf(known, null)
  return { ...noData, rows, columns, counted: `the samples of ${known.name}, as "${first!.path}" says` }
}

function dataLoaded({ run }: Pick<SubjectView, 'run'>): Data {
  const loaded = subjectsAround(run, 'Dataset').filter(
    ({ settings }) => settings.name !== undefined && effective(settings.part) !== 'other',
  )
  const sets = loaded.map(({ settings }) => {
    const name = effective(settings.name)
    const known = name === undefined ? undefined : dataset(name)
    const share = effective(settings.share) ?? 1
    const most = effective(settings.rows)
    const total = known?.train ?? effective(settings.table)?.rows ?? null
    const all = total === null ? null : Math.ceil(total * share)
    const rows = most === undefined ? all : Math.min(most, all ?? most)
    const files = known === undefined && total !== null ? (effective(settings.files) ?? []) : []
    const columns = columnsOf(known, effective(settings.table)?.columns ?? null)
    return { name, known, rows, columns, files, whole: share === 1 && most === undefined }
  })
  const [first] = sets
  if (first === undefined) return noData
  const columns = hullOf(sets.map((one) => one.columns))
  if (sets.every(({ known, whole }) => known !== undefined && known === first.known && whole))
    return { ...noData, known: first.known!, columns }
  const unread = sets.find(({ rows }) => rows === null)
  if (unread !== undefined) return { ...noData, unknown: unread.name ?? null }
  const rows = sets.map((one) => one.rows!)
  const [least, most] = [Math.min(...rows), Math.max(...rows)]
  if (most > mostApart * least) return noData
  const files = [...new Set(sets.flatMap((one) => one.files))]
  const counted = countedText(least, most, files)
  const { known } = first
  if (least === most && known !== undefined && sets.every((one) => one.known === known))
    return { ...noData, known: partOf(known, least), columns, counted }
  return { ...noData, rows: { fast: least, slow: most }, columns, counted }
}

/** Texts of a part are as long as those of the whole. */
function partOf(known: KnownDataset, rows: number): KnownDataset {
  const { train, tokens } = known
  const share = train === null || tokens === null ? null : (tokens * rows) / train
  // What a program evaluates on may be a part as well.
  return { ...known, train: rows, tokens: share, validation: null, test: null }
}

/** Columns that a program makes of those in a file (one for each value of a word), or leaves out: between a half and twice as many. */
const columnsMade: Interval = { low: 0.5, high: 2 }

function columnsOf(known: KnownDataset | undefined, inFile: number | null): Interval | null {
  const published = known?.columns ?? null
  if (published !== null) return { low: published, high: published }
  // One of them is the target.
  const given = inFile === null ? null : Math.max(1, inFile - 1)
  return given === null ? null : { low: Math.max(1, columnsMade.low * given), high: columnsMade.high * given }
}

function hullOf(all: readonly (Interval | null)[]): Interval | null {
  const read = all.flatMap((one) => one ?? [])
  if (read.length < all.length) return null
  return { low: Math.min(...read.map(({ low }) => low)), high: Math.max(...read.map(({ high }) => high)) }
}

/** How many samples a program trains on in an epoch, by the data sets that it names; null: nothing says it. */
export function samplesOfData(view: Pick<SubjectView, 'run'>): Interval | null {
  const { known, rows } = dataOf(view)
  if (rows !== null) return { low: rows.fast, high: rows.slow }
  return known?.train == null ? null : { low: known.train, high: known.train }
}

/** The table that a program fits its trees on, or what would tell its rows. `columns` null: nobody has counted them. */
export function tableOf(
  view: Pick<SubjectView, 'run'>,
  told: number | null,
): ({ rows: Interval; counted: string | null } | NoQuestion) & { columns: Interval | null } {
  const { known, rows, columns, counted, unknown } = dataOf(view)
  const published = known?.train ?? null
  const read = rows === null ? null : { low: rows.fast, high: rows.slow }
  const all = told ?? published
  const found = all === null ? read : { low: all, high: all }
  if (found === null)
    return {
      columns,
      missing:
        unknown === null
          ? 'how many rows its table has: `samples` of a `[[runs]]` entry would say'
          : `how many rows "${unknown}" has: \`samples\` of a \`[[runs]]\` entry would say`,
    }
  return { rows: found, columns, counted: told === null ? counted : null }
}

const fewFiles = 3

function countedText(least: number, most: number, files: readonly string[]): string | null {
  if (files.length === 0) return null
  const samples = least === most ? groupedDigits(most) : `${groupedDigits(least)} to ${groupedDigits(most)}`
  const named = files.length > fewFiles ? `${files.length} files of the project` : files.join(', ')
  return `${samples} samples, as counted in ${named}`
}

/** Sizes to which the modules of the program bring pictures, where they do not differ by more than this. */
const mostTimes = 2

function pictureEdges(run: Run): ReadQuestion['size'] {
  const edges = subjectsAround(run, 'Dataset').flatMap(
    ({ settings }) => effective(settings.pictureEdge) ?? [],
  )
  const [low, high] = [Math.min(...edges), Math.max(...edges)]
  return edges.length === 0 || high > mostTimes * low ? null : { low, high }
}

/** Tokens of a sample, or steps of a series, as the modules of the program call that number. */
function textLengths(run: Run): ReadQuestion['size'] {
  const all = subjectsAround(run, 'Dataset').flatMap(({ settings }) => effective(settings.textLength) ?? [])
  const [low, high] = [Math.min(...all.map((one) => one.low)), Math.max(...all.map((one) => one.high))]
  return all.length === 0 || high > mostTimes * low ? null : { low, high }
}

const fewTokens = 32

/** Tokens, pixels or seconds of a sample, the shortest and the longest; null: not known. */
function sizeOf(
  { settings, run }: SubjectView<'Training'>,
  network: Network | null,
  { model }: NamedModel,
): ReadQuestion['size'] {
  if (network?.unit !== 'tokens') {
    const edge = effective(settings.imageEdge)
    if (edge !== undefined) return { low: edge, high: edge }
    // What networks of rows are given has no edge.
    const edges = network?.usualSize === 1 ? null : pictureEdges(run)
    const usual = network?.usualSize ?? null
    return edges ?? (usual === null ? null : { low: usual, high: usual })
  }
  const tokens = effective(settings.sequenceLength)
  const named = tokens === undefined ? textLengths(run) : null
  if (named !== null) return named
  const most = tokens ?? (model?.kind === 'nlp-encoder' ? (model.shape?.positions ?? null) : null)
  return most === null ? null : { low: tokens ?? Math.min(fewTokens, most), high: most }
}

function formatsOf(
  settings: Settings,
  network: Network | null,
  gpu: Gpu | null,
): readonly [ProductFormat, ProductFormat] {
  const found = arithmeticOf(settings) ?? formatOf(settings, usualBits(settings, network))
  if (found === null) return ['fp16', 'fp32']
  if (found.arithmetic !== 'fp32') return [found.format, found.format]
  // cuDNN computes convolutions in TF32 where nobody says otherwise: in PyTorch, in TensorFlow.
  const convolutions = network?.networkClass === 'conv' || network?.networkClass === 'detector'
  return convolutions && gpu?.formats.has('tf32') === true ? ['tf32', 'tf32'] : ['fp32', 'fp32']
}

/** Bits of weights of which nothing is said: language models are often loaded in 16, and where products are cast it does not matter. */
function usualBits({ precision }: Settings, network: Network | null): 32 | undefined {
  const cast = effective(precision)?.endsWith('-mixed') === true
  return cast || (network !== null && !writesText(network.model)) ? 32 : undefined
}
