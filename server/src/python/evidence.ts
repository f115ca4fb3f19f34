/** What a file is for, what it runs on, and whether it is a small demonstration. */
import { isTestPath } from '../text/test-path.js'
import type { Evidence } from '../workload/claim.js'
import type { Analysis } from './analysis.js'

/** Data sets that fit in a moment's training. Lower case. */
const toyCalls = new Set(
  (
    'MNIST FashionMNIST KMNIST EMNIST QMNIST CIFAR10 CIFAR100 USPS load_iris load_digits load_wine load_breast_cancer ' +
    'load_diabetes load_boston MNISTDataModule FashionMNISTDataModule CIFAR10DataModule make_classification make_regression make_blobs make_moons make_circles FakeData'
  ).split(' '),
)
const toyText = /(^|[/_.-])(f(ashion)?[-_]?mnist|mnist|cifar-?100?|iris|titanic|abalone|penguins)([/_.-]|$)/i

interface Strings {
  cuda: boolean
  cpu: boolean
  toy: string | null
}

function scanStrings(analysis: Analysis): Strings {
  const found: Strings = { cuda: false, cpu: false, toy: null }
  for (const text of analysis.strings) {
    if (text === 'cuda' || text.startsWith('cuda:') || text === 'gpu') found.cuda = true
    else if (text === 'cpu') found.cpu = true
    else if (found.toy === null && toyText.test(text)) found.toy = text
  }
  return found
}

/** Layers whose parameters can be counted from folded sizes: name to parameter count of (a, b, kernel). */
function parametersOf(name: string, sizes: number[]): number | null {
  const [a, b, k] = sizes
  if (name === 'torch.nn.Linear') return a === undefined || b === undefined ? null : a * b
  if (/^torch\.nn\.(Conv[123]d|ConvTranspose[123]d)$/.test(name)) {
    const dimensions = Number(name.match(/(\d)d$/)![1])
    return a === undefined || b === undefined || k === undefined ? null : a * b * k ** dimensions
  }
  if (name === 'torch.nn.Embedding') return a === undefined || b === undefined ? null : a * b
  if (/^torch\.nn\.(RNN|GRU|LSTM)$/.test(name)) {
    const gates = name.endsWith('LSTM') ? 4 : name.endsWith('GRU') ? 3 : 1
    return a === undefined || b === undefined ? null : gates * (a + b) * b
  }
  return null
}

const modelSources = [
  'torchvision.models.',
  'timm.',
  'transformers.',
  'segmentation_models_pytorch.',
  'torch.hub.load',
  'diffusers.',
]

const plainRoots = new Set(
  (
    '__future__ abc argparse collections copy csv dataclasses datetime functools glob itertools json logging math os ' +
    'pathlib pickle random re sys time typing warnings torch numpy scipy sklearn pandas matplotlib seaborn tqdm wandb'
  ).split(' '),
)

/** A program that trains by itself, and imports nothing that could bring a model along. */
function standsAlone(analysis: Analysis): boolean {
  return (
    analysis.usesHere('.backward') &&
    !analysis.usesHere('torch.load', 'torch.hub.', 'torch.jit.') &&
    [...analysis.imports].every((name) => plainRoots.has(name.split('.')[0]!))
  )
}

/** A model whose layers are all in this file and come to under two million parameters that take part in a product. */
function smallModel(analysis: Analysis): string | null {
  if (analysis.uses(...modelSources)) return null
  let total = 0
  let layers = 0
  let unknown = 0
  for (const call of analysis.calls) {
    if (call.name === null || !call.name.startsWith('torch.nn.')) continue
    if (/^torch\.nn\.(MultiheadAttention|Transformer\w*)$/.test(call.name)) return null
    const sizes: number[] = []
    for (const argument of call.expr.args.slice(0, 3)) {
      const value = analysis.fold(argument.value)
      if (value.state === 'known' && typeof value.value === 'number') sizes.push(value.value)
      else if (value.state === 'known' && Array.isArray(value.value) && typeof value.value[0] === 'number')
        sizes.push(value.value[0])
      else break
    }
    if (!/^torch\.nn\.(Linear|Conv|Embedding|RNN|GRU|LSTM)/.test(call.name)) continue
    // Rows of given vectors are looked up; that is no arithmetic.
    if (call.name === 'torch.nn.Embedding.from_pretrained') continue
    if (call.loops.length > 0) return null
    layers++
    const parameters = parametersOf(call.name, sizes)
    if (parameters !== null) total += parameters
    else if (call.name === 'torch.nn.Linear') unknown++
    else return null
  }
  // Layers from other modules of the project cannot be counted here.
  if (layers === 0) return null
  // Up to three linear layers are no deep network, however wide, where nothing else can hold the rest of it.
  if (unknown > 0 && (layers > 3 || !standsAlone(analysis))) return null
  return total < 2_000_000 ? `a model of ${layers} ${layers === 1 ? 'layer' : 'layers'}` : null
}

function acceleratorOf(analysis: Analysis, strings: Strings): Evidence['accelerator'] {
  if (analysis.usesHere('torch_xla.', 'torch_xla') || analysis.usesHere('tensorflow.distribute.TPUStrategy'))
    return 'tpu'
  const { binding } = analysis
  const visible = binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  if (visible === '' || visible === '-1') return 'cpu'
  const asks = analysis.usesHere('torch.cuda.is_available', 'torch.accelerator.')
  const uses = strings.cuda || analysis.usesHere('.cuda') || analysis.usesHere('torch.cuda.')
  if (uses) return asks ? 'maybe' : 'gpu'
  if (analysis.usesHere('torch.accelerator.')) return 'maybe'
  return strings.cpu && asksForHost(analysis) ? 'cpu' : 'none'
}

/** Where tensors come back to the host, or are loaded there first: that says nothing of where a model is trained. */
const backToHost = /(map_location\s*=|\.to\(|\btorch\.load\([^,()]*,)\s*(torch\.device\(\s*)?['"]cpu['"]/g

function asksForHost({ text }: Analysis): boolean {
  return /['"]cpu['"]/.test(text.replace(backToHost, ''))
}

export function evidenceOf(analysis: Analysis): Evidence {
  const strings = scanStrings(analysis)
  const toyCall = analysis.calls.find((call) => toyCalls.has(call.method))
  // A toy set beside real ones is an option (`--dummy`), not what the script is for.
  const real = analysis.calls.some(
    (call) =>
      call.name !== null && /^torchvision\.datasets\.[A-Z]/.test(call.name) && !toyCalls.has(call.method),
  )
  const small = real ? null : (toyCall?.method ?? strings.toy ?? smallModel(analysis))
  let role: Evidence['role'] = 'library'
  if (isTestPath(analysis.path)) role = 'test'
  else if (analysis.loops.some((loop) => loop.role === 'train' || loop.role === 'epoch')) role = 'training'
  else if (analysis.usesHere('.fit', '.train', '.fit_one_cycle', '.fine_tune')) role = 'training'
  else if (analysis.usesHere('.generate', '.predict')) role = 'inference'
  else if (analysis.usesHere('pandas.', 'datasets.')) role = 'data'
  return {
    role,
    accelerator: acceleratorOf(analysis, strings),
    small: small === undefined ? null : small,
    notebook: analysis.notebook,
  }
}
