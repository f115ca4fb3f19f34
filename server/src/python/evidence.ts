/** What a file is for, what it runs on, and whether it is a small demonstration. */

import type { Evidence } from '../text/evidence.js'
import { once } from '../text/once.js'
import { isTestPath } from '../text/test-path.js'
import type { Analysis } from './analysis.js'
import { largeNetwork } from './large-network.js'
import { wideWord } from './wide-words.js'

/** Data sets that fit in a moment's training. */
const toyCalls = new Set(
  (
    'MNIST FashionMNIST KMNIST EMNIST QMNIST CIFAR10 CIFAR100 USPS load_iris load_digits load_wine load_breast_cancer ' +
    'load_diabetes load_boston Planetoid KarateClub Multi30k MNISTDataModule FashionMNISTDataModule CIFAR10DataModule make_classification make_regression make_blobs make_moons make_circles ' +
    'make_friedman1 make_swiss_roll make_s_curve FakeData generate_ar_data get_stallion_data'
  ).split(' '),
)
/**
 * The same by name, in a path or in what loads them. The tables have up to a few thousand rows; Kaggle's digit recognizer is
 * MNIST, Multi30k 29,000 short sentences, `hymenoptera_data` 400 photographs of ants and bees.
 */
const toyText = new RegExp(
  `(^|[/_.-])(${[
    'f(ashion)?[-_]?mnist|[ekq]?mnist|digit-recognizer|cifar-?100?',
    'iris|titanic|abalone|penguins|wine[-_]?quality(-red|-white)?|heart[-_ ]?(disease|failure)(-\\w+)*|boston[-_]?housing|pima[-_a-z]*',
    'house-prices-advanced-regression-techniques|telco-customer-churn|multi30k|karate|hymenoptera[-_]data',
    'spaceship[-_ ]titanic|(kaggle[-_ ]|(?<!\\w[-_]))house[-_ ]prices?([-_ ]predict(ion|or|ing))?(?![-_]\\w)|maternal[-_ ](health[-_ ])?risk',
  ].join('|')})([/_.-]|$)`,
  'i',
)
/** `corrupt_mnist()`, `load_cifar10()`, `MnistDataset()`. */
const toyLoader =
  /(^|_)(f(ashion)?_?mnist|[ekq]?mnist|cifar_?100?)(_|$)|^(Fashion|[EKQ])?(MNIST|Mnist)[A-Z]|^(CIFAR|Cifar)(100?)[A-Z]/

/** `examples/mnist/train.py`, `Titanic/tune.py`, `train_cifar10.py`: the folder or the file is named after the data. */
function toyPath(path: string): string | null {
  const parts = path.replace(/\.\w+$/, '').split('/')
  const stem = parts.pop()!.replace(/^(train|main|run)[-_]|[-_](train|main|example)$/gi, '')
  return [...parts, stem].find((part) => toyText.exec(part)?.[0] === part) ?? null
}

interface Strings {
  cuda: boolean
  cpu: boolean
  toy: string | null
}

