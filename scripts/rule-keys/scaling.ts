/** Keys that the rules of `scaling/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const scaling: Readonly<Record<string, RuleKeys>> = {
  'scaling/always-on-replica': {
    others: [
      ['KServe', '`minReplicas`', '1'],
      ['Knative, Cloud Run', '`autoscaling.knative.dev/min-scale`', '0'],
      ['KEDA', '`minReplicaCount`', '0'],
    ],
  },
  'scaling/blocked-scale-down': {
    others: [
      ['Karpenter', '`disruption.consolidateAfter`, `disruption.budgets`', '`0s`, 10 %'],
      ['Terraform', '`protect_from_scale_in`', 'false'],
      ['CloudFormation', '`NewInstancesProtectedFromScaleIn`', 'false'],
      ['dstack', '`idle_duration`', '3 days'],
    ],
  },
  'scaling/fixed-endpoint': {
    settings: ['Serving.minReplicas'],
    others: [
      ['Terraform', '`initial_instance_count`, `min_replica_count`, `max_replica_count`'],
      ['CloudFormation', '`InitialInstanceCount`'],
      ['Kubernetes', '`replicas`', '1'],
      ['Hugging Face Inference Endpoints', '`min_replica`, `max_replica`'],
    ],
  },
  'scaling/idle-floor': {
    settings: ['Scaling.minimum', 'Scaling.initial'],
    others: [
      ['gcloud', '`--num-nodes`, `--min-nodes`', '3'],
      ['Azure CLI', '`--min-instances`, `--min-count`'],
      ['eksctl', '`minSize`, `desiredCapacity`'],
      ['AWS ParallelCluster', '`MinCount`', '0'],
      ['Ray on Kubernetes', '`minReplicas`, `replicas`'],
      ['Ray clusters', '`min_workers`', '0'],
      ['dstack', '`nodes`'],
    ],
  },
  'scaling/misconfigured-autoscaler': {
    settings: ['Scaling.leastReplicas', 'Scaling.mostReplicas', 'Scaling.maximum'],
    others: [
      ['Kubernetes HPA', '`metrics`, `minReplicas`, `maxReplicas`, `behavior.scaleDown`'],
      ['KEDA', '`triggers`, `maxReplicaCount`', '100'],
      ['Karpenter', '`limits`', 'none'],
    ],
  },
  'scaling/on-demand-pool': {
    settings: ['Scaling.capacity'],
    others: [
      ['eksctl', '`spot`', 'false'],
      ['AWS ParallelCluster', '`CapacityType`', '`ONDEMAND`'],
      ['Karpenter', '`karpenter.sh/capacity-type`', 'on demand'],
      ['gcloud', '`--spot`, `--preemptible`', 'on demand'],
      ['Azure CLI', '`--priority`, `--tier`'],
      ['Ray clusters', '`InstanceMarketOptions`, `provisioningModel`, `priority`', 'on demand'],
    ],
  },
  'scaling/slow-scale-down': {
    settings: ['Scaling.idleDelay'],
    others: [
      ['Karpenter', '`disruption.consolidateAfter`', '0 s'],
      ['AWS ParallelCluster', '`ScaledownIdletime` (minutes)', '10'],
      ['KEDA', '`cooldownPeriod`', '300 s'],
      ['Kubernetes HPA', '`stabilizationWindowSeconds`', '300 s'],
      ['Ray on Kubernetes', '`autoscalerOptions.idleTimeoutSeconds`', '60 s'],
      ['dstack', '`idle_duration`', '3 days'],
    ],
  },
  'scaling/untainted-pool': {
    others: [
      ['Terraform', '`taint`, `taints`, `node_taints`', 'none'],
      ['CloudFormation', '`Taints`', 'none'],
      ['eksctl', '`taints`', 'none'],
      ['Karpenter', '`spec.template.spec.taints`', 'none'],
    ],
  },
}
