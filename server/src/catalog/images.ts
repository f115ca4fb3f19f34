/** Images with libraries, and the accelerators that they can drive. */

/** The first versions whose official images bring CUDA 11, which the cards since Ampere need. */
import { lookUp } from '../text/records.js'

const firstWithCuda11: Readonly<Record<string, readonly [number, number]>> = {
  torch: [1, 8],
  tensorflow: [2, 4],
  mxnet: [1, 8],
  // No version has any: the last images (Chainer 5) bring CUDA 9.
  chainer: [6, 0],
}

/** `torch 1.5`: the library, among those with these versions, that knows no card since Ampere; null: none. */
export function beforeAmpere(versions: Readonly<Record<string, string>>): string | null {
  for (const [name, [major, minor]] of Object.entries(firstWithCuda11)) {
    const version = lookUp(versions, name)
    if (version === undefined) continue
    const [first, second = 0] = version.split('.').map(Number)
    if (first! < major || (first === major && second < minor)) return `${name} ${version}`
  }
  return null
}
