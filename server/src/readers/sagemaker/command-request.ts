/** `aws sagemaker create-training-job …`: options in the short form of the command line, or in JSON. */
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { commandSite } from '../command-lines/change.js'
import { type CloudCommand, type CloudOption, isOn, optionOf } from '../command-lines/cloud-command.js'
import { anchorOf, type Key, type Request, type Said } from './request.js'

export class CommandRequest implements Request {
  readonly job: string
  readonly scope: string
  readonly evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  readonly header: Place

  constructor(
    readonly claims: ClaimBuilder,
    private readonly command: CloudCommand,
  ) {
    this.header = command.head
    this.job = `${claims.path}#sagemaker@${command.head.start}`
    this.scope = optionOf(command, 'training-job-name')?.value ?? ''
  }

  read(...keys: Key[]): Said {
    const [first, ...rest] = keys
    const name = optionName(String(first))
    const option = optionOf(this.command, name)
    if (option === undefined) {
      if (optionOf(this.command, `no-${name}`) !== undefined || this.command.complete)
        return { state: 'absent' }
      return { state: 'unknown', because: 'a variable', place: this.header }
    }
    const { place } = option
    if (option.value === '' && rest.length === 0)
      return { state: 'known', value: isOn(this.command, name), place, options: {} }
    const value = dataOf(option)
    if (value === undefined) return { state: 'unknown', because: 'a variable or a file', place }
    let current: Json | undefined = value
    for (const key of rest) {
      if (current === null || typeof current !== 'object') return { state: 'absent' }
      current = lookUp(current as Record<string, Json>, String(key))
      if (current === undefined) return { state: 'absent' }
    }
    return { state: 'known', value: current, place: within(option, rest.at(-1), current), options: {} }
  }

  keysOf(...keys: Key[]): string[] | null {
    const said = this.read(...keys)
    if (said.state !== 'known' || said.value === null || typeof said.value !== 'object') return null
    return Object.keys(said.value)
  }

  length(): null {
    return null
  }

  site(...keys: Key[]): Place {
    return { ...commandSite(this.command), anchor: anchorOf(keys) }
  }

  textOf(...keys: Key[]): string {
    const said = this.read(...keys)
    return said.state === 'known' && typeof said.value === 'string' ? said.value : ''
  }
}

/** Where `Key=value` says its value, in the word that holds it. */
function within({ place, raw }: CloudOption, key: Key | undefined, value: Json): Place {
  const at = key === undefined ? -1 : raw.indexOf(`${key}=${String(value)}`)
  if (at < 0 || place.end - place.start !== raw.length) return place
  const start = place.start + at + String(key).length + 1
  return { start, end: start + String(value).length }
}

/** `ResourceConfig` → `resource-config`. */
export function optionName(key: string): string {
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
