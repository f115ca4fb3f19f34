/**
 * What the references of a Terraform module hold: variables (from `.tfvars` files, from the modules of the project that
 * call this one, or their defaults) and locals, over all files of the folder.
 */
import { at, entries, entry, items, type Key, map, number, text } from './access.js'
import { type Operand, operandOf, testHolds } from './hcl-tests.js'
import { folderOfCode, isAutomatic } from './hcl-ways.js'
import type { ConfigMap, ConfigNode, ConfigUnknown } from './node.js'

/** One `.tf` or `.tfvars` file. */
export interface HclFile {
  path: string
  root: ConfigNode
}

/** One folder with what surrounds it. Plain JSON. */
export interface HclModule {
  files: HclFile[]
  /** Blocks of the project that call it, each with the file that it stands in; none: it is a root. */
  callers: { path: string; block: ConfigMap; module: HclModule }[]
  /** The files of values with which it is applied, of several. */
  chosen?: readonly string[]
}

/** A value with the place where it is written. */
export interface HclValue {
  node: ConfigNode
  path: string
  /** Whoever applies the module may have given another value: it stands in one of several files of values, or is the default of a module for others. */
  overridable: boolean
  /** The entry of the map that the block is repeated for (`for_each`): what `each` stands for inside. */
  each?: { key: string; value: HclValue }
}

/** Deepest chain of references that is followed. */
const deepest = 12

/** References that one question may follow: maps that merge themselves many times over would never end. */
const mostSteps = 5_000

/** Modules that others are made of: each caller gives its own values. */
const library = /(^|\/)modules?\//
type Looked = NonNullable<ConfigUnknown['lookedUp']>

type Owned = HclValue & { scope: HclScope }

export class HclScope {
  private readonly variables = new Map<string, { default: HclValue | null }>()
  private readonly locals = new Map<string, HclValue>()
  private readonly given = new Map<string, HclValue[]>()
  private readonly resources = new Map<string, HclValue>()
  private readonly data = new Map<string, HclValue>()
  private readonly chosen: ReadonlySet<string>
  /** How many resources of each type the module has. */
  readonly resourceTypes = new Map<string, number>()
  private readonly providers = new Map<string, HclValue>()
  /** Nobody calls it but with `count = 0`. */
  readonly isUnused: boolean
  private readonly callers: { path: string; block: ConfigMap; scope: HclScope }[]

  constructor(
    module: HclModule,
    known: Map<HclModule, HclScope> = new Map(),
    private readonly budget = { left: mostSteps },
  ) {
    known.set(module, this)
    this.chosen = new Set(module.chosen)
    const folder = folderOfCode(module.files)
    for (const { path, root } of module.files) {
      if (path.endsWith('.tfvars')) this.assign(path, root, !isAutomatic(path, folder), this.chosen.has(path))
      else this.define(path, root)
    }
    const callers = module.callers.filter(({ block }) => number(at(block, 'count')) !== 0)
    this.isUnused = callers.length === 0 && module.callers.length > 0
    this.callers = callers.map(({ path, block, module: outer }) => ({
      path,
      block,
      scope: known.get(outer) ?? new HclScope(outer, known, budget),
    }))
  }

  private assign(path: string, root: ConfigNode, isNamed: boolean, isChosen: boolean): void {
    for (const { key, value } of entries(root)) {
      const values = isChosen ? [] : (this.given.get(key) ?? [])
      // What is named for an environment counts more than what holds for all.
      if (!isChosen && values.some((one) => this.chosen.has(one.path))) continue
      values.push({ node: value, path, overridable: isNamed && !isChosen })
      this.given.set(key, values)
    }
  }

  private define(path: string, root: ConfigNode): void {
    for (const block of items(at(root, 'variable'))) {
      const name = map(block)?.labels?.[0]
      if (name === undefined) continue
      const value = entry(block, 'default')?.value
      this.variables.set(name, {
        default: value === undefined ? null : { node: value, path, overridable: library.test(path) },
      })
    }
    for (const block of items(at(root, 'provider'))) {
      const name = map(block)?.labels?.[0]
      // Others are used where a resource names their alias.
      if (name !== undefined && entry(block, 'alias') === undefined)
        this.providers.set(name, { node: block, path, overridable: false })
    }
    for (const block of items(at(root, 'locals')))
      for (const { key, value } of entries(block))
        this.locals.set(key, { node: value, path, overridable: false })
    for (const block of items(at(root, 'data'))) {
      const labels = map(block)?.labels ?? []
      if (labels.length === 2) this.data.set(labels.join('.'), { node: block, path, overridable: false })
    }
    for (const block of items(at(root, 'resource'))) {
      const labels = map(block)?.labels ?? []
      if (labels.length !== 2) continue
      const name = labels.join('.')
      const type = labels[0]!
      if (!this.resources.has(name)) this.resourceTypes.set(type, (this.resourceTypes.get(type) ?? 0) + 1)
      this.resources.set(name, { node: block, path, overridable: false })
    }
  }

