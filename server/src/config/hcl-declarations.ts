/** What the files of a Terraform module declare: variables and the values given to them, locals, resources, data, providers. */
import { at, entries, entry, items, map } from './access.js'
import type { HclModule, HclValue } from './hcl-module.js'
import { blocksAsMaps } from './hcl-steps.js'
import { folderOfCode, isAutomatic } from './hcl-ways.js'
import type { ConfigNode, ObjectDefaults } from './node.js'

/** Modules that others are made of: each caller gives its own values. */
const library = /(^|\/)modules?\//

export class HclDeclarations {
  readonly variables = new Map<string, { default: HclValue | null; gives?: ObjectDefaults; path: string }>()
  readonly locals = new Map<string, HclValue>()
  /** What files of values give variables, the last counting most. */
  readonly given = new Map<string, HclValue[]>()
  readonly resources = new Map<string, HclValue>()
  /** How many resources of each type there are. */
  readonly resourceTypes = new Map<string, number>()
  readonly data = new Map<string, HclValue>()
  readonly providers = new Map<string, HclValue>()
  /** Blocks that call other modules. */
  readonly calls: HclValue[] = []
  /** Files of values that the module is applied with. */
  private readonly chosen: ReadonlySet<string>

  constructor({ files, chosen, reads }: HclModule) {
    this.chosen = new Set(chosen)
    const folder = folderOfCode(files)
    for (const { path, root } of files) {
      if (path.endsWith('.tfvars')) this.assign(path, root, !isAutomatic(path, folder), this.chosen.has(path))
      else this.define(path, root)
    }
    for (const { name, file } of reads ?? [])
      this.locals.set(name, { node: blocksAsMaps(file.root), path: file.path, overridable: false })
  }

  /** Every resource of the module, with its labels. */
  *allResources(): Generator<{ type: string; name: string; value: HclValue }> {
    for (const [key, value] of this.resources) {
      const cut = key.indexOf('.')
      yield { type: key.slice(0, cut), name: key.slice(cut + 1), value }
    }
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
      const type = entry(block, 'type')?.value
      const gives = type?.kind === 'unknown' ? type.gives : undefined
      this.variables.set(name, {
        default: value === undefined ? null : { node: value, path, overridable: library.test(path) },
        path,
        ...(gives === undefined ? {} : { gives }),
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
    for (const node of items(at(root, 'module'))) this.calls.push({ node, path, overridable: false })
    for (const block of items(at(root, 'resource'))) {
      const labels = map(block)?.labels ?? []
      if (labels.length !== 2) continue
      const name = labels.join('.')
      const type = labels[0]!
      if (!this.resources.has(name)) this.resourceTypes.set(type, (this.resourceTypes.get(type) ?? 0) + 1)
      this.resources.set(name, { node: block, path, overridable: false })
    }
  }
}
