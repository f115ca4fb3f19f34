/** Templates of CloudFormation and SAM, in YAML and JSON: machines, pools of machines, endpoints, jobs of AWS Batch. */
import { text } from '../../config/access.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { isAcceleratedType } from '../pool-claims.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { jobSettings, readJobDefinition } from './batch-job.js'
import { changeTemplate } from './change.js'
import { readApps, readEndpointConfiguration, readInstance, readNotebookInstance } from './machines.js'
import {
  batchSettings,
  groupSettings,
  nodeGroupSettings,
  readAutoScalingGroup,
  readBatchEnvironment,
  readNodeGroup,
} from './pools.js'
import { policySettings, readScalableTarget, scalableTargetSettings } from './scalable-target.js'
import { type Template, templateOf } from './template.js'

export const cloudformationReader = defineReader({
  name: 'cloudformation',
  title: 'CloudFormation',
  settings: [
    nodeGroupSettings,
    groupSettings,
    batchSettings,
    jobSettings,
    scalableTargetSettings,
    policySettings,
  ],
  languages: ['yaml', 'json'],
  triggers: [
    'AWS::SageMaker::',
    'AWS::EC2::Instance',
    'AWS::AutoScaling::AutoScalingGroup',
    'AWS::EKS::Nodegroup',
    'AWS::Batch::',
  ],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const template = templateOf(document, claims)
      if (template !== null) readTemplate(template, context, claims)
    }
  },
  change: changeTemplate,
})

export function readTemplate(template: Template, context: ReaderContext, claims: ClaimBuilder): void {
  const beside = plainGroups(template)
  for (const resource of template.resources()) {
    switch (resource.type) {
      case 'AWS::EKS::Nodegroup':
        readNodeGroup(claims, resource, beside)
        break
      case 'AWS::AutoScaling::AutoScalingGroup':
        readAutoScalingGroup(claims, resource)
        break
      case 'AWS::Batch::ComputeEnvironment':
        readBatchEnvironment(claims, resource)
        break
      case 'AWS::Batch::JobDefinition':
        readJobDefinition(claims, context, resource)
        break
      case 'AWS::SageMaker::NotebookInstance':
        readNotebookInstance(claims, resource)
        break
      case 'AWS::SageMaker::Domain':
        readApps(claims, resource, 'DefaultUserSettings')
        break
      case 'AWS::SageMaker::UserProfile':
        readApps(claims, resource, 'UserSettings')
        break
      case 'AWS::SageMaker::Space':
        readApps(claims, resource, 'SpaceSettings')
        break
      case 'AWS::SageMaker::EndpointConfig':
        readEndpointConfiguration(claims, resource)
        break
      case 'AWS::ApplicationAutoScaling::ScalableTarget':
        readScalableTarget(claims, resource)
        break
      case 'AWS::EC2::Instance':
        readInstance(claims, resource)
    }
  }
}

/** Node groups without accelerators, whose work could land on those that have some. */
function plainGroups(template: Template): number {
  let count = 0
  for (const one of template.resources()) {
    if (one.type !== 'AWS::EKS::Nodegroup') continue
    const type = text(one.at('InstanceTypes', 0)?.node)
    if (type !== undefined && !isAcceleratedType(type)) count++
  }
  return count
}
