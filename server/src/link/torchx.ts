/**
 * `torchx run`: a component of TorchX, its options and the command that it runs on each node. Sources:
 * torchx/cli/cmd_run.py and torchx/components/{dist,utils}.py of TorchX 0.7.
 */
import type { ShellWord } from '../config/shell-facts.js'
import type { Span } from '../text/location.js'
import { define, lookUp } from '../text/records.js'
import { readOptions } from './launch-options.js'
import { table } from './option-table.js'

export interface TorchxOption {
  /** Null: not readable. */
  value: string | boolean | null
  span: Span
  valueSpan: Span | null
}

export interface TorchxRun {
  component: 'dist.ddp' | 'dist.spmd' | 'utils.python'
  /** What is shown for the component itself. */
  place: Span
  /** Options before the component: `scheduler`, `scheduler-args`, `dryrun`. */
  run: Record<string, TorchxOption>
  /** Options of the component: `j`, `gpu`, `h`. */
  options: Record<string, TorchxOption>
  /** False where some options cannot be read: absent ones are then unknown. */
  complete: boolean
  /** Null: not readable, or as many as there are (`1:4x8`). */
  nodes: number | null
  /** Arguments of the program. */
  rest: ShellWord[]
}

const runOptions = table(
  's scheduler cfg scheduler-args workspace buck-target parent-run-id',
  'dryrun wait log tee-logs stdin',
  { s: 'scheduler', cfg: 'scheduler-args' },
  true,
)
const componentOptions = table(
  'script m image name h cpu gpu memMB j env max-retries rdzv-port rdzv-backend rdzv-conf mounts debug tee num-replicas c',
  '',
  {},
  true,
)
const components: Record<string, TorchxRun['component']> = {
  'dist.ddp': 'dist.ddp',
  'dist.spmd': 'dist.spmd',
  spmd: 'dist.spmd',
  'utils.python': 'utils.python',
}

/** Null: no `torchx run` of a component that is known. `words` begin with the command. */
export function torchxRun(words: ShellWord[]): TorchxRun | null {
  const [first, second] = words
  if (second?.text !== 'run' || !/(^|\/)torchx$/.test(first?.text ?? '')) return null
  let rest = words.slice(2)
  let complete = true
  const take = (known: typeof runOptions): Record<string, TorchxOption> => {
    const found: Record<string, TorchxOption> = {}
    const read = readOptions(rest, known, [], (name, { value, span, valueSpan }) => {
      if (known.values.has(name.replace(/_/g, '-')) || known.flags.has(name.replace(/_/g, '-')))
        define(found, name.replace(/_/g, '-'), { value, span, valueSpan })
    })
    complete &&= read.complete
    rest = rest.slice(read.end)
    return found
  }
  const run = take(runOptions)
  const [name] = rest
  const component = lookUp(components, name?.text ?? '')
  if (name === undefined || component === undefined) return null
  rest = rest.slice(1)
  const options = take(componentOptions)
  const place = { start: first!.start, end: name.end }
  return { component, place, run, options, complete, nodes: sizeOf(component, options.j).nodes, rest }
}

interface Size {
  nodes: number | null
  /** Per node; 0: one for each device; null: not readable. */
  processes: number | null
}

/** `2x4`: nodes and processes on each. */
function sizeOf(component: TorchxRun['component'], option: TorchxOption | undefined): Size {
  if (component === 'utils.python') return { nodes: null, processes: 1 }
  if (option === undefined) return { nodes: 1, processes: component === 'dist.ddp' ? 2 : 1 }
  if (typeof option.value !== 'string') return { nodes: null, processes: null }
  const [, least, most, each] = /^(?:(\d+):)?(\d+)(?:x(\d+))?$/.exec(option.value) ?? []
  if (most === undefined) {
    const processes = /x(\d+)$/.exec(option.value)?.[1]
    return { nodes: null, processes: processes === undefined ? null : Number(processes) }
  }
  const nodes = least === undefined || least === most ? Number(most) : null
  return { nodes, processes: each === undefined ? (component === 'dist.spmd' ? 0 : null) : Number(each) }
}

/** The command that the component runs on each node, at the places of what says so; null: no program. */
export function torchxCommand(
  words: ShellWord[],
): { words: ShellWord[]; environment: { name: string; value: string; span: Span }[] } | null {
  const run = torchxRun(words)
  if (run === null || run.run.dryrun !== undefined) return null
  const { options, component, place, rest } = run
  const at = (text: string | null, { start, end }: Span): ShellWord => ({
    text,
    raw: text ?? '$',
    start,
    end,
  })
  const wordOf = ({ value, valueSpan, span }: TorchxOption): ShellWord =>
    words.find((one) => one.start === valueSpan?.start) ??
    at(typeof value === 'string' ? value : null, valueSpan ?? span)
  const program =
    options.script !== undefined
      ? [wordOf(options.script)]
      : options.m !== undefined
        ? [at('-m', options.m.span), wordOf(options.m)]
        : null
  if (program === null) return null
  const environment = (typeof options.env?.value === 'string' ? options.env.value.split(/[,;]/) : []).flatMap(
    (one) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(one) ?? []
      return name === undefined ? [] : [{ name, value: value!, span: options.env!.span }]
    },
  )
  if (component === 'utils.python') return { words: [at('python', place), ...program, ...rest], environment }
  const size = options.j ?? { span: place, valueSpan: null }
  const shown = size.valueSpan ?? size.span
  const { nodes, processes } =
    run.complete || options.j !== undefined ? sizeOf(component, options.j) : { nodes: null, processes: null }
  const count = (flag: string, value: number | string | null): ShellWord[] => [
    at(flag, shown),
    at(value === null ? null : String(value), shown),
  ]
  return {
    words: [
      at('torchrun', place),
      ...count('--nnodes', nodes),
      ...count('--nproc-per-node', processes === 0 ? 'gpu' : processes),
      ...program,
      ...rest,
    ],
    environment,
  }
}

/** Schedulers that run it where it is started, on whatever is there. */
const local = /^local|^ray$/

/** The scheduler of machines that the command asks for; null: it asks for none, or which it is cannot be read. */
export function torchxScheduler(run: TorchxRun): string | null {
  const { value } = run.run.scheduler ?? { value: null }
  return typeof value !== 'string' || local.test(value) || run.run.dryrun !== undefined ? null : value
}
