/** How Terraform spells what rules ask for. */
import { at, entry, number, scalar, text } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { ChangeTarget } from '../../text/change-target.js'
import { lookUp } from '../../text/records.js'
import type { Key } from '../../values/source.js'
import type { Claim } from '../../workload/claim.js'
import { forTolerating } from '../azure/spot-taint.js'
import { byHand } from '../change-answer.js'
import { changeDatabricks } from '../databricks/change.js'
import { acceleratorResource } from '../pool-claims.js'
import type { FragmentFacts } from '../reader.js'
import { vertexNames } from '../vertex/machines.js'

/** Blocks that attach accelerators to a machine. */
const attached = ['guest_accelerator', 'accelerator_configs', 'accelerator_config', 'accelerator_type']

/** Settings of jobs; the rest is about pools and machines. */
const ofDatabricks = new Set(['timeLimit', 'retries', 'concurrentRuns', 'spot'])

/** How single machines are bought on spot, by the key that says so. */
const spotOnMachines = {
  instance_market_options: 'instance_market_options { market_type = "spot" }',
  provisioning_model:
    'scheduling { provisioning_model = "SPOT", preemptible = true, automatic_restart = false }',
  priority: 'priority = "Spot", eviction_policy = "Deallocate"',
}

/** Of a pool that its cluster cannot be without. */
export const firstPool: ChangeTarget = {
  kind: 'refused',
  reason:
    'the first pool of a cluster keeps machines: put the GPUs in one of their own (azurerm_kubernetes_cluster_node_pool)',
}

export function changeTerraform(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const root = facts.config?.documents[0]?.root
  const { keys } = claim.site
  if (facts.path.endsWith('.tf') && /attempt_duration_seconds$|attempts$/.test(claim.key))
    return changeBatchJob(claim, value, facts, root)
  const spot = claim.setting === 'spot' ? lookUp(spotOnMachines, claim.key) : undefined
  if (spot !== undefined) return { reason: `ask for it in the resource: ${spot}` }
  if (ofDatabricks.has(claim.setting)) return changeDatabricks(claim, value, facts)
  if (root === undefined || keys === undefined || keys.length === 0)
    return { reason: 'the block has changed' }
  const node = at(root, ...keys)
  const editor = new Editor(facts, root)
  switch (claim.setting) {
    case 'minimum':
      return changeMinimum(editor, claim, keys, node)
    case 'capacity':
      return changeCapacity(editor, claim, keys)
    case 'idleDelay':
      if (claim.key === 'scale_in_cooldown')
        return editor.change(`Wait ${Number(value)} seconds before scaling down: scale_in_cooldown`, [
          editor.set(keys, Number(value)),
        ])
      return changeIdleDelay(editor, claim, keys, node, Number(value))
    case 'leastReplicas':
    case 'mostReplicas':
    case 'utilization':
      return scalar(node) === undefined
        ? byHand(claim)
        : editor.change(`${claim.key} = ${Number(value)}`, [editor.set(keys, Number(value))])
    case 'metrics':
      return {
        reason:
          'scale on the requests that wait for a replica: predefined_metric_type = "SageMakerVariantInvocationsPerInstance", with a value from a load test',
      }
    case 'taints':
      return changeTaints(editor, claim, keys)
    case 'minReplicas':
      if (claim.key === 'min_instance_count')
        return scalar(node) === undefined
          ? byHand(claim)
          : editor.change('Keep no instance: min_instance_count = 0', [editor.set(keys, Number(value))])
      if (claim.key === 'min_replica_count')
        return editor.change(`Scale between 1 and ${value} replicas`, [
          editor.set(keys, 1),
          editor.set([...keys.slice(0, -1), 'max_replica_count'], Number(value), 'min_replica_count'),
        ])
      return {
        reason: 'a scaling policy is a resource of its own: add an aws_appautoscaling_target for the variant',
      }
    case 'machine':
      if (/SM_NUM_GPUS|TENSOR_PARALLEL/.test(facts.fragment.text))
        return { reason: `use ${value}, and tell the server how many GPUs that has` }
      return editor.change(`Use ${value}`, [editor.set(keys, String(value))])
    case 'gpuModel':
      return changeAttached(editor, claim, keys, lookUp(vertexNames, String(value)))
    case 'gpus':
      if (claim.key === 'core_count') return changeAttached(editor, claim, keys, Number(value))
      // Definitions of AWS Batch jobs, which write numbers as text.
      if (claim.key !== 'resourceRequirements' || keys.at(-1) !== 'value' || Number(value) < 1)
        return byHand(claim)
      return editor.change(`Request ${value} GPU${value === 1 ? '' : 's'}`, [
        editor.set(keys, typeof scalar(node)?.value === 'number' ? Number(value) : String(value)),
      ])
    case 'blockedBy':
      return editor.change('Release idle machines', [editor.set(keys, false)])
    case 'idleStop':
      return changeIdleStop(editor, claim, keys, node, Number(value))
    case 'instanceType': {
      if (
        claim.key === 'node_type_id' &&
        entry(at(root, ...keys.slice(0, -1)), 'spark_version') !== undefined
      )
        return changeDatabricks(claim, value, facts)
      const before = text(node)
      const parent = keys.slice(0, -1)
      const beside = attached.filter((one) => entry(at(root, ...parent), one) !== undefined)
      if (before === undefined) return { reason: 'the type is not written here' }
      const prefix = /^(ml\.|Standard_)/i.exec(before)?.[0] ?? ''
      const type = `${prefix}${String(value).replace(/^(ml\.|standard_)/i, '')}`
      // What is attached to the machine goes with it: the new type has accelerators of its own, or none.
      const gone = beside.length === 0 ? '' : `, without ${beside.join(' and ')}`
      return editor.change(`Use ${type}${gone}`, [
        editor.set(keys, type),
        ...beside.map((one) => editor.remove([...parent, one])),
      ])
    }
    default:
      return byHand(claim)
  }
}

