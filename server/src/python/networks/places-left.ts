/**
 * How many places of a sample the layers see one after the other, as strides, pools and transposed convolutions leave them:
 * told from the order in which a network makes its layers, without following what it does to a sample.
 */
import { argument } from './layer-sizes.js'
import { type Given, isKind, type Value } from './values.js'

const pool = /^(Max|Avg|Lp)Pool\dd$/
const growing = /^Upsample/

/** A layer that only changes how many places there are. */
export function isPool(value: Value): boolean {
  return (
    isKind(value, 'layer') &&
    typeof value.kind === 'string' &&
    (pool.test(value.kind) || growing.test(value.kind))
  )
}

/** Convolutions are among it, or may be: a class of the project. */
export function mayConvolve(value: Value, depth = 0): boolean {
  if (depth > 8) return true
  if (Array.isArray(value)) return value.some((one) => mayConvolve(one, depth + 1))
  if (isKind(value, 'fields')) return [...value.fields.values()].some((one) => mayConvolve(one, depth + 1))
  if (!isKind(value, 'layer')) return false
  if (typeof value.kind !== 'string') return true
  return value.kind === 'Sequential'
    ? value.given.positional.some((one) => mayConvolve(one, depth + 1))
    : /Conv/.test(value.kind)
}

/** Pools that a class applies between its layers. */
interface Within {
  /** It is applied there, not where it is made. */
  has(name: string): boolean
  /** One of its layers has been passed. */
  step(): void
}

export class Scale {
  /** Of each axis. */
  left = 1

  /** Null: no convolution. `share`: of each axis, that its results have; with transposed ones its inputs. */
  through(kind: string, given: Given): { share: number; axes: number } | null {
    const convolution = /^(Lazy)?Conv(Transpose)?([123])d$/.exec(kind)
    if (convolution !== null) {
      const position = convolution[1] === undefined ? 3 : 2
      const axes = Number(convolution[3])
      const stride = steps(argument(given, 'stride', position), 1)
      if (convolution[2] !== undefined) {
        const share = this.left
        this.grow(stride)
        return { share, axes }
      }
      // Beside a block, a shortcut of 1 × 1 takes the same stride once more.
      const shortcut = stride > 1 && steps(argument(given, 'kernel_size', position - 1), 3) === 1
      if (!shortcut) this.left /= stride
      return { share: this.left, axes }
    }
    if (pool.test(kind)) this.left /= poolSteps(given)
    else if (growing.test(kind)) this.grow(steps(argument(given, 'scale_factor', 1), 2))
    return null
  }

  private grow(times: number): void {
    this.left = Math.min(1, this.left * times)
  }

  /** What the code of a class does between its layers. */
  enter(text: string, own: ReadonlyMap<string, Value>): Within {
    const layers = [...own.values()].filter((value) => mayConvolve(value)).length
    let [shrinks, grows] = [0, 0]
    const applied = new Set<string>()
    for (const [name, value] of own) {
      if (!isKind(value, 'layer') || typeof value.kind !== 'string') continue
      const times = text.split(`self.${name}(`).length - 1
      if (times < 2) continue
      if (pool.test(value.kind)) shrinks += times * Math.log2(poolSteps(value.given))
      else if (growing.test(value.kind)) grows += times
      else continue
      applied.add(name)
    }
    shrinks += text.match(/\b(F|functional)\.(max|avg)_pool\dd\(/g)?.length ?? 0
    grows += text.match(/\b(F|functional)\.(interpolate|upsample)\(/g)?.length ?? 0
    // A network that makes pictures first shrinks them, then lets them grow.
    const down = grows > 0 ? Math.ceil(layers / 2) : layers
    let passed = 0
    return {
      has: (name) => applied.has(name),
      step: () => {
        passed++
        if (passed <= down) this.left /= 2 ** (shrinks / Math.max(1, down))
        else this.grow(2 ** (Math.min(grows, shrinks) / Math.max(1, layers - down)))
      },
    }
  }
}

function poolSteps(given: Given): number {
  const stride = argument(given, 'stride', 1)
  return steps(stride === 'absent' || stride === null ? argument(given, 'kernel_size', 0) : stride, 2)
}

/** Of each axis, on average. */
function steps(value: Value, otherwise: number): number {
  if (typeof value === 'number') return Math.max(1, value)
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'number')) return otherwise
  return Math.max(1, value.reduce((all, one) => all * one, 1) ** (1 / Math.max(1, value.length)))
}
