/** Whether the records that a network is run on have one size, so that they fit into one batch as they are. */
import type { Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { SingleParameter } from './function-summary.js'
import type { Func, PythonModule } from './module.js'
import { type Origins, originsOf } from './value-origins.js'

/** What is done with a record on its way into a network. */
export type Sizing = Pick<SingleParameter, 'reads' | 'sized'>

const readers =
  /^(PIL\.Image\.open|cv2\.imread|imageio\.(v\d\.)?imread|skimage\.io\.imread|matplotlib\.(image|pyplot)\.imread|torchvision\.io\.read_image|(torchaudio|librosa|soundfile)\.(load|read)|scipy\.io\.wavfile\.read|nibabel\.load|rasterio\.open|tifffile\.imread)$/
const sizes =
  /resiz|target_size|crop|interpolat|letterbox|pad(_sequence|ding)?\b|return_tensors|zoom|create_transform|transforms\(\)|preprocess/i

export function sizing(python: PythonModule, { calls, callees }: Origins, within: Sizing = {}): Sizing {
  const reads = within.reads === true || [...calls].some((name) => readers.test(name))
  const sized = within.sized === true || callees.some((callee) => mayBringToSize(python, callee))
  return { ...(reads ? { reads: true as const } : {}), ...(sized ? { sized: true as const } : {}) }
}

/** A call that brings pictures to one size, or of which nobody knows what it does. */
function mayBringToSize(python: PythonModule, callee: Expr, depth = 0): boolean {
  const holds = ({ start, end }: Expr | Func['node']): boolean => sizes.test(python.code.slice(start, end))
  if (sizes.test(lastName(callee)) || sizes.test(python.nameOf(callee) ?? '')) return true
  const own = python.functionOf(callee)
  if (own !== null) return holds(own.node)
  const elsewhere = python.importedFunction(callee)
  if (elsewhere !== null) return elsewhere.calls.some((name) => sizes.test(name))
  if (python.nameOf(callee) !== null) return false
  const made = callee.type === 'attribute' ? python.attributeValues(callee) : [python.definition(callee)]
  // A method of what was read.
  if (made.length === 0) return false
  return made.some(
    (one) =>
      one === null ||
      one.type !== 'call' ||
      holds(one) ||
      (depth < 4 && mayBringToSize(python, one.callee, depth + 1)),
  )
}

/** Pictures and sounds as they come, which nothing brings to one size. */
export function mayDifferInSize(python: PythonModule, record: Expr, within?: Sizing): boolean {
  const { reads, sized } = sizing(python, originsOf(python, record), within)
  return reads === true && sized !== true
}
