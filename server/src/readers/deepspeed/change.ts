/** How the number format of DeepSpeed is written: a section with a switch, in JSON or in a dictionary. */
import type { Change, Refusal, Write } from '../../edit/write.js'
import { passedExpression } from '../../values/argument.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { sectionsOf, sourceOf } from './configuration.js'

export function changeDeepSpeed(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const section = value === 'bf16-mixed' ? 'bf16' : value === 'fp16-mixed' ? 'fp16' : null
  if (section === null || claim.setting !== 'precision') return { reason: 'DeepSpeed supports bf16 and fp16' }
  const title = `Enable ${section} in the DeepSpeed configuration`
  const written = facts.python === undefined ? inFile(claim, section, facts) : inCode(claim, section, facts)
  return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
}

function inFile(claim: Claim, section: string, { config, path, fragment }: FragmentFacts): Write | Refusal {
  const { keys, document } = claim.site
  if (keys === undefined || config?.documents[document ?? 0] === undefined)
    return { reason: 'the file has changed' }
  const home = keys.slice(0, -2)
  return {
    kind: 'set key',
    path,
    fragment: fragment.index,
    document: document ?? 0,
    keys: [...home, section, 'enabled'],
    value: true,
  }
}

function inCode(claim: Claim, section: string, facts: FragmentFacts): Write | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  const elsewhere: Refusal = { reason: 'the configuration is made elsewhere' }
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const given =
    passedExpression(python.argument(call, 'config', 10)) ??
    passedExpression(python.argument(call, 'config_params', 12))
  if (given === null) return elsewhere
  const source = sourceOf(python, given)
  if (source.kind !== 'code') return elsewhere
  const before = sectionsOf(python, source)?.find((one) => one.key === section)
  if (before?.switch?.type === 'constant') {
    const { start, end } = before.switch
    return { kind: 'replace', path, range: { fragment: fragment.index, start, end }, text: 'True' }
  }
  if (before?.state !== 'absent') return elsewhere
  const display = python.definition(source.dictionary)
  const first = display.type === 'dict' ? display.entries[0] : undefined
  if (first?.key == null) return elsewhere
  const at = first.key.start
  const line = python.text.slice(python.text.lastIndexOf('\n', at - 1) + 1, at)
  // Before the first entry, in its layout.
  const lead = /^\s*$/.test(line) ? `,\n${line}` : ', '
  const quote = python.text[at] === "'" ? "'" : '"'
  const text = `${quote}${section}${quote}: {${quote}enabled${quote}: True}${lead}`
  return { kind: 'replace', path, range: { fragment: fragment.index, start: at, end: at }, text }
}
