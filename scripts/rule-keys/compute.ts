/** Keys that the rules of `compute/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const compute: Readonly<Record<string, RuleKeys>> = {
  'compute/checkpoint-bloat': {
    settings: ['Training.keptCheckpoints'],
    others: [
      ['Keras', '`ModelCheckpoint(save_best_only=…)`', 'false'],
      ['PyTorch', '`torch.save(…)` under a new name in each epoch, or every so many steps'],
      ['DeepSpeed', '`save_checkpoint(…)` without a `tag`'],
      ['Ray', '`CheckpointConfig(num_to_keep=…)`', 'none'],
      ['OpenMMLab', '`default_hooks.checkpoint.max_keep_ckpts`'],
      ['NeMo', '`exp_manager.checkpoint_callback_params.save_top_k`'],
    ],
  },
  'compute/cpu-for-gpu-code': {
    settings: ['Compute.instanceType'],
    others: [['SLURM', '`--partition`, `--account`']],
  },
  'compute/cross-region-data': {
    others: [['SageMaker estimators', '`fit(inputs=…)`, `checkpoint_s3_uri`, `output_path`']],
  },
  'compute/exclusive-node': {
    settings: ['Compute.exclusive'],
    others: [
      ['SLURM', '`--exclusive`'],
      ['AWS ParallelCluster', '`JobExclusiveAllocation`'],
    ],
  },
  'compute/gpu-for-cpu-code': {
    settings: ['Compute.instanceType'],
    others: [
      ['Kubernetes', '`nvidia.com/gpu`'],
      ['SLURM', '`--gres`, `--gpus`'],
      ['Databricks', '`node_type_id`'],
    ],
  },
  'compute/gpu-for-data-prep': {
    settings: ['Compute.gpus'],
    readers: ['flyte', 'zenml'],
    others: [
      ['SageMaker Processing', '`instance_type`'],
      ['Kubeflow and Vertex AI pipelines', '`set_gpu_limit`, `set_accelerator_limit`'],
      ['Metaflow', '`@resources(gpu=…)`, `@kubernetes(gpu=…)`, `@batch(gpu=…)`'],
      ['Azure ML, SDK v1', '`PythonScriptStep(compute_target=…)`'],
      ['Colab, Kaggle', 'accelerator of the notebook'],
    ],
  },
  'compute/idle-cores': {
    others: [['scikit-learn', '`n_jobs`']],
  },
  'compute/interactive-cluster': {
    others: [
      ['Databricks: bundles, Jobs API, Terraform, Airflow', '`existing_cluster_id` of a task'],
      ['dbx', '`dbx execute`, `existing_cluster_id` of a workflow'],
    ],
  },
  'compute/multi-gpu-notebook': {
    settings: ['Compute.instanceType'],
    readers: ['azure-compute-instance'],
    others: [
      ['SageMaker, boto3', '`create_notebook_instance(InstanceType=…)`'],
      ['Terraform', '`instance_type`, `machine_type` of notebook resources'],
      ['CloudFormation', '`AWS::SageMaker::NotebookInstance.InstanceType`'],
      ['dstack', '`resources.gpu` of a `dev-environment`'],
    ],
  },
  'compute/oversized-instance': { settings: ['Compute.instanceType'] },
  'compute/training-on-cpu': {
    settings: ['Training.device'],
    others: [
      ['PyTorch', '`torch.device(…)`, `.to(…)`', 'the CPU'],
      ['Keras', '`CUDA_VISIBLE_DEVICES`, `set_visible_devices([], "GPU")`', 'the first accelerator'],
    ],
  },
  'compute/unsuitable-accelerator': {
    settings: ['Compute.instanceType', 'Scaling.machine'],
    others: [
      ['Kubernetes', 'node selectors and labels of the accelerator'],
      ['Terraform', '`instance_types`, `machine_type`, `guest_accelerator`'],
    ],
  },
}