  /** Every resource of the module, with its labels. */
  *allResources(): Generator<{ type: string; name: string; value: HclValue }> {
    for (const [key, value] of this.resources) {
      const cut = key.indexOf('.')
      yield { type: key.slice(0, cut), name: key.slice(cut + 1), value }
    }
  }

  /** The value itself, or what its reference holds; an unknown one stays as it is. */
  resolve(value: HclValue): HclValue {
    this.budget.left = mostSteps
    const { node, path, overridable } = this.follow({ ...value, scope: this }, 0)
    return { node, path, overridable }
  }

  /** The value at the end of a path of keys; an unknown one on the way is the answer itself. */
  at(value: HclValue | undefined, ...keys: Key[]): HclValue | undefined {
    if (value === undefined) return undefined
    this.budget.left = mostSteps
    let current: Owned = this.follow({ ...value, scope: this }, 0)
    for (const key of keys) {
      if (current.node.kind === 'unknown') return plain(current)
      const below = at(current.node, key)
      if (below === undefined) return undefined
      current = current.scope.follow({ ...current, node: below }, 0)
    }
    return plain(current)
  }

  /** What the provider that resources use by themselves says; a module that is called has that of its callers. */
  ofProvider(name: string, key: string): HclValue | undefined {
    const own = this.providers.get(name)
    if (own !== undefined) return this.at(own, key)
    const values = this.callers.map(({ scope }) => scope.ofProvider(name, key))
    const [first] = values
    if (first === undefined || values.length > 12) return undefined
    return values.every((one) => one !== undefined && spelled(one.node) === spelled(first.node))
      ? first
      : undefined
  }

  /** The block of the data source that an expression reads: `data.template_file.boot.rendered`. */
  dataOf(node: ConfigNode | undefined): HclValue | undefined {
    const reference = node?.kind === 'unknown' ? (node.reference ?? node.because) : undefined
    const found = /^data\.(\w+\.[\w-]+)(?:\[[^\]]*\])?\.\w+$/.exec(reference ?? '')
    return found === null ? undefined : this.data.get(found[1]!)
  }

  /** What a resource's own block says: `aws_launch_template.gpu[0].id` → the block of `gpu`. */
  referred(node: ConfigNode | undefined): HclValue | undefined {
    const reference = node?.kind === 'unknown' ? (node.reference ?? node.because) : undefined
    const found = /^([a-z]\w*_\w+)\.([\w-]+)(?:\[[^\]]*\])?(?:\.|$)/.exec(reference ?? '')
    return found === null ? undefined : this.resources.get(`${found[1]}.${found[2]}`)
  }

  private follow(value: Owned, depth: number): Owned {
    const { node } = value
    if (node.kind !== 'unknown' || depth > deepest || --this.budget.left < 0) return value
    if (node.merged !== undefined) return this.merge(node.merged, value, depth)
    if (node.lookedUp !== undefined) return this.look(node.lookedUp, value, depth)
    if (node.chosen !== undefined) {
      const holds = testHolds(node.chosen.test, (one) => this.plainly(one, value, depth))
      if (holds === null) return value
      const side = holds.value ? node.chosen.then : node.chosen.otherwise
      return this.follow(
        { ...value, node: side, overridable: value.overridable || holds.overridable },
        depth + 1,
      )
    }
    if (node.reference === undefined) return value
    const steps = stepsOf(node.reference)
    const [kind, name, ...rest] = steps
    if (typeof name !== 'string') return value
    let found: Owned | undefined
    if (kind === 'local') {
      const local = this.locals.get(name)
      found = local === undefined ? undefined : { ...local, scope: this }
    } else if (kind === 'var') found = this.variable(name)
    else if (kind === 'each' && value.each !== undefined) found = this.ofEach(value, name)
    if (found === undefined) return value
    found = found.scope.follow({ ...found, overridable: found.overridable || value.overridable }, depth + 1)
    for (const step of rest) {
      if (found.node.kind === 'unknown') return { ...value, overridable: found.overridable }
      const below = at(found.node, step)
      if (below === undefined) return value
      found = found.scope.follow({ ...found, node: below }, depth + 1)
    }
    return found
  }

  /** What stands in a map under a key that is known. */
  private look({ map, key, rest, otherwise }: Looked, value: Owned, depth: number): Owned {
    const by = operandOf(key, (one) => this.plainly(one, value, depth))
    const within = this.refer(map, value, depth)
    if (by === null || (within.node.kind !== 'map' && within.node.kind !== 'list')) return value
    let below = at(within.node, within.node.kind === 'list' ? Number(by.value) : String(by.value))
    let found: Owned | undefined
    if (below !== undefined) {
      found = within.scope.follow({ ...within, node: below }, depth + 1)
      for (const step of stepsOf(rest)) {
        below = at(found.node, step)
        if (below === undefined) return value
        found = found.scope.follow({ ...found, node: below }, depth + 1)
      }
    } else if (otherwise !== undefined && (within.node.kind === 'list' || within.node.open === undefined))
      found = this.follow({ ...value, node: otherwise }, depth + 1)
    return found === undefined ? value : { ...found, overridable: found.overridable || by.overridable }
  }

  private refer(reference: string, value: Owned, depth: number): Owned {
    const { start, end } = value.node
    return this.follow(
      { ...value, node: { kind: 'unknown', because: reference, reference, start, end } },
      depth + 1,
    )
  }

  private plainly(reference: string, value: Owned, depth: number): Operand | null {
    const { node, overridable } = this.refer(reference, value, depth)
    return node.kind === 'scalar' && node.value !== null ? { value: node.value, overridable } : null
  }

  /** `each.key`, `each.value`. */
  private ofEach({ node, path, overridable, each }: Owned, name: string): Owned | undefined {
    if (name === 'value') return { ...each!.value, scope: this }
    const { start, end } = node
    const key: ConfigNode = { kind: 'scalar', value: each!.key, raw: each!.key, start, end }
    return name === 'key' ? { node: key, path, overridable, scope: this } : undefined
  }

  private variable(name: string): Owned | undefined {
    const declared = this.variables.get(name)
    if (declared === undefined) return undefined
    if (this.isUnused) return undefined
    if (this.callers.length > 0) {
      const values = this.callers.map(({ path, block, scope }): Owned | undefined => {
        const argument = entry(block, name)?.value
        if (argument !== undefined)
          return scope.follow({ node: argument, path, overridable: false, scope }, 1)
        // A module that is called gets its default: nobody else can say otherwise.
        return declared.default === null
          ? undefined
          : { ...declared.default, overridable: false, scope: this }
      })
      return agreed(values)
    }
    const given = this.given.get(name) ?? []
    const byItself = given.filter((one) => !one.overridable)
    if (byItself.length > 0) return { ...byItself[byItself.length - 1]!, scope: this }
    // Files for several environments: which one is applied is not known.
    if (given.length > 0) return agreed(given.map((one) => ({ ...one, scope: this })))
    return declared.default === null ? undefined : { ...declared.default, scope: this }
  }

  /** `merge(a, b)`: later maps win; what cannot be read leaves the result open. */
  private merge(parts: ConfigNode[], value: Owned, depth: number): Owned {
    const merged: ConfigMap = { kind: 'map', entries: [], start: value.node.start, end: value.node.end }
    let { path, overridable } = value
    let scope: HclScope = this
    for (const part of parts) {
      const found = this.follow({ ...value, node: part }, depth + 1)
      if (found.node.kind !== 'map') {
        merged.open = found.node.kind === 'unknown' ? found.node.because : 'merge'
        continue
      }
      if (found.node.entries.length === 0 && found.node.open === undefined) continue
      // Maps of several files cannot be shown as one.
      if (merged.entries.length > 0 && (found.path !== path || found.scope !== scope)) return value
      if (found.node.open !== undefined) merged.open = found.node.open
      path = found.path
      scope = found.scope
      overridable ||= found.overridable
      merged.entries.push(...found.node.entries)
    }
    return { node: merged, path, overridable, scope }
  }
}

