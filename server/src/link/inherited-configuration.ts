/**
 * A configuration together with the files that it inherits from. YAML: `_BASE_` names files that lie below (fvcore and
 * detectron2, config.py). Python: `_base_` does the same with `_delete_` (mmengine, config/config.py), and relative
 * imports bring names of other files (detectron2, config/lazy.py; `read_base()` of mmengine).
 */
import { type Configured, type ConfiguredMap, configuredAt } from '../text/configured.js'
import type { ConfiguredModule } from '../text/configured-module.js'
import { changedAt, mergeConfigured, unclear, withEntry } from '../text/merge-configured.js'
import { folderOf, join, parents } from './paths.js'

/** What a file of the project holds; neither: it is no configuration. */
export interface ConfigurationContent {
  values?: Configured | null
  module?: ConfiguredModule | null
}

/** A file of the project; 'pending': not read yet; undefined: there is none. */
export type ConfigurationLookup = (path: string) => ConfigurationContent | 'pending' | undefined

export interface Inherited {
  /** Null: the file is no configuration. */
  root: ConfiguredMap | null
  /** Files that take part, its own first. */
  files: string[]
  pending: string[]
}

const deepest = 12
const mostFiles = 100
const elsewhere = 'a file outside of the project'

export function inheritedConfiguration(path: string, lookup: ConfigurationLookup): Inherited {
  const composer = new Composer(lookup)
  const root = composer.file(path, 0)
  return { root, files: [...composer.files], pending: composer.pending }
}

/** The file by itself, as far as it goes without others. */
export function ownConfiguration(path: string, module: ConfiguredModule): ConfiguredMap | null {
  return new Composer((one) => (one === path ? { module } : undefined)).file(path, 0)
}

class Composer {
  readonly files = new Set<string>()
  readonly pending: string[] = []
  private readonly made = new Map<string, ConfiguredMap | null>()

  constructor(private readonly lookup: ConfigurationLookup) {}

  file(path: string, depth: number): ConfiguredMap | null {
    const before = this.made.get(path)
    if (before !== undefined) return before
    if (depth > deepest || this.files.size > mostFiles) return null
    const content = this.lookup(path)
    if (content === undefined) return null
    this.files.add(path)
    if (content === 'pending') {
      this.pending.push(path)
      return null
    }
    // Files that inherit from each other in a circle.
    this.made.set(path, null)
    const root =
      content.module != null
        ? this.module(path, content.module, depth)
        : content.values?.kind === 'map'
          ? this.values(path, content.values, depth)
          : null
    this.made.set(path, root)
    return root
  }

  private values(path: string, own: ConfiguredMap, depth: number): ConfiguredMap {
    const named = own.entries._BASE_
    if (named === undefined) return own
    const { _BASE_: _named, ...entries } = own.entries
    const bases =
      named.kind === 'list' && named.open === undefined ? named.items.map(textOf) : [textOf(named)]
    return mergeConfigured(this.bases(path, bases, own, depth), { ...own, entries })
  }

  private bases(
    path: string,
    names: readonly (string | null)[],
    own: ConfiguredMap,
    depth: number,
  ): ConfiguredMap {
    let base: ConfiguredMap = { kind: 'map', entries: {}, at: own.at }
    for (const name of names) {
      const found =
        name === null || /^[/~]|:/.test(name) ? null : this.file(join(folderOf(path), name), depth + 1)
      if (found === null) base = { ...base, open: elsewhere }
      else base = mergeConfigured(base, found)
    }
    return base
  }

  private module(path: string, module: ConfiguredModule, depth: number): ConfiguredMap {
    const location = { path, cell: null, start: 0, end: 0 }
    let own: ConfiguredMap = { kind: 'map', entries: {}, at: { location, document: 0, keys: [] } }
    for (const step of module.steps) {
      switch (step.kind) {
        case 'set': {
          const value = resolved(step.value, own)
          own = changedAt(own, step.keys, () => value)
          break
        }
        case 'merge': {
          const value = resolved(step.value, own)
          own = changedAt(own, step.keys, (before) =>
            before?.kind === 'map' && value.kind === 'map' ? mergeConfigured(before, value) : unclear(value),
          )
          break
        }
        case 'unclear':
          own = changedAt(own, step.keys, (before) => unclear(before ?? own))
          break
        case 'import':
          own = this.imported(path, step.module, step.names, own, depth)
      }
    }
    if (module.bases !== null && module.bases.length === 0) return own
    const base = this.bases(path, module.bases ?? [null], own, depth)
    return mergeConfigured(base, own, '_delete_')
  }

  private imported(
    path: string,
    spec: string,
    names: [string, string][] | null,
    into: ConfiguredMap,
    depth: number,
  ): ConfiguredMap {
    const found = this.moduleFile(path, spec, depth)
    if (names === null) return found === null ? { ...into, open: elsewhere } : mergeNames(into, found)
    let own = into
    for (const [from, to] of names) {
      const value = found === null ? undefined : configuredAt(found, from)
      if (value !== undefined) own = withEntry(own, to, value)
    }
    return own
  }

  /** `..common.train` from the folder of the file; without dots, from a folder above it. */
  private moduleFile(path: string, spec: string, depth: number): ConfiguredMap | null {
    const dots = /^\.*/.exec(spec)![0].length
    const relative = `${spec.slice(dots).replaceAll('.', '/')}.py`
    const home = folderOf(path)
    if (dots > 0) return this.file(join(home, `${'../'.repeat(dots - 1)}${relative}`), depth + 1)
    for (const folder of [home, ...parents(home)]) {
      const candidate = join(folder, relative)
      if (this.lookup(candidate) !== undefined) return this.file(candidate, depth + 1)
    }
    return null
  }
}

/** Names that are imported replace what they are called like. */
function mergeNames(into: ConfiguredMap, found: ConfiguredMap): ConfiguredMap {
  const open = found.open ?? into.open
  return {
    ...into,
    entries: { ...into.entries, ...found.entries },
    ...(open === undefined ? {} : { open }),
  }
}

/** Names in a value are what they stand for at that point. */
function resolved(value: Configured, names: ConfiguredMap): Configured {
  switch (value.kind) {
    case 'unknown': {
      if (value.text === undefined) return value
      const found = configuredAt(names, ...value.text.split('.'))
      return found === undefined || found.kind === 'unknown' ? value : found
    }
    case 'list':
      return { ...value, items: value.items.map((one) => resolved(one, names)) }
    case 'map': {
      const entries = Object.fromEntries(
        Object.entries(value.entries).map(([key, one]) => [key, resolved(one, names)]),
      )
      return { ...value, entries }
    }
    default:
      return value
  }
}

function textOf(node: Configured): string | null {
  return node.kind === 'scalar' && typeof node.value === 'string' ? node.value : null
}
