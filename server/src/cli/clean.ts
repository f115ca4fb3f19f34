/** `costlint clean`: what runs have kept about a project is thrown away. */
import { type Console, exit } from './console.js'
import type { Engine } from './engine.js'
import { targets } from './roots.js'

export async function clean(engine: Engine, console: Console, paths: string[]): Promise<number> {
  for (const { root } of await targets(paths, console.cwd)) {
    const removed = await engine.clean(root)
    console.err(`costlint: ${removed ? 'removed the cache of' : 'no cache in'} ${root}\n`)
  }
  return exit.clean
}
