/** Scopes of Python and what is bound in them: which binding a name may have its value from. */
import type { ClassDef, Expr, FunctionDef, Import } from '../syntax/python-ast.js'

export interface Binding {
  name: string
  /** Where the name starts to hold. */
  at: number
  kind: 'assign' | 'import' | 'param' | 'loop' | 'with' | 'function' | 'class' | 'augmented' | 'other'
  /** The assigned expression, iterated for `loop`, entered for `with`; null where there is none. */
  value: Expr | null
  /** Position in an unpacked tuple: `a, b = f()` binds b with [1]. */
  unpack: number[] | null
  node: FunctionDef | ClassDef | Import | null
  /** For imports: dotted target, with one leading dot per level ('.data.make_loader'). */
  target: string | null
  /** Inside `if`, `try`, or a loop body, relative to its scope. */
  conditional: boolean
  /** Innermost loop of the scope that holds the binding: its span. */
  loop: { start: number; end: number } | null
  /** The block under a condition or loop that holds it; 0: none, it always runs. */
  branch: number
  /** For `name[key] = …` (kept as `name[]`): what is assigned. */
  assigned?: Expr | null
}

export interface Scope {
  kind: 'module' | 'function' | 'class' | 'inner'
  node: FunctionDef | ClassDef | null
  parent: Scope | null
  children: Scope[]
  start: number
  end: number
  bindings: Map<string, Binding[]>
  /** Names declared `global` or `nonlocal`. */
  outer: Set<string>
  /** `from X import *`: the modules. */
  stars: string[]
}

/** The innermost scope that holds an offset. */
export function scopeAt(root: Scope, offset: number): Scope {
  let scope = root
  for (;;) {
    let low = 0
    let high = scope.children.length - 1
    let found: Scope | null = null
    while (low <= high) {
      const middle = (low + high) >> 1
      const child = scope.children[middle]!
      if (offset < child.start) high = middle - 1
      else if (offset >= child.end) low = middle + 1
      else {
        found = child
        break
      }
    }
    if (found === null) return scope
    scope = found
  }
}

/**
 * Bindings that may give `name` its value at `offset`. Empty when nothing binds it. Where an unconditional binding
 * precedes, earlier ones are out of reach; bindings later in the same loop are in reach (next pass).
 */
export function reaching(scope: Scope, name: string, offset: number): { bindings: Binding[]; scope: Scope } {
  let current: Scope | null = scope
  let first = true
  while (current !== null) {
    // Names of a class body are not visible from its methods.
    if (first || current.kind !== 'class') {
      const all = current.bindings.get(name)
      if (all !== undefined && !(first && current.outer.has(name))) {
        if (!first) return { bindings: all, scope: current }
        let from = all.length - 1
        while (from > 0 && (all[from]!.at > offset || all[from]!.conditional)) from--
        const reached: Binding[] = []
        for (let index = from; index < all.length; index++) {
          const binding = all[index]!
          const { loop } = binding
          if (binding.at <= offset || (loop !== null && offset >= loop.start && offset < loop.end))
            reached.push(binding)
        }
        if (reached.length > 0) return { bindings: reached, scope: current }
        if (current.kind !== 'module' && current.kind !== 'inner' && current.kind !== 'class') {
          return { bindings: all, scope: current }
        }
      }
    }
    if (current.kind !== 'inner') first = false
    current = current.parent
  }
  return { bindings: [], scope }
}
