/** Terraform: machines, pools of machines and endpoints that stay up, with variables, locals and `.tfvars` followed. */
import { at, boolean, entries, items, map, number, text } from '../../config/access.js'
import { writtenOut } from '../../config/hcl-dynamic.js'
import { copiesOfCall, mostCopies } from '../../config/hcl-scope.js'
import { waysOf } from '../../config/hcl-ways.js'
import type { ConfigMap, ConfigNode } from '../../config/node.js'
import { lookUp } from '../../text/records.js'
import { effective } from '../../values/value.js'
import { ClaimBuilder, type Place } from '../../workload/builder.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import {
  autoScalingGroupSettings,
  batchSettings,
  groupsKey,
  nodeGroupSettings,
  readAutoScalingGroup,
  readBatchEnvironment,
  readModuleGroups,
  readNodeGroup,
} from './aws-pools.js'
import { readComputeInstance, readVirtualMachine } from './azure-machines.js'
import { batchJobSettings, readBatchJob } from './batch-job.js'
import { Block, Module } from './block.js'
import { changeTerraform } from './change.js'
import { readCloudRun } from './cloud-run.js'
import { readDatabricksJob } from './databricks-job.js'
import {
  fixedNodePoolSettings,
  modulePoolSettings,
  readModulePools,
  readNodePool,
  scaledNodePoolSettings,
} from './google-pools.js'
import {
  readDeploymentPool,
  readModelGardenEndpoint,
  readNotebookRuntime,
  readUserNotebook,
  readWorkbench,
  runtimeSettings,
  workbenchSettings,
} from './google-vertex.js'
import { readInstanceGroup, readScaleSet } from './machine-groups.js'
import {
  databricksClusterSettings,
  readDatabricksCluster,
  readEndpointConfiguration,
  readInstance,
  readNotebookInstance,
  readSagemakerApps,
} from './machines.js'
import { readModuleMachine } from './module-machines.js'
import { readOtherModulePools } from './module-pools.js'
import { otherCloudTypes, readOtherCloud } from './other-clouds.js'
import {
  aksSettings,
  azapiClusterSettings,
  azureMlSettings,
  databricksPoolSettings,
  fixedAksSettings,
  readAksCluster,
  readAksPool,
  readAzapiResource,
  readAzureMlCluster,
  readDatabricksPool,
  scaledAksSettings,
} from './other-pools.js'
import { SaidInAWay } from './said-in-a-way.js'
import { readScalableTarget, scalableTargetSettings, scalingPolicySettings } from './scalable-target.js'
import { readStartedJob } from './started-job.js'

export const terraformReader = defineReader({
  name: 'terraform',
  title: 'Terraform',
  settings: [
    nodeGroupSettings,
    autoScalingGroupSettings,
    batchSettings,
    batchJobSettings,
    scalableTargetSettings,
    scalingPolicySettings,
    scaledNodePoolSettings,
    fixedNodePoolSettings,
    modulePoolSettings,
    scaledAksSettings,
    fixedAksSettings,
    aksSettings,
    azureMlSettings,
    azapiClusterSettings,
    databricksPoolSettings,
    databricksClusterSettings,
    workbenchSettings,
    runtimeSettings,
  ],
  languages: ['hcl'],
  triggers: [
    'aws_eks_node_group',
    'aws_autoscaling_group',
    'aws_batch_compute_environment',
    'aws_batch_job_definition',
    'aws_sagemaker_',
    'aws_appautoscaling_target',
    'aws_instance',
    'aws_spot_instance_request',
    'google_container_node_pool',
    'google_compute_instance',
    'google_cloud_run_v2_service',
    'azurerm_kubernetes_cluster',
    'azurerm_machine_learning_compute_',
    'MachineLearningServices/workspaces/computes',
    'virtual_machine"',
    'virtual_machine_scale_set',
    'instance_group_manager',
    'databricks_cluster',
    'databricks_instance_pool',
    'databricks_job',
    'google_vertex_ai_',
    'google_workbench_instance',
    'google_notebooks_',
    ...otherCloudTypes,
    // Calls of modules tell what their variables hold.
    'module "',
  ],
  read(facts, context, claims) {
    const root = facts.config?.documents[0]?.root
    if (root === undefined || !facts.path.endsWith('.tf')) return
    const [first, ...others] = facts.hcl === undefined ? [undefined] : waysOf(facts.hcl, copiesOfCall)
    readModule(first === undefined ? facts : { ...facts, hcl: first }, root, context, claims)
    const told = new SaidInAWay(claims.extraction)
    others.forEach((hcl, index) => {
      const builder = new ClaimBuilder(claims.path, facts.fragment, claims.reader)
      readModule({ ...facts, hcl }, root, context, builder)
      told.add(builder.extraction, index + 1)
    })
  },
  change: changeTerraform,
})

