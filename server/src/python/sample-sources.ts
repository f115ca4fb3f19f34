/** Where the samples of a program come from, and whether they are the same in each epoch. */
import type { Analysis } from './analysis.js'
import type { Func, Klass } from './module.js'

/** `drawn`: transforms or the code of a data set make something else of a sample each time; `read`: nothing is seen to. */
export type SampleSource = 'read' | 'drawn'

const sources =
  /^(torchvision\.(transforms|datasets)\.|torch\.utils\.data\.(\w+\.)*(Dataset|TensorDataset)$|transformers\.(Auto|Bert|DistilBert)Tokenizer)/
/** Transforms of libraries that draw. */
const drawingTransform =
  /(^|\.)Random(?!Sampler|State|Forest|Search|ized|Hyper)[A-Z]\w*|ColorJitter|GaussianBlur|albumentations|imgaug|kornia|([aA]ugment|[mM]ix[uU]p|[cC]ut[mM]ix)/
/** Numbers that are drawn; a seed, an order and a split change no sample. */
const drawnNumbers =
  /(^|\.)random\.(random|rand|randn|randint|randrange|uniform|choices?|normal|gauss|beta|binomial|random_sample)$/

/** By the canonical name of what a module uses. */
export function drawsSamples(use: string): boolean {
  return drawingTransform.test(use) || drawnNumbers.test(use)
}

const drawingCode =
  /\brandom\.(random|randint|random|choice|uniform|sample|randrange)|np\.random\.(rand|randn|randint|uniform|choice|normal|permutation)|torch\.rand\w*\(/
const augments = /augment/i
/**
 * What timm makes draws only where it is told that it is for training; the second of what open_clip makes always does. Source:
 * timm 1.0, `create_transform`, `create_loader`; open_clip 2.24, `create_model_and_transforms`.
 */
export const drawnByMakers =
  /\bcreate_(transform|loader)\((?=[^()]*(?:\([^()]*\)[^()]*)*\bis_training\s*=(?!\s*False\b))|\w,\s*(?!_\b)\w+\s*,\s*\w+\s*=\s*(open_clip\.)?create_model_and_transforms\(/
/** These choose which samples there are, and in which order. */
const arranges = /^(__init__|__len__|on_epoch_end|set_epoch|\w*(shuffle|split|sort)\w*)$/

/** Of a module and those that it imports; null: it has to do with no samples. */
export function sampleSource(analysis: Analysis): SampleSource | null {
  const uses = [...analysis.ownUses]
  const datasets = analysis.classes.filter(({ methods }) => methods.has('__getitem__'))
  const collators = analysis.functions.filter(({ name }) => /collate/i.test(name))
  const methods = datasets.flatMap((klass) =>
    [...klass.methods.values()].filter(({ name }) => !arranges.test(name)),
  )
  const written = ({ node }: Pick<Func, 'node'> | Pick<Klass, 'node'>): string =>
    analysis.code.slice(node.start, node.end)
  const draws =
    [...methods, ...collators].some((one) => drawingCode.test(written(one))) ||
    [...datasets, ...collators].some((one) => augments.test(written(one))) ||
    drawnByMakers.test(analysis.code)
  if (draws || uses.some(drawsSamples)) return 'drawn'
  const own = uses.some((use) => sources.test(use)) || datasets.length > 0
  const around = analysis.imported.map(({ samples }) => samples)
  if (around.includes('drawn')) return 'drawn'
  return own || around.includes('read') ? 'read' : null
}
