/** `costlint estimate`: the memory of each training, item by item, and whether it fits the machine that it runs on. */

import { isHardware } from '../catalog/instances.js'
import { between, number, seconds } from '../estimate/figures.js'
import { formatUsd } from '../estimate/hourly.js'
import type { TrainingEstimate } from '../linter.js'
import { type Colors, type Console, exit, UsageError } from './console.js'
import { eachProject } from './each-project.js'
import type { Engine } from './engine.js'
import { harmless, textWidth } from './format/width.js'

export interface EstimateFlags {
  format: 'full' | 'json'
  gpu?: string
}

/** Shown wherever numbers are. */
const accuracy =
  'Against 26 published measurements that nothing was fitted to, the expected figure is off by 9 % on average; most lie in the range.'

export async function showEstimates(
  engine: Engine,
  console: Console,
  paths: readonly string[],
  { format, gpu }: EstimateFlags,
): Promise<number> {
  if (gpu !== undefined && !isHardware(gpu))
    throw new UsageError(`--gpu: "${gpu}" is neither an accelerator nor a machine type of the catalog`)
  const estimates: TrainingEstimate[] = []
  await eachProject(engine, paths, console.cwd, async (project, { display, within }) => {
    for (const one of await project.estimates(gpu === undefined ? {} : { gpu })) {
      if (!within(one.path)) continue
      const placed = (from: string) =>
        from.replace(
          /^(default of )?(.*):(\d+)$/,
          (_, word: string | undefined, path: string, line: string) => {
            return `${word ?? ''}${display(path)}:${line}`
          },
        )
      estimates.push({
        ...one,
        path: display(one.path),
        job: one.job === null ? null : placed(one.job),
        inputs: one.inputs.map((input) => ({ ...input, from: placed(input.from) })),
      })
    }
  })
  console.out(
    format === 'json'
      ? `${JSON.stringify({ version: 1, unit: 'bytes', estimates }, null, 2)}\n`
      : drawn(estimates, console.colors),
  )
  return exit.clean
}

function drawn(estimates: readonly TrainingEstimate[], colors: Colors): string {
  if (estimates.length === 0) return 'No training found.\n'
  const blocks = estimates.map((one) => block(one, colors))
  // What follows from arithmetic alone was not measured like that.
  const shown = estimates.some(
    ({ memory, inputs }) => memory !== null && !inputs.some(({ name }) => name === 'layers'),
  )
  return `${blocks.join('\n\n')}\n${shown ? `\n${colors.dim(accuracy)}\n` : ''}`
}

function block(one: TrainingEstimate, colors: Colors): string {
  const size = one.parameters === null ? '' : `, ${millions(one.parameters)} parameters`
  const name = one.model === null ? 'model not known' : harmless(one.model)
  const lines = [
    `${colors.bold(`${harmless(one.path)}:${one.cell === null ? '' : `cell ${one.cell}:`}${one.line}`)} ${name}${size}`,
  ]
  if (one.job !== null) lines.push(`  launched at ${harmless(one.job)}`)
  if (one.memory === null) {
    lines.push(`  ${colors.yellow('no estimate')}: not known is ${one.missing.map(harmless).join('; ')}`)
    if (one.inputs.length > 0) lines.push(...readFrom(one))
    return lines.join('\n')
  }
  lines.push(...table(one.memory, colors), '', ...readFrom(one))
  if (one.machine !== null) lines.push('', ...machine(one.machine, one.memory, colors))
  return lines.join('\n')
}

function millions(parameters: number): string {
  if (parameters < 1e6) return `${Math.round(parameters / 1e3)} k`
  if (parameters < 1e9) return `${Math.round(parameters / 1e6)} M`
  return `${(parameters / 1e9).toFixed(parameters < 1e10 ? 1 : 0)} B`
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`

function table(memory: NonNullable<TrainingEstimate['memory']>, colors: Colors): string[] {
  const rows: [string, number][] = memory.items.map(({ name, bytes }) => [name, bytes])
  const width = Math.max(...rows.map(([name]) => textWidth(name)), 'expected'.length)
  const line = (name: string, bytes: number) => `  ${name.padEnd(width)}  ${gib(bytes).padStart(11)}`
  return [
    ...rows.map(([name, bytes]) => line(name, bytes)),
    colors.bold(line('expected', memory.expected)),
    `  between ${gib(memory.low)} and ${gib(memory.high)}, ${memory.moment}`,
  ]
}

function readFrom(one: TrainingEstimate): string[] {
  const width = Math.max(...one.inputs.map(({ name }) => name.length))
  const value = Math.max(...one.inputs.map((input) => textWidth(harmless(input.value))))
  return one.inputs.map(({ name, value: text, from }) => {
    const shown = harmless(text)
    const space = ' '.repeat(value - textWidth(shown))
    return `  ${name.padEnd(width)}  ${shown}${space}  ${harmless(from)}`
  })
}

function dated({ asOf, old }: { asOf: string; old: boolean }): string {
  if (asOf === '') return 'own price'
  return old ? `${asOf}, more than half a year old` : asOf
}

function machine(
  one: NonNullable<TrainingEstimate['machine']>,
  memory: NonNullable<TrainingEstimate['memory']>,
  colors: Colors,
): string[] {
  const count = one.gpus !== null && one.gpus > 1 ? `${one.gpus} × ` : ''
  const what = one.type === null ? one.gpu : `${harmless(one.type)} (${count}${one.gpu})`
  const percent = Math.round((100 * memory.expected) / one.usable)
  const colour =
    one.verdict === 'does not fit' ? colors.red : one.verdict === 'tight' ? colors.yellow : colors.green
  const usd = one.price?.onDemand
  const money =
    usd == null
      ? ''
      : ` · ${formatUsd(usd)}/h ${one.price!.block ? 'as a Capacity Block' : 'on demand'} in ${one.price!.region} (${dated(one.price!)})`
  const lines = [`  ${what}: ${colour(one.verdict)}, ${percent} % of ${gib(one.usable)} usable${money}`]
  if (one.step !== null) {
    const { seconds: took, samplesPerSecond: speed } = one.step
    lines.push(
      `  a step takes ${between(seconds(took.low), seconds(took.high))}, ${number(speed.low)}–${number(speed.high)} samples/s on each GPU, if no data is waited for`,
    )
  }
  if (one.enough !== null) {
    const { type, gpu, memoryGB, onDemand, slowdown } = one.enough
    lines.push(
      `  enough would be ${type} (${gpu}, ${memoryGB} GB) at ${formatUsd(onDemand)}/h${slowdown === null || slowdown < 1.2 ? '' : `; its peak is ${slowdown.toFixed(1)} times lower`}`,
    )
  }
  if (one.verdict === 'tight' || one.verdict === 'does not fit') {
    lines.push(
      one.ways.length === 0
        ? '  no single device of this kind holds it'
        : '  what would make it fit, the cheapest change first:',
    )
    for (const way of one.ways) {
      const text = way.changes.map(({ change, cost }) => `${change} (${cost})`).join(' + ')
      lines.push(`    ${gib(way.expected).padStart(10)}  ${text}`)
    }
  }
  return lines
}