function readModule(
  facts: FragmentFacts,
  root: ConfigNode,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const module = new Module(claims, facts, root, context)
  if (module.scope.isUnused) return
  const resources = items(at(root, 'resource'))
  const here = new Map<string, number>()
  for (const node of resources) {
    const type = map(node)?.labels?.[0]
    if (type !== undefined) here.set(type, (here.get(type) ?? 0) + 1)
  }
  for (const node of resources) readResource(facts, context, module, node, here)
  for (const block of items(at(root, 'module')).flatMap((node) => blocksOf(facts, module, node))) {
    const { node } = block.value
    for (const { key } of entries(node)) if (groupsKey.test(key)) readModuleGroups(module, block, key)
    if (/kubernetes-engine/.test(text(at(node, 'source')) ?? '')) readModulePools(module, block)
    else readOtherModulePools(module, block)
    readModuleMachine(block)
  }
}

/** Null where no copy of it is made. */
function blockOf(facts: FragmentFacts, module: Module, node: ConfigNode): Block | null {
  const block = map(node)
  if (block === undefined) return null
  const value = { node, path: facts.path, overridable: false }
  const found = new Block(module, value, block.labels?.at(-1) ?? '', headerOf(facts, block))
  return isSwitchedOff(found) || effective(found.boolean('create')) === false ? null : found
}

/** A repeated block is read once for each entry of a map, where these can be told. */
function blocksOf(facts: FragmentFacts, module: Module, node: ConfigNode): Block[] {
  const block = blockOf(facts, module, node)
  if (block === null) return []
  const copies = module.scope.copies(block.value)
  const blocks =
    copies === null || copies.length > mostCopies
      ? [block]
      : copies.map(
          (each) => new Block(module, { ...block.value, each }, `${block.name}["${each.key}"]`, block.header),
        )
  return blocks.map((one) => new Block(module, writtenOut(module.scope, one.value), one.name, one.header))
}

/** `count = 0`, or `var.enabled ? 1 : 0` where the variable says no. */
function isSwitchedOff(block: Block): boolean {
  const count = block.at('count')
  if (count?.node.kind !== 'unknown') return number(count?.node) === 0
  const { because, start, end } = count.node
  const choice = /^(!?)\s*((?:var|local)\.[\w.-]+?)(?:\s*==\s*(true|false))?\s*\?\s*(\S+)\s*:\s*(\S+)$/.exec(
    because,
  )
  if (choice === null) return false
  const condition = block.module.scope.resolve({
    ...count,
    node: { kind: 'unknown', because: choice[2]!, reference: choice[2]!, start, end },
  })
  const value = boolean(condition.node)
  if (value === undefined) return false
  const wanted = (choice[1] === '!') === (choice[3] === 'false')
  return (value === wanted ? choice[4] : choice[5]) === '0'
}

