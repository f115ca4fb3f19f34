/** What a fix did to the data of a file: values that came, went or changed, by their path. */

export type DataNode = { shared?: number } & (
  | { map: [string, DataNode][] }
  | { list: DataNode[] }
  | { scalar: string; type: string }
  | { alias: number }
)

export interface Difference {
  kind: 'added' | 'removed' | 'changed'
  /** Keys and indexes from the root. */
  path: (string | number)[]
  before?: DataNode
  after?: DataNode
  /** How many other places of the file hold the same data through an alias. */
  aliases: number
}

/** Every scalar below a node, and the keys on the way to it. */
export function wordsOf(node: DataNode): string[] {
  if ('map' in node) return node.map.flatMap(([key, value]) => [key, ...wordsOf(value)])
  if ('list' in node) return node.list.flatMap(wordsOf)
  return 'scalar' in node ? [node.scalar] : []
}

export function differences(before: DataNode, after: DataNode): Difference[] {
  const uses = new Map<number, number>()
  countAliases(after, uses)
  const found: Difference[] = []
  compare(before, after, [], 0)
  return found

  function compare(a: DataNode, b: DataNode, path: (string | number)[], aliases: number): void {
    if (equal(a, b)) return
    const here = aliases + (b.shared === undefined ? 0 : (uses.get(b.shared) ?? 0))
    if ('map' in a && 'map' in b) compareMaps(keyed(a.map), keyed(b.map), path, here)
    else if ('list' in a && 'list' in b) compareLists(a.list, b.list, path, here)
    else found.push({ kind: 'changed', path, before: a, after: b, aliases: here })
  }

  function compareMaps(
    a: Map<string, DataNode>,
    b: Map<string, DataNode>,
    path: (string | number)[],
    aliases: number,
  ): void {
    for (const [key, value] of a) {
      const other = b.get(key)
      if (other === undefined) found.push({ kind: 'removed', path: [...path, key], before: value, aliases })
      else compare(value, other, [...path, key], aliases)
    }
    for (const [key, value] of b) {
      if (!a.has(key)) found.push({ kind: 'added', path: [...path, key], after: value, aliases })
    }
  }

  /** Items that came or went between equal heads and tails; of the others each with its counterpart. */
  function compareLists(a: DataNode[], b: DataNode[], path: (string | number)[], aliases: number): void {
    let head = 0
    while (head < a.length && head < b.length && equal(a[head]!, b[head]!)) head++
    let tail = 0
    const most = Math.min(a.length, b.length) - head
    while (tail < most && equal(a[a.length - 1 - tail]!, b[b.length - 1 - tail]!)) tail++
    const common = most - tail
    for (let index = head; index < head + common; index++)
      compare(a[index]!, b[index]!, [...path, index], aliases)
    for (let index = head + common; index < a.length - tail; index++)
      found.push({ kind: 'removed', path: [...path, index], before: a[index]!, aliases })
    for (let index = head + common; index < b.length - tail; index++)
      found.push({ kind: 'added', path: [...path, index], after: b[index]!, aliases })
  }
}

/** A key that stands there twice is told apart by its number. */
function keyed(entries: readonly [string, DataNode][]): Map<string, DataNode> {
  const map = new Map<string, DataNode>()
  for (const [key, value] of entries) {
    let name = key
    for (let count = 2; map.has(name); count++) name = `${key}#${count}`
    map.set(name, value)
  }
  return map
}

function countAliases(node: DataNode, uses: Map<number, number>): void {
  if ('map' in node) for (const [, value] of node.map) countAliases(value, uses)
  else if ('list' in node) for (const value of node.list) countAliases(value, uses)
  else if ('alias' in node) uses.set(node.alias, (uses.get(node.alias) ?? 0) + 1)
}

function equal(a: DataNode, b: DataNode): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
