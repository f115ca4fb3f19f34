/** What the modules of a project call of each other, and what configurations have them make. */

import { asFile } from '../python/configured-file.js'
import type { OutsideCall } from '../python/module.js'
import { plainWord } from '../python/plain-word.js'
import { hashOf } from '../text/digest.js'
import type { Json } from '../text/json.js'
import type { LaunchValue } from '../text/launch.js'
import { define, lookUp } from '../text/records.js'
import type { Launch } from '../workload/claim.js'
import { configuredCalls } from './configured-calls.js'
import type { LinkedProject } from './link-kind.js'
import { type GivenWord, OutsideCallIndex } from './outside-calls.js'

export class CallsInto {
  private index: OutsideCallIndex | null = null

  constructor(private readonly project: LinkedProject) {}

  /** Files may have been read since. */
  forget(): void {
    this.index = null
  }

  of(path: string): OutsideCall[] {
    return this.now().of(path)
  }

  hash(path: string): string {
    return hashOf(JSON.stringify(this.of(path)))
  }

  private now(): OutsideCallIndex {
    const { project } = this
    const launched = new Map<string, Launch[]>()
    const all = new Map<string, Launch[]>()
    if (this.index === null) {
      for (const launch of project.launches()) {
        const script = project.scriptOf(launch)
        if (script === null) continue
        const passes = Object.keys(launch.flags).length > 0 || launch.positionals.length > 0
        for (const path of [script, ...this.parserOf(script)]) {
          all.set(path, [...(all.get(path) ?? []), launch])
          if (passes) launched.set(path, [...(launched.get(path) ?? []), launch])
        }
      }
      this.index = new OutsideCallIndex({
        summaryOf: (path) => project.summaryOf(path),
        importersOf: (path) => project.importersOf(path),
        configuredCalls: (path) =>
          project.compositionsOf(path).flatMap((composed) => configuredCalls(composed, path)),
        definitionOf: (importer, target) => project.definitionOf(project.files.record(importer)!, target),
        isLaunched: (path) => launched.has(path),
        isPassed: (path, flags) =>
          (launched.get(path) ?? []).some((launch) => flags.some((flag) => passed(launch, flag))),
        isSettled: (path) => all.get(path)?.every(({ complete }) => complete) === true,
        fileGiven: (path, flags, otherwise) => fileGiven(launched.get(path) ?? [], flags, otherwise),
        wordGiven: (path, flags) => wordGiven(all.get(path) ?? [], flags),
        keysGiven: (path) => keysGiven(all.get(path) ?? []),
      })
    }
    return this.index
  }

  /** The one module that reads the command line for a script that only calls it: `from app.cli import main`. */
  private parserOf(script: string): string[] {
    const { project } = this
    const parses = (path: string): boolean =>
      project.summaryOf(path)?.imports.some((name) => parsing.test(name)) === true
    const file = project.files.record(script)
    if (file === undefined || parses(script)) return []
    const parsers = [...new Set(project.importsOf(file).values())].filter(parses)
    return parsers.length === 1 ? parsers : []
  }
}

/** Libraries that read the command line. */
const parsing =
  /^(argparse|click|typer|fire|absl|tyro|jsonargparse|simple_parsing|docopt|optparse|configargparse|tap)(\.|$)/

function passed({ flags }: Launch, flag: string): boolean {
  return Object.hasOwn(flags, flag) || Object.hasOwn(flags, flag.replaceAll('_', '-'))
}

function wordGiven(launches: readonly Launch[], flags: readonly string[]): GivenWord | null {
  const [first, ...others] = launches.map((launch) =>
    flags.map((flag) => givenAs(launch, flag)).find((one) => one !== undefined),
  )
  if (first === undefined || first.value === null) return null
  return others.every((one) => one?.value === first.value)
    ? { value: first.value, overridable: [first, ...others].some((one) => one?.overridable === true) }
    : null
}

/** `train.lr=3e-4` */
function keysGiven(launches: readonly Launch[]): Record<string, Json> | null {
  const [first, ...others] = launches.map(({ flags, complete, documented }) =>
    complete && documented !== true ? plainFlags(flags) : null,
  )
  const spelled = JSON.stringify(first)
  return first == null || others.some((one) => JSON.stringify(one) !== spelled) ? null : first
}

/** Null: one of them cannot be read, or whoever runs the launch file may give another. */
function plainFlags(flags: Launch['flags']): Record<string, Json> | null {
  const found: Record<string, Json> = {}
  for (const [name, { value, overridable }] of Object.entries(flags)) {
    if (value === null || overridable === true) return null
    define(found, name, typeof value === 'string' ? plainWord(value) : value)
  }
  return found
}

function givenAs({ flags }: Launch, flag: string): LaunchValue | undefined {
  return lookUp(flags, flag) ?? lookUp(flags, flag.replaceAll('_', '-'))
}

function fileGiven(launches: readonly Launch[], flags: readonly string[], otherwise: Json): string | null {
  const files = launches.map((launch) => {
    const given = flags.map((flag) => lookUp(launch.flags, flag)).find((one) => one !== undefined)
    return asFile(given === undefined ? otherwise : given.value)
  })
  const [first] = files
  return first !== undefined && files.every((one) => one === first) ? first : null
}
