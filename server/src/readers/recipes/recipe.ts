/** What the readers of recipe files share: a YAML file that is a training program of its own. */

import { configuredFrom } from '../../config/configured.js'
import type { ConfigDocument } from '../../config/node.js'
import { type Configured, configuredAt } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import type { ClaimBuilder, ClaimOptions, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { SettingName, Word, Words } from '../../workload/words.js'
import type { UnitFacts } from '../reader.js'

/** A scalar of the recipe: undefined where it is not there, 'unreadable' where it is a template or a block. */
export type Value = Json | undefined | 'unreadable'

/** A run of so few steps tries a recipe out. */
const fewSteps = 20

export class Recipe {
  private constructor(
    readonly facts: UnitFacts,
    readonly root: Configured & { kind: 'map' },
    /** True where keys may be missing that are there when the file is used. */
    readonly open: boolean,
  ) {}

  static of(facts: UnitFacts, document: ConfigDocument): Recipe | null {
    if (document.index > 0 || document.hasErrors || document.root.kind !== 'map') return null
    const root = configuredFrom(facts.path, facts.unit, [document])
    if (root === null || root.kind !== 'map') return null
    return new Recipe(facts, root, document.templated || root.open !== undefined)
  }

  node(...keys: string[]): Configured | undefined {
    return configuredAt(this.root, ...keys)
  }

  has(...keys: string[]): boolean {
    return this.node(...keys) !== undefined
  }

  value(...keys: string[]): Value {
    const node = this.node(...keys)
    if (node === undefined) return this.open ? 'unreadable' : undefined
    return node.kind === 'scalar' ? node.value : 'unreadable'
  }

  /** True, false (also for null and 'false'), undefined where it is left out. */
  switch(...keys: string[]): boolean | undefined | 'unreadable' {
    const value = this.value(...keys)
    if (value === undefined || value === 'unreadable') return value
    if (typeof value === 'string') return /^(true|yes|on|auto|full)$/i.test(value)
    return value === true || (typeof value === 'number' && value !== 0)
  }

  /** Set to anything but null and false: a name, a number, a block. */
  given(...keys: string[]): boolean {
    const node = this.node(...keys)
    if (node === undefined || node.kind !== 'scalar') return node !== undefined
    return node.value !== null && node.value !== false && node.value !== '' && node.value !== 'false'
  }

  number(...keys: string[]): number | undefined {
    const value = this.value(...keys)
    if (typeof value === 'number') return value
    return typeof value === 'string' && /^[\d.]+(e[-+]?\d+)?$/i.test(value) ? Number(value) : undefined
  }

  /** The key with its value, or, where it is left out, the key that is shown instead. */
  place(keys: string[], instead: string): Place {
    const node = this.node(...keys) ?? this.node(instead) ?? this.root
    const { location } = node.at
    return { start: location.start, end: location.end, document: 0, keys, anchor: 'recipe' }
  }

  evidence(accelerator: Evidence['accelerator']): Evidence {
    const { path } = this.facts
    const role = /(^|\/)tests?\//.test(path) || /(^|\/)(ci|e2e)\//.test(path) ? 'test' : 'training'
    const steps = this.number('max_steps')
    const small = steps !== undefined && steps > 0 && steps <= fewSteps ? `${steps} steps` : null
    return { role, accelerator, small, notebook: false }
  }
}

/** Claims that stand in the recipe itself. */
export class RecipeClaims<W extends Word> {
  constructor(
    private readonly recipe: Recipe,
    readonly subject: SubjectBuilder<W>,
    /** Key that is shown for what is left out. */
    private readonly instead: string,
  ) {}

  static subject<W extends Word>(
    word: W,
    recipe: Recipe,
    claims: ClaimBuilder,
    instead: string,
    evidence: Evidence,
  ): RecipeClaims<W> {
    return new RecipeClaims(
      recipe,
      claims.subject(word, recipe.place([instead], instead), instead, evidence),
      instead,
    )
  }

  known<K extends SettingName<W>>(
    setting: K,
    keys: string[],
    value: Words[W][K],
    options: ClaimOptions = {},
  ): void {
    this.subject.known(setting, keys.join('.'), value, this.recipe.place(keys, this.instead), {
      channel: 'named file',
      ...options,
    })
  }

  default<K extends SettingName<W>>(setting: K, keys: string[], value: Words[W][K]): void {
    this.subject.default(setting, keys.join('.'), value, this.recipe.place(keys, this.instead))
  }

  unknown<K extends SettingName<W>>(setting: K, keys: string[], because: string): void {
    this.subject.unknown(setting, keys.join('.'), because, this.recipe.place(keys, this.instead))
  }
}
