/** The user's configuration files, found and read. */
import { allGpus } from '../catalog/gpus.js'
import { tomlFacts } from '../config/toml.js'
import { evidencePath, type RunRecord } from '../measured/record.js'
import { readStore } from '../measured/store.js'
import { rules } from '../rules/index.js'
import type { Grammars } from '../syntax/parser.js'
import { lookUp } from '../text/records.js'
import { type Baseline, readBaseline } from './baseline.js'
import { type Choice, type Configuration, createConfiguration } from './configuration.js'
import { type ConfigurationFile, mentionsConfiguration, readConfigurationFile } from './configuration-file.js'
import { extendedFile, laidOver, presets } from './extended-configuration.js'

/** Names that a configuration may hold. */
export const vocabulary = {
  rules: rules.map((rule) => rule.name),
  hardware: allGpus().map((gpu) => gpu.name),
}

/** Whether the file decides how others are judged. */
export function isDecisive(path: string): boolean {
  return isConfigurationFile(path) || path === evidencePath
}

export function isConfigurationFile(path: string): boolean {
  return /(^|\/)(costlint|pyproject)\.toml$/.test(path)
}

/** `files`: all that is known of the project; before it was searched, only its root can be asked. */
export async function loadConfiguration(
  files: readonly string[],
  read: (path: string) => Promise<string | undefined>,
  grammars: Grammars,
  choice: Choice | undefined,
): Promise<Configuration> {
  const found: ConfigurationFile[] = []
  const problems: Configuration['problems'] = []
  const sources = new Set<string>()
  const parse = (path: string, text: string) =>
    readConfigurationFile(path, text, tomlFacts(text, grammars), vocabulary)
  const preset = (name: string) => parse(name, lookUp(presets, name)!).file!
  const readExtended = async (path: string) => {
    const text = await read(path)
    if (text === undefined) return undefined
    const parsed = parse(path, text)
    // Files that hold for a folder by themselves are told of anyway.
    if (!files.includes(path) || !isConfigurationFile(path)) problems.push(...parsed.problems)
    return parsed.file
  }
  const given = choice?.file
  const standIn = given?.path.endsWith('pyproject.toml') ? 'pyproject.toml' : 'costlint.toml'
  const own = given === undefined ? files.filter(isConfigurationFile) : []
  for (const path of given === undefined ? new Set(['costlint.toml', 'pyproject.toml', ...own]) : [standIn]) {
    const text = given?.text ?? (await read(path))
    if (text === undefined || (path.endsWith('pyproject.toml') && !mentionsConfiguration(text))) continue
    const parsed = parse(path, text)
    problems.push(...parsed.problems)
    if (parsed.file === undefined) continue
    const extended = await extendedFile(parsed.file, readExtended, preset)
    problems.push(...extended.problems)
    for (const source of extended.sources) sources.add(source)
    found.push(extended.file)
  }
  if (choice?.settings !== undefined) {
    const parsed = parse(commandLineFile, choice.settings.map(tomlLine).join('\n'))
    problems.push(...parsed.problems)
    if (parsed.file !== undefined) layOver(found, parsed.file)
  }
  const named = rootOf(found)?.baseline
  const baseline = choice?.baseline ?? (await baselineOf(named, read, problems))
  if (named !== undefined) sources.add(named.path)
  const measured = await measurements(read, problems)
  if (given !== undefined)
    for (const problem of problems) if (problem.path === standIn) problem.path = given.path
  problems.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line))
  return createConfiguration({
    files: found,
    problems,
    rules,
    sources,
    measured,
    ...(baseline === undefined ? {} : { baseline }),
    ...(choice === undefined ? {} : { choice }),
  })
}

/** Stands for `--config KEY=VALUE` in what is told of it; each is a line of its own. */
const commandLineFile = '--config'

/** A word needs no quotes, which a shell would take away. */
function tomlLine(setting: string): string {
  const [, key, word] = /^([^=]+)=\s*([A-Za-z][\w./*-]*)$/.exec(setting.trim()) ?? []
  const isWord = word !== undefined && !['true', 'false', 'inf', 'nan'].includes(word)
  return isWord ? `${key!.trim()} = ${JSON.stringify(word)}` : setting
}

/** What is said on the command line holds wherever a file says otherwise. */
function layOver(files: ConfigurationFile[], upper: ConfigurationFile): void {
  if (rootOf(files) === undefined) files.push({ ...upper, path: 'costlint.toml' })
  for (const [index, file] of files.entries())
    files[index] = { ...laidOver(file, upper), path: file.path, lines: file.lines }
}

/** The file whose settings hold for the project as a whole. */
function rootOf(files: readonly ConfigurationFile[]): ConfigurationFile | undefined {
  return (
    files.find(({ path }) => path === 'costlint.toml') ?? files.find(({ path }) => path === 'pyproject.toml')
  )
}

async function baselineOf(
  named: ConfigurationFile['baseline'],
  read: (path: string) => Promise<string | undefined>,
  problems: Configuration['problems'],
): Promise<Baseline | undefined> {
  if (named === undefined) return undefined
  const { path, line, from } = named
  const text = await read(path)
  try {
    if (text === undefined) throw new Error('is not there; `costlint baseline` writes it')
    return readBaseline(path, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    problems.push({ path: from, line, message: `"baseline": ${path} ${reason}` })
    return undefined
  }
}

async function measurements(
  read: (path: string) => Promise<string | undefined>,
  problems: Configuration['problems'],
): Promise<RunRecord[]> {
  const text = await read(evidencePath)
  if (text === undefined) return []
  try {
    return readStore(text)
  } catch (error) {
    problems.push({
      path: evidencePath,
      line: 1,
      message: error instanceof Error ? error.message : String(error),
    })
    return []
  }
}