/**
 * How many accelerators a notebook of Google has, or which, where its machine type stands elsewhere: beside it the block goes when the
 * type is changed, and rules ask for both together.
 */
function changeAttached(
  editor: Editor,
  claim: Claim,
  keys: Key[],
  to: string | number | undefined,
): Change | Refusal {
  const written = scalar(at(editor.root, ...keys))?.value
  if (
    to === undefined ||
    typeof written !== typeof to ||
    (typeof to === 'string' && !/^NVIDIA_/.test(String(written)))
  )
    return byHand(claim)
  const block = keys.findIndex((key) => attached.includes(String(key)))
  const type = block < 0 ? undefined : at(editor.root, ...keys.slice(0, block), 'machine_type')
  const goes = text(type) !== undefined
  return editor.change(`${claim.key} = ${JSON.stringify(to)}`, goes ? [] : [editor.set(keys, to)])
}

/** A time limit of an AWS Batch job, whose block may not be there yet. */
function changeBatchJob(
  claim: Claim,
  value: unknown,
  facts: FragmentFacts,
  root: ConfigNode | undefined,
): Change | Refusal {
  const { keys } = claim.site
  if (root === undefined || keys === undefined) return byHand(claim)
  const editor = new Editor(facts, root)
  if (claim.setting === 'retries') return changeAttempts(editor, claim, keys, Number(value) + 1)
  if (claim.setting !== 'timeLimit') return byHand(claim)
  const present = at(root, ...keys.slice(0, -1)) !== undefined
  const title = `End each attempt after ${Number(value) / 3600} hours: attempt_duration_seconds = ${value}`
  return editor.change(title, [
    present
      ? editor.set(keys, Number(value))
      : editor.set(keys.slice(0, -1), { attempt_duration_seconds: Number(value) }),
  ])
}

/** The first attempt counts as one. */
function changeAttempts(editor: Editor, claim: Claim, keys: Key[], attempts: number): Change | Refusal {
  const written = scalar(at(editor.root, ...keys))?.value
  if (written === undefined) return byHand(claim)
  const times = attempts === 2 ? 'once' : `${attempts - 1} times`
  return editor.change(`Retry at most ${times}: attempts = ${attempts}`, [
    editor.set(keys, typeof written === 'string' ? String(attempts) : attempts),
  ])
}

class Editor {
  constructor(
    readonly facts: FragmentFacts,
    readonly root: ConfigNode,
  ) {}

  set(keys: Key[], value: unknown, after?: string): Write {
    return {
      kind: 'set key',
      path: this.facts.path,
      fragment: this.facts.fragment.index,
      document: 0,
      keys,
      value,
      ...(after === undefined ? {} : { after }),
    }
  }
  remove(keys: Key[]): Write {
    return {
      kind: 'remove key',
      path: this.facts.path,
      fragment: this.facts.fragment.index,
      document: 0,
      keys,
    }
  }
  change(title: string, writes: Write[]): Change {
    return { title, safety: 'unsafe', writes, imports: [] }
  }
}

