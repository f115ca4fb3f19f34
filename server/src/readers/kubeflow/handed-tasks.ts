/**
 * Functions of a module that are handed tasks to set something on them: `use_gpu(train)`, `train.apply(use_gpu)`,
 * `dsl.get_pipeline_conf().add_op_transformer(no_cache)`.
 */
import type { Func, PythonModule } from '../../python/module.js'
import type { Expr, Param } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'

/** A task, or all tasks of a pipeline. */
export type Handed = { task: Expr } | { all: Func }

export class HandedTasks {
  private readonly byFunction = new Map<Func, ((param: string, position: number) => Handed | null)[]>()

  constructor(
    private readonly python: PythonModule,
    private readonly pipelines: readonly Func[],
  ) {
    for (const call of python.calls) {
      const { callee } = call.expr
      const [first] = call.expr.args
      if (callee.type === 'attribute' && first !== undefined && first.name == null) {
        const given = this.helper(first.value)
        const pipeline = call.function
        if (given !== null && callee.attr === 'apply') this.add(given, () => ({ task: callee.value }))
        if (given !== null && callee.attr === 'add_op_transformer' && pipeline !== null)
          this.add(given, () => ({ all: pipeline }))
      }
      const called = this.helper(callee)
      if (called === null || call.function === called) continue
      this.add(called, (param, position) => {
        const task = passedExpression(python.argument(call, param, position))
        return task === null ? null : { task }
      })
    }
  }

  /**
   * What is handed in where the name is a parameter of such a function; null: it is none.
   *
   * @param seen parameters that were followed already: functions may hand tasks to each other in circles
   */
  behind(name: Expr, seen: Set<Param>): Handed[] | null {
    if (name.type !== 'name') return null
    const around = [...this.byFunction.keys()].filter(
      ({ node }) => node.start <= name.start && name.end <= node.end,
    )
    const func = around.sort((a, b) => b.node.start - a.node.start)[0]
    const position = func?.node.params.findIndex((param) => param.name === name.id) ?? -1
    const param = func?.node.params[position]
    if (func === undefined || param === undefined) return null
    if (seen.has(param)) return []
    seen.add(param)
    return this.byFunction.get(func)!.flatMap((found) => found(param.name, position) ?? [])
  }

  private helper(expr: Expr): Func | null {
    if (expr.type !== 'name' && expr.type !== 'attribute') return null
    const func = this.python.functionOf(expr)
    return func === null || this.pipelines.includes(func) || func.node.params.length === 0 ? null : func
  }

  private add(func: Func, found: (param: string, position: number) => Handed | null): void {
    const list = this.byFunction.get(func)
    if (list === undefined) this.byFunction.set(func, [found])
    else list.push(found)
  }
}
