/** Files that a program loads data from, as it names them. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, numberArgument } from '../../values/argument.js'

/** Libraries that read a table from one file, and the name of their first argument. */
const tables: [RegExp, string][] = [
  [/^pandas\.read_(csv|table)$/, 'filepath_or_buffer'],
  [/^pandas\.read_json$/, 'path_or_buf'],
  [/^polars\.(read|scan)_(csv|ndjson)$/, 'source'],
  [/^polars\.read_json$/, 'source'],
  [/^datasets\.Dataset\.from_(csv|json|text)$/, 'path_or_paths'],
  [/^numpy\.(loadtxt|genfromtxt)$/, 'fname'],
]

/** What can be counted. */
const countable = /\.(csv|tsv|txt|jsonl|ndjson|json)$/i
const evaluates = /(^|[^a-z])(val|valid|validation|dev|test|eval)([^a-z]|$)/i

export interface NamedFiles {
  files: string[]
  /** By what they are called, where nothing else says it. */
  part: 'training' | 'other'
  /** So many rows at most; null: all of them. */
  rows: number | null
}

/** Null: the call reads no table from files, or their names are not known. */
export function filesRead(python: PythonModule, call: Call): NamedFiles | null {
  const { name } = call
  const argument = tables.find(([pattern]) => name !== null && pattern.test(name))?.[1]
  if (argument === undefined) return null
  const files = namesIn(knownArgument(python.argument(call, argument, 0)))
  return files && { files, part: partOf(files), rows: numberArgument(python.argument(call, 'nrows', null)) }
}

const writers = ['save_to_disk', 'to_parquet', 'to_pickle', 'to_feather', 'to_csv', 'to_json']

/** What the program has written there itself, of data that another call loads: `if not exists(path): … save_to_disk(path)`. */
export function isOwnCopy(python: PythonModule, call: Call): boolean {
  const path = firstText(python, call)
  if (path === null) return false
  return writers.some((method) => python.methodCalls(method).some((one) => firstText(python, one) === path))
}

/** The first argument, as text that is known or as the code writes it. */
function firstText(python: PythonModule, { expr }: Call): string | null {
  const given = expr.args[0]?.value
  if (given === undefined) return null
  const folded = python.fold(given)
  return folded.state === 'known' && typeof folded.value === 'string'
    ? folded.value
    : python.text.slice(given.start, given.end)
}

/** `load_dataset('json', data_files={'train': 'train.jsonl'})`; `split`: what the call wants of it. */
export function filesOfLoader(python: PythonModule, call: Call, split: string | null): string[] | null {
  const given = knownArgument(python.argument(call, 'data_files', 3))
  const folder = knownArgument(python.argument(call, 'data_dir', 2))
  const key = split?.replace(/\[.*/, '') ?? 'train'
  const chosen =
    typeof given === 'object' && given !== null && !Array.isArray(given) ? lookUp(given, key) : given
  const names = namesIn(chosen)
  if (names === null) return null
  return typeof folder === 'string' ? names.map((one) => `${folder}/${one}`) : names
}

function namesIn(value: Json | undefined): string[] | null {
  const list = Array.isArray(value) ? value : [value]
  const names = list.filter((one): one is string => typeof one === 'string' && countable.test(one))
  return names.length === 0 || names.length < list.length ? null : names
}

function partOf(files: readonly string[]): NamedFiles['part'] {
  const names = files.map((path) => path.slice(path.lastIndexOf('/') + 1))
  return names.every((name) => evaluates.test(name) && !/train/i.test(name)) ? 'other' : 'training'
}
