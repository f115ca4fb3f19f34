/** Calls that read a part of a file, or read it as it is. */
import type { Call } from './module.js'

/** Among the calls of a function, behind the name of what reads a file: it reads a part of it, or as it is. */
export const ofPart = ' of a part'

/** Of these calls it is known whether they read a part. */
export const tellsOfParts = /^(librosa\.(core\.)?load|pandas\.read_\w+)$/

/** `librosa.load(path, duration=3)`, `librosa.load(path, sr=None)`, `pandas.read_csv(path, nrows=5)`. */
export function takesPart({ name, expr: { args } }: Call): boolean {
  if (name === null || !tellsOfParts.test(name)) return false
  return args.some(
    (one) =>
      /^(offset|duration|nrows|chunksize|skiprows|usecols)$/.test(one.name ?? '') ||
      (one.name === 'sr' && one.value.type === 'constant' && one.value.value === null),
  )
}
