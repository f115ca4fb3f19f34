/** How `tf.data` writes parallel calls and prefetching. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Claim } from '../../workload/claim.js'
import { append } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { plainName } from './pipeline.js'
import { changeUncached } from './uncached.js'
import { tensorflowVersion } from './versions.js'

export function changeInput(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const target = claim.site.target?.kind === 'call' ? claim.site.target : null
  if (target?.role === 'uncached steps') return changeUncached(claim, facts)
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const version = tensorflowVersion(python, facts.versions ?? {})
  // The library chooses by itself since 1.13.
  const fixed = version.before(2, 0) === true && version.before(1, 13) !== false
  const { text, imports } = fixed
    ? { text: target?.role === 'prefetch' ? '1' : '4', imports: [] }
    : autotune(python, facts, call.expr.start, target?.older === true)
  if (target?.role === 'prefetch') {
    return {
      title: `Make the next batch while the accelerator works (.prefetch(${text}))`,
      safety: 'safe',
      writes: [append(facts, call, `.prefetch(${text})`)],
      imports,
    }
  }
  return {
    title: `Handle several at a time (num_parallel_calls=${text})`,
    // The results keep their order; random numbers and what Python remembers do not.
    safety: target?.role === 'map without state' ? 'safe' : 'unsafe',
    writes: [
      {
        kind: 'set keyword',
        path,
        call: { fragment: fragment.index, start: call.expr.start, end: call.expr.end },
        name: 'num_parallel_calls',
        value: text,
      },
    ],
    imports,
  }
}

/** Names that TensorFlow 2 has elsewhere, or no longer. */
const ofFirstVersion =
  /\btf\.(FixedLen(Sequence)?Feature|VarLenFeature|parse_(single_)?example|placeholder|Session|decode_raw|read_file|image\.resize_images|random_uniform|to_float|app|flags|gfile|logging|get_variable|layers|contrib)\b/

/** `tf.data.AUTOTUNE` as this file spells it. */
function autotune(
  python: PythonModule,
  facts: FragmentFacts,
  offset: number,
  early: boolean,
): { text: string; imports: Import[] } {
  for (const [name, bindings] of python.moduleBindings) {
    const [only] = bindings
    if (only === undefined || bindings.length > 1 || only.kind !== 'assign' || only.value === null) continue
    if (only.at > offset || only.conditional || only.unpack !== null) continue
    const stands = python.nameOf(only.value)
    if (stands !== null && /^tensorflow\.data\.(experimental\.)?AUTOTUNE$/.test(plainName(stands)))
      return { text: name, imports: [] }
  }
  // The older name works in every version of TensorFlow 2.
  const older =
    early || python.code.includes('data.experimental.AUTOTUNE') || ofFirstVersion.test(python.code)
  const spelled = nameFor(python.tree, 'tensorflow.data', 'AUTOTUNE', {
    path: facts.path,
    fragment: facts.fragment.index,
    offset,
  })
  if (older && spelled.text.endsWith('data.AUTOTUNE'))
    return { text: spelled.text.replace(/data\.AUTOTUNE$/, 'data.experimental.AUTOTUNE'), imports: [] }
  return { text: spelled.text, imports: spelled.import === null ? [] : [spelled.import] }
}
