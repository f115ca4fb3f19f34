/** A command on a folder of its own, in this process and through the real engine. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import picocolors from 'picocolors'
import type { Console } from '../../server/src/cli/console.js'
import { nodeEngine } from '../../server/src/cli/node-engine.js'
import { run } from '../../server/src/cli/program.js'

export interface Said {
  out: string
  err: string
  code: number
}

/** Commands that read projects. */
const reading = new Set(['check', 'checklist', 'cost', 'digest', 'estimate', 'graph', 'why'])

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
): Promise<Said> {
  const {
    prepare,
    after,
    console: other,
  }: Around = typeof around === 'function' ? { prepare: around } : around
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'costlint here ')))
  try {
    for (const [path, text] of Object.entries({ 'costlint.toml': '', ...files })) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    prepare?.(root)
    let out = ''
    let err = ''
    const colors = picocolors.createColors(false)
    const console: Console = {
      out: (text) => {
        out += String(text)
      },
      err: (text) => {
        err += text
      },
      cwd: root,
      input: async () => new Uint8Array(),
      colors,
      errColors: colors,
      columns: null,
      interactive: false,
      signal: new AbortController().signal,
      ...other,
    }
    const code = await run(uncached(args), nodeEngine, console)
    after?.(root)
    return { out, err, code }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
