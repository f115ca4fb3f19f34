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
  /** Prices behind the names of machines. */
  inlayHints: boolean
  /** What jobs cost and how large searches are, above them. */
  codeLens: boolean
  /** The breakdown of prices and memory in hovers. */
  hoverPrices: boolean
}

export const defaultSettings: Settings = {
  enable: true,
  select: [],
  ignore: [],
  showHints: true,
  run: 'onType',
  inlayHints: true,
  codeLens: true,
  hoverPrices: true,
}

function strings(value: unknown, fallback: string[]): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : fallback
}

/** Reads what a client sent, whatever that is: a wrong type falls back, it never throws. */
export function readSettings(value: unknown, fallback: Settings = defaultSettings): Settings {
  if (typeof value !== 'object' || value === null) return fallback
  const given = value as Record<string, unknown>
  const flag = (key: 'enable' | 'showHints' | 'inlayHints' | 'codeLens' | 'hoverPrices'): boolean =>
    typeof given[key] === 'boolean' ? given[key] : fallback[key]
  return {
    enable: flag('enable'),
    select: strings(given.select, fallback.select),
    ignore: strings(given.ignore, fallback.ignore),
    showHints: flag('showHints'),
    run: given.run === 'onType' || given.run === 'onSave' ? given.run : fallback.run,
    inlayHints: flag('inlayHints'),
    codeLens: flag('codeLens'),
    hoverPrices: flag('hoverPrices'),
  }
}

/** True where the engine itself must be told, not only the view of its findings. */
export function changesProject(a: Settings, b: Settings): boolean {
  return JSON.stringify([a.select, a.ignore]) !== JSON.stringify([b.select, b.ignore])
}
