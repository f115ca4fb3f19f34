/** The ways that a script may take at an `if` or a `case`. */
import type { PlainNode } from './plain-tree.js'

export interface Branches {
  branches: PlainNode[][]
  /** One of them is always taken. */
  exhaustive: boolean
}

/** `conditions`: those of `elif` as well, in order. */
export function branchesOfIf(node: PlainNode): Branches & { conditions: PlainNode[] } {
  const branches: PlainNode[][] = []
  let exhaustive = false
  const then: PlainNode[] = []
  const conditions: PlainNode[] = []
  let body = false
  for (const child of node.children) {
    if (child.type === 'then') body = true
    else if (child.type === 'elif_clause') {
      const at = child.children.findIndex((one) => one.type === 'then')
      conditions.push(...child.children.slice(0, Math.max(at, 0)))
      branches.push(child.children.slice(at + 1))
    } else if (child.type === 'else_clause') {
      exhaustive = true
      branches.push(child.children)
    } else (body ? then : conditions).push(child)
  }
  branches.unshift(then)
  return { conditions, branches, exhaustive }
}

export function branchesOfCase(node: PlainNode, text: string): Branches {
  const branches: PlainNode[][] = []
  let exhaustive = false
  for (const item of node.children) {
    if (item.type !== 'case_item') continue
    const at = item.children.findIndex((child) => child.type === ')')
    if (item.children.some((child) => child.field === 'value' && text.slice(child.start, child.end) === '*'))
      exhaustive = true
    branches.push(item.children.slice(at + 1))
  }
  return { branches, exhaustive }
}
