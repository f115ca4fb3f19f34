/** What follows from the text of a module alone, whatever stands around it: calls, functions, classes, loops, scopes and bindings. */
import type { ClassDef, Expr, FunctionDef, PythonTree, Stmt } from '../syntax/python-ast.js'
import type { Span } from '../text/location.js'
import { once } from '../text/once.js'
import { CollectedBindings, type Store } from './collected-bindings.js'
import { guardsIn, type NestedGuard } from './conditions.js'
import type { CountedLoop } from './counted-loop.js'
import { indexTree } from './index-calls.js'
import { callAt, statementAt } from './look-up.js'
import type { Call, Func, Klass, ParameterOwner } from './module.js'
import { ReachedNames } from './reached-names.js'
import type { Binding, Scope } from './scope.js'
import { buildScopes } from './scopes.js'

export class IndexedModule {
  readonly calls: Call[]
  readonly functions: Func[]
  readonly classes: Klass[]
  readonly loops: CountedLoop[]
  readonly statements: Stmt[]
  readonly strings: string[]
  readonly hasErrors: boolean
  readonly scopes: Scope
  readonly callByExpr: Map<Expr, Call>
  /** Calls that a statement holds directly, in the order in which it is written. */
  readonly callsIn: ReadonlyMap<Stmt, readonly Call[]>
  readonly functionByNode: Map<FunctionDef, Func>
  readonly classByNode: Map<ClassDef, Klass>
  readonly attributeStores: ReadonlyMap<string, readonly Store[]>
  /** The same by the class in which it is assigned; null: outside of classes. */
  readonly attributesOfClasses: ReadonlyMap<Scope | null, ReadonlyMap<string, readonly Store[]>>
  readonly imports: ReadonlySet<string>
  readonly importSpecs: ReadonlySet<string>
  /** Names whose value is changed in place somewhere, and where, by the scope that binds the name. */
  readonly mutatedNames: ReadonlySet<string>
  readonly mutations: ReadonlyMap<Scope, ReadonlyMap<string, readonly Store[]>>
  /** What names that were asked for may stand for, by place. */
  readonly reached: ReachedNames
  /** The scope of the class around a place. */
  readonly classScopes: Map<number, Scope | null>
  protected readonly hasMainGuard: boolean
  private readonly parameters: CollectedBindings['parameters']

  constructor(
    readonly path: string,
    readonly text: string,
    readonly tree: PythonTree,
    readonly notebook: boolean,
  ) {
    this.hasErrors = tree.hasErrors
    this.scopes = once(tree, 'scopes', () => buildScopes(tree.body, text.length))
    this.reached = once(tree, 'reached', () => new ReachedNames(text.length))
    this.classScopes = once(tree, 'classes around', () => new Map())
    const bindings = new CollectedBindings(this.scopes)
    this.attributeStores = bindings.attributeStores
    this.attributesOfClasses = bindings.attributesOfClasses
    this.imports = bindings.imports
    this.importSpecs = bindings.importSpecs
    this.mutatedNames = bindings.mutatedNames
    this.mutations = bindings.mutations
    this.parameters = bindings.parameters
    const index = indexTree(tree)
    this.calls = index.calls
    this.functions = index.functions
    this.classes = index.classes
    this.loops = index.loops
    this.statements = index.statements
    this.strings = index.strings
    this.callByExpr = index.callByExpr
    this.callsIn = index.callsIn
    this.functionByNode = index.functionByNode
    this.classByNode = index.classByNode
    this.hasMainGuard = index.mainGuard
  }

  // Bindings.

  get moduleBindings(): ReadonlyMap<string, readonly Binding[]> {
    return this.scopes.bindings
  }
  attributeBindings(dotted: string): readonly Binding[] {
    return this.attributeStores.get(dotted)?.map(({ binding }) => binding) ?? []
  }
  isMutated(name: string, scope: Scope): boolean {
    return this.mutations.get(scope)?.has(name) ?? false
  }
  parameterOwner(binding: Pick<Binding, 'at'>): { func: Func; position: number } | null {
    const owner = this.parameters.get(binding.at)
    const func = owner === undefined ? undefined : this.functionByNode.get(owner.node)
    if (owner === undefined || func === undefined) return null
    const shift = func.class !== null && !hasDecorator(func.node, 'staticmethod') ? 1 : 0
    return { func, position: owner.position - shift }
  }
  parameterAnnotation(binding: Binding): Expr | null {
    const owner = this.parameterOwner(binding)
    return owner?.func.node.params.find((param) => param.start === binding.at)?.annotation ?? null
  }
  parameterOf(binding: Binding): ParameterOwner | null {
    const owner = this.parameterOwner(binding)
    return owner === null ? null : { ...owner, annotation: this.parameterAnnotation(binding) }
  }

  // Places.

  get guards(): readonly NestedGuard[] {
    return once(this.tree, 'guards', () => guardsIn(this.tree))
  }
  callAt(span: Span): Call | null {
    return callAt(this.calls, span.start, span.end)
  }
  statementAt(offset: number): Stmt | null {
    return statementAt(this.tree.body, offset)
  }
}

function hasDecorator(node: FunctionDef, name: string): boolean {
  return node.decorators.some((decorator) => decorator.type === 'name' && decorator.id === name)
}
