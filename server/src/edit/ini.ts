/** Replaces values in INI text. */
import { at } from '../config/access.js'
import { iniFacts } from '../config/ini.js'
import { type FragmentEdit, refuse } from './fragment-edit.js'
import { inSequence } from './sequence.js'
import type { ConfigurationWrite, Refusal } from './write.js'

export function iniEdits(text: string, writes: readonly ConfigurationWrite[]): FragmentEdit[] | Refusal {
  return inSequence(text, writes, edit)
}

function edit(text: string, write: ConfigurationWrite): FragmentEdit[] | Refusal {
  const node = at(iniFacts(text).documents[0]?.root, ...write.keys)
  if (write.kind === 'remove key' || node?.kind !== 'scalar') return refuse('add the option by hand')
  const { value } = write
  if (typeof value === 'object') return refuse('an INI file has no such value')
  return [{ start: node.start, end: node.end, text: String(value) }]
}
