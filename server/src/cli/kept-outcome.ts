/** A check that would see what it saw before prints what it printed before. */
import { homedir, tmpdir } from 'node:os'
import { noteInputs } from '../host/node/inputs.js'
import { keepOutcome, keptOutcome } from '../host/node/outcomes.js'
import { type Console, processConsole } from './console.js'
import type { CheckOptions } from './options.js'

/** Everything but the disk that decides what a check prints. */
function command(args: readonly string[], { cwd, columns, interactive }: Console): unknown[] {
  const { env, stdout, stderr } = process
  const settings = Object.entries(env).filter(([name]) =>
    /^(COSTLINT_\w+|NO_COLOR|FORCE_COLOR|TERM)$/.test(name),
  )
  return [
    args,
    cwd,
    [columns, interactive, stdout.isTTY === true, stderr.isTTY === true],
    settings.sort(([a], [b]) => (a < b ? -1 : 1)),
    [homedir(), tmpdir()],
    // Prices and measurements have an age.
    new Date().toISOString().slice(0, 10),
  ]
}

/** Prints the kept outcome of this command. False: there is none. */
export function replay(args: readonly string[]): boolean {
  if (args[0] !== 'check' || args.includes('--no-cache')) return false
  const console = processConsole(new AbortController().signal)
  let outcome: ReturnType<typeof keptOutcome>
  try {
    outcome = keptOutcome(command(args, console))
  } catch {
    return false
  }
  if (outcome === undefined) return false
  for (const { stream, text } of outcome.printed) console[stream](text)
  process.exitCode ??= outcome.code
  return true
}

/** Runs a check, and keeps what it prints where the disk alone decides that. */
export async function kept(
  options: CheckOptions,
  console: Console,
  run: (console: Console) => Promise<number>,
): Promise<number> {
  if (!isRepeatable(options)) return run(console)
  const inputs = noteInputs()
  const printed: { stream: 'out' | 'err'; text: string }[] = []
  const say = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
    printed.push({ stream, text: typeof text === 'string' ? text : new TextDecoder().decode(text) })
    if (stream === 'out') console.out(text)
    else console.err(text as string)
  }
  const code = await run({ ...console, out: say('out'), err: say('err') })
  if (code !== 2 && !inputs.isUnclear && !console.signal.aborted)
    keepOutcome(command(process.argv.slice(2), console), inputs.all, { printed, code })
  return code
}

/** Others write, wait, read standard input, or ask git. */
function isRepeatable(options: CheckOptions): boolean {
  const { fix, diff, watch, stdin, since, outputFile, files, pathsFrom } = options
  const isAlone =
    outputFile === undefined && files.length === 0 && pathsFrom === undefined && since === undefined
  return isAlone && fix === 'none' && !diff && !watch && !stdin
}
