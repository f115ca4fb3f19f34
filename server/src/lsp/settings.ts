/** The user's settings, as an editor sends them (`costlint.*`) or as initialization options. */

export interface Settings {
  enable: boolean
  /** Rules or families that are judged; empty: those that are on by default. */
  select: string[]
  ignore: string[]
  /** Hints are for editors: shown unless switched off. */
  showHints: boolean
  /** When an open document is judged again. */
  run: 'onType' | 'onSave'
}

export const defaultSettings: Settings = {
  enable: true,
  select: [],
  ignore: [],
  showHints: true,
  run: 'onType',
}

function strings(value: unknown, fallback: string[]): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : fallback
}

/** Reads what a client sent, whatever that is: a wrong type falls back, it never throws. */
export function readSettings(value: unknown, fallback: Settings = defaultSettings): Settings {
  if (typeof value !== 'object' || value === null) return fallback
  const given = value as Record<string, unknown>
  return {
    enable: typeof given.enable === 'boolean' ? given.enable : fallback.enable,
    select: strings(given.select, fallback.select),
    ignore: strings(given.ignore, fallback.ignore),
    showHints: typeof given.showHints === 'boolean' ? given.showHints : fallback.showHints,
    run: given.run === 'onType' || given.run === 'onSave' ? given.run : fallback.run,
  }
}

/** True where the engine itself must be told, not only the view of its findings. */
export function changesProject(a: Settings, b: Settings): boolean {
  return JSON.stringify([a.select, a.ignore]) !== JSON.stringify([b.select, b.ignore])
}
