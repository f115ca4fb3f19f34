/** Changes of what code takes from a configuration file, where the reader of the code knows its spelling in code alone. */
import { at } from '../config/access.js'
import type { Change } from '../edit/write.js'
import type { PythonModule } from '../python/module.js'
import type { FragmentFacts } from '../readers/reader.js'
import { ConfigSource } from '../values/config-source.js'
import { pythonLiteral } from '../values/python-literal.js'
import { effective } from '../values/value.js'
import { ClaimBuilder } from '../workload/builder.js'
import type { Claim } from '../workload/claim.js'

/** Null: the claim stands elsewhere, or the file may spell the setting in words of its own. */
export function valueInFile(claim: Claim, value: unknown, facts: FragmentFacts): Change | null {
  if (facts.python !== undefined) return valueInCode(claim, value, facts.python, facts)
  const { keys, document = 0, start, end } = claim.site
  const root = facts.config?.documents[document]?.root
  if (claim.channel !== 'named file' || root === undefined) return null
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

/** `config.half_precision = False` of a Python file that makes the configuration. */
function valueInCode(
  { channel, site, location }: Claim,
  value: unknown,
  python: PythonModule,
  { path, fragment }: FragmentFacts,
): Change | null {
  if (channel !== 'named file' || site.keys === undefined || location.path !== path) return null
  const [, name] =
    /(\w+)\W*=\s*$/.exec(python.text.slice(Math.max(0, location.start - longestName), location.start)) ?? []
  const written = python.text.slice(location.start, location.end)
  const fits =
    typeof value === 'number' ? /^\d+(\.\d+)?$/ : typeof value === 'boolean' ? /^(True|False)$/ : null
  if (fits?.test(written) !== true) return null
  const range = { fragment: fragment.index, start: location.start, end: location.end }
  return {
    title: `Set ${name ?? 'it'} to ${value}`,
    safety: 'unsafe',
    writes: [{ kind: 'replace', path, range, text: pythonLiteral(value as number | boolean) }],
    imports: [],
  }
}

/** Characters before a value that name it. */
const longestName = 200
