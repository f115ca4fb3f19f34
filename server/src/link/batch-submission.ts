/** `sbatch --gres=gpu:4 --wrap="srun python train.py"`: a job that the command line describes whole. Source: sbatch manual, 24.05. */
import type { ShellWord } from '../config/shell-facts.js'
import { define } from '../text/records.js'
import { readOptions } from './launch-options.js'
import type { LaunchFlag } from './launch-parts.js'
import { table } from './option-table.js'

export const submissionOptions = table(
  'job-name partition time account qos nodes ntasks cpus-per-task gpus output error dependency array chdir nodelist exclude constraint ' +
    'licenses mem mem-per-cpu mem-per-gpu gres export begin mail-type mail-user ntasks-per-node gpus-per-node gpus-per-task cpus-per-gpu ' +
    'comment reservation signal wrap clusters deadline gpu-bind hint open-mode nice',
  'parsable wait hold requeue no-requeue test-only quiet verbose contiguous overcommit oversubscribe ' +
    'exclusive spread-job use-min-nodes no-kill ignore-pbs help usage version W H Q v O s V',
  {
    J: 'job-name',
    p: 'partition',
    t: 'time',
    A: 'account',
    q: 'qos',
    N: 'nodes',
    n: 'ntasks',
    c: 'cpus-per-task',
    G: 'gpus',
    o: 'output',
    e: 'error',
    d: 'dependency',
    a: 'array',
    D: 'chdir',
    w: 'nodelist',
    x: 'exclude',
    C: 'constraint',
    L: 'licenses',
    M: 'clusters',
  },
)

export interface WrappedJob {
  flags: Record<string, Omit<LaunchFlag, 'location'>>
  complete: boolean
  /** What the job runs, as a word of its own. */
  script: ShellWord
}

/** @param words behind `sbatch`. Null: a batch script is submitted, or nothing. */
export function wrappedJob(words: ShellWord[]): WrappedJob | null {
  const flags: WrappedJob['flags'] = {}
  const { complete } = readOptions(words, submissionOptions, [], (name, flag) => {
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
