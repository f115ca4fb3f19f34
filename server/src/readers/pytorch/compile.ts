/** Whether a program compiles its model, and what would stand in the way. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Analysis } from '../../python/analysis.js'
import type { PythonModule } from '../../python/module.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { UnitFacts } from '../reader.js'
import { isModelCall } from './autocast-change.js'
import { codeText } from './evidence.js'
import { callsIn, hotCode } from './hot-code.js'

const compilers = [
  'torch.compile',
  'torch.jit.script',
  'torch.jit.trace',
  'thunder.',
  'torch_tensorrt.',
  'torch._dynamo.',
]

export function isCompiled(python: PythonModule): boolean {
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

/** Adds to every training of the file, or to one. `place` is shown: the loop, or the call that would carry it. */
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

/** `model.compile()` before the loop: in place, so that checkpoints keep their names. */
export function compileModel(claim: Claim, facts: UnitFacts): Change | Refusal {
  const { python, path, unit } = facts
  const loop = python?.loops.find(
    (one) => one.node.start === claim.site.start && one.node.end === claim.site.end,
  )
  if (python === undefined || loop === undefined) return { reason: 'the loop is not in the file any more' }
  const analysis = python as Analysis
  let outer = loop
  while (outer.parent !== null) outer = outer.parent
  for (const { expressions, func } of hotCode(analysis, loop.node.body, loop.function).statements) {
    if (func !== loop.function) continue
    for (const expr of expressions)
      for (const call of callsIn(analysis, expr)) {
        const { callee } = call.expr
        if (
          callee.type !== 'name' ||
          !isModelCall(analysis, call.expr) ||
          analysis.functionOf(callee) !== null
        )
          continue
        return {
          title: `Compile the model (${callee.id}.compile())`,
          safety: 'unsafe',
          writes: [
            {
              kind: 'insert lines',
              path,
              where: 'before',
              statement: { unit: unit.index, start: outer.node.start, end: outer.node.end },
              lines: [`${callee.id}.compile()`],
            },
          ],
          imports: [],
        }
      }
  }
  return { reason: 'the name of the model is not in the loop: compile it where it is made' }
}
