/** What a task of a pipeline asks for: accelerators, processors, spot capacity, time, retries. */

import { gpu } from '../../catalog/gpus.js'
import type { Call, Folded, Func, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { passedExpression } from '../../values/argument.js'
import { foldedValue } from '../../values/folded-value.js'
import { convert } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, type Value } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { claimContainerInCode } from '../container-in-code.js'
import { claimInstalledPackages } from '../installed-at-start.js'
import { claimCode } from '../pipelines/describe-step.js'
import { claimCodeLaunch } from '../pipelines/step-launch.js'
import { claimStepMachine } from '../pipelines/step-machine.js'
import { methodPlace, methodValue } from './method-value.js'
import { componentsIn, type Task } from './tasks.js'

export interface TaskFacts {
  evidence: Evidence
  engine: string
  work: StepWork[]
  /** What all tasks of the file run. */
  functions: readonly Func[]
}

/** '8' is as good as 8; '500m' is half a processor. */
function count(value: Json): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(value.trim())
  return match === null ? undefined : Number(match[1]) / (match[2] === 'm' ? 1000 : 1)
}

const spotWords = /preemptible|spot|low.?priority/i

export function claimResources(
  python: PythonModule,
  claims: ClaimBuilder,
  step: SubjectBuilder<'Step'>,
  task: Task,
  facts: TaskFacts,
): void {
  const last = (method: string): Call | null => task.settings.get(method)?.at(-1) ?? null
  const retry = last('set_retry')
  const number = (call: Call, keyword: string): Value<number> =>
    convert(methodValue(python, call, keyword, 0, claims), count)
  if (retry !== null) step.say('retries', retry.method, number(retry, 'num_retries'))
  const gpus = last('set_gpu_limit') ?? last('set_accelerator_limit')
  const type = acceleratorType(python, task)
  if (gpus === null && type === null) return
  if (type !== null && /tpu/i.test(String(effective(type.folded)))) return
  const limit = gpus === null ? null : number(gpus, gpus.method === 'set_gpu_limit' ? 'gpu' : 'limit')
  if (limit !== null) step.say('gpus', gpus!.method, limit)

  const at = calleePlace(task.call)
  const compute = claimStepMachine(claims, {
    engine: 'kubeflow-pipelines',
    key: 'kfp',
    nameKey: 'name',
    provider: facts.engine === 'Vertex AI Pipelines' ? 'gcp' : 'kubernetes',
    name: task.name,
    scope: task.name,
    place: at,
    evidence: facts.evidence,
  })
  compute.known('nodes', 'kfp', 1, at)
  if (limit === null) compute.unknown('gpus', 'set_gpu_limit', 'the number is given elsewhere', at)
  else compute.say('gpus', gpus!.method, limit)
  // A parameter of the pipeline: how many there are is known when it is started.
  if (limit?.state === 'unknown' || (limit === null && type !== null))
    compute.known('gpusFilledIn', gpus?.method ?? 'node selector', true, at)
  if (type !== null) {
    const { method } = type.call
    const site = callSite(type.call, { kind: 'call', role: 'method' })
    const given = foldedValue(type.folded, methodPlace(type.call), site, compute.locator)
    const unlisted = 'a type that is not known'
    compute.say(
      'gpuModel',
      method,
      convert(given, (value) => gpu(String(value))?.name, unlisted),
    )
  }
  const cpus = last('set_cpu_limit')
  if (cpus !== null) compute.say('cpus', cpus.method, number(cpus, 'cpu'))
  claimSpot(python, compute, task, at)
  claimTime(python, compute, task, facts.engine, at)
  if (task.code !== null) {
    const { module } = task
    claimTaskCode(compute, task, facts.work, at)
    const functions = module === python ? facts.functions : componentsIn(module)
    claimCodeLaunch(claims, module, compute, task.code, functions, false, at)
  }
  const { container } = task
  const { job } = compute.subject
  claimPackages(python, claims, compute, task, limit === null ? undefined : effective(limit))
  if (container !== null && job !== null)
    claimContainerInCode(python, claims, {
      image: python.argument(container, 'image'),
      command: python.argument(container, 'command'),
      args: python.argument(container, container.method === 'ContainerOp' ? 'arguments' : 'args'),
      job,
      id: `${job}:container`,
      nodes: 1,
    })
}

/** `set_accelerator_type('NVIDIA_TESLA_A100')`, `add_node_selector_constraint('cloud.google.com/gke-accelerator', 'nvidia-tesla-v100')`. */
function acceleratorType(python: PythonModule, task: Task): { call: Call; folded: Folded } | null {
  for (const method of ['set_accelerator_type', 'add_node_selector_constraint']) {
    for (const call of task.settings.get(method) ?? []) {
      const values = call.expr.args
        .map((one) => python.fold(one.value))
        .filter((one) => typeof effective(one) === 'string')
      const [first, second] = values
      if (method === 'add_node_selector_constraint' && second !== undefined) {
        if (!/accelerator|gpu/i.test(String(effective(first)))) continue
        return { call, folded: second }
      }
      if (first !== undefined && effective(first) !== 'nvidia.com/gpu') return { call, folded: first }
    }
  }
  return null
}

