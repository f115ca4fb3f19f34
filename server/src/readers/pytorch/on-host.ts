/** Networks that stay on the host although their module speaks of accelerators. */

import { isGenerator } from '../../python/generators.js'
import { usesMatch } from '../../python/library-uses.js'
import type { Call, Func, Klass, Loop, ModuleSummary, PythonModule } from '../../python/module.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import type { Evidence } from '../../workload/claim.js'
import { codeText } from './evidence.js'
import { usesAny } from './library-uses.js'
import { moving } from './resident-batches.js'

/** What puts networks and batches in their places, here or in a module that imports this one. */
const placing =
  /(^|\.)(cuda|to|to_device|DataParallel|DistributedDataParallel|Accelerator|initialize|set_device|set_default_device|set_default_tensor_type)$/

/** The evidence of the module, for code of one function, or of one loop in it. */
export function evidenceIn(
  python: PythonModule,
  func: Func | null,
  evidence: Evidence,
  loop: Loop | null = null,
): Evidence {
  const asked = evidence.accelerator === 'gpu' || evidence.accelerator === 'maybe'
  if (!asked) return evidence
  const host = staysOnHost(python, func?.class ?? null) || (loop !== null && takesFromHost(python, loop))
  return host ? { ...evidence, accelerator: 'cpu' } : evidence
}

/** What hands batches on to an accelerator by itself. */
const handing = [
  ...moving,
  'torch.nn.DataParallel',
  'torch.nn.parallel.DistributedDataParallel',
  'torch.set_default_device',
  'torch.set_default_tensor_type',
  'torch.utils.data.TensorDataset',
  'ray.train.torch.prepare_model',
  'ray.train.torch.prepare_data_loader',
]

/** The network takes pictures of torchvision as a loader gives them, so it lies on the host as they do. */
function takesFromHost(python: PythonModule, { node, effects }: Loop): boolean {
  if (node.type !== 'for' || usesAny(python, handing)) return false
  if ([...effects.calls].some((name) => placing.test(name))) return false
  if (/\bdevice\b|\.cuda\(|\.to\(/.test(codeText(python, node.start, node.end))) return false
  return once(python, 'pictures on the host', () => {
    const loaders = python.callsTo('torch.utils.data.DataLoader')
    return (
      loaders.length > 0 &&
      loaders.every(
        ({ expr }) => !expr.args.some(({ name }) => name === 'collate_fn' || name === 'batch_sampler'),
      ) &&
      python.uses('torchvision.datasets.') &&
      !python.classes.some(({ bases }) => bases.some((one) => /Dataset$/.test(one))) &&
      !python.functions.some((func) => isGenerator(python, func))
    )
  })
}

/** A network that trains itself and moves nothing, where other networks of the module move themselves and their batches. */
function staysOnHost(python: PythonModule, klass: Klass | null): boolean {
  if (klass === null || !isNetwork(klass)) return false
  const places = python.calls.filter(isPlacing)
  if (places.length === 0) return false
  const elsewhere = places.every(({ function: func }) => {
    const other = func?.class ?? null
    return other !== null && other !== klass && isNetwork(other) && !areRelated(python, klass, other)
  })
  return elsewhere && ![...python.importers, ...python.programs].some(moves)
}

/** No trainer places it. */
const isNetwork = ({ bases }: Klass) => bases.includes('torch.nn.Module')

function isPlacing({ name, method, expr }: Call): boolean {
  return placing.test(name ?? method) || expr.args.some((one) => one.name === 'device')
}

function moves(module: ModuleSummary): boolean {
  const accelerator = module.evidence?.accelerator
  return accelerator === 'gpu' || accelerator === 'maybe' || usesMatch(module, placing)
}

/** One extends the other, or is a part of it. */
function areRelated({ code }: PythonModule, one: Klass, other: Klass): boolean {
  const speaks = ({ start, end }: Span, { name }: Klass) =>
    new RegExp(`\\b${name}\\b`).test(code.slice(start, end))
  return speaks(one.node, other) || speaks(other.node, one)
}
