/**
 * The cost checklist that the rules carry out, as data. Every rule names its items, and the title of a fix may name the
 * item that it ticks.
 */

export interface ChecklistItem {
  /** `group/item`. */
  id: string
  group: ChecklistGroup['id']
  /** A few words for lists and for titles of fixes. */
  title: string
  /** The question or task in one sentence. */
  asks: string
}

export interface ChecklistGroup {
  id: 'baseline' | 'bottleneck' | 'waste' | 'rightsize' | 'model' | 'observability' | 'decision' | 'cadence'
  title: string
  asks: string
}

/** What the whole list stands for. */
export const principle =
  'Judge an ML system by what it achieves for its cost, not by how much compute it uses.'

/** Where the items come from; shown wherever the checklist is. */
export const credits =
  'Summarised in our own words from the checklist of the OraCore Editors article "MLOps cost myths that stop GPU waste", ' +
  'which builds on Transcloud\'s "MLOps Cost Myths: Why More Compute Doesn\'t Always Mean Better Performance".'

export const groups: readonly ChecklistGroup[] = [
  { id: 'baseline', title: 'Baseline', asks: 'Know what a run costs today, stage by stage.' },
  { id: 'bottleneck', title: 'Bottleneck', asks: 'Find what holds the run back, in this order.' },
  { id: 'waste', title: 'Waste', asks: 'Remove waste before adding hardware.' },
  { id: 'rightsize', title: 'Right size', asks: 'Fit the machine to the work.' },
  { id: 'model', title: 'Model', asks: 'Make the model itself cheaper.' },
  { id: 'observability', title: 'Observability', asks: 'See cost and utilisation every week.' },
  { id: 'decision', title: 'Decision', asks: 'Decide by value.' },
  { id: 'cadence', title: 'Cadence', asks: 'Review on a rhythm.' },
]

/** In the order of the groups; within a group in the order in which to go through them. */
export const items: readonly ChecklistItem[] = (
  [
    ['baseline/ingestion-time', 'Ingestion time', 'Measure how long a run reads data.'],
    ['baseline/preprocessing-time', 'Preprocessing time', 'Measure how long a run prepares data.'],
    ['baseline/training-time', 'Training time', 'Measure how long a run trains.'],
    ['baseline/evaluation-time', 'Evaluation time', 'Measure how long a run evaluates.'],
    ['baseline/inference-time', 'Inference time', 'Measure how long deploying and serving take.'],
    ['baseline/utilization', 'Utilisation', 'Record how busy the accelerators are.'],
    ['baseline/retry-rate', 'Retry rate', 'Count how often runs are started again.'],
    ['baseline/idle-time', 'Idle time', 'Measure how long machines wait while they are paid for.'],
    ['baseline/cost-per-run', 'Cost per run', 'Know the money that one run costs.'],
    ['bottleneck/clean-data', 'Clean data', 'Is the data clean and representative?'],
    [
      'bottleneck/repeated-preprocessing',
      'Repeated preprocessing',
      'Is data prepared again that has been prepared before?',
    ],
    ['bottleneck/compute-bound', 'Compute-bound', 'Is the job really held back by compute?'],
    ['bottleneck/distributed-setup', 'Distributed setup', 'Is training on several devices set up correctly?'],
    ['bottleneck/bad-trials', 'Hopeless trials', 'Do too many hopeless trials run to the end?'],
    ['bottleneck/autoscaling-idle', 'Idle autoscaling', 'Does autoscaling pay for machines that do nothing?'],
    ['waste/cache-features', 'Cache features', 'Cache feature pipelines that no longer change.'],
    ['waste/duplicate-jobs', 'Duplicate jobs', 'Remove jobs that do the work of another.'],
    ['waste/unchanged-transformations', 'Unchanged steps', 'Do not run again what has not changed.'],
    ['waste/stop-weak-trials', 'Stop weak trials', 'Stop trials and runs early that no longer improve.'],
    [
      'waste/replace-grid-search',
      'Replace grid search',
      'Search with Bayesian optimisation or Hyperband instead of a full grid.',
    ],
    ['waste/scale-down', 'Scale down', 'Review autoscaling thresholds and how long scaling down takes.'],
    [
      'rightsize/match-instance',
      'Match the machine',
      'Choose a machine that fits the batch size and the memory.',
    ],
    ['rightsize/spot', 'Spot capacity', 'Run jobs that may be interrupted on spot or preemptible capacity.'],
    [
      'rightsize/separate-environments',
      'Separate environments',
      'Keep training, evaluation and inference on machines of their own.',
    ],
    [
      'rightsize/recheck-after-change',
      'Check again',
      'Choose the size again after each major change of the model.',
    ],
    ['model/mixed-precision', 'Mixed precision', 'Train in mixed precision.'],
    ['model/pruning', 'Pruning', 'Remove weights that hardly matter.'],
    ['model/quantization', 'Quantization', 'Use fewer bits for weights and activations.'],
    ['model/distillation', 'Distillation', 'Teach a small model what a large one knows.'],
    ['model/smaller-baseline', 'Smaller baseline', 'Compare with a smaller, regularised model first.'],
    ['observability/utilization', 'Utilisation', 'Watch how busy the accelerators are.'],
    ['observability/queue-time', 'Queue time', 'Watch how long jobs wait to start.'],
    ['observability/failed-jobs', 'Failed jobs', 'Watch which jobs fail.'],
    ['observability/retry-count', 'Retries', 'Watch how often jobs are started again.'],
    ['observability/egress-and-storage', 'Egress and storage', 'Watch what moving and keeping data costs.'],
    ['observability/cost-per-experiment', 'Cost per experiment', 'Know the money that an experiment costs.'],
    [
      'observability/cost-per-deployment',
      'Cost per deployment',
      'Know the money that a successful deployment costs.',
    ],
    ['observability/gain-per-dollar', 'Gain per dollar', 'Relate the gain of the metric to the money spent.'],
    [
      'decision/stop-and-simplify',
      'Stop and simplify',
      'When the cost grows faster than the value, stop and simplify.',
    ],
    ['decision/keep', 'Keep', 'When the cost falls and the metric holds, keep the change.'],
    [
      'decision/fix-the-pipeline',
      'Fix the pipeline',
      'When the pipeline is noisy, fix it before buying compute.',
    ],
    ['cadence/daily', 'Daily', 'Look at failed jobs, idle capacity and runaway experiments.'],
    ['cadence/weekly', 'Weekly', 'Look at cost per run, utilisation and how well tuning works.'],
    ['cadence/monthly', 'Monthly', 'Look at machine sizes, compression of models and autoscaling.'],
  ] as const
).map(([id, title, asks]) => ({ id, group: id.split('/')[0] as ChecklistGroup['id'], title, asks }))

const byId = new Map(items.map((item) => [item.id, item]))

/** The item of this id; undefined where there is none. */
export function checklistItem(id: string): ChecklistItem | undefined {
  return byId.get(id)
}
