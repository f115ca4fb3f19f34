/** Where a command writes: the two streams, the folder it runs in, and whether anybody watches. */
import picocolors from 'picocolors'

export type Colors = ReturnType<typeof picocolors.createColors>

export interface Console {
  out(text: string | Uint8Array): void
  err(text: string): void
  cwd: string
  /** All of standard input. */
  input(): Promise<Uint8Array>
  colors: Colors
  errColors: Colors
  /** Columns of the terminal that shows standard output; null: no terminal. */
  columns: number | null
  /** Standard error is a terminal that can redraw a line. */
  interactive: boolean
  /** Aborts on Ctrl-C. */
  signal: AbortSignal
}

/** `NO_COLOR` and `FORCE_COLOR` as everywhere; the first of them has the last word. */
function colors(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): Colors {
  if ((environment.NO_COLOR ?? '') !== '') return picocolors.createColors(false)
  const forced = environment.FORCE_COLOR ?? ''
  if (forced !== '') return picocolors.createColors(forced !== '0' && forced !== 'false')
  return picocolors.createColors(stream.isTTY === true && environment.TERM !== 'dumb')
}

/** The console of this process. Its streams outlive a reader that goes away (`costlint check | head`). */
export function processConsole(signal: AbortSignal): Console {
  const { stdout, stderr, stdin, env } = process
  const open = new Set<NodeJS.WriteStream>([stdout, stderr])
  for (const stream of open) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      open.delete(stream)
      if (error.code === 'EPIPE') return
      // A full disk: what was written is not all of it.
      process.exitCode = exit.failed
      if (stream === stdout) write(stderr, `costlint: standard output cannot be written: ${error.message}\n`)
    })
  }
  const write = (stream: NodeJS.WriteStream, text: string | Uint8Array) => {
    if (open.has(stream) && text.length > 0) stream.write(text)
  }
  return {
    out: (text) => write(stdout, text),
    err: (text) => write(stderr, text),
    cwd: process.cwd(),
    input: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks)
    },
    colors: colors(stdout, env),
    errColors: colors(stderr, env),
    columns: stdout.isTTY ? stdout.columns : null,
    interactive: stderr.isTTY === true && env.TERM !== 'dumb',
    signal,
  }
}

/** What a command has printed, and how it ended. */
export interface Transcript {
  out: string
  err: string
  code: number
}

/** Runs a command for a program: what it prints is text without colours, and nothing is typed into it. */
export async function said(
  cwd: string,
  run: (console: Console) => Promise<number>,
  other: Partial<Console> = {},
): Promise<Transcript> {
  const decoder = new TextDecoder()
  let out = ''
  let err = ''
  const plain = picocolors.createColors(false)
  const code = await run({
    out: (text) => {
      out += typeof text === 'string' ? text : decoder.decode(text)
    },
    err: (text) => {
      err += text
    },
    cwd,
    input: async () => new Uint8Array(),
    colors: plain,
    errColors: plain,
    columns: null,
    interactive: false,
    signal: new AbortController().signal,
    ...other,
  })
  return { out, err, code }
}

/** Wrong usage: the message goes to standard error, and the command ends with 2. */
export class UsageError extends Error {}

/** `budget`: something costs more than `[budget]` allows. */
export const exit = { clean: 0, findings: 1, failed: 2, budget: 3, interrupted: 130 } as const
