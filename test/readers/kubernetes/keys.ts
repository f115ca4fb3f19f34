/**
 * Keys that fixes of manifests add, by version and kind: the path to each, `*` for an item of a list. Each stands in the
 * definition that the comment names; a new fix needs a line here, and a look there.
 */
export const knownKeys: Record<string, string[]> = {
  // argoproj/argo-workflows, manifests/base/crds/full
  'argoproj.io/v1alpha1 CronWorkflow': ['spec.concurrencyPolicy'],
  // argoproj/argo-workflows, manifests/base/crds/full
  'argoproj.io/v1alpha1 Workflow': ['spec.templates.*.activeDeadlineSeconds'],
  // volcano-sh/volcano, config/crd/volcano/bases
  'batch.volcano.sh/v1alpha1 Job': ['spec.tasks.*.template.spec.activeDeadlineSeconds'],
  // Kubernetes API reference, CronJob v1
  'batch/v1 CronJob': ['spec.concurrencyPolicy', 'spec.jobTemplate.spec.activeDeadlineSeconds'],
  // Kubernetes API reference, Job v1
  'batch/v1 Job': [
    'spec.activeDeadlineSeconds',
    'spec.backoffLimit',
    'spec.template.spec.activeDeadlineSeconds',
    'spec.template.spec.containers.*.volumeMounts',
    'spec.template.spec.containers.*.volumeMounts.*.mountPath',
    'spec.template.spec.containers.*.volumeMounts.*.name',
    'spec.template.spec.volumes',
    'spec.template.spec.volumes.*.emptyDir',
    'spec.template.spec.volumes.*.emptyDir.medium',
    'spec.template.spec.volumes.*.name',
  ],
  // eksctl-io/eksctl, pkg/apis/eksctl.io/v1alpha5/types.go
  'eksctl.io/v1alpha5 ClusterConfig': [
    'managedNodeGroups.*.minSize',
    'managedNodeGroups.*.spot',
    'managedNodeGroups.*.taints',
    'managedNodeGroups.*.taints.*.effect',
    'managedNodeGroups.*.taints.*.key',
    'managedNodeGroups.*.taints.*.value',
  ],
  // kubernetes-sigs/jobset, config/components/crd/bases
  'jobset.x-k8s.io/v1alpha2 JobSet': ['spec.replicatedJobs.*.template.spec.activeDeadlineSeconds'],
  // kubernetes-sigs/karpenter, pkg/apis/crds
  'karpenter.sh/v1 NodePool': [
    'spec.limits',
    'spec.limits.nvidia.com/gpu',
    'spec.template.spec.taints',
    'spec.template.spec.taints.*.effect',
    'spec.template.spec.taints.*.key',
    'spec.template.spec.taints.*.value',
  ],
  // kedacore/keda, config/crd/bases
  'keda.sh/v1alpha1 ScaledJob': ['spec.jobTargetRef.activeDeadlineSeconds'],
  // kedacore/keda, config/crd/bases
  'keda.sh/v1alpha1 ScaledObject': ['spec.maxReplicaCount'],
  // kubeflow/training-operator 1.x, RunPolicy in pkg/apis/kubeflow.org/v1/common_types.go
  'kubeflow.org/v1 PyTorchJob': [
    'spec.pytorchReplicaSpecs.Worker.template.spec.containers.*.volumeMounts',
    'spec.pytorchReplicaSpecs.Worker.template.spec.containers.*.volumeMounts.*.mountPath',
    'spec.pytorchReplicaSpecs.Worker.template.spec.containers.*.volumeMounts.*.name',
    'spec.pytorchReplicaSpecs.Worker.template.spec.volumes',
    'spec.pytorchReplicaSpecs.Worker.template.spec.volumes.*.emptyDir',
    'spec.pytorchReplicaSpecs.Worker.template.spec.volumes.*.emptyDir.medium',
    'spec.pytorchReplicaSpecs.Worker.template.spec.volumes.*.name',
    'spec.runPolicy',
    'spec.runPolicy.activeDeadlineSeconds',
    'spec.runPolicy.backoffLimit',
  ],
  // kubeflow/tf-operator 0.5, pkg/apis/tensorflow/v1beta2/types.go
  'kubeflow.org/v1beta2 TFJob': ['spec.activeDeadlineSeconds'],
  // kubeflow/katib, pkg/apis/controller
  'kubeflow.org/v1beta1 Experiment': [
    'spec.earlyStopping',
    'spec.earlyStopping.algorithmName',
    'spec.earlyStopping.algorithmSettings',
    'spec.earlyStopping.algorithmSettings.*.name',
    'spec.earlyStopping.algorithmSettings.*.value',
    'spec.maxTrialCount',
  ],
  // kubeflow/mpi-operator, manifests/base
  'kubeflow.org/v2beta1 MPIJob': ['spec.runPolicy.activeDeadlineSeconds'],
  // ray-project/kuberay, ray-operator/config/crd/bases
  'ray.io/v1 RayCluster': ['spec.enableInTreeAutoscaling', 'spec.workerGroupSpecs.*.minReplicas'],
  // ray-project/kuberay, ray-operator/config/crd/bases
  'ray.io/v1 RayJob': ['spec.activeDeadlineSeconds', 'spec.shutdownAfterJobFinishes'],
  // kserve/kserve, config/crd/full
  'serving.kserve.io/v1beta1 InferenceService': ['spec.predictor.minReplicas'],
  // kserve/kserve v0.4, pkg/apis/serving/v1alpha2: EndpointSpec holds a PredictorSpec with a DeploymentSpec
  'serving.kubeflow.org/v1alpha2 InferenceService': ['spec.default.predictor.minReplicas'],
  // Kubernetes API reference, Pod v1
  'v1 Pod': ['spec.activeDeadlineSeconds'],
}
