/** Blocks of Terraform with their references followed, and claims from what they say. */
import { boolean, entries, keysTo, map, number, text, wordsBelow } from '../../config/access.js'
import { HclScope, type HclValue } from '../../config/hcl-scope.js'
import type { ConfigNode } from '../../config/node.js'
import type { ClaimBuilder, ClaimOptions, Place } from '../../workload/builder.js'
import type { UnitFacts } from '../reader.js'

export type Key = string | number

/** What a block says about one attribute. */
export type Said<T> =
  | { state: 'absent' }
  | { state: 'known'; value: T; at: HclValue }
  | { state: 'unknown'; because: string; at: HclValue | null }

/** The module as it is seen from one of its files. */
export class Module {
  readonly scope: HclScope
  private readonly roots = new Map<string, ConfigNode>()

  constructor(
    readonly claims: ClaimBuilder,
    facts: UnitFacts,
    readonly root: ConfigNode,
  ) {
    const module = facts.hcl ?? { files: [{ path: facts.path, root }], callers: [] }
    this.scope = new HclScope(module)
    for (const file of files(module)) this.roots.set(file.path, file.root)
    // The scope may hold a copy of this file; nodes of both are compared.
    if (!this.roots.has(facts.path)) this.roots.set(facts.path, root)
  }

  /** Where a finding about this value stands, and what a fix would edit. */
  placed(value: HclValue): { place: Place; options: ClaimOptions } {
    const { node, path, overridable } = value
    const root = this.roots.get(path)
    const keys = root === undefined ? undefined : (keysTo(root, node) ?? keysAt(root, node))
    const place: Place = {
      start: node.start,
      end: node.end,
      document: 0,
      ...(keys === undefined ? {} : { keys }),
    }
    const options: ClaimOptions = { overridable, site: place }
    if (path !== this.claims.path) options.location = { path, cell: null, start: node.start, end: node.end }
    return { place, options }
  }

  /** The region that a provider works in; undefined: it is not written here. */
  region(provider: 'aws' | 'google'): string | undefined {
    return text(this.scope.ofProvider(provider, 'region')?.node)
  }

  /** Keys from the top of its file to a node, for a fix that adds something. */
  keysOf(value: HclValue): Key[] | undefined {
    const root = this.roots.get(value.path)
    return root === undefined ? undefined : (keysTo(root, value.node) ?? keysAt(root, value.node))
  }
}

function* files(
  module: NonNullable<UnitFacts['hcl']>,
  seen = new Set<object>(),
): Generator<{ path: string; root: ConfigNode }> {
  if (seen.has(module)) return
  seen.add(module)
  yield* module.files
  for (const caller of module.callers) yield* files(caller.module, seen)
}

/** The keys of the node at the same place, in a tree that was read apart. */
function keysAt(root: ConfigNode, node: ConfigNode): Key[] | undefined {
  let current = root
  const keys: Key[] = []
  for (;;) {
    if (
      current.start === node.start &&
      current.end === node.end &&
      current.kind === node.kind &&
      keys.length > 0
    )
      return keys
    const below: [Key, ConfigNode][] =
      current.kind === 'map'
        ? current.entries.map((one) => [one.key, one.value])
        : current.kind === 'list'
          ? current.items.map((one, index) => [index, one])
          : []
    const next = below.find(([, one]) => one.start <= node.start && node.end <= one.end)
    if (next === undefined) return undefined
    keys.push(next[0])
    current = next[1]
  }
}

/** Where the machines of a block are, by its own location or that of its provider. */
export function regionOf(block: Block, provider: string): string | undefined {
  if (provider === 'aws') return block.module.region('aws')
  const location = block.first(block.text('location'), block.text('zone'), block.text('region'))
  const own = location.state === 'known' ? location.value : undefined
  // `East US` → eastus; `us-central1-a` → us-central1
  if (provider === 'azure') return own?.toLowerCase().replaceAll(' ', '')
  if (provider !== 'gcp') return undefined
  return own === undefined ? block.module.region('google') : own.replace(/-[a-z]$/, '')
}

export class Block {
  constructor(
    readonly module: Module,
    readonly value: HclValue,
    /** The name in the configuration, and where the block is announced. */
    readonly name: string,
    readonly header: Place,
  ) {}

  get(...keys: Key[]): HclValue | undefined {
    return this.module.scope.at(this.value, ...keys)
  }

  has(key: string): boolean {
    return entries(map(this.value.node)).some((one) => one.key === key)
  }

  /** True where more may be inside than can be read: `dynamic "taint"`, a merge. */
  isOpen(): boolean {
    return map(this.value.node)?.open !== undefined
  }

  private said<T>(keys: Key[], read: (node: ConfigNode) => T | undefined): Said<T> {
    const found = this.get(...keys)
    if (found === undefined) return { state: 'absent' }
    const { node } = found
    if (node.kind === 'scalar' && node.value === null) return { state: 'absent' }
    const value = read(node)
    if (value !== undefined) return { state: 'known', value, at: found }
    return {
      state: 'unknown',
      because: node.kind === 'unknown' ? node.because : 'another kind of value',
      at: found,
    }
  }

  number(...keys: Key[]): Said<number> {
    return this.said(keys, number)
  }
  text(...keys: Key[]): Said<string> {
    return this.said(keys, text)
  }
  boolean(...keys: Key[]): Said<boolean> {
    return this.said(keys, boolean)
  }

  /** The first of several spellings that is given. */
  first<T>(...said: Said<T>[]): Said<T> {
    return said.find((one) => one.state !== 'absent') ?? { state: 'absent' }
  }

  /** Every string below: names, labels, tags. */
  words(...keys: string[]): string[] {
    return [this.name, ...wordsBelow(keys.flatMap((key) => this.get(key)?.node ?? []))]
  }
}
