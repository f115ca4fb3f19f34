/** What the readers of framework config files share: a YAML file that is a training program of its own. */

import { configuredFrom } from '../../config/configured.js'
import type { ConfigDocument } from '../../config/node.js'
import type { Refusal, Write } from '../../edit/write.js'
import { overrideValue } from '../../link/hydra-overrides.js'
import { type Configured, type ConfiguredMap, configuredAt, plainConfigured } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { changedAt } from '../../text/merge-configured.js'
import type { Origin, Place } from '../../text/origin.js'
import { absent, orDefault, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { Key } from '../../values/source.js'
import { TypedSource } from '../../values/typed-source.js'
import type { Absent, Given } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Binding, Evidence, Launch } from '../../workload/claim.js'
import type { ResourceKind, ResourceKinds, SettingName } from '../../workload/resource-kinds.js'
import type { FragmentFacts } from '../reader.js'
import { frameworkConfigPlace } from './inherited-claims.js'

/** What the words behind the file set in its place: keys with a value, as flags or as they are. */
function withLaunch(root: ConfiguredMap, { flags, positionals, files }: Launch): ConfiguredMap {
  const given = new Map(Object.entries(flags).map(([name, value]) => [name.replaceAll('-', '_'), value]))
  for (const one of positionals) {
    const match = typeof one.value === 'string' ? /^([A-Za-z_][\w.]*)=(.*)$/.exec(one.value) : null
    if (match !== null) given.set(match[1]!, { ...one, value: match[2]! })
  }
  let merged = root
  for (const [name, { value, location }] of given) {
    if (files.some(({ flag }) => flag === name) || name === 'config') continue
    const at = { location, document: 0, keys: null }
    const read = typeof value === 'string' ? overrideValue(value) : value
    merged = changedAt(merged, name.split('.'), () =>
      read === undefined || read === null
        ? { kind: 'unknown', because: 'a value of the launch line', at }
        : { kind: 'scalar', value: read, at },
    )
  }
  return merged
}

/** A run of so few steps tries a framework config out. */
const fewSteps = 20

export class FrameworkConfig {
  private constructor(
    readonly facts: FragmentFacts,
    readonly root: Configured & { kind: 'map' },
    /** True where keys may be missing that are there when the file is used. */
    readonly open: boolean,
  ) {}

  /** With what the launch lays over it: `dtype=bf16`, `--bf16 true`. */
  static of(facts: FragmentFacts, document: ConfigDocument, binding: Binding | null): FrameworkConfig | null {
    if (document.index > 0 || document.hasErrors || document.root.kind !== 'map') return null
    const root = configuredFrom(facts.path, facts.fragment, [document])
    if (root === null || root.kind !== 'map') return null
    const merged = binding === null ? root : withLaunch(root, binding.launch)
    return new FrameworkConfig(facts, merged, document.templated || root.open !== undefined)
  }

  node(...keys: string[]): Configured | undefined {
    return configuredAt(this.root, ...keys)
  }

  has(...keys: string[]): boolean {
    return this.node(...keys) !== undefined
  }

  /** The value of a scalar; undefined: it is left out, or not readable. */
  value(...keys: string[]): Json | undefined {
    const node = this.node(...keys)
    return node?.kind === 'scalar' ? node.value : undefined
  }

  /** A template or a block stands there, or may. */
  isUnreadable(...keys: string[]): boolean {
    const node = this.node(...keys)
    return node === undefined ? this.open : node.kind !== 'scalar'
  }

  /** True, false (also for null and 'false'), undefined where it is left out or not readable. */
  switch(...keys: string[]): boolean | undefined {
    const value = this.value(...keys)
    return value === undefined ? undefined : isOn(value)
  }

  /** Set to anything but null and false: a name, a number, a block. */
  given(...keys: string[]): boolean {
    const node = this.node(...keys)
    if (node === undefined || node.kind !== 'scalar') return node !== undefined
    return node.value !== null && node.value !== false && node.value !== '' && node.value !== 'false'
  }

  number(...keys: string[]): number | undefined {
    return asQuotedNumber(this.value(...keys) ?? null)
  }

