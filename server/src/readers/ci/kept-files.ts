/** Files that a workflow keeps for its later runs, under a key that none of them has. */
import { textWithTemplates } from '../../config/access.js'
import type { ConfigEntry } from '../../config/node.js'
import type { Refusal } from '../../edit/write.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { workOfName } from '../pipelines/step-work.js'

export interface KeptFiles {
  /** 'Cache the tokenised corpus', 'prepare' */
  name: string
  /** What tells what they are made by: names and commands of the steps that need not run once they are there. */
  words: string[]
  key: ConfigEntry
  scope: string
}

/** Of the run, so that the next one has another. */
const ofRun =
  /\b(github\.run_(id|number))\b|\$\{?(CI_(PIPELINE|JOB)_I?ID)\b|\$\((Build\.Build(?:Id|Number)|System\.JobId)\)/

/** `key: corpus-${{ github.run_id }}`; other jobs of the same run may well want what has the same key. */
export function claimKeptFiles(claims: ClaimBuilder, engine: string, all: readonly KeptFiles[]): void {
  const keyOf = ({ key }: KeptFiles) => textWithTemplates(key.value) ?? ''
  for (const one of all) {
    const volatile = ofRun.exec(keyOf(one))
    if (volatile === null || all.some((other) => other !== one && keyOf(other) === keyOf(one))) continue
    const { keyStart: start, value } = one.key
    const place: Place = { start, end: value.end, keys: [] }
    const evidence = { role: 'job', accelerator: 'none', small: null, notebook: false } as const
    const step = claims.subject('Step', place, one.scope, evidence)
    const purpose = [...new Set([one.name, ...one.words].flatMap(workOfName))]
    step.known('name', 'key', one.name, place)
    step.known('engine', 'key', engine, place)
    step.known('unit', 'key', 'task', place)
    step.known('purpose', 'key', purpose, place)
    step.known('work', 'key', purpose, place)
    step.known('cached', 'key', true, place)
    const what = volatile.slice(1).find((part) => part !== undefined && part.length > 3)!
    step.known('volatileInput', 'key', { what: `\`${what}\``, input: one.key.key, when: 'run' }, place)
  }
}

export const keyForContent: Refusal = {
  reason: 'let the key name what the files are made of: a hash of the code and the version of the data',
}
