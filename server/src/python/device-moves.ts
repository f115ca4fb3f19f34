/** Calls that move values: onto the accelerator, or to the host. */
import type { Analysis } from './analysis.js'
import type { Call } from './module.js'

/** Among the calls of a function: they bring tensors to the host. */
export const readingCalls = /^\.(item|tolist|numpy|cpu)$/

/** Among the calls of a function: it puts something on the device that a name chooses. */
export const toDevice = '.to(device)'

const deviceName = /(^|[._])(device|dev|gpu|cuda)$|^(torch\.device\()?['"]cuda/i

/** `x.to(self.device)`, `torch.tensor(x, device=device)`. */
export function putsOnDevice({ method, name, expr }: Call, text: string): boolean {
  if (method !== 'to' && name?.startsWith('torch.') !== true) return false
  return expr.args.some(
    (one, index) =>
      (one.name === 'device' || (method === 'to' && index === 0 && one.name === null)) &&
      deviceName.test(text.slice(one.value.start, one.value.end)),
  )
}

/** What holds settings, or computes: the device of all else is that of a tensor. */
const holdsDevice =
  /(args|cfg|conf|config|opts?|options|params|flags|settings|accelerator|fabric|trainer|engine|runner|learner|agent|policy|model|net|network|module|encoder|decoder|self|cls|env|state|ctx|context)$/i

/** `device = x.device`, `mask.to(device)`: to where a tensor lies, wherever that is. */
export function followsTensor(analysis: Analysis, { expr: { args } }: Call): boolean {
  const given = args.find(({ name }) => name === 'device') ?? args.find(({ name }) => name === null)
  const place = given === undefined ? null : analysis.definition(given.value)
  if (place?.type !== 'attribute' || place.attr !== 'device') return false
  return (
    analysis.typeOf(place.value) === 'torch.Tensor' ||
    (place.value.type === 'name' && !holdsDevice.test(place.value.id))
  )
}

/** Among the calls of a function: it reads a file onto such a device. */
export const loadedOnDevice = 'torch.load(device)'

/** `torch.load(path, map_location='cuda:0')`. */
export function loadsOnDevice({ name, expr }: Call, text: string): boolean {
  return (
    name === 'torch.load' &&
    expr.args.some(
      (one) => one.name === 'map_location' && deviceName.test(text.slice(one.value.start, one.value.end)),
    )
  )
}
