/** The size to which a program brings its pictures, in whichever of its modules: what convolutions cost follows from it. */
import type { Call, PythonModule } from '../../python/module.js'
import { knownArgument, numberIn, textArgument } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'
import { imageEdge } from '../pytorch/picture-edge.js'
import { defineReader } from '../reader.js'

export const pictureEdgesReader = defineReader({
  name: 'python-picture-edges',
  languages: ['python'],
  triggers: [
    'torchvision',
    'albumentations',
    'monai',
    '.resize(',
    'target_size',
    'image_size',
    'img_size',
    'imgsz',
    'IMG_SIZE',
    'IMAGE_SIZE',
    'resolution',
  ],
  read({ python }, _context, claims) {
    if (python === undefined || python.evidence.role === 'test') return
    const found = edgeOf(python)
    if (found === null) return
    const set = claims.subject('Dataset', found.place, found.scope, python.evidence)
    set.known('pictureEdge', found.key, found.edge, found.place)
  },
})

interface Edge {
  edge: number
  key: string
  place: Place
  scope: string
}

/** What brings pictures to one size, in the order in which it is trusted: cuts after resizing. `keys`: arguments with the size. */
const cuts: [pattern: RegExp, keys: [key: string, position: number | null][]][] = [
  [
    /^albumentations\.(?:\w+\.)*(RandomResizedCrop|RandomCrop|CenterCrop)$/,
    [
      ['height', 0],
      ['size', null],
    ],
  ],
  [
    /^monai\.transforms\.(?:\w+\.)*(Rand\w*Crop\w*|CenterSpatialCrop\w*)$/,
    [
      ['roi_size', null],
      ['spatial_size', null],
    ],
  ],
  [
    /^albumentations\.(?:\w+\.)*(Resize|LongestMaxSize|PadIfNeeded)$/,
    [
      ['height', 0],
      ['max_size', 0],
      ['min_height', 0],
    ],
  ],
  [/^monai\.transforms\.(?:\w+\.)*Resized?$/, [['spatial_size', null]]],
  [/^cv2\.resize$/, [['dsize', 1]]],
  [/^(?:tensorflow\.)?image\.resize$|^tensorflow\.image\.(resize|random_crop)$/, [['size', 1]]],
  [/\.(flow_from_directory|flow_from_dataframe)$/, [['target_size', null]]],
  [/^keras\.(?:utils|preprocessing)\.(?:\w+\.)*image_dataset_from_directory$/, [['image_size', null]]],
]
/** Options and constants that people call so. */
const sizeName = /^(image|img|input|crop|train)_?(size|res|resolution)$|^resolution$|^imgsz$/i

function edgeOf(python: PythonModule): Edge | null {
  const torch = imageEdge(python)
  if (torch !== null) return { ...torch, scope: '' }
  for (const [pattern, keys] of cuts) {
    const calls = python.calls.filter((call) => pattern.test(call.name ?? `.${call.method}`))
    const sizes = calls.flatMap((call) => {
      const edge = keys
        .map(([key, position]) => sizeIn(python, call, key, position))
        .find((one) => one !== null)
      return edge == null ? [] : [{ edge, call }]
    })
    const largest = sizes.reduce<{ edge: number; call: Call } | null>(
      (best, one) => (best === null || one.edge > best.edge ? one : best),
      null,
    )
    if (largest !== null) {
      const { edge, call } = largest
      return { edge, key: call.method, place: calleePlace(call), scope: call.function?.qualified ?? '' }
    }
  }
  const resized = python.calls.find(
    (call) => call.method === 'resize' && call.name === null && sizeIn(python, call, 'size', 0) !== null,
  )
  if (resized !== undefined && python.uses('PIL.'))
    return {
      edge: sizeIn(python, resized, 'size', 0)!,
      key: 'resize',
      place: calleePlace(resized),
      scope: resized.function?.qualified ?? '',
    }
  return fromOption(python)
}

/** A pair of sizes counts as the edge of a square of as many pixels. */
function sizeIn(python: PythonModule, call: Call, key: string, position: number | null): number | null {
  const value = knownArgument(python.argument(call, key, position))
  const sizes = [value].flat().filter((one) => typeof one === 'number')
  if (sizes.length === 0 || sizes.length > 3 || sizes.some((one) => one < 8)) return null
  return Math.round(sizes.reduce((all, one) => all * one, 1) ** (1 / sizes.length))
}

function fromOption(python: PythonModule): Edge | null {
  for (const call of python.calls) {
    if (call.method !== 'add_argument' && call.method !== 'add_option') continue
    const name = textArgument(python.argument(call, '', 0))
    if (name === null || !sizeName.test(name.replace(/^-+/, '').replace(/-/g, '_'))) continue
    const edge = sizeIn(python, call, 'default', null)
    if (edge !== null) return { edge, key: name, place: calleePlace(call), scope: '' }
  }
  for (const [id, bindings] of python.moduleBindings) {
    const [only] = bindings
    if (bindings.length !== 1 || only!.value === null || !sizeName.test(id)) continue
    const edge = numberIn(python.fold(only!.value))
    if (edge !== null && edge >= 8)
      return { edge, key: id, place: { start: only!.value.start, end: only!.value.end }, scope: '' }
  }
  return null
}
