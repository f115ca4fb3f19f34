/** The user's settings, as an editor sends them (`costlint.*`) or as initialization options. */

import { type Choice, severities } from '../linter.js'

export interface Settings {
  enable: boolean
  /** Rules or families that are judged; empty: those that are on by default. */
  select: string[]
  ignore: string[]
  /** By rule or family. */
  severity: Readonly<Record<string, string>>
  /** What code without a job file runs on; '': not said. */
  hardware: string
  /** Of jobs that name none; '': not said. */
  region: string
  /** Share of list prices that is not paid. */
  discount: number
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
  severity: {},
  hardware: '',
  region: '',
  discount: 0,
  showHints: true,
  run: 'onType',
  inlayHints: true,
  codeLens: true,
  hoverPrices: true,
}

function strings(value: unknown, fallback: string[]): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : fallback
}

function table(value: unknown, fallback: Settings['severity']): Settings['severity'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fallback
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
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
    severity: table(given.severity, fallback.severity),
    hardware: typeof given.hardware === 'string' ? given.hardware.trim() : fallback.hardware,
    region: typeof given.region === 'string' ? given.region.trim() : fallback.region,
    discount:
      typeof given.discount === 'number' && given.discount >= 0 && given.discount < 1
        ? given.discount
        : fallback.discount,
    showHints: flag('showHints'),
    run: given.run === 'onType' || given.run === 'onSave' ? given.run : fallback.run,
    inlayHints: flag('inlayHints'),
    codeLens: flag('codeLens'),
    hoverPrices: flag('hoverPrices'),
  }
}

/** True where the engine itself must be told, not only the view of its findings. */
export function changesProject(a: Settings, b: Settings): boolean {
  return JSON.stringify(choiceOf(a)) !== JSON.stringify(choiceOf(b))
}

const severityNames = ['off', ...severities] as const

/** What the engine is asked for. */
export function choiceOf({ select, ignore, severity, hardware, region, discount }: Settings): Choice {
  const chosen = Object.entries(severity).flatMap(([selector, name]) => {
    const known = severityNames.find((one) => one === name)
    return known === undefined ? [] : [[selector, known] as const]
  })
  return {
    ignore,
    ...(select.length > 0 && { select }),
    ...(chosen.length > 0 && {
      severity: chosen.map(([selector, name]): [string, typeof name] => [selector, name]),
    }),
    ...(hardware !== '' && { hardware }),
    ...((region !== '' || discount > 0) && {
      prices: { ...(region !== '' && { region }), ...(discount > 0 && { discount }) },
    }),
  }
}
