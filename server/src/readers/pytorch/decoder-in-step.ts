/** Files that a training step reads, where the loader hands out no more than their names. */
import type { Call, PythonModule } from '../../python/module.js'
import { namesIn } from '../../syntax/python-children.js'
import { decoderIn } from './datasets.js'

/** What decodes the files whose names the loader hands out, in the steps themselves; null: nothing does. */
export function decoderInStep(python: PythonModule, { assignedTo, expr }: Call): string | null {
  const steps = python.loops.filter(({ role }) => role === 'train')
  const own = steps.filter(({ node }) => {
    if (node.type !== 'for') return false
    const { start, end } = node.iterable
    return (start <= expr.start && expr.end <= end) || namesIn(node.iterable).includes(assignedTo ?? '')
  })
  const [only, ...more] = own.length > 0 ? own : steps
  if (only === undefined || more.length > 0) return null
  return decoderIn([...only.effects.calls].filter((name) => mediaReader.test(name)))
}

const mediaReader =
  /^(soundfile\.read|librosa\.load|torchaudio\.load|cv2\.imread|PIL\.Image\.open|nibabel\.load|pydicom\.dcmread|decord\.VideoReader|torchvision\.io\.read_\w+|skimage\.io\.imread)$/
