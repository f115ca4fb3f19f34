/** Pipelines of the Kubeflow SDK (versions 1 and 2) as a module writes them: components, tasks and what is set on tasks. */
import { functionAt } from '../../python/definition-places.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr, Param } from '../../syntax/python-ast.js'
import { mayBePassed, passedExpression, textArgument } from '../../values/argument.js'
import { singleDeviceLibraries } from '../python/single-device-libraries.js'
import { HandedTasks } from './handed-tasks.js'

const componentDecorators =
  /^kfp\.(v2\.)?(dsl\.(component|container_component|notebook_component)|components\.(create_component_from_func|func_to_container_op))$/
/** Their function only says which container runs: what that does stands elsewhere. */
const describesContainer = /^kfp\.(v2\.)?dsl\.(container_component|notebook_component)$/
const pipelineDecorators = /^kfp\.(v2\.)?(dsl\.(graph_component|pipeline)|components\.graph_component)$/
const componentFactories =
  /^kfp\.(v2\.)?(components\.(create_component_from_func|func_to_container_op|load_component(_from_(file|url|text))?|create_graph_component_from_pipeline_func)|dsl\.component)$|\.load_component(_from_\w+)?$/
const wrappers = /^google_cloud_pipeline_components\..*create_custom_training_job(_op)?_from_component$/
/** Components that Google brings; each call is a task. */
const readyMade = /^google_cloud_pipeline_components\..*Op$/

/** Methods of a task that return the task. */
const taskMethods = new Set(
  (
    'after set_caching_options set_cpu_limit set_cpu_request set_memory_limit set_memory_request set_gpu_limit ' +
    'set_accelerator_limit set_accelerator_type add_node_selector_constraint set_retry set_timeout set_display_name ' +
    'set_env_variable add_env_variable apply add_toleration add_pvolumes ignore_upstream_failure set_image_pull_policy ' +
    'add_volume add_volume_mount add_pod_label add_pod_annotation add_affinity set_ephemeral_storage_limit ' +
    'set_ephemeral_storage_request add_sidecar add_init_container set_container_image set_security_context'
  ).split(' '),
)

export interface Task {
  /** The call that makes it: `preprocess(raw=raw)`, `dsl.ContainerOp(…)`. */
  call: Call
  name: string
  /** Its code, where the component is a function of this module, or of another one of the project. */
  code: Func | null
  /** The module that its code stands in. */
  module: PythonModule
  /** The component's own call: `@dsl.component(packages_to_install=…)`, `func_to_container_op(f, …)`. */
  component: Call | null
  /** Where its container is described: `dsl.ContainerSpec(…)`, `dsl.ContainerOp(…)`. */
  container: Call | null
  pipeline: Func | null
  /** What is set on it, by method, in order. */
  settings: Map<string, Call[]>
}

export interface Pipelines {
  tasks: Task[]
  pipelines: Func[]
  /** The task behind an expression; several where a loop goes through a list of them. */
  tasksOf(expr: Expr): Task[]
}

function decorated(python: PythonModule, func: Func, wanted: RegExp): Expr | null {
  for (const decorator of func.node.decorators) {
    const name = python.nameOf(decorator.type === 'call' ? decorator.callee : decorator)
    if (name !== null && wanted.test(name)) return decorator
    // `@partial(create_component_from_func, base_image=…)`
    if (decorator.type === 'call' && name === 'functools.partial' && decorator.args[0] !== undefined) {
      const inner = python.nameOf(decorator.args[0].value)
      if (inner !== null && wanted.test(inner)) return decorator
    }
  }
  return null
}

interface Component {
  name: string
  code: Func | null
  /** Absent: the module at hand. */
  module?: PythonModule
  call: Call | null
  container?: Call | null
}

/** Functions that make and return a container operation, with its name. */
type Makers = ReadonlyMap<Func, string>

