/**
 * The configuration that Hydra composes from a folder: the primary file, the files that its defaults list chooses, and
 * the overrides of a launch line. Source: hydra.cc, "The Defaults List", "Packages", "Override syntax" (1.1 and later:
 * without `_self_` a file's own values come last).
 */
import {
  type Configured,
  type ConfiguredMap,
  configuredAt,
  configuredChild,
  projectRoot,
} from '../text/configured.js'
import { once } from '../text/once.js'
import { define, lookUp } from '../text/records.js'
import type { LaunchValue } from '../workload/claim.js'
import { overridden } from './hydra-overrides.js'
import { folderOf, join } from './paths.js'

export interface HydraFile {
  /** Null: an empty file. */
  root: Configured | null
  /** `# @package …` at its top. */
  package?: string
}

export interface HydraRequest {
  /** Folder of the configuration, relative to the root of the project. */
  folder: string
  /** The primary file, without its extension. */
  name: string
  /** What the launch line overrides, in its order. */
  overrides: Record<string, LaunchValue>
  /** False where the launch line may override more than is seen. */
  complete: boolean
  /** Several values stand for several runs. */
  multirun: boolean
}

/** A file of the project; 'pending': not read yet; undefined: there is none. */
export type HydraLookup = (path: string) => HydraFile | 'pending' | undefined

export interface Composition {
  root: Configured | null
  /** Files that take part. */
  files: string[]
  /** Files that have to be read first. */
  pending: string[]
  /** What goes through the values of a multirun, as a file chooses it; null: no file says, or only with Hydra's own words. */
  sweeper: string | null
}

const deepest = 12
/** Files that defaults lists may choose, each as often as it is chosen. */
const mostParts = 200
const mostRounds = 6

/** Options of Hydra itself. */
const own = new Set(
  'config-name cn config-path cp config-dir cd multirun m package p info i cfg c job resolve run r shell-completion sc experimental-rerun help h hydra-help version'.split(
    ' ',
  ),
)

export function isHydraOption(name: string): boolean {
  return own.has(name.replaceAll('_', '-')) || name === 'hydra' || /^hydra[./]/.test(name)
}

export function composeHydra(request: HydraRequest, lookup: HydraLookup): Composition {
  return new Composer(request, lookup).compose()
}

interface Part {
  node: ConfiguredMap
  /** Keys under which it is merged. */
  package: string[]
}

class Composer {
  private readonly files = new Set<string>()
  private readonly pending = new Set<string>()
  /** Names of the files whose defaults lists are being followed. */
  private readonly active = new Set<string>()
  /** Files that were put in so far, in this round. */
  private expanded = 0
  /** Chosen options by group; the launch line's are never replaced. */
  private readonly choices = new Map<string, string[] | null>()
  private readonly fixed = new Set<string>()
  /** Groups that some defaults list names. */
  private readonly groups = new Set<string>()
  private parts: Part[] = []
  private sweeper: string | null = null
  /** Why parts of the tree are not known, by package. */
  private gaps: { package: string[]; because: string }[] = []
  private changed = false
  /** A choice of the launch that cannot be read may stand for a file that sets anything. */
  private chosenBlindly = false

  constructor(
    private readonly request: HydraRequest,
    private readonly lookup: HydraLookup,
  ) {}

  compose(): Composition {
    const { values, added } = this.split()
    let root: Configured | null = null
    for (let round = 0; round < mostRounds; round++) {
      this.changed = false
      this.expanded = 0
      this.parts = []
      this.gaps = []
      if (!this.expand(this.request.name, [], 0)) break
      for (const [group, options] of added) {
        if (!this.groups.has(group))
          for (const option of options) this.expand(`${group}/${option}`, group.split('/'), 0)
      }
      root = this.merged()
      if (!this.changed) break
    }
    const pending = [...this.pending]
    const files = [...this.files]
    if (root === null || root.kind !== 'map') return { root: null, files, pending, sweeper: null }
    const target = configuredAt(root, 'hydra', 'sweeper', '_target_')
    const named = target?.kind === 'scalar' && typeof target.value === 'string' ? target.value : null
    if (this.chosenBlindly) hide(root, 'a choice of the launch that cannot be read')
    for (const [name, value] of values) override(root, name, value, this.request.multirun)
    // What was left out may stand anywhere: every file can choose the package of its values.
    if (this.expanded > mostParts) open(root, 'defaults lists that name too many files')
    if (!this.request.complete) open(root, 'arguments of the launch line')
    interpolate(root)
    return { root, files, pending, sweeper: named ?? this.sweeper }
  }

