/**
 * Settings of a framework that are plain keys, as a table: one row is read, has a default, is written back, and is
 * listed in the documentation.
 */
import type { Change, Refusal, Safety, Write } from '../edit/write.js'
import type { Call, PythonModule } from '../python/module.js'
import type { ChangeTarget } from '../text/change-target.js'
import type { Json } from '../text/json.js'
import { define } from '../text/records.js'
import { CallSource, type CallSourceOptions } from '../values/call-source.js'
import { ConfigSource } from '../values/config-source.js'
import { convertBounded, firstKeyed, type Keyed, orDefault } from '../values/operations.js'
import { pythonLiteral } from '../values/python-literal.js'
import type { Key, Locator, Source } from '../values/source.js'
import { ClaimBuilder, type SubjectBuilder } from '../workload/builder.js'
import type { Claim } from '../workload/claim.js'
import type { ResourceKind, ResourceKinds, SettingName } from '../workload/resource-kinds.js'
import { byHand } from './change-answer.js'
import { claimedCall } from './claim-argument.js'
import { isOnLaunchLine, isSetByLaunch, writeLaunchFlag } from './launch-flag.js'
import type { FragmentFacts } from './reader.js'
import { isBefore } from './versions.js'
import { holdsLaunch, writeLaunchValue } from './write-launch-value.js'

type Versions = Readonly<Record<string, string>>

export interface SettingRow<T> {
  /** Spellings, in the order in which the framework looks; each is one key or a path of keys. */
  keys: readonly (string | readonly Key[])[]
  /** Of the first of them, in a call where it may be passed without its name. */
  position?: number
  /** Undefined: the value is not understood. */
  parse(value: Json): T | undefined
  /** Absent: a key that is left out says nothing. */
  otherwise?: T | ((versions: Versions) => T | undefined)
  /** The default in words, for the documentation, where it depends on the version. */
  otherwiseInWords?: string
  /** Something that is not linked (a profile, a command line) may bring what is left out. */
  openDefault?: boolean
  /** How the value is written (undefined: the key is taken out); absent: it cannot be changed here. */
  write?(value: T): Json | Refusal | undefined
  /** Title of the change; absent: 'Set key to value'. */
  title?(value: T, written: Json, key: string): string
  safety?: Safety
}

export type SettingRows<W extends ResourceKind> = { [K in SettingName<W>]?: SettingRow<ResourceKinds[W][K]> }

/** A row as the documentation lists it. */
export interface SettingDescription {
  setting: string
  /** Spellings, dotted. */
  keys: string[]
  /** What the framework does by itself, in words; null: then nothing is said. */
  otherwise: string | null
  writable: boolean
}

/** A table of any word, as far as the documentation needs it. */
export interface DescribedTable {
  kind: ResourceKind
  describe(): SettingDescription[]
}

export class SettingTable<W extends ResourceKind> implements DescribedTable {
  constructor(
    readonly kind: W,
    readonly rows: SettingRows<W>,
    private readonly options: Pick<CallSourceOptions, 'defaultOf'> = {},
  ) {}

  describe(): SettingDescription[] {
    return Object.entries<SettingRow<unknown> | undefined>(this.rows).flatMap(([setting, row]) => {
      if (row === undefined) return []
      const { keys, otherwise, otherwiseInWords, write } = row
      const plain =
        otherwise === undefined ? null : typeof otherwise === 'function' ? null : inWords(otherwise)
      return {
        setting,
        keys: keys.map((path) =>
          pathOf(path)
            .filter((one) => typeof one === 'string')
            .join('.'),
        ),
        otherwise: otherwiseInWords ?? plain,
        writable: write !== undefined,
      }
    })
  }

  get settings(): SettingName<W>[] {
    return Object.keys(this.rows) as SettingName<W>[]
  }

  /** The arguments of a call, each at its position. */
  argumentsOf(python: PythonModule, call: Call, locator: Locator, target?: ChangeTarget): CallSource {
    const positions: Record<string, number> = {}
    for (const row of Object.values<SettingRow<unknown> | undefined>(this.rows)) {
      const key = row === undefined ? undefined : pathOf(row.keys[0]!)[0]
      if (row?.position !== undefined) define(positions, String(key), row.position)
    }
    return new CallSource(python, call, locator, {
      ...this.options,
      positions,
      ...(target === undefined ? {} : { target }),
    })
  }

  /** Claims every setting of the table, or these, that the source gives or the framework has a default for. */
  claim(
    subject: SubjectBuilder<W>,
    source: Source,
    versions: Versions = {},
    settings: readonly SettingName<W>[] = this.settings,
  ): void {
    for (const setting of settings) {
      const { value, key } = this.read(setting, source, versions)
      subject.say(setting, key, value)
    }
  }

