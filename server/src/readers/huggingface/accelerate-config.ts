/** Accelerate's own configuration file, as `accelerate config` writes it. */
import { boolean, entries, entry, number, text } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { Configured } from '../../text/configured.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { Precision, TrainingSettings } from '../../workload/resource-kinds.js'
import { sectionsInFile, type Verdict, verdictOf } from '../deepspeed/configuration.js'
import { lookIntoFile, sharingOf } from '../deepspeed/sharing.js'
import type { FragmentFacts } from '../reader.js'

/** Key of the DeepSpeed section for a file of DeepSpeed's own, which then says all. */
const engineFile = 'deepspeed_config_file'
const nothingAsked: Verdict = { format: null, section: null }

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

export function readAccelerateDocument(
  document: ConfigDocument,
  { path, named }: Pick<FragmentFacts, 'path' | 'named'>,
  claims: ClaimBuilder,
): void {
  if (!accelerateDocument(document)) return
  const { root } = document
  claimProcesses(root, claims)
  const engine = text(entry(entry(root, 'deepspeed_config')?.value, engineFile)?.value)
  if (engine !== undefined) claims.namesFile(engine, true)
  const inEngine = engine === undefined ? undefined : lookUp(named, engine)
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
  const { format, section } = inEngine === undefined ? nothingAsked : verdictOf(sectionsInFile(inEngine))
  if (section?.at !== undefined && format !== null && format !== 'auto' && format !== 'fp32')
    training.known('precision', `${section.key}.enabled`, format, place, {
      ...options,
      location: section.at.location,
    })
  else if (elsewhere !== null) training.unknown('precision', key, elsewhere, place, { channel: 'named file' })
  else if (given === undefined) training.default('precision', key, 'fp32', place, options)
  else {
    const word = given.value.kind === 'scalar' ? String(given.value.value).toLowerCase() : ''
    const value = lookUp(formats, word)
    if (value === undefined)
      training.unknown('precision', key, 'a value that is not understood', place, { channel: 'named file' })
    else training.known('precision', key, value, place, options)
  }
  const type = entry(root, 'distributed_type')
  if (type === undefined) return
  const sharding = shardingOf(root, inEngine)
  const at: Place = { start: type.keyStart, end: type.value.end }
  if (sharding === undefined)
    training.unknown('sharding', 'distributed_type', 'a value that is not understood', at)
  else training.known('sharding', 'distributed_type', sharding, at, options)
}

/** `num_processes` counts all machines. Without a word of several devices one process is started, whatever it says. */
function claimProcesses(root: ConfigNode, claims: ClaimBuilder): void {
  const type = text(entry(root, 'distributed_type')?.value)
  const given = entry(root, 'num_processes')
  if (given === undefined || type === undefined || /CPU|TPU|XLA/.test(type)) return
  if (boolean(entry(root, 'use_cpu')?.value) === true) return
  const whole = (value: number | undefined) =>
    value !== undefined && Number.isInteger(value) && value > 0 ? value : null
  const machines = entry(root, 'num_machines')
  claims.starts({
    launcher: 'accelerate',
    processes: type === 'NO' ? 1 : whole(number(given.value)),
    nodes: machines === undefined ? 1 : whole(number(machines.value)),
    location: claims.locate({ start: given.keyStart, end: given.value.end }),
  })
}

/** How states are shared; undefined: it cannot be read. Source: accelerate, utils/dataclasses.py, commands/config. */
function shardingOf(
  root: ConfigNode,
  engine: Configured | undefined,
): TrainingSettings['sharding'] | undefined {
  const type = text(entry(root, 'distributed_type')?.value)
  if (type === undefined) return undefined
  if (/^(NO|MULTI_GPU)$/.test(type)) return null
  const word = (section: string, key: string): string | undefined => {
    const node = entry(entry(root, section)?.value, key)?.value
    return node?.kind === 'scalar' && node.value !== null ? String(node.value).toLowerCase() : undefined
  }
  if (type === 'DEEPSPEED') {
    if (engine !== undefined) return sharingOf(lookIntoFile(engine))
    const stage = Number(word('deepspeed_config', 'zero_stage'))
    if (stage === 0) return null
    if (stage !== 1 && stage !== 2 && stage !== 3) return undefined
    const away = (key: string) => /^(cpu|nvme)$/.test(word('deepspeed_config', key) ?? 'none')
    const offload = {
      optimizer: away('offload_optimizer_device'),
      parameters: away('offload_param_device'),
    }
    return { kind: 'deepspeed', stage, offload }
  }
  if (type !== 'FSDP') return undefined
  const strategy = word('fsdp_config', 'fsdp_sharding_strategy')
  const kept = word('fsdp_config', 'fsdp_reshard_after_forward')
  // Version 2 says the same with a switch; hybrid strategies share within a machine only.
  const stage =
    strategy === 'full_shard' || strategy === '1' || (strategy === undefined && kept === 'true')
      ? 3
      : strategy === 'shard_grad_op' || strategy === '2' || (strategy === undefined && kept === 'false')
        ? 2
        : null
  if (stage === null) return strategy === 'no_shard' || strategy === '3' ? null : undefined
  const away = word('fsdp_config', 'fsdp_offload_params') === 'true'
  return { kind: 'fsdp', stage, offload: { optimizer: away, parameters: away } }
}

/** DeepSpeed and FSDP sections may carry a precision of their own; quantised weights under FSDP need it off. */
function decidedElsewhere(root: ConfigNode, path: string): string | null {
  const original = boolean(entry(entry(root, 'fsdp_config')?.value, 'fsdp_use_orig_params')?.value)
  if (/qlora|[48]bit/i.test(path) || original === false) return 'the format of the quantised weights'
  const deepspeed = entry(root, 'deepspeed_config')?.value
  if (deepspeed !== undefined && entry(deepspeed, engineFile) !== undefined) return 'the DeepSpeed file'
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