/** The component that a callee names; null where it is none. */
function componentOf(python: PythonModule, callee: Expr, makers: Makers, depth = 0): Component | null {
  if (depth > 3) return null
  const func = callee.type === 'name' || callee.type === 'attribute' ? python.functionOf(callee) : null
  if (func !== null) {
    const made = makers.get(func)
    if (made !== undefined) return { name: made, code: null, call: null }
    const decorator = decorated(python, func, componentDecorators)
    if (decorator === null) return null
    const call = decorator.type === 'call' ? python.callOf(decorator) : null
    if (decorated(python, func, describesContainer) === null) return { name: func.name, code: func, call }
    return { name: func.name, code: null, call, container: containerOf(python, func) }
  }
  const made = python.callOf(callee)
  if (made !== null) {
    const name = made.name ?? `.${made.method}`
    if (componentFactories.test(name) || wrappers.test(name)) {
      const first = made.expr.args[0]?.value
      const inner = first === undefined ? null : componentOf(python, first, makers, depth + 1)
      const code = first === undefined ? null : (inner?.code ?? python.functionOf(first))
      return { name: inner?.name ?? code?.name ?? plainName(callee), code, call: made }
    }
    if (made.expr === callee) return null
  }
  const elsewhere = componentElsewhere(python, callee)
  if (elsewhere !== null) return elsewhere
  const name = python.nameOf(callee)
  if (name !== null && readyMade.test(name)) return { name: plainName(callee), code: null, call: null }
  return isOfProject(python, callee) ? { name: plainName(callee), code: null, call: null } : null
}

/** A component that another module of the project defines; null: it is none, or its code is not at hand. */
function componentElsewhere(python: PythonModule, callee: Expr): Component | null {
  const found = functionAt(python, callee)
  const decorator = found === null ? null : decorated(found.python, found.func, componentDecorators)
  if (found === null || found.python === python || decorator === null) return null
  const { func, python: module } = found
  const call = decorator.type === 'call' ? module.callOf(decorator) : null
  if (decorated(module, func, describesContainer) === null)
    return { name: func.name, code: func, module, call }
  return { name: func.name, code: null, module, call, container: containerOf(module, func) }
}

/** The one container that a function describes. */
function containerOf(python: PythonModule, func: Func): Call | null {
  const described = python.calls.filter(
    (one) => one.function === func && containerSpecifications.test(one.name ?? ''),
  )
  return described.length === 1 ? described[0]! : null
}

/** Every function of the module that is a component. */
export function componentsIn(module: PythonModule): Func[] {
  return module.functions.filter((func) => decorated(module, func, componentDecorators) !== null)
}

/** Imported from a module of the project: in a pipeline that is a component of another file. */
function isOfProject(python: PythonModule, callee: Expr): boolean {
  const target = python.targetOf(callee)
  if (target === null) return false
  if (target.startsWith('.')) return true
  const root = target.split('.')[0]!
  return (
    !singleDeviceLibraries.has(root) &&
    !/^(kfp|kfp_\w+|google_cloud_pipeline_components|kubernetes)$/.test(root)
  )
}

function plainName(callee: Expr): string {
  const last = callee.type === 'name' ? callee.id : callee.type === 'attribute' ? callee.attr : 'step'
  return last.replace(/_?[oO]p$/, '') || last
}

const containerSpecifications = /^kfp\.(v2\.)?dsl\.ContainerSpec$/
const containerOperations = /^kfp\.(v2\.)?dsl\.(ContainerOp|ResourceOp)$/

/** Names that compiled files may have: of pipelines, and of components, which are compiled by themselves as well. */
export function pipelineNames(python: PythonModule): (string | null)[] {
  const names: (string | null)[] = []
  for (const func of python.functions) {
    const decorator =
      decorated(python, func, pipelineDecorators) ?? decorated(python, func, componentDecorators)
    if (decorator === null) continue
    names.push(func.name)
    const call = decorator.type === 'call' ? python.callOf(decorator) : null
    const given = call === null ? null : python.argument(call, 'name', 0)
    if (given !== null && mayBePassed(given) && pipelineDecorators.test(call?.name ?? ''))
      names.push(textArgument(given))
  }
  for (const call of python.calls) {
    if (call.method !== 'compile') continue
    const given = python.argument(call, 'pipeline_name', 2)
    if (passedExpression(given) !== null) names.push(textArgument(given))
  }
  return names
}

