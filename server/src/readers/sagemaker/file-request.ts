/** Requests to the SageMaker API in JSON and YAML. */
import { at, entry, isNothing, items } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Json } from '../../text/json.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { type Keys, keyedPlace, nodePlace } from '../config-change.js'
import { anchorOf, type Key, type Request, type Said } from './request.js'

export class FileRequest implements Request {
  readonly job: string
  readonly evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }

  constructor(
    readonly claims: ClaimBuilder,
    private readonly node: ConfigNode,
    private readonly document: number,
    /** Keys from the top of the document. */
    private readonly keys: Keys,
    readonly scope: string,
    readonly header: Place,
  ) {
    this.job = `${claims.path}#${document}:sagemaker@${header.start}`
  }

  private at(...keys: Key[]): ConfigNode | undefined {
    const above = at(this.node, ...keys.slice(0, -1))
    // Step Functions take the value of such a key out of what goes into the state.
    const computed = entry(above, `${String(keys.at(-1))}.$`)
    if (computed !== undefined)
      return { ...nodePlace(computed.value), kind: 'unknown', because: 'the input of the state' }
    return at(this.node, ...keys)
  }

  read(...keys: Key[]): Said {
    const node = this.at(...keys)
    if (node === undefined || isNothing(node)) return { state: 'absent' }
    const place = nodePlace(node)
    if (node.kind === 'unknown') return { state: 'unknown', because: node.because, place }
    const value = plain(node)
    return value === undefined
      ? { state: 'unknown', because: 'a value that is not readable', place }
      : { state: 'known', value, place, options: {} }
  }

  keysOf(...keys: Key[]): string[] | null {
    const node = this.at(...keys)
    if (node?.kind !== 'map' || node.open !== undefined) return null
    const names = node.entries.map((one) => one.key)
    return names.some((name) => name.endsWith('.$')) ? null : names
  }

  length(...keys: Key[]): number | null {
    const node = this.at(...keys)
    return node?.kind === 'list' && node.open === undefined ? items(node).length : null
  }

  site(...keys: Key[]): Place {
    const place = keyedPlace(this.header, this.document, [...this.keys, ...keys])
    return { ...place, anchor: anchorOf(keys) }
  }

  textOf(...keys: Key[]): string {
    const node = this.at(...keys)
    if (node?.kind === 'unknown') return node.text ?? ''
    return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : ''
  }
}

function plain(node: ConfigNode): Json | undefined {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'unknown') return undefined
  if (node.kind === 'list') {
    const all = node.items.map(plain)
    return all.includes(undefined) ? undefined : (all as Json[])
  }
  return {}
}