const autoscaler = /karpenter|cluster.?autoscaler|\bkeda\b/i

/** How many machines a pool starts with: set to 0 along with its minimum. */
const startSizes = ['desired_size', 'desired_capacity']

function changeMinimum(editor: Editor, claim: Claim, keys: Key[], node?: ConfigNode): Change | Refusal {
  const name = String(keys.at(-1))
  const parent = keys.slice(0, -1)
  const block = at(editor.root, ...parent)
  if (scalar(node) === undefined) {
    // What the module does by itself.
    return editor.change(`Scale to zero: ${claim.key} = 0`, [editor.set(keys, 0)])
  }
  // A variable that holds the size of a pool that nothing scales: with 0 there would be no machine at all.
  if (/node_count$/.test(claim.key) && !/^(total_)?min_/.test(claim.key) && name !== claim.key)
    return { reason: "turn on the pool's autoscaling, with a minimum of 0" }
  if (name === 'node_count' || name === 'initial_node_count') {
    const most = Math.max(1, number(node) ?? 1)
    if (entry(block, 'vm_size') !== undefined) {
      const key = ['auto_scaling_enabled', 'enable_auto_scaling'].find(
        (one) => entry(block, one) !== undefined,
      )
      if (key === undefined) return { reason: "turn on the pool's autoscaling, with a minimum of 0" }
      return editor.change(`Scale to zero: ${key} = true, min_count = 0`, [
        editor.set([...parent, key], true),
        editor.set([...parent, 'min_count'], 0, key),
        editor.set([...parent, 'max_count'], most, 'min_count'),
      ])
    }
    if (parent.length !== 2) return { reason: "turn on the pool's autoscaling, with a minimum of 0" }
    return editor.change('Scale to zero: autoscaling with a minimum of 0', [
      editor.remove(keys),
      editor.set([...parent, 'autoscaling', 0], { min_node_count: 0, max_node_count: most }),
    ])
  }
  // `"2"` stays a string, for variables that are declared as such.
  const isText = typeof scalar(node)?.value === 'string'
  const writes = [editor.set(keys, isText ? '0' : 0)]
  for (const key of startSizes) {
    const size = number(entry(block, key)?.value)
    if (size !== undefined && size > 0) writes.push(editor.set([...parent, key], 0))
  }
  // Amazon's groups grow again by an autoscaler only, which stands elsewhere where it is there at all.
  const scaled =
    // Behind a variable, the size to start with stands elsewhere too.
    (startSizes.every((key) => entry(block, key) === undefined) &&
      (name === claim.key || claim.key !== 'min_size')) ||
    autoscaler.test(editor.facts.fragment.text)
  const change = editor.change(`Scale to zero: ${name} = 0`, writes)
  return scaled
    ? change
    : { ...change, title: `${change.title}, if an autoscaler adds nodes`, safety: 'display' }
}

function changeCapacity(editor: Editor, claim: Claim, keys: Key[]): Change | Refusal {
  const beside = (key: string): Key[] => [...keys.slice(0, -1), key]
  switch (claim.key) {
    case 'capacity_type':
      return editor.change('Buy spot machines: capacity_type = "SPOT"', [editor.set(keys, 'SPOT')])
    case 'spot':
      return editor.change('Buy spot machines: spot = true', [editor.set(keys, true)])
    case 'priority':
      if (keys.at(-1) !== 'priority')
        return { reason: 'the priority is set elsewhere, and eviction_policy belongs beside it' }
      return forTolerating(
        editor.change('Buy spot machines: priority = "Spot"', [
          editor.set(keys, 'Spot'),
          editor.set(beside('eviction_policy'), 'Delete', 'priority'),
        ]),
      )
    case 'vm_priority':
    case 'vmPriority':
      return editor.change(`Buy low-priority machines: ${claim.key} = "LowPriority"`, [
        editor.set(keys, 'LowPriority'),
      ])
    case 'type': {
      if (keys.at(-1) !== 'type') return { reason: 'the type is a variable of the module' }
      // The default strategy asks for a role of its own where machines are bought on spot.
      const strategy = beside('allocation_strategy')
      const chosen = entry(at(editor.root, ...keys.slice(0, -1)), 'allocation_strategy')?.value
      const kept = chosen !== undefined && text(chosen) !== 'BEST_FIT'
      return editor.change('Buy spot machines: type = "SPOT"', [
        editor.set(keys, 'SPOT'),
        ...(kept ? [] : [editor.set(strategy, 'SPOT_PRICE_CAPACITY_OPTIMIZED', 'type')]),
      ])
    }
    default:
      return byHand(claim)
  }
}

