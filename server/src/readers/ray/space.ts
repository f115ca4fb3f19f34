/** The part of a Ray Tune configuration that is a grid: `grid_search` anywhere inside it. */
import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import { possibleAt, resultsAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import type { Location, Span } from '../../text/location.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Dimension, DrawnDimension } from '../../workload/resource-kinds.js'
import { drawnList, drawnRange } from '../search/drawn.js'
import { gridSearch, sampling } from './names.js'

type Locate = (span: Span) => Location

export interface TuneSpace {
  /** The module that the configuration stands in. */
  python: PythonModule
  dimensions: Dimension[]
  /** The `grid_search(…)` calls; null entries are `{'grid_search': […]}`. */
  grids: (Call | null)[]
  /** True where something is drawn at random. */
  samples: boolean
  drawn: DrawnDimension[]
  /** False where a part of the configuration cannot be read. */
  complete: boolean
}

const depthLimit = 10

/**
 * Of a configuration that may be made in another module, whose places only its own reader can locate. Where a condition
 * decides between several, the one that samples, since nobody has to try a whole grid then; else the largest grid.
 */
export function tuneSpace(module: PythonModule, config: Expr, locate: Locate): TuneSpace {
  // `SPACES[args.space]`
  const chosen = module.definition(config).type === 'subscript' ? possibleAt(module, config) : null
  const made = chosen ?? resultsAt(module, config)
  if (made.length === 1 && made[0]!.python === module) return spaceAt(module, config, locate)
  const spaces = made.map(({ python, expr }) => {
    const space = spaceAt(python, expr, python === module ? locate : null)
    return python === module ? space : withChosen(module, config, space, expr)
  })
  return (
    spaces.find((one) => one.samples && one.dimensions.length === 0) ??
    spaces.reduce((largest, one) => (sizeOf(one) > sizeOf(largest) ? one : largest))
  )
}

/** Keys that a function of another module fills under a condition: here it is known what that function is given. */
function withChosen(module: PythonModule, config: Expr, space: TuneSpace, made: Expr): TuneSpace {
  const { python, grids } = space
  const maker = python.functions.find(({ node }) => node.start <= made.start && made.end <= node.end)
  const others =
    maker?.calls.filter((call) => gridSearch.test(call.name ?? '') && !grids.includes(call)) ?? []
  if (others.length === 0 || module.keysOf(config) === null) return space
  const given = spaceAt(module, config, null)
  return given.dimensions.length > space.dimensions.length
    ? { ...space, dimensions: given.dimensions, grids: [...grids, ...others], complete: given.complete }
    : { ...space, grids: [...grids, ...others], complete: false }
}

function sizeOf({ dimensions }: TuneSpace): number {
  return dimensions.length === 0 ? 0 : (gridSize([dimensions]).configurations ?? 0)
}

function spaceAt(python: PythonModule, expr: Expr, locate: Locate | null): TuneSpace {
  const space: TuneSpace = { python, dimensions: [], grids: [], samples: false, drawn: [], complete: true }
  collect(python, expr, '', space, locate, 0)
  return space
}

function collect(
  python: PythonModule,
  expr: Expr,
  name: string,
  space: TuneSpace,
  locate: Locate | null,
  depth: number,
): void {
  if (depth > depthLimit || space.dimensions.length > 64) return
  const value = python.definition(expr)
  const call = value.type === 'call' ? python.callOf(value) : null
  if (call?.name != null && gridSearch.test(call.name)) {
    const values = call.expr.args[0]?.value
    space.grids.push(call)
    space.dimensions.push(dimension(python, name, values ?? null, locate))
    return
  }
  if (call?.name != null && sampling.test(call.name)) {
    space.samples = true
    const found = locate === null ? null : drawnFrom(python, call, name, locate)
    if (found !== null) space.drawn.push(found)
    return
  }
  const keys = python.keysOf(expr)
  if (keys !== null) {
    if (keys.length === 1 && keys[0] === 'grid_search') {
      const only = python.entry(expr, 'grid_search')
      space.grids.push(null)
      space.dimensions.push(dimension(python, name, passedExpression(only), locate))
      return
    }
    for (const key of keys) {
      const inner = passedExpression(python.entry(expr, key))
      if (inner !== null)
        collect(python, inner, name === '' ? key : `${name}.${key}`, space, locate, depth + 1)
      else space.complete = false
    }
    return
  }
  if (value.type === 'dict') {
    // Some keys cannot be read: what is written still counts.
    space.complete = false
    for (const entry of value.entries) {
      const key = entry.key === null ? undefined : effective(python.fold(entry.key))
      const inner = key === undefined ? name : String(key)
      collect(python, entry.value, inner, space, locate, depth + 1)
    }
    return
  }
  if (call !== null) {
    // `PPOConfig().training(lr=tune.grid_search([…]))`: a chain of calls. What others return may be drawn as well.
    space.complete = false
    collect(python, call.expr.callee, name, space, locate, depth + 1)
    for (const argument of call.expr.args)
      collect(python, argument.value, argument.name ?? name, space, locate, depth + 1)
    return
  }
  if (value.type === 'conditional') {
    const holds = effective(python.fold(value.test))
    if (typeof holds === 'boolean') {
      collect(python, holds ? value.then : value.otherwise, name, space, locate, depth + 1)
      return
    }
  }
  // A name that stands for nothing here, or a function that draws.
  if (value.type === 'name' || value.type === 'lambda') space.complete = false
  for (const child of childrenOf(value)) collect(python, child, name, space, locate, depth + 1)
}

/** `tune.uniform(0.1, 0.9)`: what it draws from, of numbers. */
function drawnFrom(python: PythonModule, call: Call, name: string, locate: Locate): DrawnDimension | null {
  if (call.method === 'choice') return drawnList(python, call, name, ['categories', 0], locate)
  if (!/^(q?uniform|q?randint|q?loguniform|lograndint)$/.test(call.method)) return null
  const scale = /log/.test(call.method) ? 'logarithmic' : 'linear'
  return drawnRange(python, call, name, ends, scale, locate)
}

const ends: [[string, number], [string, number]] = [
  ['lower', 0],
  ['upper', 1],
]

function dimension(
  python: PythonModule,
  name: string,
  values: Expr | null,
  locate: Locate | null,
): Dimension {
  if (values === null) return { name, size: null }
  const folded = effective(python.fold(values))
  if (Array.isArray(folded)) {
    const found = { name, size: distinctCount(folded), values: folded }
    return locate === null ? found : { ...found, location: locate({ start: values.start, end: values.end }) }
  }
  const list = python.definition(values)
  if ((list.type === 'list' || list.type === 'tuple') && list.items.every((item) => item.type !== 'starred'))
    return { name, size: list.items.length }
  return { name, size: null }
}
