/** Requests to the SageMaker API in JSON and YAML. */
import { at, entry } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Json } from '../../text/json.js'
import { ConfigSource } from '../../values/config-source.js'
import { unreadable } from '../../values/operations.js'
import type { Key } from '../../values/source.js'
import type { Given } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { type Keys, keyedPlace, nodePlace } from '../config-change.js'
import type { Request } from './request.js'

/** Step Functions take the value of `Key.$` out of what goes into the state. */
const computed = '.$'

class StateSource extends ConfigSource {
  /** The value of the first such key on the way. */
  private input(path: readonly Key[]): ConfigNode | undefined {
    for (const [depth, key] of path.entries()) {
      const found = entry(at(this.node, ...path.slice(0, depth)), `${key}${computed}`)
      if (found !== undefined) return found.value
    }
    return undefined
  }

  override get(...path: Key[]): Given<Json> {
    const input = this.input(path)
    const given = super.get(...path)
    if (input === undefined) return given
    const location = this.locator.origin(nodePlace(input)).location
    return unreadable({ ...given, channel: 'code', location }, 'the input of the state')
  }

  override keysOf(...path: Key[]): string[] | null {
    const keys = super.keysOf(...path)
    return keys?.some((one) => one.endsWith(computed)) ? null : keys
  }

  override textOf(...path: Key[]): string | null {
    return this.input(path) === undefined ? super.textOf(...path) : ''
  }
}

/** `keys`: from the top of the document to the request. */
export function fileRequest(
  claims: ClaimBuilder,
  node: ConfigNode,
  document: number,
  keys: Keys,
  scope: string,
  header: Place,
): Request {
  return {
    claims,
    source: new StateSource(node, claims, { document, keys, shown: header }),
    job: `${claims.path}#${document}:sagemaker@${header.start}`,
    scope,
    evidence: { role: 'job', accelerator: 'maybe', small: null, notebook: false },
    header,
    site: keyedPlace(header, document, keys),
  }
}
