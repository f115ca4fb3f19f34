/** Command lines that put all work on one device, by its number. */
import { lookUp } from '../text/records.js'
import type { LaunchValue } from '../workload/claim.js'
import { flagOf, type LaunchParts } from './launch-parts.js'

interface Tool {
  /** The flags that say on which device it computes, or on how many. */
  device?: string[]
  count?: string[]
  /** A file that may say so as well. */
  file?: string
  /** It computes on the processor unless it is told a device. */
  onProcessor?: true
}

/**
 * Tools that compute on one device. Sources: spaCy, cli/train.py (`--gpu-id` is -1 by default); docs.ultralytics.com/usage/cfg, 8.3;
 * nnUNetv2_train --help, 2.5; colabfold_batch --help, 1.5; MACE, tools/arg_parser.py (`--device` is cpu by default).
 */
const tools: Record<string, Tool> = {
  spacy: { device: ['gpu-id'], onProcessor: true },
  yolo: { device: ['device'], file: 'cfg' },
  nnUNetv2_train: { count: ['num_gpus'] },
  colabfold_batch: {},
  mace_run_train: { device: ['device'], count: ['distributed'], onProcessor: true },
}

const anyDevice = /^(gpu|cuda|device)([-_]?(ids?|index|idx|devices?|num(ber)?|to[-_]use))?$/
const first = /^(?:cuda:)?(\d+)$/

/**
 * The number of the only device that a launch is told to use, or uses unless it is told; null: it cannot be read; undefined: nothing
 * says that it is one.
 */
export function deviceOf({ launcher, flags, complete }: LaunchParts): string | null | undefined {
  const tool = lookUp(tools, launcher)
  if (tool !== undefined) {
    const counted = flagOf(flags, ...(tool.count ?? []))
    if (counted !== undefined && counted.value !== '1') return undefined
    const given = flagOf(flags, ...(tool.device ?? []))
    if (given !== undefined) return given.value === 'cuda' ? '0' : indexOf(given)
    return complete &&
      tool.onProcessor !== true &&
      (tool.file === undefined || flagOf(flags, tool.file) === undefined)
      ? '0'
      : undefined
  }
  if (launcher !== 'python' && launcher !== 'srun') return undefined
  const named = Object.entries(flags).filter(([name]) => anyDevice.test(name))
  const [only] = named
  if (only === undefined || named.length > 1) return undefined
  const device = indexOf(only[1])
  // `--gpus 4` may count; none is no count that anybody trains with.
  return device === '0' ||
    device === null ||
    /^cuda:/.test(String(only[1].value)) ||
    /id|ind|idx/.test(only[0])
    ? device
    : undefined
}

function indexOf({ value, more = [] }: LaunchValue & { more?: unknown[] }): string | null | undefined {
  if (value === null) return null
  return more.length > 0 ? undefined : first.exec(String(value))?.[1]
}
