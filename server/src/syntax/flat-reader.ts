/** Nodes of the flat tree by their number: kind, text, children, fields, tokens. */
import type { FlatTree } from './flat-tree.js'

export class FlatReader {
  protected readonly text: string

  constructor(protected readonly flat: FlatTree) {
    this.text = flat.text
  }

  protected kind(node: number): string {
    return this.flat.names[this.flat.types[node]!]!
  }

  protected source(node: number): string {
    return this.text.slice(this.flat.starts[node]!, this.flat.ends[node]!)
  }

  /** Named children in order, without errors. */
  protected children(node: number): number[] {
    const { next, named, names, types, missing } = this.flat
    const found: number[] = []
    const end = next[node]!
    for (let child = node + 1; child < end; child = next[child]!) {
      if (named[child] === 1 && missing[child] === 0 && names[types[child]!] !== 'ERROR') found.push(child)
    }
    return found
  }

  protected field(node: number, name: string): number | undefined {
    const { next, fields, fieldNames, missing } = this.flat
    const end = next[node]!
    for (let child = node + 1; child < end; child = next[child]!) {
      if (fieldNames[fields[child]!] === name && missing[child] === 0) return child
    }
    return undefined
  }

  protected fieldAll(node: number, name: string): number[] {
    const { next, fields, fieldNames } = this.flat
    const found: number[] = []
    const end = next[node]!
    for (let child = node + 1; child < end; child = next[child]!) {
      // Separators carry the field of what they separate.
      if (this.flat.named[child] === 1 && fieldNames[fields[child]!] === name) found.push(child)
    }
    return found
  }

  /** Kind of the first unnamed child: the operator of an operation. */
  protected token(node: number): string {
    const { next, named } = this.flat
    const end = next[node]!
    for (let child = node + 1; child < end; child = next[child]!)
      if (named[child] === 0) return this.kind(child)
    return ''
  }

  protected tokens(node: number): string[] {
    const { next, named } = this.flat
    const end = next[node]!
    const found: string[] = []
    for (let child = node + 1; child < end; child = next[child]!)
      if (named[child] === 0) found.push(this.kind(child))
    return found
  }

  protected hasToken(node: number, token: string): boolean {
    const { next, named } = this.flat
    const end = next[node]!
    for (let child = node + 1; child < end; child = next[child]!) {
      if (named[child] === 0 && this.kind(child) === token) return true
    }
    return false
  }

  protected place(node: number): { start: number; end: number } {
    return { start: this.flat.starts[node]!, end: this.flat.ends[node]! }
  }
}
