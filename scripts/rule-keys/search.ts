/** Keys that the rules of `search/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const search: Readonly<Record<string, RuleKeys>> = {
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
      ['Polyaxon', '`matrix.kind`'],
      ['Guild', '`guild run`'],
      ['NNI', '`tuner.name`'],
      ['Azure ML, sweep', '`sampling_algorithm`'],
      ['Katib', '`algorithm.algorithmName`'],
    ],
  },
  'search/linear-scale': {
    others: [
      ['Optuna', '`suggest_float(log=…)`', 'linear'],
      ['W&B sweeps', '`distribution`', '`uniform`'],
      ['Ray Tune', '`tune.uniform(…)`'],
      ['KerasTuner', '`hp.Float(sampling=…)`', '`linear`'],
      ['Hyperopt', '`hp.uniform(…)`'],
      ['Hydra, Optuna sweeper', '`interval(…)`', 'linear'],
      ['Katib', '`feasibleSpace.distribution`', '`uniform`'],
      ['SageMaker', '`ScalingType`, `scaling_type`', '`Auto`'],
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
}