function plain({ node, path, overridable }: Owned): HclValue {
  return { node, path, overridable }
}

/** The one value that all of them are; undefined where they differ or one is not known. */
function agreed(values: (Owned | undefined)[]): Owned | undefined {
  const [first] = values
  if (first === undefined || first.node.kind === 'unknown') return undefined
  const shape = spelled(first.node)
  return values.every((one) => one !== undefined && spelled(one.node) === shape) ? first : undefined
}

function spelled(node: ConfigNode): string {
  if (node.kind === 'scalar') return JSON.stringify(node.value)
  if (node.kind === 'list') return `[${node.items.map(spelled).join()}]`
  if (node.kind === 'map') return `{${node.entries.map((one) => `${one.key}:${spelled(one.value)}`).join()}}`
  return `?${node.because}`
}

/** `local.map["key"].size` → ['local', 'map', 'key', 'size']. */
function stepsOf(reference: string): Key[] {
  const steps: Key[] = []
  for (const found of reference.matchAll(/\["([^"]*)"\]|\[(\d+)\]|\[count\.index\]|([\w-]+)/g)) {
    if (found[1] !== undefined) steps.push(found[1])
    else if (found[2] !== undefined) steps.push(Number(found[2]))
    // Every copy of the resource gets an item of its own; the first stands for them.
    else if (found[3] === undefined) steps.push(0)
    else steps.push(found[3])
  }
  return steps
}

/** Folder that `source = "./modules/gpu"` of a file in `folder` means; null: not in the project. */
export function calledFolder(folder: string, block: ConfigNode): string | null {
  const source = text(at(block, 'source'))
  if (source === undefined || !/^\.\.?(\/|$)/.test(source)) return null
  const parts = folder === '' ? [] : folder.split('/')
  for (const part of source.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return null
  }
  return parts.join('/')
}
