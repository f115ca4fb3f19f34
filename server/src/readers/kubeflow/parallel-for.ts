/** `with dsl.ParallelFor(items) as item:` around a task that trains: a task for each item. Source: kfp 2.14, kfp/dsl/for_loop.py. */
import type { PythonModule } from '../../python/module.js'
import { passedExpression } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimJobGrid } from '../job-grid.js'
import { mappedDimensions } from '../mapped-grid.js'
import type { Task } from './tasks.js'

const loops = /^kfp\.(v2\.)?dsl\.ParallelFor$/

export function claimParallelFor(
  python: PythonModule,
  claims: ClaimBuilder,
  training: readonly { task: Task; onGpu: boolean }[],
): void {
  for (const statement of python.statements) {
    if (statement.type !== 'with') continue
    for (const { value, target } of statement.items) {
      const call = python.callOf(value)
      if (call === null || !loops.test(call.name ?? '') || target?.type !== 'name') continue
      const tasks = training.filter(
        ({ task }) => statement.start <= task.call.expr.start && task.call.expr.end <= statement.end,
      )
      const given = passedExpression(python.argument(call, 'loop_args', 0))
      const dimensions = tasks.length === 0 || given === null ? null : mappedDimensions(python, given)
      if (dimensions === null) continue
      const code = tasks
        .map(({ task }) => python.code.slice(task.call.expr.start, task.call.expr.end))
        .join(' ')
      claimJobGrid(claims, {
        key: 'ParallelFor',
        place: calleePlace(call),
        dimensions,
        isHanded: (name) => name.split(', ').every((one) => code.includes(`${target.id}.${one}`)),
        onGpu: tasks.some(({ onGpu }) => onGpu),
      })
    }
  }
}
