/** Whether a program compiles its model, and what would stand in the way. */
import type { PythonModule } from '../../python/module.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { codeText } from './evidence.js'

const compilers = [
  'torch.compile',
  'torch.jit.script',
  'torch.jit.trace',
  'thunder.',
  'torch_tensorrt.',
  'torch._dynamo.',
]

function isCompiled(python: PythonModule): boolean {
  if (python.uses(...compilers)) return true
  if (python.methodCalls('compile').some((call) => call.name === null)) return true
  return /torch_?compile|\bcompile_?model\b/i.test(codeText(python))
}

/** Null: nothing stands in the way, as far as can be seen. */
export function compileHindered(python: PythonModule): string | null {
  if (python.uses('bitsandbytes.', 'transformers.BitsAndBytesConfig')) return 'quantised weights'
  if (python.uses('torch_geometric.', 'dgl.')) return 'graphs of changing size'
  if (python.uses('deepspeed.', 'torch.distributed.fsdp.', 'megatron.'))
    return 'a library that shards the model'
  if (python.uses('torch.autograd.Function', 'torch.utils.cpp_extension.')) return 'operators of its own'
  if (
    python.uses(
      'torch.nn.utils.rnn.pad_sequence',
      'torch.nn.utils.rnn.pack_padded_sequence',
      'transformers.DataCollatorWithPadding',
    )
  )
    return 'batches of changing length'
  if (/padding\s*=\s*(True|["']longest["'])/.test(codeText(python))) return 'batches of changing length'
  return null
}

/** Adds to one training of the file, or to each. `place` is shown: the call that would carry it. */
export function claimCompiled(
  python: PythonModule,
  place: Place,
  site: Place,
  key: string,
  claims: ClaimBuilder,
  id: string | null = null,
): void {
  const training = claims.extend('Training', id)
  if (isCompiled(python)) training.known('compiled', key, true, place, { site })
  else training.default('compiled', key, false, place, { site })
  const why = compileHindered(python)
  if (why !== null) training.known('compileHindered', key, why, place, { site })
}
