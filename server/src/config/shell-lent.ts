/** Functions of the scripts that a script has read in. */
import type { PlainNode } from './plain-tree.js'
import { assignedIn } from './shell-survey.js'

/** Calls that are gone through; of further ones only what they may change is known. */
const mostCalls = 100

export interface LentFunction<Reader> {
  body: PlainNode
  /** Who reads the script that defines it, and that script. */
  reader: Reader
  text: string
}

export class LentFunctions<Reader> {
  private readonly functions = new Map<string, LentFunction<Reader>>()
  /** Variables that any of them assigns; null: nobody has asked since the last was defined. */
  private assigned: Set<string> | null = null
  private calls = 0

  define(functions: ReadonlyMap<string, PlainNode>, reader: Reader, text: string): void {
    for (const [name, body] of functions) this.functions.set(name, { body, reader, text })
    this.assigned = null
  }

  has(name: string): boolean {
    return this.functions.has(name)
  }

  /** Goes through a function, which does not know itself meanwhile. False: there were too many calls. */
  call(name: string, run: (called: LentFunction<Reader>) => void): boolean {
    const called = this.functions.get(name)
    if (called === undefined || this.calls++ >= mostCalls) return false
    this.functions.delete(name)
    run(called)
    this.functions.set(name, called)
    return true
  }

  mayAssign(): ReadonlySet<string> {
    if (this.assigned === null) {
      this.assigned = new Set()
      for (const { body, text } of this.functions.values()) assignedIn(body, text, this.assigned)
    }
    return this.assigned
  }
}