  /** Overrides that choose files, and those that set values. */
  private split(): { values: [string, LaunchValue][]; added: [string, string[]][] } {
    const values: [string, LaunchValue][] = []
    const added: [string, string[]][] = []
    for (const [name, value] of Object.entries(this.request.overrides)) {
      if (isHydraOption(name)) continue
      const group = name.replace(/@.*$/, '')
      const text = typeof value.value === 'string' ? value.value : null
      if (!this.isGroup(group, text)) {
        values.push([name, value])
        continue
      }
      this.fixed.add(group)
      if (text === null || name.includes('@') || (this.request.multirun && text.includes(','))) {
        this.choices.set(group, null)
        continue
      }
      const options = /^\[.*\]$/.test(text) ? text.slice(1, -1).split(',') : [text]
      const chosen = options.map((one) => one.trim()).filter((one) => one !== '' && one !== 'null')
      this.choices.set(group, chosen)
      added.push([group, chosen])
    }
    return { values, added }
  }

  /** A folder of options, as far as the project shows one. */
  private isGroup(name: string, option: string | null): boolean {
    if (name.includes('.')) return false
    if (name.includes('/')) return true
    const first =
      option === null
        ? ''
        : option
            .replace(/^\[|\]$/g, '')
            .split(',')[0]!
            .trim()
    if (first === '' || first === 'null') return this.namedGroup(name)
    return this.exists(`${name}/${first}`) || this.namedGroup(name)
  }

  /** True for a group of the primary file's defaults list. */
  private namedGroup(name: string): boolean {
    const file = this.lookup(this.path(this.request.name))
    if (file === undefined || file === 'pending' || file.root === null) return false
    const defaults = configuredChild(file.root, 'defaults')
    if (defaults?.kind !== 'list') return false
    return defaults.items.some(
      (item) =>
        item.kind === 'map' && Object.keys(item.entries).some((key) => key.split(' ').at(-1) === name),
    )
  }

  private path(name: string): string {
    return join(this.request.folder, `${name.replace(/\.ya?ml$/, '')}.yaml`)
  }

  private exists(name: string): boolean {
    return this.lookup(this.path(name)) !== undefined
  }

  /** False where the file is not in the project. */
  private expand(name: string, parent: string[], depth: number): boolean {
    if (depth > deepest || this.expanded >= mostParts) {
      this.expanded = Number.POSITIVE_INFINITY
      return true
    }
    this.expanded++
    if (this.active.has(name)) {
      this.gaps.push({ package: parent, because: 'defaults lists that name each other' })
      return true
    }
    const path = this.path(name)
    const file = this.lookup(path)
    if (file === undefined) return false
    this.files.add(path)
    if (file === 'pending') {
      this.pending.add(path)
      this.gaps.push({ package: parent, because: 'a file that was not read' })
      return true
    }
    if (file.root === null) return true
    if (file.root.kind !== 'map') {
      this.gaps.push({ package: parent, because: 'a file that cannot be read' })
      return true
    }
    const home = packageOf(file.package, name, parent)
    const self = (): void => {
      this.parts.push({ node: file.root as ConfiguredMap, package: home })
    }
    const defaults = configuredChild(file.root, 'defaults')
    let placed = false
    if (defaults?.kind === 'list') {
      this.active.add(name)
      for (const item of defaults.items) {
        if (this.expanded > mostParts) break
        if (item.kind === 'scalar' && item.value === '_self_') {
          self()
          placed = true
        } else this.item(item, name, home, depth)
      }
      this.active.delete(name)
      if (defaults.open !== undefined) this.gaps.push({ package: home, because: defaults.open })
    } else if (defaults !== undefined) this.gaps.push({ package: home, because: 'its defaults' })
    if (!placed) self()
    return true
  }

