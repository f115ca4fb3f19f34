/** Where the samples of a program come from, and whether they are the same in each epoch. */
import type { Analysis } from './analysis.js'

/** `drawn`: transforms or the code of a data set make something else of a sample each time; `read`: nothing is seen to. */
export type SampleSource = 'read' | 'drawn'

const sources =
  /^(torchvision\.(transforms|datasets)\.|torch\.utils\.data\.(\w+\.)*(Dataset|TensorDataset)$|transformers\.(Auto|Bert|DistilBert)Tokenizer)/
const drawingUse =
  /Random|Augment|ColorJitter|GaussianBlur|albumentations|imgaug|kornia|create_transform|mixup|cutmix/i
const drawingCode =
  /\brandom\.(random|randint|random|choice|uniform|sample|randrange)|np\.random\.(rand|randn|randint|uniform|choice|normal|permutation)|torch\.rand\w*\(|augment/i

/** Of a module and those that it imports; null: it has to do with no samples. */
export function sampleSource(analysis: Analysis): SampleSource | null {
  const uses = [...analysis.ownUses]
  const datasets = analysis.classes.filter(({ methods }) => methods.has('__getitem__'))
  const makers = [...datasets, ...analysis.functions.filter(({ name }) => /collate/i.test(name))]
  const draws = makers.some(({ node }) => drawingCode.test(analysis.code.slice(node.start, node.end)))
  if (draws || uses.some((use) => drawingUse.test(use))) return 'drawn'
  const own = uses.some((use) => sources.test(use)) || datasets.length > 0
  const around = analysis.imported.map(({ samples }) => samples)
  if (around.includes('drawn')) return 'drawn'
  return own || around.includes('read') ? 'read' : null
}
