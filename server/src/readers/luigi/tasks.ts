/** Tasks of Luigi that never count as complete: `def complete(self): return False`. Source: luigi 3.5, task.py (Task.complete). */
import type { Func, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { describeStep, stepEvidence } from '../pipelines/describe-step.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { defineReader } from '../reader.js'

export const luigiReader = defineReader({
  name: 'luigi',
  languages: ['python'],
  triggers: ['luigi'],
  read({ python }, _context, claims) {
    if (python === undefined || python.evidence.role === 'test') return
    for (const func of python.functions) if (neverComplete(python, func)) readTask(python, func, claims)
  },
  change({ site }, _value, { path, fragment }) {
    const { start, end } = site
    return {
      title: 'Take its outputs for what they are: no complete() of its own',
      safety: 'unsafe',
      writes: [{ kind: 'remove statement', path, statement: { fragment: fragment.index, start, end } }],
      imports: [],
    }
  },
})

function neverComplete(python: PythonModule, { name, class: klass, node }: Func): boolean {
  if (
    name !== 'complete' ||
    klass === null ||
    !klass.bases.some((base) => /^luigi\.(\w+\.)*\w*Task$/.test(base))
  )
    return false
  const [only, ...others] = node.body
  if (only?.type !== 'return' || others.length > 0 || only.value?.type !== 'constant') return false
  // Without outputs there is nothing that could tell that it has run.
  const output = python.functions.find((one) => one.class === klass && one.name === 'output')
  return only.value.value === false && output !== undefined && returnsOf(output).length > 0
}

function readTask(python: PythonModule, { class: klass, node }: Func, claims: ClaimBuilder): void {
  const run = python.functions.find((one) => one.class === klass && one.name === 'run') ?? null
  const place = { start: node.nameStart, end: node.nameStart + 'complete'.length }
  const { subject } = describeStep(
    claims,
    python,
    { name: klass!.name, code: run, place, scope: klass!.name },
    { engine: 'Luigi', key: 'luigi', unit: 'task', evidence: stepEvidence(python) },
  )
  subject.known('cached', 'complete', false, place, { site: { start: node.start, end: node.end } })
  const reason = whyUncached(python, { start: node.start, end: node.end }, null)
  if (reason !== null) subject.known('uncachedFor', 'complete', reason.because, place)
}
