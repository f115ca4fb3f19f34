/** The size of the pictures that a module trains on. */
import type { PythonModule } from '../../python/module.js'
import { byName } from '../../text/by-name.js'
import { once } from '../../text/once.js'
import { knownArgument, passedPlace } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'

interface Edge {
  edge: number
  key: string
  place: Place
}

/** Operations that leave images of one size, in the order in which they are trusted. */
const cuts: [RegExp, string][] = [
  [/^torchvision\.transforms\.(v2\.)?(RandomResizedCrop|CenterCrop|RandomCrop)$/, 'size'],
  [/^torchvision\.transforms\.(v2\.)?Resize$/, 'size'],
  [/^albumentations\.(\w+\.)*(CenterCrop|RandomCrop)$/, 'height'],
  [/^albumentations\.(\w+\.)*Resize$/, 'height'],
]
/** Data sets whose images have one size, in pixels. */
export const smallImages: [RegExp, number][] = [
  [/^torchvision\.datasets\.(CIFAR10|CIFAR100|SVHN)$/, 32],
  [/^torchvision\.datasets\.(MNIST|FashionMNIST|EMNIST|KMNIST|QMNIST)$/, 28],
  [/^torchvision\.datasets\.USPS$/, 16],
  [/^medmnist\.(Path|Chest|Derma|OCT|Pneumonia|Retina|Breast|Blood|Tissue|Organ[ACS])MNIST$/, 28],
]

const says = byName((name) => [...cuts, ...smallImages].some(([pattern]) => pattern.test(name)))

/** Null: it is not known, or there are no pictures. */
export function imageEdge(python: PythonModule): Edge | null {
  return once(python, 'image edge', () => {
    if (!python.calls.some(({ name }) => name !== null && says(name))) return null
    for (const [pattern, key] of cuts) {
      const calls = python.calls.filter((call) => call.name !== null && pattern.test(call.name))
      if (calls.length === 0) continue
      let best: Edge | null = null
      for (const call of calls) {
        const given = python.argument(call, key, 0)
        const [value, at] = [knownArgument(given), passedPlace(given)]
        if (value === undefined || at === null) return null
        const size = [value].flat()
        if (size.some((one) => typeof one !== 'number')) return null
        const edge = Math.max(...(size as number[]))
        if (best === null || edge > best.edge) best = { edge, key: call.method, place: at }
      }
      return best
    }
    for (const [pattern, edge] of smallImages) {
      const call = python.calls.find((one) => one.name !== null && pattern.test(one.name))
      if (call !== undefined) return { edge, key: call.method, place: calleePlace(call) }
    }
    return null
  })
}
