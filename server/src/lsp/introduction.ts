/** The first lines of the log: what runs, on which folders, with which configuration and settings. */
import { mentionsConfiguration } from '../linter.js'
import type { Environment } from './environment.js'
import type { Session } from './session.js'
import { defaultSettings, type Settings } from './settings.js'
import type { Log } from './troubles.js'
import { uriWithin } from './uri.js'

export async function introduce(
  log: Log,
  environment: Environment,
  sessions: readonly Session[],
): Promise<void> {
  log.info(`CostLint ${environment.version} on ${environment.platform}`)
  if (sessions.length === 0) log.info('No folder is open: files are read one by one.')
  for (const { folder, settings } of sessions) {
    log.info(`Folder ${folder}: ${await configurationText(environment, folder!)}; ${settingsText(settings)}`)
  }
}

async function configurationText({ readText }: Environment, folder: string): Promise<string> {
  const read = (name: string) => readText(uriWithin(folder, name)).catch(() => undefined)
  for (const name of ['costlint.toml', '.costlint.toml'])
    if ((await read(name)) !== undefined) return `configuration in ${name}`
  return mentionsConfiguration((await read('pyproject.toml')) ?? '')
    ? 'configuration in pyproject.toml'
    : 'no configuration at its root'
}

function settingsText(settings: Settings): string {
  const defaults = new Map<string, unknown>(Object.entries(defaultSettings))
  const changed = Object.entries(settings).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults.get(name)),
  )
  if (changed.length === 0) return 'default settings'
  return `settings ${changed.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(', ')}`
}
