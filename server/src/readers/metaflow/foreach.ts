/** `self.next(self.fit, foreach='candidates')`: a task for each item of a list. Source: metaflow 2.18, graph.py. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { textArgument } from '../../values/argument.js'
import { methodPlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { claimJobGrid } from '../job-grid.js'
import { mappedDimensions } from '../mapped-grid.js'
import type { Decorated } from '../pipelines/decorated-function.js'

/** Steps behind the first one of a branch that are asked whether they train. */
const mostSteps = 6

export interface TrainingStep {
  func: Func
  onGpu: boolean
}

/** @param training the steps that train, or that ask for accelerators */
export function claimForeach(
  python: PythonModule,
  claims: ClaimBuilder,
  steps: readonly Decorated[],
  training: readonly TrainingStep[],
): void {
  for (const { func } of training.length === 0 ? [] : steps) {
    const call = transitionOf(func)
    const name = call === null ? null : textArgument(python.argument(call, 'foreach'))
    if (call === null || name === null) continue
    const trained = trainedIn(call, func, steps, training)
    const items = trained === null ? null : keptIn(func, name)
    const first = nextOf(call, func, steps)
    const named = items === null ? null : mappedDimensions(python, items)
    const dimensions = named === null ? null : withNames(named, first === null ? [] : namesOfInput(first))
    if (trained === null || dimensions === null) continue
    claimJobGrid(claims, {
      key: 'foreach',
      place: methodPlace(call),
      dimensions,
      isHanded: () => true,
      onGpu: trained.onGpu,
    })
  }
}

const transitionOf = (func: Func): Call | null =>
  func.calls.filter(({ method }) => method === 'next').at(-1) ?? null

/** The step that each branch trains in, be it the first of the branch or a later one. */
function trainedIn(
  from: Call,
  { class: flow }: Func,
  steps: readonly Decorated[],
  training: readonly TrainingStep[],
): TrainingStep | null {
  let call: Call | null = from
  for (let hops = 0; call !== null && hops < mostSteps; hops++) {
    const [first, second] = call.expr.args
    // Several branches, or another list.
    if (first?.value.type !== 'attribute' || (second !== undefined && call !== from)) return null
    const { attr } = first.value
    const next = steps.find(({ func }) => func.name === attr && func.class === flow)?.func
    // What joins the branches runs once.
    if (next === undefined || next.node.params.length > 1) return null
    const found = training.find(({ func }) => func === next)
    if (found !== undefined) return found
    call = transitionOf(next)
  }
  return null
}

function nextOf({ expr }: Call, { class: flow }: Func, steps: readonly Decorated[]): Func | null {
  const next = expr.args[0]?.value
  if (next?.type !== 'attribute') return null
  return steps.find(({ func }) => func.name === next.attr && func.class === flow)?.func ?? null
}

/** `rate, width = self.input`: what the items of a combination are called by the step that takes it. */
function namesOfInput({ node }: Func): string[] {
  for (const statement of node.body) {
    if (statement.type !== 'assign' || !isInput(statement.value)) continue
    const [target] = statement.targets
    if (target?.type === 'tuple') return target.items.map((one) => (one.type === 'name' ? one.id : ''))
  }
  return []
}

const isInput = (value: Expr | null): boolean =>
  value?.type === 'attribute' &&
  value.attr === 'input' &&
  value.value.type === 'name' &&
  value.value.id === 'self'

/** Where the list names none of them, as in `product([0.1, 0.2], [64, 128])`. */
function withNames(dimensions: Dimension[], names: readonly string[]): Dimension[] {
  if (names.length !== dimensions.length) return dimensions
  return dimensions.map((one, index) => (one.name === '' ? { ...one, name: names[index]! } : one))
}

/** What the step keeps under a name: `self.candidates = …`; null: nothing, or one thing or another. */
function keptIn({ node }: Func, name: string): Expr | null {
  const found: Expr[] = []
  const visit = (statement: Stmt): void => {
    if (statement.type === 'assign' && statement.value !== null)
      for (const target of statement.targets)
        if (target.type === 'attribute' && target.attr === name) found.push(statement.value)
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  node.body.forEach(visit)
  return found.length === 1 ? found[0]! : null
}
