/** The user's configuration files, found and read. */
import { allGpus } from '../catalog/gpus.js'
import { tomlFacts } from '../config/toml.js'
import { evidencePath, type RunRecord } from '../measured/record.js'
import { readStore } from '../measured/store.js'
import { rules } from '../rules/index.js'
import type { Grammars } from '../syntax/parser.js'
import { type Choice, type Configuration, createConfiguration } from './configuration.js'
import { type ConfigurationFile, mentionsConfiguration, readConfigurationFile } from './configuration-file.js'

const vocabulary = { rules: rules.map((rule) => rule.name), hardware: allGpus().map((gpu) => gpu.name) }

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
  if (choice?.file !== undefined) {
    const { path, text } = choice.file
    const standIn = path.endsWith('pyproject.toml') ? 'pyproject.toml' : 'costlint.toml'
    const parsed = readConfigurationFile(standIn, text, tomlFacts(text, grammars), vocabulary)
    return createConfiguration({
      files: parsed.file === undefined ? [] : [parsed.file],
      problems: parsed.problems.map((problem) => ({ ...problem, path })),
      rules,
      choice,
    })
  }
  for (const path of new Set(['costlint.toml', 'pyproject.toml', ...files.filter(isConfigurationFile)])) {
    const text = await read(path)
    if (text === undefined || (path.endsWith('pyproject.toml') && !mentionsConfiguration(text))) continue
    const parsed = readConfigurationFile(path, text, tomlFacts(text, grammars), vocabulary)
    if (parsed.file !== undefined) found.push(parsed.file)
    problems.push(...parsed.problems)
  }
  const measured = await measurements(read, problems)
  return createConfiguration({
    files: found,
    problems,
    rules,
    measured,
    ...(choice === undefined ? {} : { choice }),
  })
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
