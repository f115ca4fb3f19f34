/** Finds the nodes that writes name by their range. */
import type { Expr, PythonTree, Stmt } from '../syntax/python-ast.js'
import type { Span } from '../text/location.js'

const statementTypes = new Set<string>([
  ...[
    'expr',
    'assign',
    'augassign',
    'if',
    'for',
    'while',
    'with',
    'try',
    'function',
    'class',
    'import',
    'return',
  ],
  ...[
    'break',
    'continue',
    'pass',
    'global',
    'delete',
    'raise',
    'assert',
    'other-statement',
    'match',
    'broken',
  ],
])

interface AnyNode {
  type?: string
  start?: number
  end?: number
}

/**
 * Visits every object of the tree that may hold the span, outermost first. Decorators stand before the range of
 * what they decorate, so functions and classes are always entered.
 */
function visit(tree: PythonTree, span: Span, see: (node: AnyNode, siblings: unknown[] | null) => void): void {
  const stack: { value: object; siblings: unknown[] | null }[] = [{ value: tree.body, siblings: null }]
  while (stack.length > 0) {
    const { value, siblings } = stack.pop()!
    if (Array.isArray(value)) {
      for (const item of value)
        if (item !== null && typeof item === 'object') stack.push({ value: item, siblings: value })
      continue
    }
    const node = value as AnyNode
    const decorated = node.type === 'function' || node.type === 'class'
    if (!decorated && node.start !== undefined && node.end !== undefined) {
      if (node.start > span.start || node.end < span.end) continue
    }
    see(node, siblings)
    for (const child of Object.values(node)) {
      if (child !== null && typeof child === 'object') stack.push({ value: child, siblings: null })
    }
  }
}

/** The expression of this type with exactly this range. */
export function findExpr<T extends Expr['type']>(
  tree: PythonTree,
  span: Span,
  ...types: T[]
): Extract<Expr, { type: T }> | null {
  let found: AnyNode | null = null
  visit(tree, span, (node) => {
    if (node.start === span.start && node.end === span.end && types.includes(node.type as T)) found = node
  })
  return found
}

export interface BlockPlace {
  block: Stmt[]
  index: number
}

/** The statement with exactly this range, in its block. */
export function findStatement(tree: PythonTree, span: Span): BlockPlace | null {
  let found: BlockPlace | null = null
  visit(tree, span, (node, siblings) => {
    if (siblings === null || !statementTypes.has(node.type ?? '')) return
    if (node.start !== span.start || node.end !== span.end) return
    found = { block: siblings as Stmt[], index: siblings.indexOf(node) }
  })
  return found
}

const bound = new WeakMap<PythonTree, ReadonlySet<string>>()

/** Every name that is bound anywhere in the tree, except by imports. */
export function boundNames(tree: PythonTree): ReadonlySet<string> {
  const names = bound.get(tree) ?? namesBoundIn(tree)
  bound.set(tree, names)
  return names
}

function namesBoundIn(tree: PythonTree): ReadonlySet<string> {
  const names = new Set<string>()
  const targets = (value: unknown): void => {
    const stack = [value]
    while (stack.length > 0) {
      const node = stack.pop()
      if (node === null || typeof node !== 'object') continue
      const { type } = node as AnyNode
      if (type === 'name') names.add((node as { id: string }).id)
      else if (type === 'list' || type === 'tuple') stack.push(...(node as { items: unknown[] }).items)
      else if (type === 'starred') stack.push((node as { value: unknown }).value)
    }
  }
  const stack: unknown[] = [tree.body]
  while (stack.length > 0) {
    const value = stack.pop()
    if (value === null || typeof value !== 'object') continue
    if (Array.isArray(value)) {
      for (const item of value) stack.push(item)
      continue
    }
    const node = value as Record<string, unknown> & AnyNode
    if (node.type === 'function' || node.type === 'class' || node.type === 'walrus')
      names.add(String(node.name))
    if (node.type === 'assign') targets({ type: 'tuple', items: node.targets })
    if (node.type === 'for') targets(node.target)
    if (node.type === 'with') for (const item of node.items as { target: unknown }[]) targets(item.target)
    if (node.params) for (const param of node.params as { name: string }[]) names.add(param.name)
    for (const child of Object.values(node))
      if (child !== null && typeof child === 'object') stack.push(child)
  }
  return names
}
