/**
 * What the references of a Terraform module hold: variables (from `.tfvars` files, from the modules of the project that
 * call this one, or their defaults) and locals, over all files of the folder.
 */
import { at, entries, entry, isNothing, type Key, number } from './access.js'
import { HclDeclarations } from './hcl-declarations.js'
import type { HclCaller, HclFile, HclModule, HclValue, Iteration } from './hcl-module.js'
import { spelled, stepsOf } from './hcl-steps.js'
import { type Operand, operandOf, testHolds } from './hcl-tests.js'
import { completed } from './hcl-types.js'
import type { ConfigEntry, ConfigMap, ConfigNode, ConfigUnknown } from './node.js'

/** What all scopes of one project of modules have in common. */
interface Shared {
  left: number
  /** Where values stand that are shown inside of a map of another file. */
  readonly owners: WeakMap<ConfigNode, { path: string; scope: HclScope; each?: Iteration }>
}

/** Deepest chain of references that is followed. */
const deepest = 20

/** More copies of a block than this are not told apart. */
export const mostCopies = 20

/** References that one question may follow: maps that merge themselves many times over would never end. */
const mostSteps = 5_000

type Looked = NonNullable<ConfigUnknown['lookedUp']>

type Owned = HclValue & { scope: HclScope }

export class HclScope {
  readonly declared: HclDeclarations
  /** Nobody calls it but with `count = 0`. */
  readonly isUnused: boolean
  private readonly callers: (HclValue & { scope: HclScope; inputs?: readonly HclFile[] })[]

  constructor(
    module: HclModule,
    known: Map<HclModule, HclScope> = new Map(),
    private readonly shared: Shared = { left: mostSteps, owners: new WeakMap() },
  ) {
    known.set(module, this)
    this.declared = new HclDeclarations(module)
    const callers = module.callers.filter(({ block }) => number(at(block, 'count')) !== 0)
    this.isUnused = callers.length === 0 && module.callers.length > 0
    this.callers = callers.map(({ path, block, module: outer, copy, inputs }) => {
      const scope = known.get(outer) ?? new HclScope(outer, known, shared)
      const call = { path, node: block, overridable: false }
      const each = copy === undefined ? undefined : scope.copies(call)?.find(({ key }) => key === copy)
      return { ...call, scope, ...(inputs && { inputs }), ...(each && { each }) }
    })
  }

  /** What the module declares, and what those that call it do. */
  get declaredAround(): HclDeclarations[] {
    return [this.declared, ...this.callers.map(({ scope }) => scope.declared)]
  }

  /** The value itself, or what its reference holds; an unknown one stays as it is. */
  resolve(value: HclValue): HclValue {
    this.shared.left = mostSteps
    const owned = this.owned({ ...value, scope: this })
    return plain(owned.scope.follow(owned, 0))
  }

  /** The value at the end of a path of keys; an unknown one on the way is the answer itself. */
  at(value: HclValue | undefined, ...keys: Key[]): HclValue | undefined {
    if (value === undefined) return undefined
    this.shared.left = mostSteps
    let current: Owned = this.follow({ ...value, scope: this }, 0)
    for (const key of keys) {
      if (current.node.kind === 'unknown') return plain(current)
      const below = this.below(current, key)
      if (below === undefined) return undefined
      current = below.scope.follow(below, 0)
    }
    return plain(current)
  }

  /** A value inside of another one, which may stand in another file. */
  private below(value: Owned, key: Key): Owned | undefined {
    const node = at(value.node, key)
    return node === undefined ? undefined : this.owned({ ...value, node })
  }

  private owned(value: Owned): Owned {
    const owner = this.shared.owners.get(value.node)
    return owner === undefined ? value : { ...value, ...owner }
  }

  /** What a block is repeated for (`for_each`), one for each copy; null: it is not known, or it is made once. */
  copies(block: HclValue): Iteration[] | null {
    const written = entry(block.node, 'for_each')?.value
    return written === undefined ? null : this.iterations('each', { ...block, node: written })
  }