  /** The key with its value, or, where it is left out or stands on the launch line, the key that is shown instead. */
  place(keys: string[], instead: string): Place {
    const here = [this.node(...keys), this.node(instead)].find(
      (one) => one !== undefined && one.at.keys !== null,
    )
    const { location } = (here ?? this.root).at
    return { start: location.start, end: location.end, document: 0, keys }
  }

  evidence(accelerator: Evidence['accelerator']): Evidence {
    const { path } = this.facts
    const role = /(^|\/)tests?\//.test(path) || /(^|\/)(ci|e2e)\//.test(path) ? 'test' : 'training'
    const steps = this.number('max_steps')
    const small = steps !== undefined && steps > 0 && steps <= fewSteps ? `${steps} steps` : null
    return { role, accelerator, small, notebook: false, published: true }
  }
}

export const isOn = (value: Json): boolean =>
  typeof value === 'string'
    ? /^(true|yes|on|auto|full)$/i.test(value)
    : value === true || (typeof value === 'number' && value !== 0)

/** Claims that stand in the framework config itself, and its values. */
export class FrameworkConfigClaims<W extends ResourceKind> extends TypedSource {
  constructor(
    private readonly frameworkConfig: FrameworkConfig,
    readonly subject: SubjectBuilder<W>,
    /** Key that is shown for what is left out. */
    private readonly instead: string,
  ) {
    super()
  }

  static subject<W extends ResourceKind>(
    kind: W,
    frameworkConfig: FrameworkConfig,
    claims: ClaimBuilder,
    instead: string,
    evidence: Evidence,
  ): FrameworkConfigClaims<W> {
    return new FrameworkConfigClaims(
      frameworkConfig,
      claims.subject(kind, frameworkConfig.place([instead], instead), instead, evidence),
      instead,
    )
  }

  /** Where these keys are written, or would be. */
  at(...keys: string[]): Origin {
    const place = this.frameworkConfig.place(keys, this.instead)
    const node = this.frameworkConfig.node(...keys)
    const options =
      node?.at.keys === null ? frameworkConfigPlace(node, this.frameworkConfig.facts.path, place).options : {}
    return this.subject.locator.origin(place, { channel: 'named file', ...options })
  }

  get(...path: Key[]): Given<Json> {
    const keys = path.map(String)
    const origin = this.at(...keys)
    const node = this.frameworkConfig.node(...keys)
    if (node === undefined)
      return this.frameworkConfig.open ? unreadable(origin, 'a template') : this.absent(...keys)
    if (node.kind === 'scalar' && node.value === null) return this.absent(...keys)
    const value = plainConfigured(node)
    if (value !== undefined) return stated(origin, value)
    return unreadable(origin, node.kind === 'unknown' ? node.because : 'a template')
  }

  set(path: readonly Key[], value: Json | undefined): Write | Refusal {
    const { path: file, fragment } = this.frameworkConfig.facts
    const base = { path: file, fragment: fragment.index, document: 0, keys: [...path] }
    return value === undefined ? { kind: 'remove key', ...base } : { kind: 'set key', ...base, value }
  }

  absent(...keys: string[]): Absent {
    return absent({ ...this.at(...keys), channel: 'library default' })
  }

  say<K extends SettingName<W>>(setting: K, keys: string[], value: Given<ResourceKinds[W][K]>): void {
    this.subject.say(setting, keys.join('.'), value)
  }

  known<K extends SettingName<W>>(
    setting: K,
    keys: string[],
    value: ResourceKinds[W][K],
    options: { overridable?: boolean } = {},
  ): void {
    this.say(setting, keys, { ...stated(this.at(...keys), value), ...options })
  }

  default<K extends SettingName<W>>(setting: K, keys: string[], value: ResourceKinds[W][K]): void {
    this.say(setting, keys, orDefault(this.absent(...keys), value))
  }

  unknown<K extends SettingName<W>>(setting: K, keys: string[], because: string): void {
    this.say(setting, keys, unreadable(this.at(...keys), because))
  }
}
