/** Keys that the rules of `observability/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const observability: Readonly<Record<string, RuleKeys>> = {
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
}
