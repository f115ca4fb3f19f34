/** Blocks of Terraform with their references followed, and claims from what they say. */
import { entries, isNothing, keysTo, map, text, wordsBelow } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-module.js'
import { HclScope } from '../../config/hcl-scope.js'
import type { ConfigNode } from '../../config/node.js'
import type { Refusal, Write } from '../../edit/write.js'
import { folderOf } from '../../link/paths.js'
import type { Json } from '../../text/json.js'
import type { NamedText } from '../../text/named-text.js'
import type { Origin, Place } from '../../text/origin.js'
import { plainValue } from '../../values/config-source.js'
import { absent, firstGiven, stated, unreadable } from '../../values/operations.js'
import type { Key, OriginOptions } from '../../values/source.js'
import { TypedSource } from '../../values/typed-source.js'
import { type Absent, effective, type Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { FragmentFacts, ReaderContext } from '../reader.js'

/** The module as it is seen from one of its files. */
export class Module {
  readonly scope: HclScope
  private readonly roots = new Map<string, ConfigNode>()

  constructor(
    readonly claims: ClaimBuilder,
    facts: FragmentFacts,
    readonly root: ConfigNode,
    private readonly context: Pick<ReaderContext, 'textOf'>,
  ) {
    const module = facts.hcl ?? { files: [{ path: facts.path, root }], callers: [] }
    this.scope = new HclScope(module)
    for (const file of files(module)) this.roots.set(file.path, file.root)
    // The scope may hold a copy of this file; nodes of both are compared.
    if (!this.roots.has(facts.path)) this.roots.set(facts.path, root)
  }

  /** Where a finding about this value stands, and what a fix would edit. */
  origin(value: HclValue): Origin {
    const { node, path, overridable } = value
    const { start, end } = node
    const keys = this.keysOf(value)
    const place: Place = { start, end, document: 0, ...(keys === undefined ? {} : { keys }) }
    const options: OriginOptions = { overridable }
    if (path !== this.claims.path) options.location = { path, cell: null, start, end }
    return this.claims.origin(place, options)
  }

  /** The file whose text the value is (`file("boot.sh")`); undefined: none, or one that is not of the project. */
  textOf({ node, path }: HclValue): NamedText | undefined {
    const named = node.kind === 'unknown' ? node.file : undefined
    if (named === undefined || folderOf(path) !== folderOf(this.claims.path)) return undefined
    this.claims.namesText(named.name)
    return this.context.textOf(named.name.path)
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
  module: NonNullable<FragmentFacts['hcl']>,
  seen = new Set<object>(),
): Generator<{ path: string; root: ConfigNode }> {
  if (seen.has(module)) return
  seen.add(module)
  yield* module.files
  for (const { file } of module.reads ?? []) yield file
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
  const own =
    effective(firstGiven(block.text('location'), block.text('zone'), block.text('region'))) ??
    locationOfCluster(block)
  // `East US` → eastus; `us-central1-a` → us-central1
  if (provider === 'azure') return own?.toLowerCase().replaceAll(' ', '')
  if (provider !== 'gcp') return undefined
  return own === undefined ? block.module.region('google') : own.replace(/-[a-z]$/, '')
}

/** Of the cluster that a pool belongs to. */
function locationOfCluster(block: Block): string | undefined {
  const { scope } = block.module
  const cluster = scope.referred(block.at('kubernetes_cluster_id')?.node)
  return text(scope.at(cluster, 'location')?.node)
}

/** A block as a source of values. */
export class Block extends TypedSource {
  constructor(
    readonly module: Module,
    readonly value: HclValue,
    /** The name in the configuration, and where the block is announced. */
    readonly name: string,
    readonly header: Place,
  ) {
    super()
  }

  /** What is written there, with its references followed. */
  at(...keys: Key[]): HclValue | undefined {
    return this.module.scope.at(this.value, ...keys)
  }

  get(...keys: Key[]): Given<Json> {
    const found = this.at(...keys)
    if (found === undefined || isNothing(found.node)) return this.absent(...keys)
    const origin = this.module.origin(found)
    const value = plainValue(found.node)
    if (value !== undefined) return stated(origin, value)
    const { node } = found
    return unreadable(origin, node.kind === 'unknown' ? node.because : 'a value that is not readable')
  }

  set(keys: readonly Key[], value: Json | undefined): Write | Refusal {
    const own = this.module.keysOf(this.value)
    if (own === undefined) return { reason: 'the block is made of several' }
    const { path, fragment } = this.module.claims
    const base = { path, fragment: fragment.index, document: 0, keys: [...own, ...keys] }
    return value === undefined ? { kind: 'remove key', ...base } : { kind: 'set key', ...base, value }
  }

  /** What is not given there. */
  absent(...keys: Key[]): Absent {
    return absent({ ...this.atHeader(...keys), channel: 'library default' })
  }

  /** Shown at the header, written at these keys of the block. */
  atHeader(...keys: Key[]): Origin {
    const { module, value, header } = this
    const own = module.keysOf(value)
    const site: Place = { ...header, document: 0, ...(own === undefined ? {} : { keys: [...own, ...keys] }) }
    const options: OriginOptions = { site, overridable: value.overridable }
    if (value.path !== module.claims.path)
      options.location = { path: value.path, cell: null, start: header.start, end: header.end }
    return module.claims.origin(header, options)
  }

  /** The block or map at these keys, announced like this one. */
  inside(...keys: Key[]): Block | null {
    const found = this.at(...keys)
    return found === undefined || isNothing(found.node)
      ? null
      : new Block(this.module, found, this.name, this.header)
  }

  /** Keys that are written in the block itself. */
  keys(): string[] {
    return entries(map(this.value.node)).map(({ key }) => key)
  }

  /** Whether the key is written in the block itself. */
  holds(key: string): boolean {
    return this.keys().includes(key)
  }

  /** True where more may be inside than can be read: `dynamic "taint"`, a merge. */
  isOpen(): boolean {
    return map(this.value.node)?.open !== undefined
  }

  /** Every string below: names, labels, tags. */
  words(...keys: string[]): string[] {
    return [this.name, ...wordsBelow(keys.flatMap((key) => this.at(key)?.node ?? []))]
  }
}
