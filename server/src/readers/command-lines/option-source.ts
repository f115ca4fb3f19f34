/** Options of a command line as values; `--accelerator type=nvidia-l4,count=1` has keys of its own inside. */
import type { Refusal, Write } from '../../edit/write.js'
import { optionValue } from '../../text/change-target.js'
import type { Json } from '../../text/json.js'
import type { Origin } from '../../text/origin.js'
import { lookUp } from '../../text/records.js'
import { absent, stated, unreadable } from '../../values/operations.js'
import type { Key, Locator } from '../../values/source.js'
import { TypedSource } from '../../values/typed-source.js'
import type { Given } from '../../values/value.js'
import { commandSite, optionsEnd } from './change.js'
import {
  type CloudCommand,
  type CloudOption,
  mayGive,
  optionOf,
  pieceOf,
  piecesOf,
  valuePlace,
} from './cloud-command.js'

export interface OptionSourceOptions {
  /** Other names of options: short ones, older ones. */
  aliases?: Readonly<Record<string, string[]>>
  /** A value is shown together with the name of its option. */
  withName?: boolean
}

export class OptionSource extends TypedSource {
  constructor(
    readonly command: CloudCommand,
    private readonly locator: Locator,
    private readonly options: OptionSourceOptions = {},
  ) {
    super()
  }

  option(name: Key): CloudOption | undefined {
    return optionOf(this.command, String(name), ...(lookUp(this.options.aliases, String(name)) ?? []))
  }

  /** Shown at the command, where options are added. */
  atCommand(): Origin {
    return this.locator.origin(this.command.head, { site: commandSite(this.command) })
  }

  private missing(name: Key): Given<never> {
    const none = absent({ ...this.atCommand(), channel: 'library default' })
    const names = [String(name), ...(lookUp(this.options.aliases, String(name)) ?? [])]
    return mayGive(this.command, ...names) ? unreadable(none, 'more may be given') : none
  }

  /** A switch is true; an option whose value cannot be read is unknown. */
  get(name: Key, ...path: Key[]): Given<Json> {
    const option = this.option(name)
    if (option === undefined) return this.missing(name)
    if (path.length > 0) return this.piece(option, String(path[0]))
    const { value } = option
    const place = valuePlace(option)
    const shown = this.options.withName === true ? option.place : place
    const origin = this.locator.origin(shown, { site: { ...place, target: optionValue } })
    return value === null ? unreadable(origin, 'a variable') : stated(origin, value === '' ? true : value)
  }

  private piece(option: CloudOption, key: string): Given<Json> {
    const pieces = piecesOf(option)
    const origin = this.locator.origin(option.place)
    if (pieces === null) return unreadable(origin, 'a variable')
    const found = pieceOf(pieces, key)
    if (found === undefined) return absent({ ...origin, channel: 'library default' })
    const { value, place, written } = found
    const at = this.locator.origin(place, { site: written ? { ...place, target: optionValue } : place })
    return value === null ? unreadable(at, 'a variable') : stated(at, value)
  }

  /** `--spot`, unless `--no-spot` is given. */
  switch(name: string): Given<boolean> {
    const off = optionOf(this.command, name, `no-${name}`)?.name === `no-${name}`
    const given = this.boolean(name)
    return off ? stated(given, false) : given
  }

  set(path: readonly Key[], value: Json | undefined): Write | Refusal {
    const name = String(path[0])
    const { path: file, fragment } = this.locator
    const option = this.option(name)
    if (path.length !== 1 || value === undefined) return { reason: `${path.join('.')} is set by hand` }
    if (option !== undefined) {
      const { start, end } = valuePlace(option)
      return { kind: 'replace text', path: file, fragment: fragment.index, start, end, text: String(value) }
    }
    const end = optionsEnd(this.command.command, fragment.text)
    if ('reason' in end) return end
    const text = `${end.joint}--${name}${value === true ? '' : `=${value}`}`
    return { kind: 'replace text', path: file, fragment: fragment.index, start: end.at, end: end.at, text }
  }
}
