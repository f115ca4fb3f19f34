/** Networks that stay on the host although their module speaks of accelerators. */
import type { Call, Func, Klass, ModuleSummary, PythonModule } from '../../python/module.js'
import type { Span } from '../../text/location.js'
import type { Evidence } from '../../workload/claim.js'

/** What puts networks and batches in their places, here or in a module that imports this one. */
const placing =
  /(^|\.)(cuda|to|to_device|DataParallel|DistributedDataParallel|Accelerator|initialize|set_device|set_default_device|set_default_tensor_type)$/

/** The evidence of the module, for code of one function. */
export function evidenceIn(python: PythonModule, func: Func | null, evidence: Evidence): Evidence {
  const asked = evidence.accelerator === 'gpu' || evidence.accelerator === 'maybe'
  return asked && staysOnHost(python, func?.class ?? null) ? { ...evidence, accelerator: 'cpu' } : evidence
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

function moves({ uses, evidence }: ModuleSummary): boolean {
  return (
    evidence?.accelerator === 'gpu' ||
    evidence?.accelerator === 'maybe' ||
    uses.some((use) => placing.test(use))
  )
}

/** One extends the other, or is a part of it. */
function areRelated({ code }: PythonModule, one: Klass, other: Klass): boolean {
  const speaks = ({ start, end }: Span, { name }: Klass) =>
    new RegExp(`\\b${name}\\b`).test(code.slice(start, end))
  return speaks(one.node, other) || speaks(other.node, one)
}
