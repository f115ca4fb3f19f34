/** `Operator.partial(…).expand(…)`: a task for each item. Source: Airflow 2.10, authoring-and-scheduling/dynamic-task-mapping. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { methodPlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { claimJobGrid } from '../job-grid.js'
import { mappedDimension, mappedDimensions } from '../mapped-grid.js'
import { rootOf } from './dags.js'
import type { ReadTask } from './tasks.js'

export function claimMappedTasks(
  python: PythonModule,
  claims: ClaimBuilder,
  { task, work, gpus }: ReadTask,
): void {
  if (work.work.length > 0 && !work.work.includes('train')) return
  for (const call of python.calls) {
    if (call.method !== 'expand' && call.method !== 'expand_kwargs') continue
    const { callee } = call.expr
    if (callee.type !== 'attribute') continue
    const mapped =
      callee.value === task.call?.expr ||
      (task.func !== null && python.functionOf(rootOf(callee)) === task.func)
    const dimensions = mapped ? dimensionsOf(python, call) : null
    if (dimensions === null) continue
    const { start } = methodPlace(call)
    claimJobGrid(claims, {
      key: call.method,
      place: { start, end: callee.end },
      dimensions,
      isHanded: () => true,
      onGpu: gpus !== null,
    })
  }
}

/** Each combination of the values of all parameters is a task. */
function dimensionsOf(python: PythonModule, call: Call): Dimension[] | null {
  const found: Dimension[] = []
  for (const { name, value, star } of call.expr.args) {
    if (star > 0 || (name === null && call.method === 'expand')) return null
    const listed = mappedDimensions(python, value)
    if (call.method === 'expand_kwargs') return listed
    found.push(...(listed ?? [mappedDimension(python, name!, asList(python, value))]))
  }
  return found
}

/** What a task hands over is what its function returns. */
const asList = (python: PythonModule, value: Expr): Expr => python.result(value)
