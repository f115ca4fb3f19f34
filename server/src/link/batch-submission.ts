/** `sbatch --gres=gpu:4 --wrap="srun python train.py"`: a job that the command line describes whole. */
import type { ShellWord } from '../config/shell-facts.js'
import { define } from '../text/records.js'
import { readOptions } from './launch-options.js'
import type { LaunchFlag } from './launch-parts.js'
import { sbatchOptions } from './slurm-options.js'

export interface WrappedJob {
  flags: Record<string, Omit<LaunchFlag, 'location'>>
  complete: boolean
  /** What the job runs, as a word of its own. */
  script: ShellWord
}

/** @param words behind `sbatch`. Null: a batch script is submitted, or nothing. */
export function wrappedJob(words: ShellWord[]): WrappedJob | null {
  const flags: WrappedJob['flags'] = {}
  const { complete } = readOptions(words, sbatchOptions, [], (name, flag) => {
    define(flags, name, flag)
  })
  const span = flags.wrap?.valueSpan
  const word = words.find(({ start, end }) => span != null && start <= span.start && span.end <= end)
  if (span == null || word === undefined) return null
  delete flags.wrap
  // `--wrap="…"` is one word.
  const raw = word.raw.slice(span.start - word.start)
  const within = (text: string) => text.slice(text.indexOf('=') + 1)
  const attached = span.start > word.start
  const { text, outline } = word
  return {
    flags,
    complete,
    script: attached
      ? {
          ...word,
          raw,
          text: text === null ? null : within(text),
          ...(outline === undefined ? {} : { outline: within(outline) }),
          start: span.start,
        }
      : word,
  }
}
