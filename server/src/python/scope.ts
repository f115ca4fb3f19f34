/** Scopes of Python and what is bound in them: which binding a name may have its value from. */
import type { ClassDef, Expr, FunctionDef, Import, Subscript } from '../syntax/python-ast.js'

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
  /** For `name[key][further] = …`: all of the target. */
  inside?: Subscript
}

const mostBlocks = 1024

/** `Binding.branch` of the `index`-th block of the statement at `start`. */
export function branchOf(start: number, index: number): number {
  return start * mostBlocks + 1 + index
}

/** The block that a branch stands for. */
export function blockOf(branch: number): { start: number; index: number } {
  return { start: Math.floor((branch - 1) / mostBlocks), index: (branch - 1) % mostBlocks }
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

/** Bindings of one name that are looked at from one place. Others stand behind one of which nothing is known. */
const mostBindings = 100

/**
 * Bindings that may give `name` its value at `offset`. Empty when nothing binds it. Where an unconditional binding
 * precedes, earlier ones are out of reach; bindings later in the same loop are in reach (next pass). `tell` hears in which
 * scope they stand.
 */
export function reaching(
  scope: Scope,
  name: string,
  offset: number,
  tell?: (scope: Scope) => void,
): readonly Binding[] {
  let current: Scope | null = scope
  let first = true
  while (current !== null) {
    // Names of a class body are not visible from its methods.
    if (first || current.kind !== 'class') {
      const all = current.bindings.get(name)
      if (all !== undefined && !(first && current.outer.has(name))) {
        const reached = first ? reachedHere(all, offset) : all
        if (reached.length > 0 || current.kind === 'function') {
          tell?.(current)
          return reached.length > 0 && first ? reached : lastOf(all)
        }
      }
    }
    if (current.kind !== 'inner') first = false
    current = current.parent
  }
  return nothing
}

const nothing: readonly Binding[] = []

function reachedHere(all: readonly Binding[], offset: number): readonly Binding[] {
  return all.length > mostBindings ? nearest(all, offset) : inReach(all, offset)
}

/** Nothing is copied where all or none are in reach: this is asked for every name that is looked at. */
function inReach(all: readonly Binding[], offset: number): readonly Binding[] {
  let from = all.length - 1
  while (from > 0 && (all[from]!.at > offset || all[from]!.conditional)) from--
  let reached = 0
  for (let index = from; index < all.length; index++) if (isReached(all[index]!, offset)) reached++
  if (reached === 0) return nothing
  if (reached === all.length) return all
  const found: Binding[] = []
  for (let index = from; index < all.length; index++)
    if (isReached(all[index]!, offset)) found.push(all[index]!)
  return found
}

function isReached(binding: Binding, offset: number): boolean {
  return binding.at <= offset || comesAgain(binding, offset)
}

/** Later in a loop that the offset is in: it is bound when the next pass comes by. */
function comesAgain({ loop }: Binding, offset: number): boolean {
  return loop !== null && offset >= loop.start && offset < loop.end
}

/** The same of a name that is bound so often that it cannot be looked at as a whole from each of its uses. */
function nearest(all: readonly Binding[], offset: number): Binding[] {
  const { ordered, others } = manyOf(all)
  let next = 0
  for (let high = ordered.length; next < high; ) {
    const middle = (next + high) >> 1
    if (ordered[middle]!.at <= offset) next = middle + 1
    else high = middle
  }
  let from = next - 1
  while (from > 0 && next - from < mostBindings && ordered[from]!.conditional) from--
  const until = Math.min(ordered.length, next + mostBindings)
  const again = ordered.slice(next, until).filter((binding) => comesAgain(binding, offset))
  const cut =
    (from > 0 && ordered[from]!.conditional) ||
    (until < ordered.length && comesAgain(ordered[until - 1]!, offset))
  return [...(cut ? [others] : []), ...ordered.slice(Math.max(0, from), next), ...again]
}

function lastOf(all: readonly Binding[]): readonly Binding[] {
  return all.length > mostBindings ? manyOf(all).last : all
}

interface Many {
  ordered: Binding[]
  last: Binding[]
  /** Stands for those that are not looked at. */
  others: Binding
}

const manyByBindings = new WeakMap<readonly Binding[], Many>()

function manyOf(all: readonly Binding[]): Many {
  const before = manyByBindings.get(all)
  if (before !== undefined && before.ordered.length === all.length) return before
  const ordered = [...all].sort((a, b) => a.at - b.at)
  const others: Binding = {
    ...ordered[0]!,
    kind: 'other',
    value: null,
    unpack: null,
    node: null,
    target: null,
    conditional: true,
  }
  const many = { ordered, others, last: [others, ...ordered.slice(-mostBindings)] }
  manyByBindings.set(all, many)
  return many
}
