/** Data sets that a program loads by name, and how much of them. */
import { dataset } from '../../catalog/datasets.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { numberArgument, numberIn, textArgument, whyUnreadable } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { samplesAsked } from '../huggingface/samples.js'
import { defineReader } from '../reader.js'
import { filesOfLoader, filesRead, isOwnCopy } from './data-files.js'
import { shareSplitOff } from './data-split.js'

export const dataSetsReader = defineReader({
  name: 'python-data-sets',
  languages: ['python'],
  triggers: [
    'load_dataset(',
    'load_from_disk',
    'torchvision',
    'tensorflow_datasets',
    '.load_data(',
    'sklearn.datasets',
    'torchtext',
    'ultralytics',
    'read_csv(',
    'read_json(',
    'read_ndjson(',
  ],
  read(facts, { binding }, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    const asked = samplesAsked(python, binding, 'train')
    for (const call of python.calls) {
      const found = loadedBy(python, call)
      if (found === null) continue
      const place = calleePlace(call)
      const set = claims.subject('Dataset', place, call.function?.qualified ?? '', python.evidence)
      if (found.name === null) set.unknown('name', call.method, found.because, place)
      else set.known('name', call.method, found.name, place)
      if (found.files !== undefined) set.known('files', call.method, found.files, place)
      set.known('part', call.method, found.part, place)
      const sliced = found.part === 'training' ? slicedFrom(python) : null
      const rows = asked ?? found.rows ?? selectedFrom(python) ?? sliced?.rows ?? null
      const split = found.part === 'training' && found.files !== undefined ? shareSplitOff(python) : null
      const share = found.share ?? sliced?.share ?? split
      if (rows !== null) set.known('rows', call.method, rows, place)
      if (share !== null) set.known('share', call.method, share, place)
    }
  },
})

/** Data that no name stands for, so nobody knows how much it is. */
const ownFiles =
  /^(torchvision\.datasets\.(ImageFolder|DatasetFolder|VisionDataset)|datasets\.(load_from_disk|Dataset\.from_(?!pandas|polars)\w+)|pandas\.read_(csv|parquet|json|excel|feather|pickle|table|sql\w*)|polars\.(read|scan)_\w+|numpy\.(loadtxt|genfromtxt)|(tensorflow\.)?keras\.(utils|preprocessing)\.\w+_dataset_from_directory|tensorflow\.data\.TFRecordDataset)$|\.flow_from_(directory|dataframe)$/

/** Data that the program makes itself. */
const madeUp = /^(?:torchvision\.datasets\.FakeData|sklearn\.datasets\.(make_)\w+)$/

type Loaded = { name: string; because?: never } | { name: null; because: string }
type Part = { part: 'training' | 'other'; rows: number | null; share: number | null; files?: string[] }

/** Null: the call loads no data set that a name stands for. */
function loadedBy(python: PythonModule, call: Call): (Loaded & Part) | null {
  const { name } = call
  if (call.method === 'train' && python.uses('ultralytics.')) return ofFile(python, call)
  if (name === null) return null
  if (name === 'datasets.load_dataset') return fromHub(python, call)
  if (name === 'datasets.load_from_disk') return fromFolder(python, call) ?? fromFiles(python, call)
  if (ownFiles.test(name)) return fromFiles(python, call)
  const made = madeUp.exec(name)
  if (made !== null) {
    const rows = numberArgument(python.argument(call, made[1] === undefined ? 'size' : 'n_samples', 0))
    return { name: null, because: 'made up', ...partOf(partByName(call)), rows }
  }
  if (name === 'tensorflow_datasets.load')
    return named(python, call, (text) => `tfds:${text}`, textArgument(python.argument(call, 'split', 1)))
  if (name === 'sklearn.datasets.fetch_openml') return named(python, call, (text) => text, null)
  const library = /^(tensorflow\.)?(?=keras\.datasets\.)/
  const set = name.replace(library, '').replace(/\.load_data$/, '')
  if (!/(^|\.)datasets\./.test(set) || dataset(set) === undefined) return null
  const split = splitOf(python, call)
  if (split === null && hasLargeParts(set) && python.argument(call, 'split', null).state !== 'absent')
    return { name: null, because: 'which part of it is loaded', ...partOf(null) }
  return { name: split === null ? set : partNamed(set, split), ...partOf(split) }
}

