/** `aws sagemaker create-training-job …`: options in the short form of the command line, or in JSON. */
import type { Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import type { Origin } from '../../text/origin.js'
import { lookUp } from '../../text/records.js'
import { absent, stated, unreadable } from '../../values/operations.js'
import type { Key, TreeSource } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { commandSite } from '../command-lines/change.js'
import { type CloudCommand, type CloudOption, isOn, optionOf } from '../command-lines/cloud-command.js'
import type { Request } from './request.js'

export function commandRequest(claims: ClaimBuilder, command: CloudCommand): Request {
  return {
    claims,
    source: new CommandSource(claims, command),
    job: `${claims.path}#sagemaker@${command.head.start}`,
    scope: optionOf(command, 'training-job-name')?.value ?? '',
    evidence: { role: 'job', accelerator: 'maybe', small: null, notebook: false },
    header: command.head,
    site: commandSite(command),
  }
}

class CommandSource implements TreeSource {
  constructor(
    private readonly claims: ClaimBuilder,
    private readonly command: CloudCommand,
  ) {}

  private origin(place: Place): Origin {
    return this.claims.origin(place, { site: commandSite(this.command) })
  }

  get(...path: Key[]): Given<Json> {
    const { head, complete } = this.command
    const [first, ...rest] = path
    const name = optionName(String(first))
    const option = optionOf(this.command, name)
    if (option === undefined) {
      const known = complete || optionOf(this.command, `no-${name}`) !== undefined
      return known ? absent(this.origin(head)) : unreadable(this.origin(head), 'a variable')
    }
    const origin = this.origin(option.place)
    if (option.value === '' && rest.length === 0) return stated(origin, isOn(this.command, name))
    const whole = dataOf(option)
    if (whole === undefined) return unreadable(origin, 'a variable or a file')
    const value = rest.reduce<Json | undefined>(inside, whole)
    if (value === undefined) return absent(this.origin(head))
    return stated(this.origin(within(option, rest.at(-1), value)), value)
  }

  set(path: readonly Key[]): Refusal {
    return { reason: `${path.join('.')} is set elsewhere` }
  }

  keysOf(...path: Key[]): string[] | null {
    const value = effective(this.get(...path))
    return typeof value === 'object' && value !== null ? Object.keys(value) : null
  }

  lengthOf(): null {
    return null
  }

  textOf(...path: Key[]): string | null {
    const value = effective(this.get(...path))
    return typeof value === 'string' ? value : null
  }
}

function inside(value: Json | undefined, key: Key): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? lookUp(value, String(key))
    : undefined
}

/** Where `Key=value` says its value, in the word that holds it. */
function within({ place, raw }: CloudOption, key: Key | undefined, value: Json): Place {
  const at = key === undefined ? -1 : raw.indexOf(`${key}=${String(value)}`)
  if (at < 0 || place.end - place.start !== raw.length) return place
  const start = place.start + at + String(key).length + 1
  return { start, end: start + String(value).length }
}

/** `ResourceConfig` → `resource-config`. */
function optionName(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()
}

/** JSON, or `A=1,B=2`; undefined: neither can be read. */
function dataOf({ value, outline }: CloudOption): Json | undefined {
  const source = (value ?? outline ?? '').trim()
  if (/^[[{]/.test(source)) {
    try {
      return JSON.parse(source) as Json
    } catch {
      return undefined
    }
  }
  if (value === null || /^file(b)?:\/\//.test(source)) return undefined
  if (!/^[A-Za-z]\w*=/.test(source)) return source
  if (/[[\]{}]/.test(source)) return undefined
  const pairs = source.split(',').map((part) => /^\s*(\w+)=(.*)$/s.exec(part))
  if (pairs.some((pair) => pair === null)) return undefined
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!]))
}