  private item(item: Configured, name: string, home: string[], depth: number): void {
    const folder = folderOf(name)
    if (item.kind === 'scalar') {
      if (typeof item.value !== 'string') return
      const [written, at] = item.value.split('@') as [string, string | undefined]
      const absolute = written.startsWith('/')
      const target = absolute ? written.slice(1) : join(folder, written)
      const inner = folderOf(absolute ? written.slice(1) : written)
      const into = inner === '' ? home : [...home, ...inner.split('/')]
      if (!this.expand(target, packageIn(at, home, into), depth + 1))
        this.gaps.push({ package: into, because: `${written} is not in the project` })
      return
    }
    if (item.kind !== 'map') {
      this.gaps.push({ package: home, because: 'its defaults' })
      return
    }
    for (const [key, chosen] of Object.entries(item.entries)) this.choice(key, chosen, folder, home, depth)
  }

  private choice(key: string, chosen: Configured, folder: string, home: string[], depth: number): void {
    const words = key.trim().split(/\s+/)
    const [written, at] = words.at(-1)!.split('@') as [string, string | undefined]
    const absolute = written.startsWith('/')
    const group = absolute ? written.slice(1) : join(folder, written)
    const plain = chosenOptions(chosen)
    if (group === 'hydra/sweeper') this.sweeper = plain?.[0] ?? null
    if (/^hydra(\/|$)/.test(group)) return
    if (words.includes('override')) {
      if (plain !== null && !this.fixed.has(group) && !sameOptions(this.choices.get(group), plain)) {
        this.choices.set(group, plain)
        this.changed = true
      }
      return
    }
    this.groups.add(group)
    const replaced = at === undefined ? this.choices.get(group) : undefined
    const options = replaced === undefined ? plain : replaced
    const relative = (absolute ? group : written).split('/').filter((part) => part !== '' && part !== '..')
    const into = packageIn(at, home, [...home, ...relative])
    if (options === null) {
      this.gaps.push({ package: into, because: 'a choice that cannot be read' })
      this.chosenBlindly ||= replaced === null && this.setsAnything(group, plain)
      return
    }
    for (const option of options) {
      if (this.expand(`${group}/${option}`, into, depth + 1)) continue
      this.chosenBlindly ||= replaced !== undefined && this.setsAnything(group, plain)
      if (!words.includes('optional'))
        this.gaps.push({ package: into, because: `${group}/${option} is not in the project` })
    }
  }

  /** Its files take their values out of the group, as the one does that is chosen without the launch. Most groups without one lay files over all. */
  private setsAnything(group: string, otherwise: string[] | null): boolean {
    if (otherwise === null || otherwise.length === 0) return true
    const file = this.lookup(this.path(`${group}/${otherwise[0]}`))
    return file !== undefined && file !== 'pending' && file.package === '_global_'
  }

  private merged(): Configured | null {
    const first = this.parts[0]
    if (first === undefined) return null
    const root: ConfiguredMap = { kind: 'map', entries: {}, at: first.node.at }
    for (const part of this.parts) merge(descend(root, part.package, part.node), withoutDefaults(part.node))
    for (const gap of this.gaps) {
      const target = descend(root, gap.package, root)
      target.open = gap.because
    }
    return root
  }
}

function withoutDefaults(node: ConfiguredMap): ConfiguredMap {
  const { defaults: _defaults, ...entries } = node.entries
  return { ...node, entries }
}

function sameOptions(a: string[] | null | undefined, b: string[]): boolean {
  return a !== null && a !== undefined && a.length === b.length && a.every((one, index) => one === b[index])
}

/** Null: not readable. Empty: none. */
function chosenOptions(node: Configured): string[] | null {
  if (node.kind === 'scalar')
    return node.value === null ? [] : typeof node.value === 'string' ? [node.value] : [String(node.value)]
  if (node.kind !== 'list') return null
  const found = node.items.map((item) => (item.kind === 'scalar' ? String(item.value) : null))
  return found.includes(null) ? null : (found as string[])
}

/** Where a file's own values go, by its header. */
function packageOf(header: string | undefined, name: string, otherwise: string[]): string[] {
  if (header === undefined) return otherwise
  if (header === '_global_') return []
  const group = folderOf(name)
  const whole = header.replaceAll('_group_', group.replaceAll('/', '.')).replace(/^_global_\./, '')
  return whole.split('.').filter((part) => part !== '')
}