  /** What each copy stands for, of what something is repeated for; null: it is not known. */
  iterations(name: string, over: HclValue): Iteration[] | null {
    const all = this.follow({ ...over, scope: this }, 0)
    const around = over.each === undefined ? {} : { around: over.each }
    if (all.node.kind === 'map' && all.node.open === undefined)
      return all.node.entries.map(({ key, value }) => ({
        ...{ name, key, ...around },
        value: plain(this.owned({ ...all, node: value })),
      }))
    if (all.node.kind !== 'list' || all.node.open !== undefined) return null
    return all.node.items.map((node, index) => {
      const value = plain(all.scope.follow({ ...all, node }, 0))
      const key = value.node.kind === 'scalar' ? String(value.node.value) : String(index)
      return { name, key, value, ...around }
    })
  }

  /** Says where a value stands that is shown inside of another one. */
  keep(node: ConfigNode, place: { path: string; scope?: HclScope; each?: Iteration }): void {
    const { path, scope = this, each } = place
    this.shared.owners.set(node, { path, scope, ...(each && { each }) })
  }

  /** What the provider that resources use by themselves says; a module that is called has that of its callers. */
  ofProvider(name: string, key: string): HclValue | undefined {
    const own = this.declared.providers.get(name)
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
    return found === null ? undefined : this.declared.data.get(found[1]!)
  }