/** `f'cuda:{options.gpu}'` */
const numberedDevice = /\b[fF][rR]?["']cuda:\{/

function scanStrings(analysis: Analysis): Strings {
  const found: Strings = { cuda: false, cpu: false, toy: null }
  for (const text of analysis.strings) {
    if (text === 'cuda' || text.startsWith('cuda:') || text === 'gpu') found.cuda = true
    else if (text === 'cpu') found.cpu = true
    else if (found.toy === null && !isSentence(text) && toyText.test(text)) found.toy = text
  }
  if (numberedDevice.test(analysis.text)) found.cuda = true
  return found
}

const fiveWords = /^\s*(?:\S+\s+){4}\S/

/** The help of a flag, a message: an example in it (`e.g. ./config/cifar10.py`) does not say what is trained on. */
function isSentence(text: string): boolean {
  return fiveWords.test(text) || /\be\.g\.|\bfor example\b|\bsuch as\b/i.test(text)
}

function acceleratorOf(analysis: Analysis, strings: Strings): Evidence['accelerator'] {
  if (analysis.usesHere('tensorflow.distribute.TPUStrategy')) return 'tpu'
  // What also asks for a GPU runs on either.
  if (analysis.usesHere('torch_xla.', 'torch_xla')) return analysis.usesHere('torch.cuda.') ? 'maybe' : 'tpu'
  const { binding } = analysis
  const visible = binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  if (visible === '' || visible === '-1') return 'cpu'
  const asks = analysis.usesHere('torch.cuda.is_available', 'torch.accelerator.')
  const uses = strings.cuda || analysis.usesHere('.cuda') || analysis.usesHere('torch.cuda.')
  if (uses) return asks ? 'maybe' : 'gpu'
  if (analysis.usesHere('torch.accelerator.')) return 'maybe'
  if (placesOnApple(analysis)) return 'mps'
  if (strings.cpu && asksForHost(analysis)) return 'cpu'
  return asksElsewhere(analysis) ? 'maybe' : 'none'
}

/** `model.to('mps')`, whatever the machine has. */
function placesOnApple(analysis: Analysis): boolean {
  return analysis.calls.some(
    ({ name, method, conditional, expr }) =>
      (method === 'to' || name === 'torch.device') &&
      !conditional &&
      expr.args.some(({ value }) => value.type === 'constant' && value.value === 'mps'),
  )
}

/** A function of another module that it calls chooses the device: `model.to(get_device())`. */
function asksElsewhere(analysis: Analysis): boolean {
  return analysis.calls.some(({ name, expr }) => {
    const calls = name === null ? analysis.importedFunction(expr.callee)?.calls : undefined
    return (
      calls?.includes('torch.cuda.is_available') === true && !calls.some((one) => besideDevices.test(one))
    )
  })
}

/** Who asks for seeds, memory or names wants to know whether there is a device, and places nothing. */
const besideDevices = /seed|empty_cache|memory|synchronize|get_device_(name|properties)|device_count/

/** Where tensors come back to the host, or are loaded there first: that says nothing of where a model is trained. */
const backToHost = /(map_location\s*=|\.to\(|\btorch\.load\([^,()]*,)\s*(torch\.device\(\s*)?['"]cpu['"]/g

/** Where states or weights wait that the accelerator has no room for: `"offload_optimizer": {"device": "cpu"}`. */
const waiting =
  /\boffload_(optimizer|param)\w*['"]?\s*[:=]\s*((\{|dict\()[^{}()]*?\bdevice['"]?\s*[:=]\s*)?['"]cpu['"]/g

function asksForHost({ text }: Analysis): boolean {
  return /['"]cpu['"]/.test(text.replace(backToHost, '').replace(waiting, ''))
}

/** The last two take one step of a whole engine or model. */
const trainingCalls = [
  '.fit',
  '.grid_search',
  '.randomized_search',
  '.train',
  '.fit_one_cycle',
  '.fine_tune',
  '.train_batch',
  '.train_on_batch',
  'tensorflow.estimator.train_and_evaluate',
  'ignite.engine.create_supervised_trainer',
]

export function evidenceOf(analysis: Analysis): Evidence {
  const strings = once(analysis.tree, 'words of its texts', () => scanStrings(analysis))
  const toyCall = analysis.calls.find((call) => toyCalls.has(call.method) || toyLoader.test(call.method))
  const toyImport = [...analysis.imports].find((name) => toyLoader.test(name.split('.').at(-1)!))
  const large = largeNetwork(analysis)
  // A toy set beside real ones is an option (`--dummy`), not what the script is for.
  const small =
    large !== null || loadsPictures(analysis)
      ? null
      : (toyCall?.method ?? toyImport ?? strings.toy ?? toyPath(analysis.path))
  let role: Evidence['role'] = 'library'
  if (isTestPath(analysis.path)) role = 'test'
  else if (analysis.loops.some((loop) => loop.role === 'train' || loop.role === 'epoch')) role = 'training'
  else if (analysis.usesHere(...trainingCalls)) role = 'training'
  else if (
    analysis.usesHere('ignite.engine.Engine', 'ignite.engine.engine.Engine') &&
    analysis.usesHere('.backward')
  )
    role = 'training'
  else if (analysis.usesHere('.generate', '.predict')) role = 'inference'
  else if (analysis.usesHere('pandas.', 'datasets.')) role = 'data'
  const older = olderCard(analysis.text)
  const wide = once(analysis.tree, 'wide words', () => wideWord(analysis.code))
  return {
    role,
    accelerator: acceleratorOf(analysis, strings),
    small,
    ...(large === null ? {} : { large }),
    ...(wide === null ? {} : { wide }),
    ...(cannotRun(analysis)
      ? { negligible: 'its syntax is broken, so it cannot run' }
      : isToyPath(analysis.path)
        ? { negligible: 'a toy, as its path says' }
        : {}),
    notebook: analysis.notebook,
    ...(older === undefined ? {} : { withoutBf16: older }),
  }
}

/** Pictures that are no toys. */
function loadsPictures({ calls }: Pick<Analysis, 'calls'>): boolean {
  return calls.some(
    ({ name, method }) =>
      name !== null && /^torchvision\.datasets\.[A-Z]/.test(name) && !toyCalls.has(method),
  )
}

/** `toy/train.py`, `toy_example.py`. */
function isToyPath(path: string): boolean {
  return /(^|\/)toys?([_-][^/]*\.(py|ipynb)$|([_-][^/]*)?\/)/i.test(path)
}

/** Cells of a notebook run one by one, and a text inside of another file may be a template. */
function cannotRun({ hasErrors, path }: Analysis): boolean {
  return hasErrors && path.endsWith('.py')
}

/** Cards of Volta and Turing, and machines that have them, in code or in what is said of it. */
const olderGpu = /\b(?:V100|P100|K80|Tesla[ -]T4|NVIDIA T4|p3(?:dn)?\.\d*xlarge|g4dn\.\d*xlarge)\b/
/** Services that mostly give a card of Pascal or Turing, by the folders that they mount. */
const olderService = /\/kaggle\/(?:input|working)\b|\/content\/(?:drive|gdrive)\b/
/** Without one of these a text names none of them. */
const olderWords = ['V100', 'P100', 'K80', 'T4', 'p3', 'g4dn', '/kaggle/', '/content/']
const newerGpu =
  /\b(?:A100|A10G?|H100|H200|L4|L40S?|p[45]d?e?\.\d*xlarge|g[56]e?\.\d*xlarge|RTX ?[3-5]0\d0)\b/

function olderCard(text: string): string | undefined {
  if (!olderWords.some((word) => text.includes(word))) return undefined
  const found = (olderGpu.exec(text) ?? olderService.exec(text))?.[0]
  return found === undefined || newerGpu.test(text) ? undefined : found
}