/** Some parts are data sets of their own: `EMNIST(split='letters')`, `STL10(split='unlabeled')`. */
function partNamed(set: string, split: string): string {
  const part = `${set}(split='${split}')`
  return dataset(part) === dataset(set) ? set : part
}

/** Parts without labels, or beside those that are usual, are many times larger. */
function hasLargeParts(set: string): boolean {
  return ['unlabeled', 'extra'].some((split) => partNamed(set, split) !== set)
}

/** `YOLO(…).train(data='coco128.yaml')`. */
function ofFile(python: PythonModule, call: Call): (Loaded & Part) | null {
  const file = textArgument(python.argument(call, 'data', null))
  return file === null || dataset(file) === undefined ? null : { name: file, ...partOf(null) }
}

function named(
  python: PythonModule,
  call: Call,
  spelled: (text: string) => string,
  split: string | null,
): Loaded & Part {
  const given = python.argument(call, 'name', 0)
  const text = textArgument(given)
  const part = partOf(split)
  if (text === null) return { name: null, because: whyUnreadable(given) ?? 'its name', ...part }
  const full = spelled(text)
  return { name: dataset(full) === undefined ? text : full, ...part }
}

/** `load_dataset('glue', 'mrpc', split='train')`. */
function fromHub(python: PythonModule, call: Call): (Loaded & Part) | null {
  const path = python.argument(call, 'path', 0)
  const text = textArgument(path)
  const part = partOf(textArgument(python.argument(call, 'split', null)))
  if (text === null) return { name: null, because: whyUnreadable(path) ?? 'its name', ...part }
  // Files of the user's own.
  if (/^(json|csv|text|parquet|arrow|pandas|imagefolder|audiofolder|webdataset)$/.test(text)) {
    const files = filesOfLoader(python, call, textArgument(python.argument(call, 'split', null)))
    return { name: null, because: 'files of its own', ...part, ...(files && { files }) }
  }
  const configuration = textArgument(python.argument(call, 'name', 1))
  const full = configuration === null ? text : `${text}/${configuration}`
  return { name: dataset(full) === undefined ? text : full, ...part }
}

/** `load_from_disk('data/billsum')`: a copy of a data set that is known, in a folder of its name. */
function fromFolder(python: PythonModule, call: Call): (Loaded & Part) | null {
  const folders = textArgument(python.argument(call, 'dataset_path', 0))?.split(/[\\/]+/) ?? []
  const named = folders.filter((one) => one !== '' && !/^(train|validation|test)$/.test(one)).at(-1)
  if (named === undefined || dataset(named) === undefined) return null
  return { name: named, ...partOf(folders.at(-1) === named ? partByName(call) : folders.at(-1)!) }
}

/** `pandas.read_csv('data/train.csv')`; null: a copy of what the program loads elsewhere. */
function fromFiles(python: PythonModule, call: Call): (Loaded & Part) | null {
  const named = filesRead(python, call)
  if (named === null && isOwnCopy(python, call)) return null
  const own = { name: null, because: 'files of its own', ...partOf(partByName(call)) }
  return named === null ? own : { ...own, ...named, part: own.part === 'other' ? own.part : named.part }
}

/** 'test' for what is assigned to `val_set`. */
function partByName({ assignedTo }: Call): string | null {
  return assignedTo !== null && /(^|_)(val|valid|validation|dev|test|eval)/i.test(assignedTo) ? 'test' : null
}

