/** Which bindings the names of a tree may have their values from, as far as that was asked, by the places of the names. */
import type { Binding } from './scope.js'

/** So many fit into sixteen bits; whatever else a huge file names is found out anew each time. */
const most = 0xffff

/** Every question about a name begins with one of these: arrays answer faster than a map. */
export class ReachedNames {
  /** By offset, where the answer stands among `names` and `bindings`; 0: nobody has asked. */
  readonly places: Uint16Array
  readonly names: string[] = ['']
  readonly bindings: (readonly Binding[])[] = [[]]

  /** @param length of the text */
  constructor(length: number) {
    // What is not written anywhere stands at the end.
    this.places = new Uint16Array(length + 1)
  }

  set(name: string, offset: number, bindings: readonly Binding[]): void {
    if (offset >= this.places.length || this.names.length > most) return
    this.places[offset] = this.names.length
    this.names.push(name)
    this.bindings.push(bindings)
  }
}
