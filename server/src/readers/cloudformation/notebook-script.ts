/** Scripts that a notebook runs when it is made and started, which may stop it later. */
import { at, entries, textWithTemplates } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'

/** It speaks of stopping, or fetches what may. */
const stopping =
  /\b(stop|idle|shut[-_ ]?down|power[-_ ]?off|halt|auto[-_]?stop)|\b(curl|wget|git clone)\b|\b(ba)?sh +\S+\.sh\b|\bpython[\d.]* +\S+\.py\b/i

/** @param properties of the lifecycle configuration. False: all of its scripts can be read, and none stops the machine. */
export function mayStop(properties: ConfigNode): boolean {
  const scripts = entries(properties).flatMap(({ key, value }) => {
    if (key !== 'OnCreate' && key !== 'OnStart') return []
    return value.kind === 'list' ? value.items.map((one) => scriptIn(at(one, 'Content'))) : [undefined]
  })
  const isHarmless = (script: string | undefined) =>
    script !== undefined && /^\s*#!/.test(script) && !stopping.test(script)
  return scripts.length === 0 || !scripts.every(isHarmless)
}

/** The text of a script that is written out; undefined: it is put together, or stands elsewhere. */
function scriptIn(node: ConfigNode | undefined): string | undefined {
  if (node?.kind !== 'map') return textWithTemplates(node)
  const [wrapper, ...others] = node.entries
  const isWrapped = others.length === 0 && /^Fn::(Base64|Sub)$/.test(wrapper?.key ?? '')
  return isWrapped ? scriptIn(wrapper!.value) : undefined
}

/** What no script does, as a message says it. */
export const neverCalled = 'aws sagemaker stop-notebook-instance'
