/** The tests that decide which branch of an `if` or a `case` runs. */
import { inField, type PlainNode } from './plain-tree.js'
import type { ShellGuard } from './shell-facts.js'

/** In the order of `Branches`. */
export function guardsOfIf(node: PlainNode, text: string): ShellGuard[][] {
  const tests = [testOf(node, text)]
  let otherwise = false
  for (const child of node.children) {
    if (child.type === 'elif_clause') tests.push(testOf(child, text))
    else if (child.type === 'else_clause') otherwise = true
  }
  const failed = tests.map((test): ShellGuard => ({ test, holds: false }))
  const taken = tests.map((test, index) => [...failed.slice(0, index), { test, holds: true }])
  return otherwise ? [...taken, failed] : taken
}

function testOf({ children }: PlainNode, text: string): string {
  const end = children.findIndex((child) => child.type === 'then')
  const asked = children.slice(0, Math.max(end, 0)).filter((child) => child.named)
  return asked.length === 0 ? '' : text.slice(asked[0]!.start, asked.at(-1)!.end)
}

/** `case $MODE`: the same for all of its branches. */
export function guardOfCase(node: PlainNode, text: string): ShellGuard {
  const value = inField(node, 'value')
  return { test: `case ${value === undefined ? '' : text.slice(value.start, value.end)}`, holds: true }
}
