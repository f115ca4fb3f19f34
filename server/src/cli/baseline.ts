/** Baselines on disk: read for `check --baseline`, written by `costlint baseline`. */

import { join, relative, resolve } from 'node:path'
import { count } from '../estimate/figures.js'
import type { Finding, KnownFinding } from '../finding.js'
import { readNoted } from '../host/node/inputs.js'
import { type Baseline, compareWith, readBaseline, writeBaseline } from '../linter.js'
import { isWithin } from '../text/location.js'
import { type Console, exit, UsageError } from './console.js'
import type { Engine } from './engine.js'
import { targets } from './roots.js'
import { writeFileWhole } from './write-file.js'

/** Where nobody names one. */
const usual = 'costlint-baseline.json'

export interface BaselineOptions {
  paths: string[]
  file?: string
  prune: boolean
}

/** The baseline of `--baseline FILE`. Throws `UsageError`. */
export async function givenBaseline(file: string, cwd: string): Promise<Baseline> {
  const baseline = await baselineAt(resolve(cwd, file), file)
  if (baseline === undefined) throw new UsageError(`--baseline: no file ${file}; costlint baseline writes it`)
  return baseline
}

/** Undefined: there is no such file. */
async function baselineAt(path: string, name: string): Promise<Baseline | undefined> {
  let text: string
  try {
    text = readNoted(path).toString('utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new UsageError(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
  try {
    return readBaseline(name, text)
  } catch (error) {
    throw new UsageError(`${name} ${error instanceof Error ? error.message : String(error)}`)
  }
}

export async function updateBaseline(
  engine: Engine,
  console: Console,
  { paths: asked, file, prune }: BaselineOptions,
): Promise<number> {
  const found = await targets(asked, console.cwd)
  const [target] = found
  if (target === undefined || found.length > 1)
    throw new UsageError(`these are ${found.length} projects, and each has a baseline of its own`)
  const { root, paths, apart = [] } = target
  // Nothing is held back: this asks what there is.
  const choice = { baseline: { name: usual, entries: [] } }
  const project = await engine.open(root, { choice, explicit: paths, apart })
  try {
    const isWhole = paths.includes('')
    const result = await project.lint({ ...(isWhole ? {} : { paths }), signal: console.signal })
    for (const { path, line, message } of result.problems ?? [])
      console.err(`configuration error: ${path}:${line}: ${message}\n`)
    for (const { path, message } of result.faults) console.err(`internal error: ${path}: ${message}\n`)
    if ((result.problems ?? []).length > 0 || result.faults.length > 0) return exit.failed
    const path = file === undefined ? join(root, result.baselineFile ?? usual) : resolve(console.cwd, file)
    const name = relative(console.cwd, path)
    const before = (await baselineAt(path, name))?.entries ?? []
    const covers = (one: string) => paths.some((each) => isWithin(one, each))
    const { fresh, stale } = compareWith(before, result.findings, covers)
    const isFresh = new Set(fresh)
    const kept = prune ? result.findings.filter((finding) => !isFresh.has(finding)) : result.findings
    const entries = [...before.filter((entry) => !covers(entry.path)), ...kept.map(knownFinding)]
    if (prune && before.length === 0) throw new UsageError(`no baseline ${name} to prune`)
    await writeFileWhole(path, writeBaseline(entries), name)
    const added = prune ? 0 : fresh.length
    console.err(
      `costlint: ${count(entries.length, 'finding')} in ${name}: ${added} added, ${stale.length} taken out\n`,
    )
    if (file === undefined && result.baselineFile === undefined)
      console.err(
        `costlint: add baseline = "${usual}" to costlint.toml, or pass --baseline ${name} to check\n`,
      )
    return exit.clean
  } finally {
    await project.dispose()
  }
}

function knownFinding({ rule, location, message, fingerprint, moved }: Finding): KnownFinding {
  return { rule, path: location.path, message, fingerprint, moved: moved ?? fingerprint }
}
