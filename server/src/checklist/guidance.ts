/** What stands behind each item: why it costs, how to measure what code does not show, and which commands help. */
import { lookUp } from '../text/records.js'

export interface Guidance {
  /** The mechanism, in one or two sentences. */
  why: string
  /** How to measure what code does not show; absent: code shows it. */
  measure?: string
  /** Commands of CostLint that carry the item out, beside its rules. */
  commands?: readonly string[]
}

const evidence = '`costlint evidence add FILE`'

const guidance: Readonly<Record<string, Guidance>> = {
  'baseline/ingestion-time': {
    why: 'An accelerator that waits for data costs as much as one that computes.',
    measure: `Profile a few hundred steps and add the trace with ${evidence}: the time in data loading is what counts.`,
    commands: ['evidence'],
  },
  'baseline/preprocessing-time': {
    why: 'Tokenising, resizing and joining often run on the machine with the accelerator, which idles meanwhile.',
    measure: 'Log the seconds before the first training step, and compare them with the length of the run.',
  },
  'baseline/training-time': {
    why: 'Hours of training times the price of the machine is most of the bill; without it no saving can be told.',
    measure: `Add the scheduler's accounting (\`sacct --parsable2\`) or an export of the tracker with ${evidence}; the bill then uses the measured hours.`,
    commands: ['cost', 'estimate', 'evidence'],
  },
  'baseline/evaluation-time': {
    why: 'Validation after every few steps can take a third of a run, at the price of training.',
    measure: 'Log the seconds of each evaluation, and compare their sum with the length of the run.',
  },
  'baseline/inference-time': {
    why: 'A deployment that takes long to start is kept running for fear of the wait, and every request pays for slow code.',
    measure:
      'Take the time from deployment to the first answer, and the seconds per request at the load that you have, from the metrics of the endpoint.',
  },
  'baseline/utilization': {
    why: 'Utilisation tells the share of the bill that computes. Below about half, a faster machine only waits faster.',
    measure: `Record \`nvidia-smi --query-gpu=timestamp,index,name,utilization.gpu,memory.used,memory.total --format=csv -l 5\` during a run, and add the file with ${evidence}.`,
    commands: ['evidence'],
  },
  'baseline/retry-rate': {
    why: 'A run that fails and starts again is paid for twice.',
    measure: `Add the scheduler's accounting with ${evidence}: failed and requeued jobs are counted.`,
    commands: ['evidence'],
  },
  'baseline/idle-time': {
    why: 'Machines cost the same while they wait for a person, a queue or a download.',
    measure: `Compare the hours on the cloud's bill with those of the jobs, or add \`nvidia-smi\` records of whole days with ${evidence}.`,
    commands: ['evidence'],
  },
  'baseline/cost-per-run': {
    why: 'Only a price per run lets people choose between more runs, longer runs and larger machines.',
    commands: ['cost', 'estimate'],
  },
  'bottleneck/clean-data': {
    why: 'Duplicates, wrong labels and samples that no user resembles are trained on at full price and lower the metric.',
    measure: 'Look at a hundred samples drawn by chance, and count duplicates by hash.',
  },
  'bottleneck/repeated-preprocessing': {
    why: 'The same preparation in every epoch, trial and run is paid for every time.',
  },
  'bottleneck/compute-bound': {
    why: 'A faster accelerator speeds up only what computes; a run that waits for data, disk or network stays as slow.',
    measure: `Train some hundred steps on one batch that stays in memory: if that is much faster, data holds the run back. Or add a profiler trace with ${evidence}.`,
    commands: ['evidence'],
  },
  'bottleneck/distributed-setup': {
    why: 'Devices that do the same work, wait for each other or hang idle are paid for in full.',
    measure:
      'Compare the samples per second on one device with those on all: below 80 % of the multiple, look at communication.',
  },
  'bottleneck/bad-trials': {
    why: 'Most trials of a search are hopeless early on, and run to the end unless something stops them.',
    measure: `Add an export of the search with ${evidence}: the share of trials that ended far from the best says how many were hopeless.`,
    commands: ['evidence', 'digest --weekly'],
  },
  'bottleneck/autoscaling-idle': {
    why: 'A pool that scales up for a minute and down after an hour is idle for most of what it costs.',
    measure: 'Plot machines beside their utilisation over a week, from the metrics of the cloud.',
  },
  'waste/cache-features': {
    why: 'Features that have not changed can be read in seconds instead of made again.',
  },
  'waste/duplicate-jobs': {
    why: 'Two jobs that do the same work cost twice as much as one.',
    measure: 'List the jobs of a month by command and input: equal ones need a reason.',
  },
  'waste/unchanged-transformations': {
    why: 'Steps of a pipeline whose code and input are the same give the same output again.',
  },
  'waste/stop-weak-trials': {
    why: 'Early stopping and pruning end what no longer improves; the rest of its hours are saved.',
  },
  'waste/replace-grid-search': {
    why: 'A grid pays for every combination. Random and Bayesian searches find as good a result in a fraction of the trials, and Hyperband stops the weak ones.',
  },
  'waste/scale-down': {
    why: 'Thresholds and waits decide how long machines stay after the work has ended.',
    measure: 'Take the time from the last job to the end of its machine from the log of the autoscaler.',
  },
  'rightsize/match-instance': {
    why: 'Memory and accelerators that a job does not use are part of the price.',
    measure: `Add \`nvidia-smi\` records with ${evidence}: the highest memory in use against what the card has.`,
    commands: ['estimate', 'evidence'],
  },
  'rightsize/spot': {
    why: 'Spot and preemptible machines cost 50 to 90 % less; a job with checkpoints loses minutes when it is interrupted.',
  },
  'rightsize/separate-environments': {
    why: 'Evaluation and serving on a training machine pay for accelerators that they do not need, and hold training up.',
  },
  'rightsize/recheck-after-change': {
    why: 'A machine that was chosen for last year’s model is seldom right for this one.',
    measure: 'Run `costlint estimate` after each change of model, batch or precision.',
    commands: ['estimate', 'digest --monthly'],
  },
  'model/mixed-precision': {
    why: 'Tensor cores compute 16-bit products several times faster, and activations take half of the memory.',
  },
  'model/pruning': {
    why: 'Weights near zero cost memory and time like all others. Structured pruning (heads, channels, layers) makes a served model smaller; most runtimes gain nothing from scattered zeros.',
    measure:
      'Prune a copy of what you serve, train it for a short while, and compare metric and cost with `costlint compare`.',
    commands: ['compare', 'digest --monthly'],
  },
  'model/quantization': {
    why: 'With 8 or 4 bits a model fits a smaller card and answers faster, most often with little loss.',
  },
  'model/distillation': {
    why: 'A small model that has learned from a large one answers every request at a fraction of the price.',
    measure:
      'Train the student on answers of the teacher, and compare metric and cost with `costlint compare`.',
    commands: ['compare', 'digest --monthly'],
  },
  'model/smaller-baseline': {
    why: 'Without a small model beside it nobody knows what the large one gains for its price.',
    measure: 'Train a regularised small model on the same data, and compare the two with `costlint compare`.',
    commands: ['compare'],
  },
  'observability/utilization': {
    why: 'Utilisation drifts with every change of code and data; only a regular look shows it.',
    measure: `Add records of each week's runs with ${evidence}; \`costlint digest --weekly\` sums them up.`,
    commands: ['evidence', 'digest --weekly'],
  },
  'observability/queue-time': {
    why: 'Long queues make people hold on to machines and ask for more than they need.',
    measure: `Add the scheduler's accounting (fields Submit and Start) with ${evidence}.`,
    commands: ['evidence', 'digest --weekly'],
  },
  'observability/failed-jobs': {
    why: 'What a failed job has cost is lost, and it most often fails again.',
    measure: `Add the scheduler's accounting or an export of the tracker with ${evidence}.`,
    commands: ['evidence', 'digest --daily'],
  },
  'observability/retry-count': {
    why: 'Retries hide failures, and each starts the bill anew unless it resumes from a checkpoint.',
    measure: `Add the scheduler's accounting with ${evidence}: requeued jobs are counted.`,
    commands: ['evidence', 'digest --daily'],
  },
  'observability/egress-and-storage': {
    why: 'Data that crosses regions and checkpoints that nobody deletes are billed every month.',
    measure: "Group the cloud's bill by data transfer and storage.",
  },
  'observability/cost-per-experiment': {
    why: 'An experiment is many runs; its sum tells whether the question was worth it.',
    commands: ['cost', 'digest --weekly'],
  },
  'observability/cost-per-deployment': {
    why: 'All runs and failures on the way to a model in production are the price of that model.',
    measure: 'Divide what training and failed deployments of a month cost by the deployments that stayed.',
    commands: ['cost'],
  },
  'observability/gain-per-dollar': {
    why: 'The last tenth of a percent often costs as much as all before it.',
    measure: 'Compare runs with `costlint compare`, which says the gain per dollar.',
    commands: ['compare', 'digest --weekly'],
  },
  'decision/stop-and-simplify': {
    why: 'More compute on a metric that has stopped moving buys nothing.',
    measure: 'Compare the last two runs with `costlint compare`.',
    commands: ['compare'],
  },
  'decision/keep': {
    why: 'A saving that holds the metric pays with every further run.',
    measure: 'Compare the runs before and after with `costlint compare`.',
    commands: ['compare'],
  },
  'decision/fix-the-pipeline': {
    why: 'Where equal runs differ more than changes do, no experiment decides anything, however large the machine.',
    measure:
      'Repeat a run with three seeds, and give all of them to `costlint compare`: it compares spread with gain.',
    commands: ['compare'],
  },
  'cadence/daily': {
    why: 'A job that hangs or a machine that nobody stops costs by the hour.',
    commands: ['digest --daily'],
  },
  'cadence/weekly': {
    why: 'Cost per run and utilisation move slowly; a week shows the trend before the bill does.',
    commands: ['digest --weekly'],
  },
  'cadence/monthly': {
    why: 'Machine sizes, compression and autoscaling change with models and traffic, not with commits.',
    commands: ['digest --monthly'],
  },
}

/** Throws for an id that is no item. */
export function guidanceOf(id: string): Guidance {
  const found = lookUp(guidance, id)
  if (found === undefined) throw new Error(`no guidance for ${id}`)
  return found
}
