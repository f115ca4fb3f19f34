/** `costlint baseline` and its options. */
import type { Command } from 'commander'
import { noCache, withoutCache } from './command-options.js'
import type { Console } from './console.js'
import type { Engine } from './engine.js'

export function addBaseline(
  program: Command,
  engine: Engine,
  console: Console,
  done: (code: number) => void,
): void {
  program
    .command('baseline')
    .description('write what is found now to a file, so that `check` reports only what is new')
    .argument('[paths...]', 'whose findings are written; what the file says of others stays')
    .option(
      '--baseline <file>',
      'the file (default: `baseline` of the configuration, or costlint-baseline.json)',
    )
    .option('--prune', 'add nothing, and take out what is no longer found')
    .addOption(noCache())
    .action(async (paths: string[], flags: { baseline?: string; prune?: boolean; cache: boolean }) => {
      const { updateBaseline } = await import('./baseline.js')
      const options = { paths, file: flags.baseline, prune: flags.prune === true }
      done(await updateBaseline(flags.cache ? engine : withoutCache(engine), console, options))
    })
}
