/** Conditions of Helm templates over values: `.Values.a`, `not`, `and`, `or`, `eq`, `ne`, `empty`, in brackets or not. */
import type { ConfigNode } from './node.js'

/** What a template takes for true. */
export function isSet(node: ConfigNode | undefined): boolean {
  if (node === undefined) return false
  if (node.kind === 'map') return node.entries.length > 0
  if (node.kind === 'list') return node.items.length > 0
  return (
    node.kind === 'scalar' &&
    node.value !== null &&
    node.value !== false &&
    node.value !== '' &&
    node.value !== 0
  )
}

type Term = ConfigNode | boolean | string | number | undefined

const token = /\s+|([()])|("[^"\n]*"|[^\s()"]+)/y
/** Longest condition that is looked at, in words. */
const longest = 60

/** Null: it asks for something else than values. */
export function conditionHolds(
  condition: string,
  valueAt: (path: string[]) => ConfigNode | undefined,
): boolean | null {
  const words: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < condition.length) {
    const found = token.exec(condition)
    if (found === null || words.length > longest) return null
    const word = found[1] ?? found[2]
    if (word !== undefined) words.push(word)
  }
  const unreadable = Symbol('unreadable')
  type Read = Term | typeof unreadable
  let next = 0
  const term = (): Read => {
    const word = words[next++]
    if (word === undefined || word === ')') return unreadable
    if (word === '(') {
      const inner = call()
      return words[next++] === ')' ? inner : unreadable
    }
    if (word.startsWith('"')) return word.slice(1, -1)
    if (word === 'true' || word === 'false') return word === 'true'
    if (/^\d+$/.test(word)) return Number(word)
    const path = /^\$?\.Values\.([\w.]+)$/.exec(word)?.[1]
    if (path === undefined) return unreadable
    const node = valueAt(path.split('.'))
    return node?.kind === 'unknown' ? unreadable : node
  }
  const call = (): Read => {
    const name = words[next]
    if (name === undefined || !/^(not|and|or|eq|ne|empty)$/.test(name)) return term()
    next++
    const given: Read[] = []
    while (next < words.length && words[next] !== ')') given.push(term())
    return apply(name, given)
  }
  const apply = (name: string, given: Read[]): Read => {
    const states = given.map((one) => (one === unreadable ? null : truth(one as Term)))
    if (name === 'and') return states.includes(false) ? false : states.includes(null) ? unreadable : true
    if (name === 'or') return states.includes(true) ? true : states.includes(null) ? unreadable : false
    if (states.includes(null)) return unreadable
    if (name === 'not' || name === 'empty') return given.length === 1 ? !states[0] : unreadable
    if (given.length !== 2) return unreadable
    const [a, b] = (given as Term[]).map(plain)
    return a === undefined || b === undefined ? unreadable : (a === b) === (name === 'eq')
  }
  const result = call()
  return result === unreadable || next < words.length ? null : truth(result as Term)
}

function truth(term: Term): boolean {
  return typeof term === 'object' || term === undefined ? isSet(term) : Boolean(term)
}

function plain(term: Term): boolean | string | number | undefined {
  if (typeof term !== 'object') return term
  return term.kind === 'scalar' && term.value !== null ? term.value : undefined
}
