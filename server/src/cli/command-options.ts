/** What several commands take. */
import { Option } from 'commander'
import type { Engine } from './engine.js'

export function noCache(): Option {
  return new Option('--no-cache', 'neither use what earlier runs have found out nor keep anything')
}

export function withoutCache(engine: Engine): Engine {
  return { ...engine, open: (root, options) => engine.open(root, { ...options, cache: false }) }
}

/** For an option that may be given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}

export function shardOption(): Option {
  return new Option('--shard <part/parts>', 'only this part of the projects, such as 3/10')
}

export function pathsFromOption(): Option {
  return new Option(
    '--paths-from <file>',
    'also the paths in this file, one on each line; - for standard input',
  )
}
