/** Which way a script takes that is called with known arguments. */
import { inField, type PlainNode } from './plain-tree.js'
import type { ShellScope } from './shell-values.js'
import { expandText } from './shell-words.js'

/** Index of the branch of an `if` or `case` that is taken, as in `Branches`; -1: none; undefined: not known. */
export function wayTaken(node: PlainNode, text: string, scope: ShellScope): number | undefined {
  return node.type === 'case_statement' ? caseTaken(node, text, scope) : branchTaken(node, text, scope)
}

function branchTaken(node: PlainNode, text: string, scope: ShellScope): number | undefined {
  const own = node.children.findIndex((child) => child.type === 'then')
  const ways = [conditionOf(node.children.slice(0, Math.max(own, 0)))]
  let otherwise = -1
  for (const child of node.children) {
    if (child.type === 'elif_clause') {
      const at = child.children.findIndex((one) => one.type === 'then')
      ways.push(conditionOf(child.children.slice(0, Math.max(at, 0))))
    } else if (child.type === 'else_clause') otherwise = ways.length
  }
  for (const [index, condition] of ways.entries()) {
    const holds =
      condition === undefined ? undefined : holding(text.slice(condition.start, condition.end), scope)
    if (holds === undefined) return undefined
    if (holds) return index
  }
  return otherwise
}

/** The only command of a condition. */
function conditionOf(nodes: PlainNode[]): PlainNode | undefined {
  const named = nodes.filter((one) => one.named)
  return named.length === 1 ? named[0] : undefined
}

const operand = String.raw`("[^"\n]*"|'[^'\n]*'|[^\s"'()&|<>]+)`
const comparison = new RegExp(String.raw`^\[\[?\s+${operand}\s+(==?|!=|-eq|-ne)\s+${operand}\s+\]\]?$`)

/** `A && B || C`, which the shell reads from left to right. */
function holding(condition: string, scope: ShellScope): boolean | undefined {
  const [first = '', ...rest] = condition.split(/(\|\||&&)/)
  let holds = comparing(first, scope)
  for (let index = 0; index + 1 < rest.length; index += 2) {
    const next = comparing(rest[index + 1]!, scope)
    const decisive = rest[index] === '||'
    holds = holds === decisive || next === decisive ? decisive : holds === undefined ? holds : next
  }
  return holds
}

function comparing(test: string, scope: ShellScope): boolean | undefined {
  const match = comparison.exec(test.trim())
  if (match === null) return undefined
  const [left, right] = [expandText(match[1]!, 0, scope), expandText(match[3]!, 0, scope)]
  if (left === null || right === null || /[*?[\]]/.test(match[3]!)) return undefined
  return (left === right) === (match[2] !== '!=' && match[2] !== '-ne')
}

function caseTaken(node: PlainNode, text: string, scope: ShellScope): number | undefined {
  const value = inField(node, 'value')
  const held = value === undefined ? null : expandText(text.slice(value.start, value.end), value.start, scope)
  if (held === null) return undefined
  const items = node.children.filter((child) => child.type === 'case_item')
  for (const [index, item] of items.entries()) {
    const patterns = item.children
      .filter((child) => child.field === 'value')
      .map((child) => text.slice(child.start, child.end))
    if (patterns.includes('*')) return index
    const plain = patterns.map((pattern) => /^(["']?)([\w./-]*)\1$/.exec(pattern)?.[2])
    if (plain.includes(held)) return index
    if (plain.includes(undefined)) return undefined
  }
  return -1
}