/** Where an entry of a defaults list goes, by what follows its `@`. */
function packageIn(at: string | undefined, home: string[], otherwise: string[]): string[] {
  if (at === undefined) return otherwise
  if (at === '_global_') return []
  if (at === '_here_') return home
  const parts = at.split('.')
  return parts[0] === '_global_' ? parts.slice(1) : [...home, ...parts]
}

function descend(root: ConfiguredMap, keys: string[], from: Configured): ConfiguredMap {
  let current = root
  for (const key of keys) {
    const next = lookUp(current.entries, key)
    if (next?.kind === 'map') current = next
    else {
      const made: ConfiguredMap = { kind: 'map', entries: {}, at: from.at }
      define(current.entries, key, made)
      current = made
    }
  }
  return current
}

/** Maps are merged key by key; everything else is replaced. The file that speaks last gives the place. */
function merge(into: ConfiguredMap, from: ConfiguredMap): void {
  if (from.open !== undefined) into.open = from.open
  for (const [key, value] of Object.entries(from.entries)) {
    const before = lookUp(into.entries, key)
    if (value.kind === 'map') {
      if (before?.kind === 'map') merge(before, value)
      else {
        const copy: ConfiguredMap = { kind: 'map', entries: {}, at: value.at }
        merge(copy, value)
        define(into.entries, key, copy)
      }
    } else if (value.kind === 'scalar' && value.value === '???') {
      if (before === undefined)
        define(into.entries, key, { kind: 'unknown', because: 'a value that must be given', at: value.at })
    } else define(into.entries, key, copied(value))
  }
}

/** What is interpolated later must not change the file that it comes from. */
function copied(node: Configured): Configured {
  if (node.kind === 'list') return { ...node, items: node.items.map(copied) }
  if (node.kind !== 'map') return node
  const copy: ConfiguredMap = { ...node, entries: {} }
  for (const [key, value] of Object.entries(node.entries)) define(copy.entries, key, copied(value))
  return copy
}

function open(root: ConfiguredMap, because: string): void {
  root.open = because
  for (const child of Object.values(root.entries)) if (child.kind === 'map') open(child, because)
}

/** Any value may be another; what is made of them hardly is. */
function hide(root: ConfiguredMap, because: string): void {
  root.open = because
  for (const [key, child] of Object.entries(root.entries)) {
    if (child.kind === 'map') hide(child, because)
    else if (key !== '_target_') define(root.entries, key, { kind: 'unknown', because, at: child.at })
  }
}

function override(root: ConfiguredMap, name: string, given: LaunchValue, multirun: boolean): void {
  const keys = name.split('.')
  const last = keys.pop()!
  const target = descend(root, keys, root)
  define(target.entries, last, overridden(given, multirun))
}

/** The same with its references followed, found out once for all who read the file. Nobody changes it. */
export function interpolated(values: Configured): Configured {
  return once(values, 'interpolated', () => {
    const root = structuredClone(values)
    interpolate(root)
    return root
  })
}

/** `${trainer.max_epochs}` is what stands there. */
function interpolate(root: Configured): void {
  const visit = (node: Configured): void => {
    if (node.kind === 'list') {
      node.items.forEach((item, index) => {
        node.items[index] = resolved(item)
        visit(node.items[index]!)
      })
    } else if (node.kind === 'map') {
      for (const [key, value] of Object.entries(node.entries)) {
        define(node.entries, key, resolved(value))
        visit(lookUp(node.entries, key)!)
      }
    }
  }
  const resolved = (node: Configured): Configured => {
    let current: Configured = node
    for (let depth = 0; depth < 8; depth++) {
      if (current.kind !== 'unknown' || current.text === undefined) break
      const reference = /^\$\{([A-Za-z_][\w.]*)\}$/.exec(current.text)
      if (reference === null) break
      const target = configuredAt(root, ...reference[1]!.split('.'))
      if (target === undefined) break
      current = target
    }
    // What stands in two places is changed where it is written.
    return current.kind === 'scalar' ? current : node
  }
  visit(root)
}

/** The place of the folder that `config_path` names, from the script that names it; null: outside of the project. */
export function hydraFolder(script: string, path: string | null): string | null {
  if (path === null) return folderOf(script)
  if (path.startsWith(projectRoot)) return path.slice(projectRoot.length)
  if (path.startsWith('pkg://') || path.startsWith('/')) return null
  return join(folderOf(script), path)
}
