/** Data sets that are known by name: how many samples and tokens they hold. */
import data from './datasets.json' with { type: 'json' }
import { NameIndex } from './name-index.js'

export interface KnownDataset {
  name: string
  /** 'image-classification', 'detection', 'lm', 'speech' … */
  kind: string
  /** Samples; null: not known, or not made of samples. */
  train: number | null
  validation: number | null
  test: number | null
  /** Tokens of the training split, about; null: not known, or no text. */
  tokens: number | null
  /** Tokens of one text on average, about, both sides of a translation; null: not known, or no texts. */
  meanTokens: number | null
  /** Seconds of one clip on average, about; null: not known, or no audio. */
  meanSeconds: number | null
  /** Columns that a table has beside its target; null: not known, or no table. */
  columns: number | null
  /** Pixels of an edge of its pictures, where all are of one size; null: they differ, or it holds none. */
  edge: number | null
  /** Compared with a public source by a person. */
  checked: boolean
}

type Row = [
  name: string,
  ids: string,
  kind: number,
  train: number | null,
  validation: number | null,
  test: number | null,
  tokens: number | null,
  checked: number,
  meanTokens: number | null,
  meanSeconds: number | null,
  columns: number | null,
  edge: number | null,
]
type TailRow = [name: string, kind: number, train: number, tokens: number | null]

/** As it is distributed, and the place of its data set among `datasets`. */
type FileRow = [file: string, place: number]

const tables = data as unknown as { kinds: string[]; datasets: Row[]; tail: TailRow[]; files: FileRow[] }

/** Kinds whose samples are texts. */
const texts = /^(text-classification|qa|instruction|preference|translation)$/

/** One key for all spellings: 'CIFAR-10', 'cifar10', 'glue/mrpc' and 'GLUE MRPC'. */
function normal(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

let index: NameIndex<KnownDataset> | undefined

function indexed(): NameIndex<KnownDataset> {
  if (index !== undefined) return index
  index = new NameIndex(normal)
  const known = tables.datasets.map(
    ([name, ids, kind, train, validation, test, tokens, checked, meanTokens, meanSeconds, columns, edge]) => {
      const one: KnownDataset = {
        name,
        kind: tables.kinds[kind]!,
        train,
        validation,
        test,
        tokens,
        meanTokens,
        meanSeconds,
        columns,
        edge,
        checked: checked === 1,
      }
      return { one, names: [name, ...ids.split('|')] }
    },
  )
  // Exact spellings of what people looked over come first.
  for (const { one, names } of known) for (const each of names) index.add(each, one)
  for (const { one, names } of known) for (const each of names) index.addNormal(each, one)
  for (const [name, kind, train, tokens] of tables.tail) {
    const one: KnownDataset = {
      name,
      kind: tables.kinds[kind]!,
      train,
      validation: null,
      test: null,
      tokens,
      meanTokens: texts.test(tables.kinds[kind]!) && tokens !== null ? Math.round(tokens / train) : null,
      meanSeconds: null,
      columns: null,
      edge: null,
      checked: false,
    }
    index.add(name, one)
    index.addNormal(name, one)
  }
  return index
}

/**
 * The data set of this name, as code or people spell it: `torchvision.datasets.CIFAR10`, `glue/mrpc`, `tfds:mnist`,
 * 'SQuAD v1.1'. Undefined: not known; a path on disk is not.
 */
export function dataset(name: string): KnownDataset | undefined {
  const text = name.trim()
  if (text === '' || text.length > 120 || /^[./~]|\\|:\/\//.test(text)) return undefined
  const keys = indexed()
  return keys.get(text) ?? keys.get(normal(text)) ?? keys.get(normal(text.replace(/\s*\([^)]*\)$/, '')))
}

/** Files and folders under which data sets are distributed: 'cifar-10-batches-py', 'IMDB Dataset.csv', a name at Kaggle. */
export const distributedFiles: string[] = tables.files.map(([file]) => file)

let byFile: Map<string, string> | undefined

/** The data set that a path leads into by the names of its folders and file; undefined: none that is known. */
export function datasetNameOfPath(path: string): string | undefined {
  byFile ??= new Map(tables.files.map(([file, place]) => [file.toLowerCase(), tables.datasets[place]![0]]))
  for (const part of path.toLowerCase().split(/[/\\]/)) {
    const found = byFile.get(part) ?? byFile.get(part.replace(/\.(zip|tgz|tar|tar\.gz|gz)$/, ''))
    if (found !== undefined) return found
  }
  return undefined
}
