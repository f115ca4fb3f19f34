/** Rewrites cases with the Python programs of `rewritings`; nothing of the cases is run. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DrawnCase } from './drawn-cases.js'

export interface Variation {
  /** The id of its case. */
  case: string
  /** What was done, in this order; only `unchanged` for the case as Python prints it, which comes first. */
  rewritings: string[]
  files: Record<string, string>
}

export interface Wanted {
  /** Names of rewritings; all where there is none. */
  only: string[]
  /** Chains of several rewritings for each case, instead of single ones. */
  chains: number
  seed: string
}

// The same path from the bundle in `.tmp`.
const program = fileURLToPath(new URL('../../test/variations/rewritings', import.meta.url))

/** A reason that whoever runs the tool can do something about. */
export class CannotRewrite extends Error {}

/** The variations of the cases, those of a case one after the other. */
export async function* rewrite(
  cases: readonly DrawnCase[],
  wanted: Wanted,
  python = 'python3',
): AsyncGenerator<Variation> {
  const child = spawn(python, ['-B', '-X', 'utf8', program])
  const started = once(child, 'spawn')
  const ended = once(child, 'close')
  // Both fail where it cannot be started, and its input fails where it ends early; each is told below.
  ended.catch(() => {})
  child.stdin.on('error', () => {})
  try {
    await started
  } catch {
    throw new CannotRewrite(`${python} cannot be started: the rewritings need Python 3.9 or newer`)
  }
  let complaint = ''
  child.stderr.on('data', (text) => {
    complaint += text
  })
  child.stdin.end(JSON.stringify({ cases, ...wanted }))
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Variation
  const [status] = await ended
  if (status !== 0) throw new CannotRewrite(complaint.trim())
}
