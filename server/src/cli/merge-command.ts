/** `costlint merge` and `costlint shard`: work that is shared between machines. */
import type { Command } from 'commander'
import { type Console, exit } from './console.js'

export function addSharing(program: Command, console: Console, done: (code: number) => void): void {
  program
    .command('merge')
    .description(
      'join reports of one format (sarif, json, jsonl, or bills in JSON) that parts of a run have written',
    )
    .argument('<files...>', 'what the parts have written')
    .option('-o, --output-file <file>', 'write to this file instead of standard output')
    .action(async (files: string[], flags: { outputFile?: string }) => {
      const { merge } = await import('./merge.js')
      done(await merge(console, files, flags.outputFile))
    })

  program
    .command('shard')
    .description('the lines of a list that are in one part of it, to fetch only what this machine lints')
    .argument('<part/parts>', 'such as 3/10')
    .argument('[file]', 'the list; without it standard input')
    .action(async (part: string, file: string | undefined) => {
      const { linesOfShard } = await import('./selection.js')
      for (const line of await linesOfShard(part, file ?? '-', console)) console.out(`${line}\n`)
      done(exit.clean)
    })
}
