/** What the code that makes samples does over and over: one `Operation` for each such call. */

import type { Change, Refusal, Write } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Claim } from '../../workload/claim.js'
import { rangeOf } from '../change-answer.js'
import { claimOperation } from '../operation-claims.js'
import { namePlace } from '../pipelines/decorated-function.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { evaluatesOnce } from './evaluated-once.js'
import { trainingEvidence } from './evidence.js'
import { claimPaddedByHand } from './padded-by-hand.js'
import { fileReloads, sampleReloads } from './sample-reloads.js'
import { sampleScans } from './sample-scans.js'
import { type SampleWork, sampleWork } from './sample-work.js'

export const pytorchSamplesReader = defineReader({
  name: 'pytorch-samples',
  languages: ['python'],
  triggers: [
    '__getitem__',
    '__iter__',
    // `collate_fn`, `class Collator`.
    'ollat',
    'data_collator',
    'set_transform',
    'with_transform',
    '.map(',
    'Compose',
    'py_function',
    'numpy_function',
    'from_generator',
    // A helper that pads.
    '- len(',
    'TensorDataset',
    'enable_padding',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    claimPaddedByHand(python, claims)
    const found = sampleWork(python)
    const scans = sampleScans(python)
    const reloads = [...sampleReloads(python), ...fileReloads(python)]
    if (found.length + scans.length + reloads.length === 0) return
    const evidence = trainingEvidence(python)
    if (evidence.role !== 'test' && evaluatesOnce(python)) evidence.role = 'inference'
    for (const { maker, func, expr, what } of scans) {
      const at = { start: expr.start, end: expr.end }
      claimOperation(claims, {
        kind: 'whole scan',
        place: 'sample',
        key: what,
        at,
        site: {
          ...at,
          target: { kind: 'refused', reason: 'make an index of it once, where the data set is made' },
        },
        scope: func.qualified,
        evidence,
        weight: 'slight',
        subject: what,
        apart: 'whole scan',
      }).known('each', maker.func.name, maker.each, namePlace(maker.func))
    }
    for (const { maker, func, expr, times, weight, file } of reloads) {
      const at = { start: expr.start, end: expr.end }
      claimOperation(claims, {
        kind: 'sample again',
        place: 'sample',
        key: python.text.slice(expr.start, expr.end),
        at,
        site: { ...at, target: { kind: 'refused', reason: 'take the sample once, and use its parts' } },
        scope: func.qualified,
        evidence,
        weight,
        subject: file ? `reads the same file ${times} times` : `makes the same sample ${times} times`,
        apart: 'sample again',
      }).known('each', maker.func.name, maker.each, namePlace(maker.func))
    }
    for (const work of found) {
      const { call, maker } = work
      const at = calleePlace(call)
      const operation = claimOperation(claims, {
        kind: work.kind,
        place: 'sample',
        key: python.text.slice(call.expr.callee.start, call.expr.callee.end).replace(/\s+/g, ''),
        at,
        site: callSite(call),
        scope: work.func.qualified,
        evidence,
        weight: work.weight,
        subject: work.what,
      })
      operation.known('each', maker.func.name, maker.each, namePlace(maker.func))
    }
  },
  change(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
    const { python } = facts
    const work =
      python === undefined
        ? undefined
        : sampleWork(python).find(
            ({ call }) => call.expr.start === claim.site.start && call.expr.end === claim.site.end,
          )
    if (python === undefined || work === undefined) return { reason: 'the call is no longer in the file' }
    if (work.kind === 'remote read')
      return { reason: 'copy the data to a local disk first, or read it in shards of many samples' }
    if (work.kind === 'table row')
      return { reason: 'turn the table into an array or a tensor once, where the data set is made' }
    if (work.kind === 'repeated work' || work.kind === 'single pass')
      return { reason: 'compute it for all samples ahead, or on the batches of the training loop' }
    if (work.kind === 'several files') return { reason: 'write what a sample is made of to one file, once' }
    if (work.kind === 'shared file')
      return { reason: 'keep the file that was read last, or store the samples apart' }
    if (work.kind === 'font') return { reason: 'open each font once, where the data set is made' }
    if (work.kind === 'sample on device') return { reason: 'copy the batch where the loop takes it' }
    return hoist(python, work, facts)
  },
})

function hoist(python: PythonModule, work: SampleWork, facts: FragmentFacts): Change | Refusal {
  const { call, func, maker } = work
  const klass = func.class
  if (!work.hoistable || klass === null || klass !== maker.func.class)
    return { reason: 'do it once, where the data set is made' }
  const init = klass.methods.get('__init__')
  const last = init?.node.body.at(-1)
  if (init === undefined || last === undefined || leaves(last))
    return { reason: 'the class has no `__init__` that could keep it' }
  const text = python.text.slice(call.expr.start, call.expr.end)
  // The text moves to another place, where its lines would be indented differently.
  if (text.includes('\n')) return { reason: 'the call spans several lines' }
  const own = python.code.slice(klass.node.start, klass.node.end)
  const name = freeName(own, call.assignedTo ?? call.method)
  if (!isMadeBefore(own, text, python.text.slice(init.node.start, init.node.end)))
    return { reason: 'what it needs is not there yet in `__init__`' }
  const writes: Write[] = [
    { kind: 'replace', path: facts.path, range: rangeOf(facts, call.expr), text: `self.${name}` },
    {
      kind: 'insert lines',
      path: facts.path,
      where: 'after',
      statement: rangeOf(facts, last),
      lines: [`self.${name} = ${text}`],
    },
  ]
  return {
    title: `Do it once in __init__ (self.${name})`,
    safety: 'unsafe',
    writes,
    imports: [],
  }
}

function leaves(statement: Stmt): boolean {
  return statement.type === 'return' || statement.type === 'raise' || statement.type === 'broken'
}

function freeName(taken: string, wish: string): string {
  const base = `_${wish
    .replace(/^self\./, '')
    .replace(/\W+/g, '_')
    .replace(/^_+/, '')}`
  let name = base
  for (let count = 2; new RegExp(`\\.${name}\\b`).test(taken); count++) name = `${base}_${count}`
  return name
}

/** Every attribute of `self` in the call is set in `__init__`, or is a method or an inherited one. */
function isMadeBefore(klass: string, call: string, init: string): boolean {
  for (const [, name] of call.matchAll(/\bself\.(\w+)/g)) {
    const set = new RegExp(`\\bself\\.${name}\\s*(:[^=\\n]+)?=[^=]|\\bself\\.${name}\\s*,`)
    if (set.test(klass) && !set.test(init)) return false
  }
  return true
}
