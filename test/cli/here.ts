/** A command on a folder of its own, in this process and through the real engine. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Console, said, type Transcript } from '../../server/src/cli/console.js'
import { nodeEngine } from '../../server/src/cli/node-engine.js'
import { run } from '../../server/src/cli/program.js'

/** Commands that read projects. */
const reading = new Set(['baseline', 'check', 'checklist', 'cost', 'digest', 'estimate', 'graph', 'why'])

function uncached(args: readonly string[]): string[] {
  return reading.has(args[0] ?? '') ? [...args, '--no-cache'] : [...args]
}

/** What is done in the folder before and after the command, and what is different about the console. */
export interface Around {
  prepare?: (root: string) => void
  after?: (root: string) => void
  console?: Partial<Console>
}

export async function runHere(
  files: Record<string, string>,
  args: readonly string[],
  around: Around | ((root: string) => void) = {},
): Promise<Transcript> {
  const { prepare, after, console }: Around = typeof around === 'function' ? { prepare: around } : around
  return inFolder({ 'costlint.toml': '', ...files }, async (_, root) => {
    prepare?.(root)
    const said = await runAt(root, args, console)
    after?.(root)
    return said
  })
}

/** The first job that `costlint cost` bills. */
export async function billHere<Job>(files: Record<string, string>): Promise<Job> {
  const { out, code } = await runHere(files, ['cost', '--output-format', 'json'])
  assert.equal(code, 0)
  return JSON.parse(out).jobs[0]
}

/** Several commands on one folder. */
export async function inFolder<T>(
  files: Record<string, string>,
  use: (costlint: (...args: string[]) => Promise<Transcript>, root: string) => Promise<T>,
): Promise<T> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'costlint here ')))
  try {
    writeFiles(root, files)
    return await use((...args) => runAt(root, args), root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

export function writeFiles(root: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** A command in this folder. */
export async function runAt(
  cwd: string,
  args: readonly string[],
  other: Partial<Console> = {},
): Promise<Transcript> {
  return said(cwd, (console) => run(uncached(args), nodeEngine, console), other)
}
