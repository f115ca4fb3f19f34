/** Scripts that a notebook runs when it is made and started, which may stop it later. */
import { wordsBelow } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'

/** It speaks of stopping, or fetches what may. */
const stopping =
  /\b(stop|idle|shut[-_ ]?down|power[-_ ]?off|halt|auto[-_]?stop)|\b(curl|wget|git clone)\b|\b(ba)?sh +\S+\.sh\b|\bpython[\d.]* +\S+\.py\b/i

/** False: all of it can be read, and nothing in it stops the machine. */
export function mayStop(script: ConfigNode): boolean {
  const words = wordsBelow([script])
  return !words.some((word) => /^\s*#!/.test(word)) || words.some((word) => stopping.test(word))
}

/** What no script does, as a message says it. */
export const neverCalled = 'aws sagemaker stop-notebook-instance'
