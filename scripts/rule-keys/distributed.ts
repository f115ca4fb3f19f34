/** Keys that the rules of `distributed/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const distributed: Readonly<Record<string, RuleKeys>> = {
  'distributed/data-parallel': {
    others: [
      ['PyTorch', '`torch.nn.DataParallel(…)`'],
      ['Hugging Face Trainer', 'the launch line: `python` instead of `torchrun`'],
    ],
  },
  'distributed/find-unused-parameters': {
    settings: ['Parallelism.findsUnused'],
    others: [
      ['PyTorch', '`DistributedDataParallel(find_unused_parameters=…)`', 'false'],
      [
        'Lightning',
        '`strategy="ddp_find_unused_parameters_true"`, `DDPStrategy(find_unused_parameters=…)`',
        'false',
      ],
      ['Accelerate', '`DistributedDataParallelKwargs(find_unused_parameters=…)`', 'false'],
      ['OpenMMLab', '`find_unused_parameters`', 'false'],
    ],
  },
  'distributed/gloo-backend': {
    settings: ['Parallelism.backend'],
    others: [
      ['PyTorch', '`init_process_group(backend=…)`', 'NCCL for CUDA tensors'],
      ['Lightning', '`DDPStrategy(process_group_backend=…)`', 'NCCL on GPUs'],
    ],
  },
  'distributed/idle-gpus': {
    settings: ['Compute.gpus', 'Compute.instanceType'],
    others: [
      ['Kubernetes, Kubeflow, Argo', '`nvidia.com/gpu`'],
      ['SLURM', '`--gres`, `--gpus`, `--gpus-per-node`'],
      ['PBS, LSF', '`ngpus`, `-gpu`'],
      ['Submitit, Hydra', '`gpus_per_node`'],
      ['SkyPilot', '`resources.accelerators`'],
      ['dstack', '`resources.gpu`'],
      ['TorchX', '`--gpu`, `Resource(gpu=…)`'],
      ['Compose, Docker', '`deploy.resources.reservations.devices`, `--gpus`'],
      ['Metaflow', '`@resources(gpu=…)`'],
      ['AWS Batch', '`resourceRequirements` of type `GPU`'],
    ],
  },
  'distributed/needless-multi-node': { settings: ['Compute.nodes'], readers: ['sagemaker'] },
  'distributed/no-sampler': {
    others: [
      ['PyTorch', '`DataLoader(sampler=…)`', 'none'],
      ['PyTorch', '`sampler.set_epoch(epoch)`'],
    ],
  },
  'distributed/process-mismatch': {
    others: [
      ['torchrun', '`--nproc-per-node`', '1'],
      ['Accelerate', '`--num_processes`'],
      ['DeepSpeed', '`--num_gpus`', 'all'],
      ['Horovod, MPI', '`-np`'],
      ['SageMaker estimators', '`distribution.mpi.processes_per_host`'],
      ['Azure ML', '`process_count_per_instance`'],
      ['Kubeflow', '`nprocPerNode`'],
      ['TorchX', '`-j`'],
      ['SLURM', '`--ntasks-per-node`'],
    ],
  },
  'distributed/repeated-job': {
    settings: ['Compute.nodes'],
    others: [
      ['SLURM', '`--nodes`'],
      ['PBS', '`select`'],
      ['Kubernetes', '`parallelism`'],
      ['Kubeflow', '`replicas`'],
    ],
  },
  'distributed/serial-step': { others: [['SLURM', '`python` behind `srun`']] },
  'distributed/sync-every-micro-step': {
    others: [
      ['PyTorch', '`model.no_sync()`'],
      ['Lightning Fabric', '`fabric.no_backward_sync(model)`'],
    ],
  },
}