/** `task.apply(gcp.use_preemptible_nodepool())`, a selector or toleration that names spot nodes. */
function claimSpot(python: PythonModule, compute: SubjectBuilder<'Compute'>, task: Task, at: Place): void {
  for (const call of python.calls) {
    if (!/^(apply|add_toleration|add_node_selector_constraint|add_node_selector)$/.test(call.method)) continue
    const { start, end } = call.expr
    if (!spotWords.test(python.code.slice(call.expr.callee.end, end))) continue
    const own =
      task.settings.get(call.method)?.includes(call) === true ||
      (start <= task.call.expr.start && end >= task.call.expr.end) ||
      namesTask(call, task)
    if (own) {
      compute.known('spot', call.method, true, { start: call.expr.callee.end - call.method.length, end })
      return
    }
  }
  compute.unknown('spot', 'node selector', 'the pool decides', at)
}

/** `train.apply(…)`, `kubernetes.add_toleration(train, …)`. */
function namesTask(call: Call, task: Task): boolean {
  const name = task.call.assignedTo
  if (name === null || call.function !== task.call.function) return false
  const { callee, args } = call.expr
  let receiver = callee.type === 'attribute' ? callee.value : null
  // `task.set_gpu_limit(1).apply(…)`
  while (receiver?.type === 'call' && receiver.callee.type === 'attribute') receiver = receiver.callee.value
  const first = args[0]?.value
  return (receiver?.type === 'name' && receiver.id === name) || (first?.type === 'name' && first.id === name)
}

/** Version 1: `task.set_timeout(3600)`; version 2: `kubernetes.set_timeout(task, 3600)`. Vertex AI has a limit of its own. */
function claimTime(
  python: PythonModule,
  compute: SubjectBuilder<'Compute'>,
  task: Task,
  engine: string,
  at: Place,
): void {
  const own = task.settings.get('set_timeout')?.at(-1)
  const others = python.callsTo('kfp.kubernetes.set_timeout').filter((call) => namesTask(call, task))
  const limits = [
    ...(own === undefined ? [] : [{ call: own, position: 0 }]),
    ...others.map((call) => ({ call, position: 1 })),
  ]
  const limit = limits.find(
    ({ call, position }) => passedExpression(python.argument(call, 'seconds', position)) !== null,
  )
  if (limit !== undefined) {
    const seconds = methodValue(python, limit.call, 'seconds', limit.position, compute.locator)
    compute.say('timeLimit', 'set_timeout', convert(seconds, count))
    return
  }
  // A limit for the whole pipeline, or a service with one of its own.
  const elsewhere =
    engine === 'Vertex AI Pipelines' || python.usesHere('.set_timeout', 'kfp.kubernetes.set_timeout')
  if (elsewhere) compute.unknown('timeLimit', 'set_timeout', 'the service or the pipeline may set it', at)
  else
    compute.default('timeLimit', 'set_timeout', null, at, {
      site: { start: task.call.expr.start, end: task.call.expr.end },
      // What is only compiled here runs on a service that may have a limit of its own.
      overridable: !python.usesHere('kfp.Client'),
    })
}

/** Packages that are installed when the pod starts, before the code runs: `packages_to_install=["torch"]`. */
function claimPackages(
  python: PythonModule,
  claims: ClaimBuilder,
  compute: SubjectBuilder<'Compute'>,
  task: Task,
  gpus: number | undefined,
): void {
  const given = task.component?.expr.args.find((one) => one.name === 'packages_to_install')
  const written = given === undefined ? undefined : task.module.fold(given.value)
  const names = written === undefined ? undefined : effective(written)
  if (given === undefined || !Array.isArray(names)) return
  const { start, end } = given
  claimInstalledPackages(claims, compute, {
    key: 'packages_to_install',
    packages: names.filter((one): one is string => typeof one === 'string' && one !== ''),
    at: task.module === python ? { start, end } : calleePlace(task.call),
    instead: 'build an image with them, and name it as the base_image of the component',
    holder: `"${task.name}"`,
    ...(gpus === undefined ? {} : { gpus }),
  })
}

function claimTaskCode(compute: SubjectBuilder<'Compute'>, task: Task, work: StepWork[], at: Place): void {
  claimCode(task.module, compute, task.code!, work, at, true)
  const installs = task.component?.expr.args.find((one) => one.name === 'packages_to_install')
  const packages = installs === undefined ? '' : task.module.text.slice(installs.start, installs.end)
  if (/cud[af]|torch|tensorflow|jax|cu(py|ml|graph)|rapids|dali|gpu/i.test(packages))
    compute.unknown('acceleratorLibrary', 'packages_to_install', 'a package that may use it is installed', at)
}