/** What the call says of the part that it wants; null: nothing that can be read, and the whole is meant. */
function splitOf(python: PythonModule, call: Call): string | null {
  const split = textArgument(python.argument(call, 'split', null))
  if (split !== null) return split
  const train = python.argument(call, 'train', 1)
  if (train.state === 'given' && train.folded.state === 'known' && train.folded.value === false) return 'test'
  return train.state === 'given' ? null : partByName(call)
}

/** 'train[:10%]', 'train[:500]', 'test'. */
function partOf(split: string | null): Part {
  if (split === null) return { part: 'training', rows: null, share: null }
  const other = !/train|unlabeled|extra|all/i.test(split)
  const cut = /\[(\d*)(%?):(\d*)(%?)\]/.exec(split.replace(/\s+/g, ''))
  const [, from, , to, percent] = cut ?? []
  if (cut === null || to === undefined || to === '')
    return { part: other ? 'other' : 'training', rows: null, share: null }
  const amount = Number(to) - Number(from || 0)
  return {
    part: other ? 'other' : 'training',
    rows: percent === '' && amount > 0 ? amount : null,
    share: percent !== '' && amount > 0 ? Math.min(1, amount / 100) : null,
  }
}

const slice = /^(\d*):(\d*)(?::(\d+))?$/

/** `x_train = x_train[:1000]`, `x_train, y_train = x_train[::5], y_train[::5]`: the fewest samples that are taken. */
function slicedFrom(python: PythonModule): { rows: number | null; share: number | null } | null {
  let [rows, share]: [number | null, number | null] = [null, null]
  for (const statement of python.statements) {
    if (statement.type !== 'assign' || statement.value === null) continue
    for (const [target, value] of pairsOf(statement.targets[0], statement.value)) {
      if (value.type !== 'subscript' || !/train/i.test(textOf(python, target))) continue
      if (!/train/i.test(textOf(python, value.value)) || /val|test/i.test(textOf(python, target))) continue
      const parts = slice.exec(textOf(python, value.index).replace(/\s+/g, ''))
      if (parts === null) continue
      const [, from, to, step] = parts
      const each = step ? Number(step) : 1
      const taken = to ? Number(to) - Number(from || 0) : null
      if (taken !== null && taken > 0)
        rows = Math.min(rows ?? Number.POSITIVE_INFINITY, Math.ceil(taken / each))
      else if (each > 1) share = Math.min(share ?? 1, 1 / each)
    }
  }
  return rows === null && share === null ? null : { rows, share }
}

/** What each name of an assignment is given. */
function pairsOf(target: Expr | undefined, value: Expr): [Expr, Expr][] {
  if (target === undefined) return []
  if (target.type !== 'tuple') return [[target, value]]
  return value.type === 'tuple' && value.items.length === target.items.length
    ? target.items.map((one, index) => [one, value.items[index]!])
    : []
}

function textOf({ text }: PythonModule, { start, end }: Expr): string {
  return text.slice(start, end)
}

/** `data['train'].select(range(1000))`, `Subset(train_set, range(1000))`. */
function selectedFrom(python: PythonModule): number | null {
  const selections = [...python.methodCalls('select'), ...python.callsTo('torch.utils.data.Subset')]
  for (const call of selections) {
    const given = call.expr.args.at(call.method === 'select' ? 0 : 1)?.value
    const range = given === undefined ? null : python.callOf(given)
    if (range === null || python.text.slice(range.expr.callee.start, range.expr.callee.end) !== 'range')
      continue
    const { args } = range.expr
    const statement = python.text.slice(call.statement.start, call.expr.end)
    if (!/train/i.test(statement) || /\b(val|valid|validation|eval|test)\w*\s*=/i.test(statement)) continue
    const bounds = args.map(({ value }) => numberIn(python.fold(value)))
    const [first, second = null] = bounds
    if (bounds.length === 1 && first != null) return first
    if (bounds.length >= 2 && first != null && second !== null) return Math.max(0, second - first)
  }
  return null
}
