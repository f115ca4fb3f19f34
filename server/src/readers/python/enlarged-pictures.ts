/** Data sets of small pictures that a program blows up before it trains on them. */
import { resultAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { knownArgument, passedExpression, textArgument } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { writtenList } from '../../values/written-list.js'
import { evidenceAt, trainsAnywhere } from '../pytorch/evidence.js'
import { feedsByName } from '../pytorch/loader-use.js'
import { smallImages } from '../pytorch/picture-edge.js'
import { isDataset } from '../pytorch/sample-work.js'
import { defineReader } from '../reader.js'

export const enlargedPicturesReader = defineReader({
  name: 'python-enlarged-pictures',
  languages: ['python'],
  triggers: ['CIFAR', 'MNIST', 'SVHN', 'USPS', 'cifar10', 'mnist', 'svhn'],
  read({ python }, _context, claims) {
    if (python === undefined || python.evidence.role === 'test' || !trainsAnywhere(python)) return
    const found = enlargedIn(python)
    if (found === null) return
    const { from, edge, key, at } = found
    const place = calleePlace(at)
    const evidence = { ...evidenceAt(python, at), role: 'training' as const }
    const set = claims.subject('Dataset', place, at.function?.qualified ?? '', evidence, null, 'enlarged')
    set.known('enlarged', key, { from, to: edge }, place)
    const network = oneSize.exec(python.code)
    if (network !== null) set.known('fixedFor', key, network[0], place)
  },
})

/** The first of them: the same pipeline mostly goes for training and validation. */
function enlargedIn(python: PythonModule): (Enlarged & { from: number }) | null {
  for (const call of python.calls) {
    const from = storedEdge(call, python) ?? edgeByClass(call.method)
    if (from === null || isOther(python, call)) continue
    const found = enlargedBy(python, call)
    if (found !== null && found.edge > from) return { ...found, from }
  }
  // `class CIFAR100Pictures(Dataset)`, whose own methods resize.
  for (const klass of python.classes) {
    const from = isDataset(klass) ? edgeByClass(klass.name) : null
    const sizes = from === null ? [] : [...klass.methods.values()].flatMap(({ calls }) => calls)
    const found = sizes.flatMap((call) => sizeOf(python, call) ?? []).at(-1)
    if (from !== null && found !== undefined && found.edge > from) return { ...found, from }
  }
  return null
}

/** Classes of programs that are called after the data set that they read. */
function edgeByClass(name: string): number | null {
  if (!/Data_?set|Pictures|Images/.test(name)) return null
  return /CIFAR|SVHN/i.test(name) ? 32 : /MNIST/i.test(name) ? 28 : null
}

/** Networks that take pictures of one size. */
const oneSize =
  /\b(vit|deit|swin(v2)?|beit(v2)?|siglip2?|dinov[23])(?=[-_\d])|patch\d+_\d|\b(ViT|DeiT|Swin|BEiT|CLIP|DINO)\w*|VisionTransformer|\bclip\.load\b/

/** Data sets of other libraries, by the name that they are loaded by. */
const byName: [RegExp, number][] = [
  [/^(uoft-cs\/)?cifar(10|100)(:.*)?$|^(ufldl-stanford\/)?svhn(_cropped)?$/, 32],
  [/^((ylecun|zalando-datasets)\/)?(fashion_?|k)?mnist(:.*)?$/, 28],
]
const loaders = /^(tensorflow_datasets\.load|datasets\.load_dataset)$/
const ofKeras = /^(?:tensorflow\.)?keras\.datasets\.(cifar10|cifar100|mnist|fashion_mnist)\.load_data$/

/** Pixels of an edge of the pictures as they are stored; null: not known. */
function storedEdge(call: Call, python: PythonModule): number | null {
  const { name } = call
  if (name === null) return null
  const keras = ofKeras.exec(name)?.[1]
  const loaded = keras ?? (loaders.test(name) ? textArgument(python.argument(call, 'name', 0)) : null)
  const loadedBy = loaded === null ? name : loaded.toLowerCase()
  const [, edge] = (loaded === null ? smallImages : byName).find(([one]) => one.test(loadedBy)) ?? []
  if (edge === undefined) return null
  // MedMNIST also comes in larger sizes.
  const size = knownArgument(python.argument(call, 'size'))
  return name.startsWith('medmnist.') && typeof size === 'number' ? size : edge
}

/** It is read to be tested on. */
function isOther(python: PythonModule, call: Call): boolean {
  return (
    feedsByName(call.assignedTo ?? '') === 'evaluation' ||
    knownArgument(python.argument(call, 'train', 1)) === false
  )
}

interface Enlarged {
  edge: number
  key: string
  /** What says so in this module. */
  at: Call
}

function enlargedBy(python: PythonModule, set: Call): Enlarged | null {
  const given = passedExpression(python.argument(set, 'transform'))
  if (given !== null) {
    const place = resultAt(python, given)
    const found = lastSize(place.python, place.expr)
    return found && { ...found, at: place.python === python ? found.at : set }
  }
  if (/^(torchvision|medmnist)\./.test(set.name ?? '') || set.name === null) return null
  // What is loaded as arrays is resized by itself.
  const sizes = python.calls.flatMap((call) => sizeOf(python, call) ?? [])
  return sizes.find(({ edge }) => sizes.every((one) => one.edge === edge)) ?? null
}

const compose = /^torchvision\.transforms(\.v2|\.transforms)?\.Compose$/

/** The size that a pipeline of transformations leaves, or one of them. */
function lastSize(python: PythonModule, pipeline: Expr): Enlarged | null {
  const made = python.callOf(pipeline)
  if (made === null) return null
  if (made.name === null || !compose.test(made.name)) return sizeOf(python, made)
  const list = passedExpression(python.argument(made, 'transforms', 0))
  const steps = list === null ? null : writtenList(python, list)
  const sizes = (steps?.items ?? []).flatMap((step) => {
    const call = python.callOf(step)
    return call === null ? [] : (sizeOf(python, call) ?? [])
  })
  return sizes.at(-1) ?? null
}

const resizing: [pattern: RegExp, argument: string, position: number][] = [
  [
    /^torchvision\.transforms(\.v2|\.transforms)?\.(Resize|Scale|CenterCrop|RandomCrop|RandomResizedCrop)$/,
    'size',
    0,
  ],
  [/^tensorflow\.image\.resize(_with_pad)?$/, 'size', 1],
  [/^keras\.layers\.(\w+\.)*Resizing$/, 'height', 0],
  [/^cv2\.resize$/, 'dsize', 1],
]

function sizeOf(python: PythonModule, call: Call): Enlarged | null {
  for (const [pattern, argument, position] of resizing) {
    if (call.name === null || !pattern.test(call.name)) continue
    const edges = [knownArgument(python.argument(call, argument, position))].flat()
    const known = edges.filter((one) => typeof one === 'number')
    if (known.length === 0 || known.length < edges.length) return null
    return { edge: Math.min(...known), key: call.method, at: call }
  }
  return null
}
