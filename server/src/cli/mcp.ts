/** `costlint mcp`: what coding agents may ask, answered by the other commands. */
import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { userCache } from '../host/node/answer-folder.js'
import { version } from '../host/node/version.js'
import { type Console, exit, said, UsageError } from './console.js'
import type { Engine } from './engine.js'
import { run } from './program.js'

export async function serveMcp(engine: Engine, console: Console, folder: string): Promise<number> {
  const root = await realpath(resolve(console.cwd, folder)).catch(() => {
    throw new UsageError(`no such folder: ${folder}`)
  })
  // Projects begin at the root at the highest, and what is kept about them lies outside of it.
  process.env.COSTLINT_CEILING = root
  if ((process.env.COSTLINT_CACHE_DIR ?? '') === '') process.env.COSTLINT_CACHE_DIR = join(userCache(), 'mcp')
  // What is kept of a check is found again by the command line alone.
  const { kept: _, ...asked } = engine
  const { serve } = await engine.mcp()
  await serve({
    version,
    root,
    ask: (args, signal) => said(root, (own) => run(args, asked, own), { signal }),
    allowed: (path) => allowed(root, path),
  })
  return exit.clean
}

/** Links are followed before it is asked where a path leads. */
async function allowed(root: string, path: string): Promise<{ path: string } | { refused: string }> {
  // "-" is standard input for a command.
  const full = resolve(root, path)
  const real = await realpath(full).catch(() => undefined)
  const within = (one: string) => {
    const way = relative(root, one)
    return !way.startsWith('..') && !isAbsolute(way)
  }
  if (!within(full) || (real !== undefined && !within(real))) return { refused: `is outside of ${root}` }
  if (real === undefined) return { refused: 'no such file or folder' }
  return { path: real }
}
