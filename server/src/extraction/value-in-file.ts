/** Changes of what code takes from a configuration file, where the reader of the code knows its spelling in code alone. */
import { at } from '../config/access.js'
import type { Change } from '../edit/write.js'
import type { FragmentFacts } from '../readers/reader.js'
import { ConfigSource } from '../values/config-source.js'
import { effective } from '../values/value.js'
import { ClaimBuilder } from '../workload/builder.js'
import type { Claim } from '../workload/claim.js'

/** Null: the claim stands elsewhere, or the file may spell the setting in words of its own. */
export function valueInFile(claim: Claim, value: unknown, facts: FragmentFacts): Change | null {
  const { keys, document = 0, start, end } = claim.site
  const root = facts.config?.documents[document]?.root
  if (facts.python !== undefined || claim.channel !== 'named file' || root === undefined) return null
  // Numbers and switches are spelled alike everywhere.
  if (typeof value !== 'number' && typeof value !== 'boolean') return null
  const node = keys === undefined || keys.length === 0 ? undefined : at(root, ...keys)
  if (keys === undefined || node?.kind !== 'scalar' || node.value !== effective(claim)) return null
  const locator = new ClaimBuilder(facts.path, facts.fragment, claim.reader)
  const write = new ConfigSource(root, locator, { document, keys: [], shown: { start, end } }).set(
    keys,
    value,
  )
  if ('reason' in write) return null
  return {
    title: `Set ${keys.join('.')} to ${value}`,
    safety: 'unsafe',
    writes: [write],
    imports: [],
  }
}
