/**
 * What `.` and variables stand for in the blocks of Helm templates: `{{- with .Values.training }}`,
 * `{{- range $name, $job := .Values.jobs }}`. A loop writes its block for each item; the first one stands for them.
 */

import { lowerBound } from '../text/sorted.js'
import { at } from './access.js'
import { conditionHolds } from './chart-conditions.js'
import type { ConfigNode } from './node.js'

interface Block {
  start: number
  end: number
  /** What `.` is in it; undefined: it cannot be read. Null: the same as outside. */
  dot: ConfigNode | undefined | null
  /** `$job`. */
  variable?: string
  holds: boolean | null
  /** The block that it stands in. */
  around: Block | null
}

/** A part of the text that is written only where a condition holds; null: whether it does cannot be read. */
export interface Branch {
  start: number
  end: number
  holds: boolean | null
}

const action = /\{\{-?\s*(if|with|range|define|block|else|end)\b\s*([^}]*?)\s*-?\}\}/g
const over = /^(?:(?:\$\w+\s*,\s*)?(\$\w+)\s*:=\s*)?(\S+)$/
/** What every template is given beside the values. */
const builtIn = /^\.(Values|Release|Chart|Capabilities|Files|Template|Subcharts)\b/

export class ChartScopes {
  readonly branches: Branch[] = []
  private readonly blocks: Block[] = []

  constructor(
    text: string,
    private readonly values: ConfigNode,
  ) {
    const open: Block[] = []
    const close = (end: number): Block | undefined => {
      const block = open.pop()
      if (block === undefined) return undefined
      block.end = end
      this.branches.push({ start: block.start, end, holds: block.holds })
      return block
    }
    const begin = (block: Block): void => {
      this.blocks.push(block)
      open.push(block)
    }
    for (const { 1: word, 2: condition, 0: all, index } of text.matchAll(action)) {
      const start = index + all.length
      if (word === 'end') close(index)
      else if (word === 'else') {
        const before = close(index)
        if (before === undefined) continue
        // `else if` asks again; that it comes to it is the opposite of what held before.
        const holds = condition === '' && before.holds !== null ? !before.holds : null
        begin({ start, end: text.length, dot: null, holds, around: before.around })
      } else {
        begin(this.opened(word!, condition!, start, text.length, open.at(-1) ?? null))
      }
    }
    while (open.length > 0) close(text.length)
  }

  private opened(word: string, condition: string, start: number, end: number, around: Block | null): Block {
    const block: Block = { start, end, dot: null, holds: null, around }
    if (word === 'if' || word === 'with')
      block.holds = conditionHolds(condition, (path) => at(this.values, ...path))
    if (word === 'if') return block
    const named = word === 'with' || word === 'range' ? over.exec(condition) : null
    const node = named === null ? undefined : this.term(named[2]!, start - 1)
    block.dot = word === 'range' ? firstOf(node) : node
    if (word === 'range' && block.dot !== undefined) block.holds = true
    if (named?.[1] !== undefined) block.variable = named[1]
    return block
  }

  /** `.Values.a`, `.a` and `$job.a` at a place of the text. */
  term(term: string, place: number): ConfigNode | undefined {
    const absolute = /^\$?\.Values\.([\w.]+)$/.exec(term)
    if (absolute !== null) return at(this.values, ...absolute[1]!.split('.'))
    const relative = builtIn.test(term) ? null : /^(\$\w+)?((?:\.\w+)+|\.)$/.exec(term)
    if (relative === null) return undefined
    const [, variable, path] = relative
    let block: Block | null = this.blocks[lowerBound(this.blocks, (one) => one.start <= place) - 1] ?? null
    // The innermost block around the place that gives it a meaning.
    while (block !== null && (block.end <= place || !means(block, variable))) block = block.around
    if (block?.dot == null) return undefined
    return at(block.dot, ...path!.split('.').filter((key) => key !== ''))
  }
}

function means({ dot, variable }: Block, name: string | undefined): boolean {
  return name === undefined ? dot !== null : variable === name
}

function firstOf(node: ConfigNode | undefined): ConfigNode | undefined {
  if (node?.kind === 'list') return node.items[0]
  return node?.kind === 'map' ? node.entries[0]?.value : undefined
}