  /** What a resource's own block says: `aws_launch_template.gpu[0].id` → the block of `gpu`. */
  referred(node: ConfigNode | undefined): HclValue | undefined {
    const reference = node?.kind === 'unknown' ? (node.reference ?? node.because) : undefined
    const found = /^([a-z]\w*_\w+)\.([\w-]+)(?:\[[^\]]*\])?(?:\.|$)/.exec(reference ?? '')
    return found === null ? undefined : this.declared.resources.get(`${found[1]}.${found[2]}`)
  }

  private follow(value: Owned, depth: number): Owned {
    const { node } = value
    if (node.kind !== 'unknown' || depth > deepest || --this.shared.left < 0) return value
    if (node.merged !== undefined) return this.merge(node.merged, value, depth)
    if (node.firstOf !== undefined) return this.first(node.firstOf, value, depth)
    if (node.keyed !== undefined) return this.keyed(node.keyed, value, depth)
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
    if (node.reference === undefined)
      return node.parts === undefined ? value : this.put(node.parts, value, depth)
    const steps = stepsOf(node.reference)
    const [kind, name, ...rest] = steps
    if (typeof name !== 'string') return value
    let found: Owned | undefined
    if (kind === 'local') {
      const local = this.declared.locals.get(name)
      found = local === undefined ? undefined : { ...local, scope: this }
    } else if (kind === 'var') found = this.variable(name, depth)
    else found = this.ofIteration(value, kind, name)
    if (found === undefined) return value
    return this.down({ ...found, overridable: found.overridable || value.overridable }, rest, value, depth)
  }

  /** Along a path of keys; `value` where it cannot be told. */
  private down(from: Owned, steps: readonly Key[], value: Owned, depth: number): Owned {
    let found = from.scope.follow(from, depth + 1)
    for (const step of steps) {
      if (found.node.kind === 'unknown') return { ...value, overridable: found.overridable }
      const below = this.below(found, step)
      if (below === undefined)
        return isOpen(found.node)
          ? value
          : {
              ...value,
              node: { ...value.node, missing: true } as ConfigUnknown,
              overridable: value.overridable || found.overridable,
            }
      found = below.scope.follow(below, depth + 1)
    }
    return found
  }

  /** `try(a, b)`, `coalesce(a, b)` */
  private first(options: readonly ConfigNode[], value: Owned, depth: number): Owned {
    let { overridable } = value
    for (const option of options) {
      const found = this.follow({ ...value, node: option }, depth + 1)
      overridable ||= found.overridable
      if (found.node.kind === 'unknown' && found.node.missing !== true) return value
      // Where one that was passed over could hold something, so could the whole.
      if (found.node.kind !== 'unknown' && !isNothing(found.node)) return { ...found, overridable }
    }
    return value
  }

  /** Pieces put together to one text. */
  private put(parts: readonly ConfigNode[], value: Owned, depth: number): Owned {
    const found = parts.map((one) => this.follow({ ...value, node: one }, depth + 1))
    if (!found.every(({ node }) => node.kind === 'scalar' && node.value !== null)) return value
    const text = found.map(({ node }) => (node.kind === 'scalar' ? String(node.value) : '')).join('')
    const { start, end } = value.node
    const overridable = value.overridable || found.some((one) => one.overridable)
    return { ...value, overridable, node: { kind: 'scalar', value: text, raw: text, start, end } }
  }

  /** `{ for one in local.pools : one.name => one }` */
  private keyed({ of, item, keyName, key, test }: Keyed, value: Owned, depth: number): Owned {
    const all = this.iterations(item, this.refer(of, value, depth))
    if (all === null || all.length > mostCopies) return value
    const { start, end } = value.node
    const entries: ConfigEntry[] = []
    for (const each of all) {
      const within = { ...value, each: value.each === undefined ? each : { ...each, around: value.each } }
      const refer = (one: string): Operand | null =>
        one === keyName
          ? { value: each.key, overridable: false }
          : this.plainly(inside(one, item), within, depth)
      const holds = test === undefined ? { value: true } : testHolds(test, refer)
      const by = operandOf(key, refer) ?? (key === keyName ? refer(key) : null)
      if (holds === null || by === null) return value
      if (!holds.value) continue
      this.keep(each.value.node, each.value)
      entries.push({ key: String(by.value), keyStart: start, keyEnd: start, value: each.value.node })
    }
    return { ...value, node: { kind: 'map', entries, start, end } }
  }

  /** What stands in a map under a key that is known, or under every key that it could be. */
  private look({ map, key, rest, otherwise }: Looked, value: Owned, depth: number): Owned {
    const by = operandOf(key, (one) => this.plainly(one, value, depth))
    const within = this.refer(map, value, depth)
    if (within.node.kind !== 'map' && within.node.kind !== 'list') return value
    if (by === null || by.value === null) return this.underAnyKey(within, rest, value, depth)
    const below = this.below(within, within.node.kind === 'list' ? Number(by.value) : String(by.value))
    let found: Owned | undefined
    if (below !== undefined) found = this.down(below, stepsOf(rest), value, depth)
    else if (otherwise !== undefined && (within.node.kind === 'list' || within.node.open === undefined))
      found = this.follow({ ...value, node: otherwise }, depth + 1)
    return found === undefined ? value : { ...found, overridable: found.overridable || by.overridable }
  }

  /** Of a map for several environments, what all of them say alike. */
  private underAnyKey(map: Owned, rest: string, value: Owned, depth: number): Owned {
    if (map.node.kind !== 'map' || map.node.open !== undefined || map.node.entries.length > mostCopies)
      return value
    const all = map.node.entries.map((one) =>
      this.down(this.owned({ ...map, node: one.value }), stepsOf(rest), value, depth),
    )
    return agreed(all) ?? value
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
    return node.kind === 'scalar' ? { value: node.value, overridable } : null
  }

  /** `each.key`, `each.value`, and the same of a dynamic block. */
  private ofIteration(
    { node, path, overridable, each }: Owned,
    kind: Key | undefined,
    name: string,
  ): Owned | undefined {
    let own = each
    while (own !== undefined && own.name !== kind) own = own.around
    if (own === undefined) return undefined
    if (name === 'value') return this.owned({ ...own.value, scope: this })
    const { start, end } = node
    const key: ConfigNode = { kind: 'scalar', value: own.key, raw: own.key, start, end }
    return name === 'key' ? { node: key, path, overridable, scope: this } : undefined
  }

  private variable(name: string, depth: number): Owned | undefined {
    const declared = this.declared.variables.get(name)
    if (declared === undefined || this.isUnused) return undefined
    const found = this.valueOf(name, declared.default, depth)
    if (found === undefined || declared.gives === undefined) return found
    const { gives, path } = declared
    const node = completed(found.node, gives, {
      below: (one) => this.followed(found, one, depth),
      keep: (one, like) => this.keepAs(one, like, found, path),
    })
    return { ...found, node }
  }

  /** A value inside of another one, with its references followed. */
  private followed(around: Owned, node: ConfigNode, depth: number): ConfigNode {
    const found = this.owned({ ...around, node })
    const followed = found.scope.follow(found, depth + 1)
    if (followed.node !== node) this.keep(followed.node, followed)
    return followed.node
  }

  /** A copy stands where what it is a copy of stands; what a type gives, in the file of the type. */
  private keepAs(node: ConfigNode, like: ConfigNode | null, around: Owned, path: string): void {
    this.keep(node, like === null ? { path } : (this.shared.owners.get(like) ?? around))
  }

  private valueOf(name: string, byDefault: HclValue | null, depth: number): Owned | undefined {
    if (this.callers.length > 0) {
      const values = this.callers.map(({ inputs, ...call }): Owned | undefined => {
        const { scope } = call
        const blocks = inputs?.map(({ path, root: node }) => ({ ...call, path, node })) ?? [call]
        for (const one of blocks) {
          const argument = scope.below(scope.follow(one, depth + 1), name)
          if (argument !== undefined) return argument.scope.follow(argument, depth + 1)
        }
        // A module that is called gets its default: nobody else can say otherwise.
        return byDefault === null ? undefined : { ...byDefault, overridable: false, scope: this }
      })
      return agreed(values)
    }
    const given = this.declared.given.get(name) ?? []
    const byItself = given.filter((one) => !one.overridable)
    if (byItself.length > 0) return { ...byItself[byItself.length - 1]!, scope: this }
    // Files for several environments: which one is applied is not known.
    if (given.length > 0) {
      // The only file that gives what has no default is the one that is applied.
      const isOnly = given.length === 1 && byDefault === null
      return agreed(given.map((one) => ({ ...one, overridable: one.overridable && !isOnly, scope: this })))
    }
    return byDefault === null ? undefined : { ...byDefault, scope: this }
  }

  /** `merge(a, b)`: later maps win; what cannot be read leaves the result open. */
  private merge(parts: ConfigNode[], value: Owned, depth: number): Owned {
    const merged: ConfigMap = { kind: 'map', entries: [], start: value.node.start, end: value.node.end }
    const from: Owned[] = []
    for (const part of parts) {
      const found = this.follow({ ...value, node: part }, depth + 1)
      const { node } = found
      if (node.kind !== 'map') merged.open = node.kind === 'unknown' ? node.because : 'merge'
      else if (node.open !== undefined) merged.open = node.open
      if (node.kind !== 'map' || node.entries.length === 0) continue
      from.push(found)
      merged.entries.push(...node.entries)
    }
    const overridable = value.overridable || from.some((one) => one.overridable)
    const [first] = from
    // Shown in the file that all of it is written in.
    if (first !== undefined && from.every((one) => one.path === first.path && one.scope === first.scope))
      return { ...first, node: merged, overridable }
    for (const one of from)
      for (const { value: node } of entries(one.node)) this.keep(node, this.owned({ ...one, node }))
    return { ...value, node: merged, overridable }
  }
}

type Keyed = NonNullable<ConfigUnknown['keyed']>

/** `one.name` of a comprehension, as the reference of an iteration. */
function inside(reference: string, item: string): string {
  return reference.replace(new RegExp(`^${item}(?=\\.|$)`), `${item}.value`)
}

/** The entries of what a call of a module is repeated for. */
export function copiesOfCall({ path, block, module }: HclCaller): string[] | null {
  if (entry(block, 'for_each') === undefined) return null
  const copies = new HclScope(module).copies({ node: block, path, overridable: false })
  return copies === null || copies.length > mostCopies ? null : copies.map(({ key }) => key)
}

/** It may hold more than is seen. */
function isOpen(node: ConfigNode): boolean {
  return (node.kind === 'map' || node.kind === 'list') && node.open !== undefined
}

function plain({ node, path, overridable, each }: Owned): HclValue {
  return { node, path, overridable, ...(each && { each }) }
}

/** The one value that all of them are; undefined where they differ or one is not known. */
function agreed(values: (Owned | undefined)[]): Owned | undefined {
  const [first] = values
  if (first === undefined || first.node.kind === 'unknown') return undefined
  const shape = spelled(first.node)
  return values.every((one) => one !== undefined && spelled(one.node) === shape) ? first : undefined
}
