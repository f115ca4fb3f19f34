/** What the scopes of a module bind, in sum: imports, attributes, parameters, and what is changed in place. It follows from the tree alone. */
import type { FunctionDef } from '../syntax/python-ast.js'
import { classScope } from './attribute-values.js'
import { moduleAbove } from './import-targets.js'
import type { Binding, Scope } from './scope.js'
import { modulesBelow } from './scopes.js'

/** A binding with the scope that it stands in. */
export interface Store {
  binding: Binding
  scope: Scope
}

export class CollectedBindings {
  /** What is assigned to attributes, by name: 'args.bf16'. */
  readonly attributeStores = new Map<string, Store[]>()
  /** The same by the class in which it is assigned; null: outside of classes. */
  readonly attributesOfClasses = new Map<Scope | null, Map<string, Store[]>>()
  /** Imported modules and names. */
  readonly imports = new Set<string>()
  /** The same with the modules around them. */
  readonly importSpecs = new Set<string>()
  /** Names whose value is changed in place somewhere, and where, by the scope that binds the name. */
  readonly mutatedNames = new Set<string>()
  readonly mutations = new Map<Scope, Map<string, Store[]>>()
  /** By the place of a parameter: its function, and its position there. */
  readonly parameters = new Map<number, { node: FunctionDef; position: number }>()

  constructor(root: Scope) {
    this.collect(root)
  }

  private collect(scope: Scope): void {
    for (const [name, bindings] of scope.bindings) {
      if (name.endsWith('[]')) this.markMutated(name.slice(0, -2), scope, bindings)
      if (name.includes('.')) this.addAttribute(name, scope, bindings)
      for (let index = 0; index < bindings.length; index++) this.addImport(bindings[index]!)
    }
    for (const star of scope.stars) {
      this.importSpecs.add(star)
      this.imports.add(star)
    }
    if (scope.kind === 'function' && scope.node?.type === 'function') {
      const { node } = scope
      node.params.forEach((param, position) => {
        this.parameters.set(param.start, { node, position })
      })
    }
    for (const child of scope.children) this.collect(child)
  }

  private addAttribute(name: string, scope: Scope, bindings: readonly Binding[]): void {
    const klass = classScope(scope)
    const own = this.attributesOfClasses.get(klass) ?? new Map<string, Store[]>()
    this.attributesOfClasses.set(klass, own)
    for (const lists of [this.attributeStores, own]) {
      const list = lists.get(name) ?? []
      for (const binding of bindings) list.push({ binding, scope })
      lists.set(name, list)
    }
  }

  private addImport({ kind, target, node }: Binding): void {
    if (kind !== 'import' || target === null) return
    this.importSpecs.add(target)
    if (node?.type === 'import')
      for (const name of node.names) for (const inner of modulesBelow(node, name)) this.importSpecs.add(inner)
    const module = moduleAbove(target)
    if (module !== null) this.importSpecs.add(module)
    this.imports.add(target)
  }

  private markMutated(name: string, scope: Scope, changes: readonly Binding[]): void {
    let owner: Scope | null = scope
    // A comprehension or function changes what an outer scope binds.
    while (owner !== null && !(owner.bindings.has(name) && !owner.outer.has(name))) owner = owner.parent
    if (owner === null) return
    this.mutatedNames.add(name)
    const byName = this.mutations.get(owner) ?? new Map<string, Store[]>()
    this.mutations.set(owner, byName)
    const list = byName.get(name) ?? []
    byName.set(name, list)
    for (const binding of changes) list.push({ scope, binding })
  }
}
