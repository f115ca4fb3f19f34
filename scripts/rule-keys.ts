/** Which keys each rule judges: settings of the readers' tables, and keys that readers infer from more than a table. */

export interface RuleKeys {
  /** Settings that stand in tables of readers: the rows of the page are made of those. */
  settings?: readonly string[]
  /** Only of these readers; absent: of all. */
  readers?: readonly string[]
  /** Framework, keys and default of what no table holds. */
  others?: readonly (readonly [framework: string, keys: string, otherwise?: string])[]
}

export const ruleKeys: Readonly<Record<string, RuleKeys>> = {
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
    others: [['SLURM', '`--exclusive`']],
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
  'compute/unsuitable-accelerator': {
    settings: ['Compute.instanceType', 'Scaling.machine'],
    others: [
      ['Kubernetes', 'node selectors and labels of the accelerator'],
      ['Terraform', '`instance_types`, `machine_type`, `guest_accelerator`'],
    ],
  },
  'data/cache-disabled': {
    others: [
      ['Hugging Face Datasets', '`load_from_cache_file`', 'true'],
      ['Hugging Face Datasets', '`disable_caching()`, `set_caching_enabled(…)`', 'enabled'],
      ['Hugging Face Datasets', '`load_dataset(download_mode=…)`', '`reuse_dataset_if_exists`'],
      ['Hugging Face Datasets', '`HF_HOME`, `HF_DATASETS_CACHE`', '`~/.cache/huggingface`'],
      ['LLaMA-Factory', '`overwrite_cache`', 'false'],
    ],
  },
  'data/heavy-getitem': {
    others: [
      ['PyTorch', '`__getitem__`, `__iter__`, `collate_fn`'],
      ['Keras', '`PyDataset.__getitem__`'],
      ['Hugging Face Datasets', '`map`, `set_transform`'],
      ['tf.data', '`tf.py_function`, `from_generator`'],
    ],
  },
  'data/no-loader-workers': {
    settings: ['InputPipeline.workers'],
    others: [
      ['fastai', '`num_workers`', 'all cores, at most 16'],
      ['Ultralytics', '`workers`', '8'],
      ['OpenMMLab', '`num_workers`, `workers_per_gpu`'],
      ['detectron2', '`DATALOADER.NUM_WORKERS`', '4'],
      ['NeMo', '`model.train_ds.num_workers`'],
    ],
  },
  'data/no-prefetch': { others: [['tf.data', '`prefetch(…)`', 'added by TensorFlow 2.12 and later']] },
  'data/padding-waste': {
    settings: ['InputPipeline.packed'],
    others: [
      ['Hugging Face tokenizers', '`padding`, `pad_to_max_length`', 'no padding'],
      ['Axolotl', '`sample_packing`, `pad_to_sequence_len`'],
      ['LLaMA-Factory', '`packing`, `neat_packing`'],
      ['torchtune', '`dataset.packed`'],
    ],
  },
  'data/remote-read-per-sample': {
    others: [
      ['PyTorch', 'requests in `__getitem__`, `__iter__`, `collate_fn`'],
      ['tf.data', '`tf.io.read_file` in `map`'],
    ],
  },
  'data/sequential-map': {
    others: [
      ['tf.data', '`map(num_parallel_calls=…)`', 'sequential; stateless functions in parallel from 2.7 on'],
      ['tf.data', '`interleave(num_parallel_calls=…)`', 'sequential'],
    ],
  },
  'data/setup-on-gpu-time': {
    others: [
      ['SLURM, PBS, LSF', 'commands of the batch script'],
      ['Kubernetes', '`command`, `args`'],
      [
        'Kubernetes',
        '`HF_HOME`, `HF_HUB_CACHE`, `--download-dir`, `volumeMounts`',
        '`/root/.cache/huggingface`',
      ],
      ['Azure ML', '`command`'],
      ['Python', '`subprocess`, `os.system`, `urlretrieve`, `gdown`'],
      ['Notebooks', '`!` and `%%bash` lines'],
    ],
  },
  'data/slow-transfer': {
    settings: ['InputPipeline.pinnedMemory', 'InputPipeline.persistentWorkers'],
    readers: ['pytorch-data-loader'],
    others: [['PyTorch', '`.to(…, non_blocking=…)`', 'false']],
  },
  'data/unbatched-map': {
    others: [
      ['Hugging Face Datasets', '`map(batched=…)`', 'false'],
      ['Hugging Face Datasets', '`map(num_proc=…)`', 'none'],
      ['pandas', '`apply(…)` with a tokenizer'],
    ],
  },
  'data/uncached-preprocessing': {
    others: [
      ['pandas', '`apply`, `iterrows`, `read_csv`, joins and groupings'],
      ['Text', 'spaCy, NLTK, vectorizers, `SentenceTransformer.encode`'],
      ['Audio and images', 'librosa, decoders, HOG'],
      ['tf.data', '`map` without `cache` behind it'],
      ['PyTorch Geometric', '`transform` of data sets'],
    ],
  },
  'data/worker-count-mismatch': {
    settings: ['InputPipeline.workers'],
    others: [
      ['SLURM', '`--cpus-per-task`'],
      ['Kubernetes', '`limits.cpu`, a volume at `/dev/shm`', '64 MiB of shared memory'],
      ['Compose, Docker', '`shm_size`, `--shm-size`', '64 MiB'],
    ],
  },
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
  'lifecycle/blind-retries': {
    settings: ['Compute.retries', 'Step.retries'],
    others: [
      ['Kubernetes', '`backoffLimit`', '6'],
      ['Kubeflow', '`restartPolicy`, `runPolicy.backoffLimit`, `elasticPolicy.maxRestarts`', 'no limit'],
      ['JobSet', '`failurePolicy.maxRestarts`', '0'],
      ['Ray', '`max_failures`, `backoffLimit` of a `RayJob`'],
      ['Argo', '`retryStrategy.limit`'],
      ['Prefect', '`retries`', '0'],
      ['Dagster', '`RetryPolicy(max_retries=…)`'],
      ['Metaflow', '`@retry(times=…)`', '3'],
      ['Kubeflow Pipelines', '`set_retry(…)`'],
      ['dstack', '`retry`'],
      ['Compose, Docker', '`restart`, `--restart`', 'no'],
      ['Celery, tenacity, backoff', '`autoretry_for`, `stop_after_attempt`, `on_exception`'],
      ['SLURM', '`--requeue`'],
      ['Step Functions', '`Retry`'],
      ['Shell', '`until …`, `while true`'],
    ],
  },
  'lifecycle/endpoint-left-running': {
    others: [
      ['SageMaker', '`deploy(…)`, `create_endpoint(…)`'],
      ['Vertex AI', '`deploy(…)`'],
      ['Azure ML', '`ManagedOnlineDeployment(…)`'],
      ['Hugging Face', '`create_inference_endpoint(…)`'],
    ],
  },
  'lifecycle/gpu-held-idle': {
    others: [
      ['SLURM, Kubernetes, Azure ML', '`sleep`, `tail -f /dev/null`, a notebook server'],
      ['Ray on Kubernetes', '`shutdownAfterJobFinishes`', 'false'],
      ['Python', '`time.sleep(…)`, `input()`, `signal.pause()`'],
    ],
  },
  'lifecycle/idle-warm-pool': { settings: ['Compute.keepAlive'] },
  'lifecycle/ineffective-early-stopping': {
    settings: ['Training.patience', 'Training.stopDirection', 'Training.stopMetric', 'Training.stopStart'],
    others: [
      ['Hugging Face Trainer', '`metric_for_best_model`, `greater_is_better`, `eval_strategy`'],
      ['XGBoost', '`early_stopping_rounds`, `eval_set`'],
      ['LightGBM', '`early_stopping(…)`, `valid_sets`'],
      ['fastai', '`EarlyStoppingCallback(monitor=…, comp=…)`', '`valid_loss`'],
      ['Ultralytics', '`patience`', '100'],
      ['scikit-learn', '`n_iter_no_change`, `early_stopping`'],
    ],
  },
  'lifecycle/no-autostop': {
    settings: ['Compute.idleStop'],
    others: [
      ['SageMaker, boto3', '`create_notebook_instance(LifecycleConfigName=…)`', 'none'],
      ['EC2, boto3', '`InstanceInitiatedShutdownBehavior`', '`stop`'],
      ['Terraform', '`lifecycle_config_name`, `idle_settings`, `lifecycle_management`, `idle_shutdown`'],
      ['gcloud', '`--max-run-duration`', 'none'],
      ['JupyterHub', '`cull.enabled`', 'true'],
      ['Kubeflow `Notebook`', '`ENABLE_CULLING` of the notebook controller', 'false'],
      [
        'vast.ai, RunPod',
        '`vastai destroy instance`, `runpodctl remove pod`, `runpod.terminate_pod`',
        'none',
      ],
      ['NeMo-Run', '`SkypilotExecutor(autodown=…)`', 'false'],
    ],
  },
  'lifecycle/no-checkpoint': {
    settings: ['Training.saves'],
    others: [
      ['Keras', '`ModelCheckpoint`, `BackupAndRestore`', 'none'],
      ['PyTorch', '`torch.save(…)` in the loop'],
    ],
  },
  'lifecycle/no-deadline': {
    settings: ['Compute.timeLimit', 'Pipeline.runLimit'],
    others: [
      ['Kubernetes, RayJob, Argo', '`activeDeadlineSeconds`', 'none'],
      ['Kubeflow', '`runPolicy.activeDeadlineSeconds`', 'none'],
      ['JobSet, Volcano', '`activeDeadlineSeconds` of the Jobs or pods', 'none'],
      ['SLURM', '`--time`', "the partition's"],
      ['PBS, LSF', '`walltime`, `-W`', "the queue's"],
      ['Airflow', '`execution_timeout`, `active_deadline_seconds`, `dagrun_timeout`', 'none'],
    ],
  },
  'lifecycle/no-early-stopping': {
    settings: ['Training.earlyStopping', 'Training.epochs'],
    others: [
      ['Keras, Lightning, Composer, fastai', 'an early stopping callback'],
      ['Hugging Face Trainer', '`EarlyStoppingCallback`'],
      ['PyTorch-Ignite', '`EarlyStopping` handler'],
      ['PyTorch, TensorFlow, JAX loops', '`break` by the metric'],
      ['Ultralytics', '`patience`', '100'],
      ['XGBoost, CatBoost', '`early_stopping_rounds`', 'none'],
      ['LightGBM', '`early_stopping(…)`', 'none'],
      ['scikit-learn', '`n_iter_no_change`, `early_stopping`'],
    ],
  },
  'lifecycle/on-demand-interruptible': {
    settings: ['Compute.spot'],
    others: [
      ['Kubernetes', '`karpenter.sh/capacity-type`, `eks.amazonaws.com/capacityType`'],
      ['Databricks', '`aws_attributes.availability`, `azure_attributes.availability`', 'on demand on Azure'],
      ['Vertex AI, from Python', '`scheduling_strategy`', 'on demand'],
    ],
  },
  'lifecycle/refused-argument': {
    others: [['argparse', '`add_argument(…)`, `parse_args()`, and the options of what starts the program']],
  },
  'lifecycle/spot-without-checkpoint': {
    settings: ['Compute.spot', 'Compute.checkpointStore', 'Compute.maxWait', 'Compute.keepAlive'],
    others: [
      ['Anyscale', '`market_type`'],
      ['Kubernetes', 'node selectors of spot nodes'],
    ],
  },
  'lifecycle/unbounded-training': {
    settings: ['Training.epochs', 'Training.maxSteps'],
    readers: ['lightning', 'huggingface-trainer'],
    others: [['PyTorch', '`while True`, `itertools.count()`']],
  },
  'model/from-scratch': {
    others: [
      ['torchvision', '`weights`', 'none'],
      ['timm', '`pretrained`', 'false'],
      ['segmentation_models_pytorch', '`encoder_weights`', '`imagenet`'],
      ['Keras Applications', '`weights`', '`imagenet`'],
      ['Transformers', '`from_config(…)`'],
      ['Ultralytics', '`YOLO("….yaml")`'],
    ],
  },
  'model/frozen-backbone-recomputed': {
    others: [
      ['PyTorch, Transformers', '`requires_grad_(False)`, `param.requires_grad = False`'],
      ['Keras', '`trainable = False`'],
    ],
  },
  'model/full-finetune': {
    others: [
      ['TRL', '`peft_config`', 'none'],
      ['Transformers', '`get_peft_model(…)`'],
    ],
  },
  'model/no-baseline': {
    others: [
      ['Transformers, timm, torchvision', 'the name of the model'],
      ['Keras Applications, Ultralytics', 'the name of the model'],
    ],
  },
  'model/optimizer-state': { settings: ['Training.optimizer'], readers: ['huggingface-trainer'] },
  'model/unquantized-serving': {
    others: [
      ['vLLM', '`--quantization`, `LLM(quantization=…)`', 'none'],
      ['Text Generation Inference', '`--quantize`', 'none'],
      ['SGLang', '`--quantization`', 'none'],
    ],
  },
  'observability/metrics-disabled': {
    others: [
      ['SageMaker estimators', '`disable_profiler`', 'false'],
      ['Weights & Biases', '`Settings(x_disable_stats=…)`, `_disable_stats`', 'false'],
      ['MLflow', '`start_run(log_system_metrics=…)`'],
      ['Ray', '`init(include_dashboard=…)`'],
    ],
  },
  'observability/no-cost-tags': {
    settings: ['Compute.tagged'],
    others: [['Databricks', '`custom_tags`', 'none']],
  },
  'observability/no-objective': {
    others: [
      ['W&B sweeps', '`metric`', 'none'],
      ['scikit-learn', '`scoring`', 'accuracy for classifiers'],
      ['Optuna', '`direction`, metrics of pruning callbacks', 'minimize'],
    ],
  },
  'observability/no-tracking': {
    others: [
      ['Hugging Face Trainer', '`report_to`', 'all installed trackers; none from 5 on'],
      ['Lightning', '`logger`', 'true'],
      ['Keras', '`TensorBoard`, `CSVLogger`', 'none'],
      ['PyTorch', 'calls of a tracker, files with metrics'],
    ],
  },
  'observability/swallowed-failures': {
    others: [
      ['Python', '`except`, `subprocess.run(check=…)`, `subprocess.call`, `os.system`'],
      ['Optuna', '`optimize(catch=…)`', '`()`'],
      ['Shell', '`|| true`, `set +e`, `set -e`'],
      ['GitHub Actions', '`continue-on-error`', 'false'],
      ['GitLab CI', '`allow_failure`', 'false'],
      ['Airflow', '`trigger_rule`', '`all_success`'],
    ],
  },
  'pipeline/catch-up': {
    others: [['Airflow', '`catchup`, `schedule`, `start_date`', 'true before version 3, then false']],
  },
  'pipeline/duplicate-job': { others: [['Kubeflow and Vertex AI pipelines', 'calls of components']] },
  'pipeline/model-load-per-element': {
    others: [
      ['Apache Beam', '`DoFn.process`, `beam.Map`'],
      ['Spark', '`udf`, `rdd.map`'],
      ['Ray', '`map`, `map_batches`, `__call__` of a deployment'],
      ['FastAPI, Flask, Starlette, Sanic, Quart', 'request handlers'],
      ['Celery', 'tasks'],
      ['AWS Lambda', '`lambda_handler`'],
    ],
  },
  'pipeline/monolithic-step': {
    settings: ['Compute.gpus'],
    readers: ['flyte', 'zenml'],
    others: [
      ['Kubeflow and Vertex AI pipelines', '`set_gpu_limit`, `set_accelerator_limit`'],
      ['Metaflow', '`@resources(gpu=…)`, `@kubernetes(gpu=…)`, `@batch(gpu=…)`'],
    ],
  },
  'pipeline/overlapping-runs': {
    settings: ['Pipeline.concurrentRuns', 'Pipeline.runLimit'],
    others: [
      ['Kubernetes, Argo', '`concurrencyPolicy`', '`Allow`'],
      ['Airflow', '`max_active_runs`', '16'],
      ['Prefect', '`concurrency_limit`, `limit`', 'none'],
    ],
  },
  'pipeline/step-cache-disabled': {
    settings: ['Step.cached'],
    others: [
      ['Kubeflow and Vertex AI pipelines', '`set_caching_options(…)`, `enable_caching`', 'true'],
      ['Flyte', '`@task(cache=…)`', 'false'],
      ['DVC', '`always_changed`, `dvc repro --force`', 'false'],
      [
        'Azure ML',
        '`allow_reuse`, `is_deterministic` (also of a component in YAML), `force_rerun`',
        'results are reused',
      ],
    ],
  },
  'pipeline/trains-on-every-push': {
    others: [
      ['GitHub Actions', '`on.push.paths`, `on.pull_request.paths`', 'every event'],
      ['GitLab CI', '`rules`, `only`, `except`', 'every push'],
      ['Azure Pipelines', '`trigger`, `pr`, with `paths`', 'every push, for a file that names one of them'],
    ],
  },
  'pipeline/volatile-cache-key': {
    others: [
      ['Kubeflow and Vertex AI pipelines', 'inputs of components, `parameter_values`'],
      ['SageMaker Pipelines', 'arguments of steps with a `CacheConfig`'],
      ['ZenML, Flyte', 'inputs of cached steps'],
      ['GitHub Actions', '`key` of `actions/cache`'],
      ['GitLab CI', '`key` of `cache`'],
      ['Azure Pipelines', '`key` of `Cache@2`'],
    ],
  },
  'precision/float64': {
    others: [
      ['PyTorch', '`set_default_dtype(…)`, `.double()`, `.to(torch.float64)`', 'float32'],
      ['Lightning', '`precision`', '`32-true`'],
      ['Keras', '`set_floatx(…)`', '`float32`'],
      ['JAX', '`jax_enable_x64`, `JAX_ENABLE_X64`', 'false'],
    ],
  },
  'precision/full-precision': {
    settings: ['Training.precision'],
    others: [
      ['PyTorch', '`torch.autocast`', 'off'],
      ['Hugging Face Trainer', '`bf16`, `fp16`', 'false'],
      ['TRL', '`bf16`', 'true'],
      ['Accelerate', '`mixed_precision`', '`no`'],
      ['DeepSpeed', '`bf16.enabled`, `fp16.enabled`', 'false'],
      ['Keras, TensorFlow', '`mixed_precision.set_global_policy(…)`', '`float32`'],
      ['JAX and Flax', '`dtype`', 'float32'],
      ['fastai', '`to_fp16()`', 'fp32'],
      ['Composer', '`precision`', '`amp_fp16` on GPUs'],
      ['Axolotl', '`bf16`, `fp16`'],
      ['LLaMA-Factory', '`bf16`, `fp16`', 'false'],
      ['torchtune', '`dtype`'],
      ['OpenMMLab', '`optim_wrapper.type`, `fp16`', 'fp32'],
      ['detectron2', '`SOLVER.AMP.ENABLED`, `train.amp.enabled`', 'false'],
      ['NeMo', '`trainer.precision`'],
    ],
  },
  'precision/full-precision-weights': {
    others: [['Transformers, Diffusers', '`torch_dtype`, `dtype`', 'float32 before Transformers 5']],
  },
  'precision/tf32-disabled': {
    others: [
      ['PyTorch', '`cuda.matmul.allow_tf32`', 'false from 1.12 on'],
      ['PyTorch', '`cudnn.allow_tf32`', 'true'],
      ['PyTorch', '`set_float32_matmul_precision(…)`', '`highest`'],
      ['PyTorch', '`NVIDIA_TF32_OVERRIDE`', 'not set'],
      ['Hugging Face Trainer', '`tf32`'],
    ],
  },
  'precision/unsupported-format': {
    settings: ['Training.precision'],
    readers: ['lightning'],
    others: [
      ['PyTorch', '`torch.autocast(dtype=…)`'],
      ['Hugging Face Trainer', '`bf16`'],
      ['Transformers', '`attn_implementation`'],
    ],
  },
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
    settings: ['Scaling.minimum'],
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
  'search/grid-search': {
    settings: ['Search.strategy'],
    others: [
      ['scikit-learn', '`GridSearchCV(…)`, `ParameterGrid(…)`'],
      ['W&B sweeps', '`method`'],
      ['Optuna', '`sampler`'],
      ['Ray Tune', '`grid_search(…)`'],
      ['KerasTuner', '`GridSearch(…)`'],
      ['Hydra', '`--multirun`, `hydra.sweeper.params`'],
      ['Determined', '`searcher.name`'],
      ['NNI', '`tuner.name`'],
      ['Azure ML, sweep', '`sampling_algorithm`'],
      ['Katib', '`algorithm.algorithmName`'],
    ],
  },
  'search/manual-grid': {
    others: [
      ['Python', 'nested `for` loops, `itertools.product`'],
      ['Shell', 'nested `for` loops around a launch line or `sbatch`'],
    ],
  },
  'search/redundant-dimension': {
    others: [
      ['scikit-learn', '`param_grid`'],
      ['Ray Tune', '`grid_search(…)`, keys of `config`'],
      ['Optuna', '`trial.suggest_…(…)`'],
      ['KerasTuner', '`hp.Int(…)`, `hp.Float(…)`, `hp.Choice(…)`, `hp.Boolean(…)`'],
      ['Hyperopt', 'keys of `space`'],
      ['W&B sweeps', '`parameters`'],
    ],
  },
  'search/unbounded-concurrency': {
    settings: ['Search.parallelism'],
    others: [
      ['Katib', '`parallelTrialCount`', '3'],
      ['Hydra', '`hydra.launcher.n_jobs`'],
      ['SLURM', '`--array`', 'no limit'],
    ],
  },
  'search/unbounded-trials': {
    settings: ['Search.trialCap', 'Search.timeLimit'],
    readers: ['azure-job', 'azure-sweep', 'hyperopt', 'nni', 'nni-in-code', 'optuna', 'ray-tune'],
    others: [
      ['W&B sweeps', '`run_cap`, `count` of the agent', 'none'],
      ['Katib', '`maxTrialCount`, `objective.goal`', 'none'],
    ],
  },
  'search/uncached-pipeline': {
    others: [['scikit-learn, imbalanced-learn', '`Pipeline(memory=…)`, `make_pipeline(memory=…)`', 'none']],
  },
  'search/unpruned-trials': {
    settings: ['Search.earlyTermination'],
    others: [
      ['Optuna', '`trial.report(…)`, `pruner`', 'median rule'],
      ['Ray Tune', '`scheduler`', 'FIFO'],
      ['KerasTuner', '`search(callbacks=…)`'],
      ['W&B sweeps', '`early_terminate`', 'none'],
      ['NNI', '`assessor`', 'none'],
      ['Determined', '`searcher.name`'],
      ['Azure ML, sweep', '`early_termination`', 'none'],
      ['Katib', '`earlyStopping`', 'none'],
    ],
  },
  'search/unsaved-study': {
    others: [
      ['Optuna', '`create_study(storage=…)`', 'in memory'],
      ['Hyperopt', '`fmin(trials_save_file=…)`', 'none'],
    ],
  },
  'training/debug-mode': {
    others: [
      ['PyTorch', '`set_detect_anomaly(…)`, `cudnn.enabled`'],
      ['Lightning', '`detect_anomaly`', 'false'],
      ['Hugging Face Trainer', '`debug`', 'none'],
      [
        'Environment',
        '`CUDA_LAUNCH_BLOCKING`, `PYTORCH_NO_CUDA_MEMORY_CACHING`, `TORCH_DISTRIBUTED_DEBUG`',
        'off',
      ],
      ['Environment', '`NCCL_P2P_DISABLE`, `NCCL_SHM_DISABLE`, `NCCL_IB_DISABLE`, `PYTHONMALLOC`', 'off'],
    ],
  },
  'training/deterministic-mode': {
    others: [
      ['PyTorch', '`use_deterministic_algorithms(…)`, `cudnn.deterministic`, `cudnn.benchmark`', 'false'],
      ['Lightning', '`deterministic`, `benchmark`'],
      ['Hugging Face Trainer', '`full_determinism`', 'false'],
      ['OpenMMLab', '`randomness.deterministic`', 'false'],
    ],
  },
  'training/slow-generation': {
    settings: ['Training.generation'],
  },
  'training/slow-recurrent-layer': {
    others: [
      ['Keras', '`recurrent_dropout`', '0'],
      ['Keras', '`activation`', '`tanh`'],
      ['Keras', '`recurrent_activation`', '`sigmoid`'],
      ['Keras', '`unroll`', 'false'],
      ['Keras', '`use_bias`', 'true'],
      ['Keras', '`reset_after` of `GRU`', 'true'],
    ],
  },
  'training/eager-attention': {
    others: [
      ['Transformers', '`attn_implementation`', '`sdpa` where the model supports it'],
      ['PyTorch', '`enable_flash_sdp(…)`', 'true'],
      ['Diffusers', '`set_attn_processor(…)`'],
    ],
  },
  'training/eager-step': {
    others: [
      ['Keras', '`compile(run_eagerly=…)`', 'false'],
      ['TensorFlow', '`tf.function`, `run_functions_eagerly(…)`'],
      ['JAX', '`jax.jit`, `jax_disable_jit`'],
    ],
  },
  'training/empty-cache-in-loop': {
    others: [
      ['PyTorch, Lightning', '`torch.cuda.empty_cache()`, `gc.collect()`'],
      ['Hugging Face Trainer', '`torch_empty_cache_steps`', 'none'],
    ],
  },
  'training/eval-with-gradients': {
    others: [['PyTorch', '`torch.no_grad()`, `torch.inference_mode()`, `set_grad_enabled(False)`']],
  },
  'training/frequent-eval-or-save': {
    others: [
      ['Hugging Face Trainer', '`eval_steps`, `save_steps`', '500'],
      ['Lightning', '`val_check_interval`', 'once per epoch'],
      ['PyTorch', '`torch.save(…)`, calls of an evaluation'],
      ['OpenMMLab', '`train_cfg.val_interval`, `default_hooks.checkpoint.interval`'],
      ['detectron2', '`TEST.EVAL_PERIOD`, `SOLVER.CHECKPOINT_PERIOD`', '0, 5000'],
      ['NeMo', '`trainer.val_check_interval`'],
    ],
  },
  'training/needless-memory-saving': {
    settings: ['Training.checkpointing'],
    readers: ['huggingface-trainer'],
    others: [
      ['TRL', '`gradient_checkpointing`', 'true'],
      ['DeepSpeed', '`offload_optimizer`, `offload_param`', 'none'],
    ],
  },
  'training/not-compiled': {
    settings: ['Training.compiled'],
    others: [['Composer', '`compile_config`', 'none']],
  },
  'training/profiler-left-on': {
    others: [
      ['PyTorch', '`torch.profiler.profile(schedule=…)`, `emit_nvtx`', 'no schedule'],
      ['Lightning', '`profiler`', 'none'],
      ['Hugging Face Trainer', '`skip_memory_metrics`', 'true'],
      ['W&B', '`watch(log_freq=…)`', '1000'],
    ],
  },
  'training/retained-graph': {
    others: [['PyTorch', '`backward(retain_graph=…)`, sums and lists of losses', 'false']],
  },
  'training/sync-in-loop': {
    others: [
      [
        'PyTorch, Lightning, Transformers',
        '`.item()`, `.cpu()`, `.numpy()`, `.tolist()`, `torch.cuda.synchronize()`',
      ],
      ['JAX', '`float(…)`, `np.asarray`, `jax.device_get`, `block_until_ready()`'],
      ['TensorFlow', '`.numpy()`, `np.asarray`'],
    ],
  },
  'training/tiny-batch': {
    settings: ['Training.batchSize', 'Training.accumulation'],
    readers: ['huggingface-trainer', 'axolotl'],
    others: [['PyTorch', '`DataLoader(batch_size=…)`', '1']],
  },
  'training/unbatched-inference': {
    others: [
      ['PyTorch', 'calls of networks with `unsqueeze(0)`, `[None]`'],
      ['PyTorch', '`DataLoader(batch_size=…)` of an evaluation', '1'],
      ['Hugging Face Transformers', '`generate(…)`, calls of networks and of a `pipeline`'],
      ['Keras', '`predict(…)`'],
      ['Sentence Transformers', '`encode(…)`'],
      ['vLLM', '`LLM.generate(…)`, `LLM.chat(…)`'],
    ],
  },
  'training/wasted-pass': {
    others: [['PyTorch', 'calls of networks in a step, `.detach()`, `torch.no_grad()`']],
  },
}
