/** How JAX and Flax spell a change. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { Claim } from '../../workload/claim.js'
import { changeOwnStopping } from '../pytorch/own-stopping.js'
import type { FragmentFacts } from '../reader.js'
import { turnOnInCode } from '../write-configured.js'
import { layersWithoutFormat, takesField } from './layers.js'

export function changeJax(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'patience') return changeOwnStopping(claim, value, facts)
  const { python, path, fragment } = facts
  const { target } = claim.site
  if (claim.setting === 'precision' && claim.channel === 'named file')
    return turnOnInCode(claim, facts) ?? { reason: 'turn it on in the file that the program reads' }
  if (python === undefined) return { reason: 'this is not written in Python' }
  if (target?.kind === 'switch') {
    const call = python.callAt(claim.site)
    if (call === null) return { reason: 'the call is no longer in the file' }
    if (claim.overridable) return { reason: 'the value is that of an option of the program' }
    if (call.statement.type !== 'expr') return { reason: 'the call is part of a larger statement' }
    const statement = { fragment: fragment.index, start: call.statement.start, end: call.statement.end }
    return {
      title: 'Compute in float32 (remove jax_enable_x64)',
      safety: 'unsafe',
      writes: [{ kind: 'remove statement', path, statement }],
      imports: [],
    }
  }
  if (target?.kind === 'call') {
    if (value !== 'bf16-mixed') return { reason: 'fp16 needs a loss scale (flax.training.dynamic_scale)' }
    const layers = layersWithoutFormat(python)
    const [first] = layers
    if (first === undefined) return { reason: 'the layers are no longer in the file' }
    if (layers.some((layer) => takesField(python, layer)))
      return { reason: 'make the model with dtype=jnp.bfloat16, and cast the logits to float32 for the loss' }
    const name = nameFor(python.tree, 'jax.numpy', 'bfloat16', {
      path,
      fragment: fragment.index,
      offset: first.expr.start,
    })
    const imports: Import[] = name.import === null ? [] : [name.import]
    const writes = layers.map(
      ({ expr }): Write => ({
        kind: 'set keyword',
        path,
        call: { fragment: fragment.index, start: expr.start, end: expr.end },
        name: 'dtype',
        value: name.text,
      }),
    )
    return {
      title: 'Compute the layers in bf16 with fp32 parameters; cast the logits to float32 for the loss',
      safety: 'display',
      writes,
      imports,
    }
  }
  return { reason: `write it around the loop: ${claim.key} has no switch` }
}
