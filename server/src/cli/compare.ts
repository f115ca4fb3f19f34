/** `costlint compare A B`: two runs, or two groups of equal runs, and the decision rule. */
import { basename, resolve } from 'node:path'
import { type Decision, decide, mean, type Side, variance } from '../checklist/decision.js'
import { type ComparedRun, comparedRun, comparedRuns } from '../measured/runs-of-file.js'
import { lookUp } from '../text/records.js'
import { type Console, exit, UsageError } from './console.js'
import { storedRuns } from './evidence.js'
import { textOfFile } from './file-text.js'
import { harmless } from './format/width.js'

export interface CompareFlags {
  metric?: string
  cost?: string
  lowerIsBetter?: boolean
  higherIsBetter?: boolean
  /** Per cent. */
  tolerance: number
  worth?: number
  format: 'full' | 'json'
}

const lowerNames =
  /(^|[^a-z])(loss|error|err|perplexity|ppl|rmse|mae|mse|mape|wer|cer|fid|nll|bpb|latency)([^a-z]|$)/i
const costNames = ['usd', 'cost', 'cost_usd', 'usd_cost', 'total_cost', 'price', 'dollars']
const noMetric = /^(hours|seconds|epochs?|steps?|seed|runtime|.*_?runtime|.*timestamp)$/i

export async function compare(console: Console, a: string, b: string, flags: CompareFlags): Promise<number> {
  if (flags.lowerIsBetter === true && flags.higherIsBetter === true)
    throw new UsageError('--lower-is-better, --higher-is-better: only one of them can be given')
  const [before, after] = [await runsOf(console, a), await runsOf(console, b)]
  const cost = costOf(before, after, flags.cost)
  const metric = metricOf(before, after, flags.metric, cost?.name)
  const lowerIsBetter =
    flags.lowerIsBetter ?? (flags.higherIsBetter === true ? false : lowerNames.test(metric))
  const side = (runs: readonly ComparedRun[]): Side => ({
    metric: runs.flatMap(({ figures }) => lookUp(figures, metric) ?? []),
    cost: cost === null ? null : runs.flatMap((run) => cost.of(run) ?? []),
  })
  const sides = [side(before), side(after)] as const
  const decision = decide(...sides, {
    lowerIsBetter,
    tolerance: flags.tolerance / 100,
    worth: flags.worth ?? null,
  })
  if (flags.format === 'json') {
    const told = (one: Side) => ({
      metric: mean(one.metric),
      runs: one.metric.length,
      cost: one.cost === null ? null : mean(one.cost),
    })
    const data = {
      version: 1,
      metric,
      lowerIsBetter,
      cost: cost?.name ?? null,
      a: told(sides[0]),
      b: told(sides[1]),
      ...decision,
    }
    console.out(`${JSON.stringify(data, null, 2)}\n`)
    return exit.clean
  }
  console.out(drawn(metric, lowerIsBetter, cost?.name ?? null, sides, decision, console))
  return exit.clean
}

async function runsOf(console: Console, given: string): Promise<ComparedRun[]> {
  const records = await storedRuns(console)
  const known = records.filter(({ id, name }) => id === given || name === given)
  if (known.length > 0) return known.map(comparedRun)
  try {
    return comparedRuns(basename(given), await textOfFile(resolve(console.cwd, given)))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(
      `${given}: neither a run that was measured (costlint evidence list) nor a file with figures: ${message}`,
    )
  }
}

interface Cost {
  name: string
  of(run: ComparedRun): number | undefined
}

/** Money where all runs tell it, else hours. */
function costOf(
  a: readonly ComparedRun[],
  b: readonly ComparedRun[],
  given: string | undefined,
): Cost | null {
  const all = [...a, ...b]
  const has = (name: string) => all.every(({ figures }) => lookUp(figures, name) !== undefined)
  if (given !== undefined && !has(given)) throw new UsageError(`--cost: not all runs have "${given}"`)
  const name = given ?? costNames.find(has)
  if (name !== undefined) return { name, of: ({ figures }) => lookUp(figures, name) }
  return all.every(({ hours }) => hours !== null)
    ? { name: 'hours', of: ({ hours }) => hours ?? undefined }
    : null
}

function metricOf(
  a: readonly ComparedRun[],
  b: readonly ComparedRun[],
  given: string | undefined,
  cost: string | undefined,
): string {
  const all = [...a, ...b]
  const names = Object.keys(all[0]!.figures).filter((name) =>
    all.every(({ figures }) => lookUp(figures, name) !== undefined),
  )
  if (given !== undefined) {
    if (names.includes(given)) return given
    throw new UsageError(
      `--metric: not all runs have "${given}"; they have ${names.join(', ') || 'none in common'}`,
    )
  }
  const likely = names.filter((name) => name !== cost && !costNames.includes(name) && !noMetric.test(name))
  if (likely.length === 1) return likely[0]!
  throw new UsageError(
    likely.length === 0
      ? 'the runs have no metric in common'
      : `--metric: which one? ${likely.slice(0, 20).join(', ')}`,
  )
}

function drawn(
  metric: string,
  lowerIsBetter: boolean,
  cost: string | null,
  sides: readonly [Side, Side],
  { verdict, item, gain, noise, costChange }: Decision,
  { colors }: Console,
): string {
  const row = (name: string, values: readonly [readonly number[], readonly number[]], change: string) => {
    const [a, b] = values.map(valueText)
    return `  ${harmless(name)}: ${a} → ${b}${change === '' ? '' : `, ${change}`}`
  }
  const signed = (value: number) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${short(Math.abs(value))}`
  const raw = mean(sides[1].metric) - mean(sides[0].metric)
  const direction = lowerIsBetter ? 'lower is better' : 'higher is better'
  const spread = noise === null ? '' : `, equal runs differ by up to ${short(noise)}`
  const lines = [row(metric, [sides[0].metric, sides[1].metric], `${signed(raw)} (${direction}${spread})`)]
  if (cost !== null) {
    const change = costChange === null ? '' : `${signed(costChange * 100)} %`
    lines.push(row(cost, [sides[0].cost!, sides[1].cost!], change))
    const paid = mean(sides[1].cost!) - mean(sides[0].cost!)
    if (gain > 0 && paid > 0)
      lines.push(`  ${short(gain / paid)} gained for each unit of ${harmless(cost)} more`)
  }
  const head = harmless(verdict).split(':')
  const text = head.length > 1 ? `${colors.bold(`${head[0]}:`)}${head.slice(1).join(':')}` : verdict
  return `${text}${item === null ? '' : ` ${colors.dim(`(${item})`)}`}\n${lines.join('\n')}\n`
}

function valueText(values: readonly number[]): string {
  const spread = variance(values)
  return spread === null
    ? short(values[0]!)
    : `${short(mean(values))} ± ${short(Math.sqrt(spread))} (${values.length} runs)`
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)))
}