function changeIdleDelay(
  editor: Editor,
  claim: Claim,
  keys: Key[],
  node: ConfigNode | undefined,
  seconds: number,
): Change | Refusal {
  const minutes = Math.max(1, Math.round(seconds / 60))
  const spelled = claim.key.endsWith('_duration') || /^P/i.test(text(node) ?? '') ? `PT${minutes}M` : minutes
  if (scalar(node) === undefined) return { reason: 'the value is not written here' }
  return editor.change(`Release idle machines after ${minutes} minutes`, [editor.set(keys, spelled)])
}

function changeTaints(editor: Editor, claim: Claim, keys: Key[]): Change | Refusal {
  const title = 'Keep other work away with a taint'
  if (claim.key === 'node_taints')
    return editor.change(title, [editor.set(keys, ['nvidia.com/gpu=true:NoSchedule'])])
  const block = at(editor.root, ...keys.slice(0, -1))
  const taint = {
    key: acceleratorResource(entry(block, 'instance_types')?.value),
    value: 'true',
    effect: 'NO_SCHEDULE',
  }
  if (claim.key === 'taint') return editor.change(title, [editor.set([...keys, 0], taint)])
  return editor.change(title, [
    editor.set(keys, at(editor.root, ...keys)?.kind === 'list' ? [taint] : { gpu: taint }),
  ])
}

/** Older versions of the interface refuse a body that has the setting. */
const knowsIdleTime = '2023-10-01'

function changeIdleStop(
  editor: Editor,
  claim: Claim,
  keys: Key[],
  node: ConfigNode | undefined,
  seconds: number,
): Change | Refusal {
  const minutes = Math.max(10, Math.round(seconds / 60))
  if (claim.key === 'idle_shutdown')
    return editor.change('Stop it after three idle hours: idle_shutdown = true', [editor.set(keys, true)])
  if (claim.key === 'idle-timeout-seconds')
    return scalar(node) === undefined
      ? { reason: `write ${claim.key} into the metadata of the notebook` }
      : editor.change(`Stop after ${minutes} idle minutes`, [editor.set(keys, String(minutes * 60))])
  if (claim.key === 'autotermination_minutes')
    return editor.change(`Stop after ${minutes} idle minutes`, [editor.set(keys, minutes)])
  if (claim.key === 'lifecycle_management') {
    const block = keys.slice(0, -1)
    return editor.change(`Stop apps after ${minutes} idle minutes`, [
      editor.set(keys, 'ENABLED'),
      editor.set([...block, 'idle_timeout_in_minutes'], Math.max(60, minutes), 'lifecycle_management'),
    ])
  }
  if (claim.key === 'idle_settings') {
    if (node !== undefined) return { reason: 'app_lifecycle_management is there without idle_settings' }
    return editor.change(`Stop apps after ${Math.max(60, minutes)} idle minutes`, [
      editor.set(keys, {
        idle_settings: { lifecycle_management: 'ENABLED', idle_timeout_in_minutes: Math.max(60, minutes) },
      }),
    ])
  }
  if (claim.key === 'idleTimeBeforeShutdown' && !claim.overridable) {
    const change = editor.change(`Stop it after ${minutes} idle minutes: idleTimeBeforeShutdown`, [
      editor.set(keys, `PT${minutes}M`),
    ])
    const version = /@(\d{4}-\d{2}-\d{2})/.exec(
      text(at(editor.root, ...keys.slice(0, keys.indexOf('body')), 'type')) ?? '',
    )?.[1]
    return version === undefined || version >= knowsIdleTime
      ? change
      : { ...change, title: `${change.title}, from API version ${knowsIdleTime} on`, safety: 'display' }
  }
  if (claim.key === 'lifecycle_config_name')
    return {
      reason:
        'a script of a lifecycle configuration must stop it: create an aws_sagemaker_notebook_instance_lifecycle_configuration and name it in lifecycle_config_name',
    }
  return { reason: 'nothing in this resource stops it when it is idle: a schedule or an alarm has to' }
}
