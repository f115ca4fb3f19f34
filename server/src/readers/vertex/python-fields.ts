/** Machines of Vertex AI as Python asks for them: in arguments, or in the dictionary of a worker pool. */
import type { Expr } from '../../syntax/python-ast.js'
import { understood } from '../../values/argument.js'
import type { CallSource } from '../../values/call-source.js'
import { convert, derived } from '../../values/operations.js'
import { asNumber, asText } from '../../values/parse.js'
import type { Key } from '../../values/source.js'
import { effective } from '../../values/value.js'
import type { MachineFields } from './machines.js'

export const machineKeys = {
  type: 'machine_type',
  accelerator: 'accelerator_type',
  count: 'accelerator_count',
} as const

/** `path`: to the dictionary that holds them; empty: they are arguments. */
export function machineFields(source: CallSource, ...path: Key[]): MachineFields {
  // None is none.
  const get = (key: string) => derived(source.get(...path, key), (value) => value ?? undefined)
  const named = get(machineKeys.accelerator)
  const accelerator =
    effective(named) === undefined
      ? understood(named, source.argument(...path, machineKeys.accelerator), enumMember, 'not readable')
      : convert(named, asText)
  return {
    type: convert(get(machineKeys.type), asText),
    accelerator,
    count: convert(get(machineKeys.count), asNumber),
  }
}

/** `aiplatform.gapic.AcceleratorType.NVIDIA_TESLA_K80`, with or without `.name`. */
function enumMember(expr: Expr): string | null {
  for (let part = expr; part.type === 'attribute'; part = part.value)
    if (/^(NVIDIA|TPU|ACCELERATOR)_/.test(part.attr)) return part.attr
  return null
}
