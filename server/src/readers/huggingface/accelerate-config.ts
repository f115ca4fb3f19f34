/** Accelerate's own configuration file, as `accelerate config` writes it. */
import { boolean, entries, entry, text } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { Precision } from '../../workload/words.js'

const formats: Record<string, Precision> = {
  no: 'fp32',
  false: 'fp32',
  fp16: 'fp16-mixed',
  bf16: 'bf16-mixed',
  fp8: 'fp8',
}

export function accelerateDocument(document: ConfigDocument): boolean {
  const { root } = document
  if (root.kind !== 'map') return false
  const has = (key: string) => entry(root, key) !== undefined
  return (
    has('compute_environment') ||
    (has('distributed_type') && (has('mixed_precision') || has('num_processes')))
  )
}

export function readAccelerateDocument(document: ConfigDocument, path: string, claims: ClaimBuilder): void {
  if (!accelerateDocument(document)) return
  const { root } = document
  const given = entry(root, 'mixed_precision')
  const carrier = given ?? entry(root, 'distributed_type') ?? entry(root, 'compute_environment')
  if (carrier === undefined) return
  const place: Place = given
    ? { start: given.keyStart, end: given.value.end, document: document.index, keys: ['mixed_precision'] }
    : { start: carrier.keyStart, end: carrier.keyEnd, document: document.index, keys: ['mixed_precision'] }
  const training = claims.subject('Training', place, 'accelerate', evidenceOf(root, path))
  const key = 'mixed_precision'
  // Whoever launches with the file decides, and the code it launches may say something else.
  const options = { channel: 'named file', overridable: true } as const
  const elsewhere = decidedElsewhere(root, path)
  if (elsewhere !== null) training.unknown('precision', key, elsewhere, place, { channel: 'named file' })
  else if (given === undefined) training.default('precision', key, 'fp32', place, options)
  else {
    const word = given.value.kind === 'scalar' ? String(given.value.value).toLowerCase() : ''
    const value = formats[word]
    if (value === undefined)
      training.unknown('precision', key, 'a value that is not understood', place, { channel: 'named file' })
    else training.known('precision', key, value, place, options)
  }
}

/** DeepSpeed and FSDP sections may carry a precision of their own; quantised weights under FSDP need it off. */
function decidedElsewhere(root: ConfigNode, path: string): string | null {
  const original = boolean(entry(entry(root, 'fsdp_config')?.value, 'fsdp_use_orig_params')?.value)
  if (/qlora|[48]bit/i.test(path) || original === false) return 'the format of the quantised weights'
  const deepspeed = entry(root, 'deepspeed_config')?.value
  if (deepspeed !== undefined && entry(deepspeed, 'deepspeed_config_file') !== undefined)
    return 'the DeepSpeed file'
  for (const section of ['deepspeed_config', 'fsdp_config', 'megatron_lm_config']) {
    const inside = entries(entry(root, section)?.value)
    if (inside.some((one) => /mixed_precision|param_dtype|bf16|fp16/.test(one.key))) return section
  }
  return null
}

function evidenceOf(root: ConfigNode, path: string): Evidence {
  const type = text(entry(root, 'distributed_type')?.value) ?? ''
  let accelerator: Evidence['accelerator'] = 'gpu'
  if (boolean(entry(root, 'use_cpu')?.value) === true || type === 'MULTI_CPU') accelerator = 'cpu'
  else if (/TPU|XLA/.test(type)) accelerator = 'tpu'
  else if (/MPS/.test(type)) accelerator = 'mps'
  else if (/NPU|HPU|XPU|MLU|MUSA|SDAA/.test(type)) accelerator = 'none'
  return {
    role: /(^|\/)tests?\//.test(path) ? 'test' : 'job',
    accelerator,
    small: null,
    notebook: false,
  }
}
