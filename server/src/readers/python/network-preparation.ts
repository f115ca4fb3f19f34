/**
 * What a network that is trained does to its input in each step though it gives the same in every epoch: texts become
 * tokens, positions a graph of neighbours.
 */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'
import { codeText } from '../pytorch/evidence.js'
import { trainedForwards } from '../pytorch/helper-steps.js'
import { hotCode } from '../pytorch/hot-code.js'
import { plainCalls } from '../repeated-code.js'
import type { Repetition, Step } from './preprocessing.js'
import { tokenizing } from './tokenizer-costs.js'

/** Searches for neighbours by distance. */
const neighbours =
  /^(torch_geometric\.nn\.(pool\.)?|torch_cluster\.|dgl\.)(radius_graph|knn_graph|segmented_knn_graph)$/
const deepest = 8
const drawn = /rand|noise|augment|jitter|dropout|perturb|mask|pos(ition)?s?\s*\+=/i

export function preparedByNetworks(python: PythonModule, times: number | null): Repetition[] {
  return trainedForwards(python).flatMap((func) => {
    const text = codeText(python, func.node.start, func.node.end)
    if (drawn.test(text)) return []
    const steps = hotCode(python, func.node.body, func).statements.flatMap((hot) =>
      hot.guarded || hot.conditional || hot.exceptional
        ? []
        : hot.expressions.flatMap((expr) =>
            plainCalls(python, expr).flatMap((call): Step[] => {
              const cost =
                hot.func === func ? (tokenizing(python, call) ?? findsNeighbours(python, call)) : null
              if (cost === null || !cost.inputs.some((input) => isGiven(python, func, input))) return []
              return [
                { call, cost: { ...cost, weight: 'ordinary', single: false }, statement: hot.statement },
              ]
            }),
          ),
    )
    return steps.length === 0 ? [] : [{ per: 'epoch' as const, times, steps, around: func }]
  })
}

function findsNeighbours(python: PythonModule, call: Call): Step['cost'] | null {
  if (call.name === null || !neighbours.test(call.name)) return null
  const positions = passedExpression(python.argument(call, 'x', 0))
  return positions === null
    ? null
    : { what: call.method, weight: 'ordinary', single: false, inputs: [positions] }
}

/** Part of what the network is given, rather than what it computed: `texts`, `data.pos`. */
function isGiven(python: PythonModule, func: Func, expr: Expr, depth = 0): boolean {
  // `data = data.pos` leads back to itself.
  if (depth > deepest) return false
  const value = expr.type === 'attribute' || expr.type === 'subscript' ? expr.value : expr
  if (value !== expr) return isGiven(python, func, value, depth + 1)
  if (value.type !== 'name' || value.id === 'self') return false
  const bindings = python.bindingsOf(value)
  return (
    bindings.length > 0 &&
    bindings.every((one) => {
      if (one.kind === 'param') return func.node.params.some((param) => param.start === one.at)
      const { kind, value: from } = one
      return (
        kind === 'assign' && from !== null && from !== undefined && isGiven(python, func, from, depth + 1)
      )
    })
  )
}