/** `resource "aws_instance" "gpu"`: what stands before the brace. */
function headerOf(facts: FragmentFacts, block: ConfigMap): Place {
  const open = facts.fragment.text.indexOf('{', block.start)
  const head = facts.fragment.text.slice(block.start, open < 0 ? block.end : Math.min(open, block.end))
  return { start: block.start, end: block.start + head.trimEnd().length }
}

/** `here`: how many resources of each type the file holds. */
function readResource(
  facts: FragmentFacts,
  context: ReaderContext,
  module: Module,
  node: ConfigNode,
  here: ReadonlyMap<string, number>,
): void {
  const type = map(node)?.labels?.[0]
  if (type === 'aws_batch_job_definition') {
    for (const job of blocksOf(facts, module, node)) readBatchJob(job, context)
    return
  }
  if (type !== undefined && otherCloudTypes.includes(type))
    for (const block of blocksOf(facts, module, node)) readOtherCloud(type, block)
  const read = type === undefined ? undefined : lookUp(dialects, type)
  if (read === undefined) return
  const beside = Math.max(module.scope.declared.resourceTypes.get(type!) ?? 0, here.get(type!) ?? 0) - 1
  for (const block of blocksOf(facts, module, node)) read(block, beside, context)
}

const dialects: Record<string, (block: Block, beside: number, context: ReaderContext) => void> = {
  aws_eks_node_group: readNodeGroup,
  aws_autoscaling_group: readAutoScalingGroup,
  aws_batch_compute_environment: readBatchEnvironment,
  aws_sagemaker_notebook_instance: readNotebookInstance,
  aws_sagemaker_domain: (block) => readSagemakerApps(block, 'default_user_settings'),
  aws_sagemaker_user_profile: (block) => readSagemakerApps(block, 'user_settings'),
  aws_sagemaker_space: (block) => readSagemakerApps(block, 'space_settings'),
  aws_sagemaker_endpoint_configuration: readEndpointConfiguration,
  aws_appautoscaling_target: readScalableTarget,
  aws_instance: (block, _, context) => readJobOrInstance(block, context, 'aws'),
  aws_spot_instance_request: (block, _, context) => readJobOrInstance(block, context, 'aws', true),
  google_compute_instance: (block, _, context) => readJobOrInstance(block, context, 'gcp'),
  google_container_node_pool: readNodePool,
  google_cloud_run_v2_service: readCloudRun,
  azurerm_kubernetes_cluster: readAksCluster,
  azurerm_kubernetes_cluster_node_pool: (block, beside) => readAksPool(block, beside),
  azurerm_machine_learning_compute_cluster: readAzureMlCluster,
  azurerm_machine_learning_compute_instance: readComputeInstance,
  azapi_resource: readAzapiResource,
  azurerm_linux_virtual_machine: readVirtualMachine,
  azurerm_windows_virtual_machine: readVirtualMachine,
  azurerm_virtual_machine: readVirtualMachine,
  azurerm_linux_virtual_machine_scale_set: readScaleSet,
  azurerm_windows_virtual_machine_scale_set: readScaleSet,
  azurerm_orchestrated_virtual_machine_scale_set: readScaleSet,
  google_compute_instance_group_manager: readInstanceGroup,
  google_compute_region_instance_group_manager: readInstanceGroup,
  databricks_cluster: readDatabricksCluster,
  databricks_instance_pool: readDatabricksPool,
  databricks_job: readDatabricksJob,
  google_vertex_ai_endpoint_with_model_garden_deployment: readModelGardenEndpoint,
  google_vertex_ai_deployment_resource_pool: readDeploymentPool,
  google_workbench_instance: readWorkbench,
  google_notebooks_instance: readUserNotebook,
  google_notebooks_runtime: readNotebookRuntime,
}

function readJobOrInstance(
  block: Block,
  context: ReaderContext,
  provider: 'aws' | 'gcp',
  spot = false,
): void {
  if (!readStartedJob(block, context, provider, spot)) readInstance(block, provider, spot)
}
