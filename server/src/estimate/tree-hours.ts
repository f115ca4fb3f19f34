/** How long it takes to grow the trees of a boosted ensemble or of a forest: rows × columns × levels × rounds over a speed. */
import type { TreeWork } from '../text/tree-work.js'
import type { Interval } from './network.js'

export interface Table {
  rows: Interval
  columns: Interval
}

/**
 * Rows times columns that one thread looks through in a second for one level of a tree.
 * `binned`: LightGBM, "Experiments" (2017 and 2020), LightGBM and XGBoost's histograms, 16 threads, 1.2e12 to 1.3e12 of them in 70 to
 * 552 s; HistGradientBoosting of scikit-learn 1.4 on one core lies at the upper end. `presorted`: XGBoost's exact method in the same tables.
 * `sorted`: GradientBoosting and RandomForest of scikit-learn 1.4, from 1,000 to 50,000 rows on one core; `random`: its ExtraTrees.
 */
const perThread: Record<TreeWork['splits'], Interval> = {
  binned: { low: 1.2e8, high: 1.5e9 },
  presorted: { low: 1.5e7, high: 1.5e8 },
  sorted: { low: 5e6, high: 2.5e7 },
  random: { low: 2e7, high: 1.2e8 },
}

/**
 * The same of an accelerator. XGBoost 1.6, "GPU Support": 9e9 with all that a round starts (750,000 rows of 50 columns, 500 rounds in
 * 12.6 s on a GTX 1080 Ti). How much faster large tables and today's cards are is an assumption.
 */
const perAccelerator: Interval = { low: 1e10, high: 3e11 }

// Assumptions from here on.
/** Seconds of a round on a table of any size: threads are started and joined. */
const perRound: Interval = { low: 2e-4, high: 5e-3 }
/** More threads than this gain next to nothing. */
const mostThreads = 16
/** Two vCPUs are one core. */
const vcpusOfCore = 2
/** Classes that nobody counts. */
const classes: Interval = { low: 1, high: 10 }
/** A program reads its table, makes columns and looks at what it has trained, which takes up to as long as so many fits. */
const beside = 1
const besideSeconds = 60

/** Hours of all fits. `cpus`: vCPUs of the machine, at least and at most. */
export function treeHours(work: TreeWork, { rows, columns }: Table, cpus: Interval): Interval {
  const seconds = {
    low: secondsOf(work, rows.low, columns.low, work.rounds.low, cpus.high, 'low'),
    high: secondsOf(work, rows.high, columns.high, work.rounds.high, cpus.low, 'high'),
  }
  return {
    low: (seconds.low * work.fits.low) / 3600,
    high: (seconds.high * (work.fits.high + beside) + besideSeconds) / 3600,
  }
}

function secondsOf(
  work: TreeWork,
  rows: number,
  columns: number,
  rounds: number,
  cpus: number,
  end: keyof Interval,
): number {
  const levels = work.levels?.[end] ?? Math.max(1, Math.log2(rows))
  const looked = work.columns === 'root' ? Math.max(1, Math.sqrt(columns)) : columns
  const trees = rounds * (work.perClass ? classes[end] : 1)
  const other = end === 'low' ? 'high' : 'low'
  const speed = work.accelerated
    ? perAccelerator[other]
    : perThread[work.splits][other] * threadsOf(work.threads, cpus, end)
  return trees * (perRound[end] + (rows * looked * levels) / speed)
}

function threadsOf(threads: TreeWork['threads'], cpus: number, end: keyof Interval): number {
  if (threads === 'any' && end === 'high') return 1
  const used = typeof threads === 'number' ? Math.min(threads, cpus) : cpus
  return end === 'low'
    ? Math.max(1, used)
    : Math.max(1, Math.min(mostThreads, threads === 'all' ? used / vcpusOfCore : used))
}