export function readPipelines(python: PythonModule): Pipelines {
  const pipelines = python.functions.filter((func) => decorated(python, func, pipelineDecorators) !== null)
  const tasks: Task[] = []
  const byCall = new Map<Call, Task>()
  const add = (call: Call, component: Component): Task => {
    const known = byCall.get(call)
    if (known !== undefined) return known
    const task: Task = {
      call,
      name: component.name,
      code: component.code,
      module: component.module ?? python,
      component: component.call,
      container: containerOperations.test(call.name ?? '') ? call : (component.container ?? null),
      pipeline: call.function !== null && pipelines.includes(call.function) ? call.function : null,
      settings: new Map(),
    }
    byCall.set(call, task)
    tasks.push(task)
    return task
  }
  const makers = new Map<Func, string>()
  for (const call of python.calls) {
    if (call.name === null || !containerOperations.test(call.name)) continue
    const given = textArgument(python.argument(call, 'name', 0))
    const name = given ?? (call.function?.name ?? 'step').replace(/_?op$/, '')
    // A function around it is what the pipeline calls.
    if (call.function !== null && !pipelines.includes(call.function)) makers.set(call.function, name)
    else add(call, { name, code: null, call: null })
  }
  for (const call of python.calls) {
    // Outside a pipeline a component is called to try it out.
    const component =
      call.function !== null && pipelines.includes(call.function)
        ? componentOf(python, call.expr.callee, makers)
        : null
    if (component !== null) add(call, component)
  }

  const handedTasks = new HandedTasks(python, pipelines)
  /** `task.set_x(…).set_y(…)` goes back to the call that made the task. */
  const baseOf = (expr: Expr, depth = 0, seen = new Set<Param>()): Task[] => {
    if (depth > 20) return []
    if (expr.type === 'call') {
      if (expr.callee.type === 'attribute' && taskMethods.has(expr.callee.attr))
        return baseOf(expr.callee.value, depth + 1, seen)
      const call = python.callOf(expr)
      if (call === null) return []
      const known = byCall.get(call)
      if (known !== undefined) return [known]
      const component = componentOf(python, expr.callee, makers)
      // A component of another module, or a factory of its own: what is set on the result shows that it is a task.
      return [add(call, component ?? { name: plainName(expr.callee), code: null, call: null })]
    }
    if (expr.type === 'name') {
      const value = python.definition(expr)
      if (value !== expr) return baseOf(value, depth + 1, seen)
      const handed = handedTasks.behind(expr, seen)
      if (handed !== null)
        return handed.flatMap((one) =>
          'all' in one
            ? tasks.filter(({ pipeline }) => pipeline === one.all)
            : baseOf(one.task, depth + 1, seen),
        )
      const several = python.possible(expr)
      return several === null || several.length > 50
        ? []
        : several.flatMap((one) => (one === expr ? [] : baseOf(one, depth + 1, seen)))
    }
    return []
  }
  for (const call of python.calls) {
    if (call.expr.callee.type !== 'attribute' || !taskMethods.has(call.method)) continue
    // `df.apply(…)`, `x.after(…)`: only what nothing else has tells a task.
    if (/^(after|apply)$/.test(call.method)) continue
    for (const task of baseOf(call.expr.callee.value)) {
      const list = task.settings.get(call.method)
      if (list === undefined) task.settings.set(call.method, [call])
      else list.push(call)
    }
  }
  tasks.sort((a, b) => a.call.expr.start - b.call.expr.start)
  return { tasks, pipelines, tasksOf: (expr) => baseOf(expr) }
}
