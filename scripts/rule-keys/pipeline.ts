/** Keys that the rules of `pipeline/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const pipeline: Readonly<Record<string, RuleKeys>> = {
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
      ['Flyte', '`@task(cache=…)`, `--overwrite-cache`', 'false'],
      ['DVC', '`always_changed`, `dvc repro --force`', 'false'],
      ['Snakemake', '`--forceall`', 'false'],
      ['Luigi', '`complete()`', 'whether its outputs exist'],
      ['Make', '`--always-make`, where the target trains', 'false'],
      ['Ploomber, pytask, doit', '`--force`, `--always-execute`', 'false'],
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
      ['CircleCI', '`filters`; `when`, `triggers` of a workflow', 'every push'],
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
}
