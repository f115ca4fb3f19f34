/**
 * Parts of summaries that are alike, held once. A package passes on the classes of its modules, and a module keeps the
 * code of those that it imports, so a summary that comes as a message or from the disk brings copies of what others hold.
 */
import { hashOf } from '../text/digest.js'
import { define } from '../text/records.js'
import type { KeptCode, ModuleSummary } from './module-summary.js'

/** So many parts are told apart; beyond that it begins anew, and copies stay. */
const mostParts = 50_000

export class SharedParts {
  private readonly parts = new Map<string, object>()
  private readonly codes = new Map<string, { code: KeptCode; number: number }>()
  private nextCode = 0
  /** By themselves, with a number: whole modules take long to hash. */
  private readonly texts = new Map<string, number>()

  /** Replaces parts of a summary that nobody else has yet. */
  share(summary: ModuleSummary): ModuleSummary {
    if (this.parts.size > mostParts) this.parts.clear()
    if (this.codes.size > mostParts) this.forgetCodes()
    const { classes, functions, code } = summary
    for (const [name, one] of Object.entries(classes)) define(classes, name, this.part(one))
    for (const [name, one] of Object.entries(functions)) define(functions, name, this.part(one))
    if (code !== undefined) summary.code = this.code(code).code
    return summary
  }

  /** What comes from now on is not shared with what came before. */
  forget(): void {
    this.parts.clear()
    this.forgetCodes()
  }

  private forgetCodes(): void {
    this.codes.clear()
    this.texts.clear()
  }

  private part<T extends object>(part: T): T {
    const key = hashOf(JSON.stringify(part))
    const known = this.parts.get(key)
    if (known !== undefined) return known as T
    this.parts.set(key, part)
    return part
  }

  private code(code: KeptCode): { code: KeptCode; number: number } {
    const { imported } = code
    const below: string[] = []
    for (const [name, code] of Object.entries(imported)) {
      const one = this.code(code)
      define(imported, name, one.code)
      below.push(`${name}\0${one.number}`)
    }
    const text = this.texts.get(code.text) ?? this.texts.size
    this.texts.set(code.text, text)
    const { path, bases, reexports, constants } = code
    const key = hashOf(JSON.stringify([path, text, bases, reexports, constants, below]))
    let known = this.codes.get(key)
    if (known === undefined) {
      known = { code, number: this.nextCode++ }
      this.codes.set(key, known)
    }
    return known
  }
}
