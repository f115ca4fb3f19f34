/** Keys that the rules of `lifecycle/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const lifecycle: Readonly<Record<string, RuleKeys>> = {
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
        'vast.ai, RunPod, Lambda',
        '`vastai destroy instance`, `runpodctl remove pod`, `runpod.terminate_pod`, `POST /instance-operations/terminate`',
        'none',
      ],
      ['NeMo-Run', '`SkypilotExecutor(autodown=…)`', 'false'],
    ],
  },
  'lifecycle/no-checkpoint': {
    settings: ['Training.saves'],
    others: [
      ['Hugging Face Trainer', '`train(resume_from_checkpoint=…)`', 'starts over'],
      ['Lightning', '`fit(ckpt_path=…)`', 'starts over'],
      ['Keras', '`ModelCheckpoint`, `BackupAndRestore`', 'none'],
      ['fastai', '`SaveModelCallback`', 'none'],
      ['Sentence Transformers', '`fit(checkpoint_path=…)`', 'none'],
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
}