  /** One setting, with the word that the framework has for it. */
  read<K extends SettingName<W>>(
    setting: K,
    source: Source,
    versions: Versions = {},
  ): Keyed<ResourceKinds[W][K]> {
    const row = this.rows[setting]
    if (row === undefined) throw new Error(`no row for ${setting}`)
    const [first, ...others] = row.keys.map(pathOf).map((path): Keyed<Json> => {
      return { key: String(path.at(-1)), value: source.get(...path) }
    })
    const { key, value: given } = firstKeyed(first!, ...others)
    const value = convertBounded<Json, ResourceKinds[W][K]>(given, (one) => row.parse(one))
    const otherwise = defaultOf(row, versions)
    return {
      key,
      value: otherwise === undefined ? value : orDefault(value, otherwise, row.openDefault),
    }
  }

  /** How a change is written where the claim stands. `source`: what it was read from, where that is more than one call. */
  change(claim: Claim, value: unknown, facts: FragmentFacts, source?: Source): Change | Refusal {
    const row = this.rows[claim.setting as SettingName<W>] as SettingRow<unknown> | undefined
    if (row?.write === undefined) return byHand(claim)
    const path = row.keys.map(pathOf).find((one) => one.at(-1) === claim.key) ?? pathOf(row.keys[0]!)
    const written = row.write(value)
    if (isRefusal(written)) return written
    const write =
      source !== undefined
        ? source.set(path, written)
        : isOnLaunchLine(claim) && written !== undefined
          ? writeLaunchFlag(claim, flagOf(String(path.at(-1)), written), facts)
          : this.writeAt(claim, path, written, facts)
    if ('reason' in write) return write
    const title =
      written === undefined
        ? `Remove ${claim.key}`
        : (row.title?.(value, written, claim.key) ?? plainTitle(path, written, facts))
    return { title, safety: row.safety ?? 'unsafe', writes: [write], imports: [] }
  }

  /** In the call that the claim is about, or at its keys in a configuration file. */
  private writeAt(
    claim: Claim,
    path: readonly Key[],
    value: Json | undefined,
    facts: FragmentFacts,
  ): Write | Refusal {
    const locator = new ClaimBuilder(facts.path, facts.fragment, claim.reader)
    const { python, config } = facts
    if (holdsLaunch(facts) && value !== undefined && isSetByLaunch(claim))
      return writeLaunchValue(claim, flagWord(value), facts)
    if (python !== undefined) {
      const call = claimedCall(python, claim.site)
      if (call === null) return { reason: 'the call is no longer in the file' }
      return this.argumentsOf(python, call, locator).set(claim.site.keys ?? path, value)
    }
    const { keys, document = 0 } = claim.site
    const root = config?.documents[document]?.root
    if (keys === undefined || keys.length === 0 || root === undefined)
      return { reason: 'the file has changed' }
    const shownAt = { start: claim.site.start, end: claim.site.end }
    return new ConfigSource(root, locator, { document, keys: [], shown: shownAt }).set(keys, value)
  }
}

const inWords = (value: unknown): string => (value === null ? 'none' : JSON.stringify(value))

const flagOf = (key: string, value: Json): string => `--${key} ${flagWord(value)}`

/** As parsers of command lines in Python take it. */
const flagWord = (value: Json): string => (typeof value === 'boolean' ? pythonLiteral(value) : shown(value))

/** A table for one word; the settings and their types follow from it. */
export function settingTable<W extends ResourceKind>(
  kind: W,
  rows: SettingRows<W>,
  options?: Pick<CallSourceOptions, 'defaultOf'>,
): SettingTable<W> {
  return new SettingTable(kind, rows, options)
}

/** The default before and after a version of a distribution. */
export function since<T>(distribution: string, version: string, after: T, before: T) {
  return (versions: Versions): T => (isBefore({ ...versions }, [distribution], version) ? before : after)
}

function defaultOf<T>({ otherwise }: SettingRow<T>, versions: Versions): T | undefined {
  return typeof otherwise === 'function'
    ? (otherwise as (versions: Versions) => T | undefined)(versions)
    : otherwise
}

const pathOf = (path: string | readonly Key[]): readonly Key[] => (typeof path === 'string' ? [path] : path)

function plainTitle(path: readonly Key[], written: Json, { python }: FragmentFacts): string {
  const name = path.join('.')
  return python === undefined ? `Set ${name} to ${shown(written)}` : `Set ${name}=${pythonLiteral(written)}`
}

function isRefusal(written: Json | Refusal | undefined): written is Refusal {
  return typeof written === 'object' && written !== null && !Array.isArray(written) && 'reason' in written
}

const shown = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))
