/** Sources that are asked for numbers, texts and switches. */
import type { Refusal, Write } from '../edit/write.js'
import type { Json } from '../text/json.js'
import { convert } from './operations.js'
import { asQuotedNumber, asSwitch, asText } from './parse.js'
import type { Key, Source } from './source.js'
import type { Given } from './value.js'

const otherKind = 'another kind of value'

export abstract class TypedSource implements Source {
  abstract get(...path: Key[]): Given<Json>
  abstract set(path: readonly Key[], value: Json | undefined): Write | Refusal

  number(...path: Key[]): Given<number> {
    return convert(this.get(...path), asQuotedNumber, otherKind)
  }
  text(...path: Key[]): Given<string> {
    return convert(this.get(...path), asText, otherKind)
  }
  boolean(...path: Key[]): Given<boolean> {
    return convert(this.get(...path), asSwitch, otherKind)
  }
  has(...path: Key[]): boolean {
    return this.get(...path).state !== 'absent'
  }
}
