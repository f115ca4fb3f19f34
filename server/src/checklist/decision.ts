/** The decision rule of the checklist, on two sides that were each run at least once. */

export interface Side {
  /** Of each run. */
  metric: readonly number[]
  /** Of each run; null: not known. */
  cost: readonly number[] | null
}

export interface DecisionOptions {
  lowerIsBetter: boolean
  /** Share of the metric that counts as no change. */
  tolerance: number
  /** What one unit of the metric is worth, in units of cost; null: nobody said. */
  worth: number | null
}

export interface Decision {
  /** Id of the item of the checklist; null: people have to weigh it. */
  item: 'decision/keep' | 'decision/stop-and-simplify' | 'decision/fix-the-pipeline' | null
  verdict: string
  /** How much better B is, in units of the metric. */
  gain: number
  /** By how much equal runs of both sides differ; null: no side was run twice. */
  noise: number | null
  /** Of B against A; null: not known. */
  costChange: number | null
}

/** Changes of cost below this share are none. */
const sameCost = 0.02

export function decide(a: Side, b: Side, { lowerIsBetter, tolerance, worth }: DecisionOptions): Decision {
  const sign = lowerIsBetter ? -1 : 1
  const [before, after] = [mean(a.metric), mean(b.metric)]
  const gain = sign * (after - before)
  const slack = tolerance * Math.abs(before)
  const noise = noiseOf(a.metric, b.metric)
  const [paid, pays] = [a.cost === null ? null : mean(a.cost), b.cost === null ? null : mean(b.cost)]
  const costChange = paid === null || pays === null || paid === 0 ? null : pays / paid - 1
  const decided = (item: Decision['item'], verdict: string): Decision => ({
    item,
    verdict,
    gain,
    noise,
    costChange,
  })

  if (noise !== null && noise > slack && Math.abs(gain) < noise)
    return decided(
      'decision/fix-the-pipeline',
      'Fix the pipeline: equal runs differ by more than the two sides do, so neither tells which is better. Find where the spread comes from, or run more of each, before you buy compute.',
    )
  const holds = gain >= -slack
  if (costChange === null || paid === null || pays === null)
    return decided(
      null,
      `The metric ${gain > slack ? 'rises' : holds ? 'holds' : 'drops'}; what the runs cost is not known, so there is nothing to decide by.`,
    )
  if (costChange < -sameCost) {
    if (holds) return decided('decision/keep', 'Keep the change: the cost falls, and the metric holds.')
    return decided(null, weighed('The cost falls and the metric drops', paid - pays, -gain, worth))
  }
  if (costChange <= sameCost) {
    if (gain > slack) return decided('decision/keep', 'Keep the change: the metric rises at the same cost.')
    return decided(
      null,
      holds
        ? 'Nothing to decide: cost and metric are the same.'
        : 'Go back: the metric drops at the same cost.',
    )
  }
  if (gain <= slack)
    return decided(
      'decision/stop-and-simplify',
      'Stop and simplify: the cost grows, and the metric hardly moves.',
    )
  if (worth !== null) {
    const value = gain * worth
    return value >= pays - paid
      ? decided(
          'decision/keep',
          `Keep the change: the gain is worth ${short(value)}, and costs ${short(pays - paid)}.`,
        )
      : decided(
          'decision/stop-and-simplify',
          `Stop and simplify: the gain is worth ${short(value)}, and costs ${short(pays - paid)}.`,
        )
  }
  // What is left to win of a share counts, not the share: from 90 to 95 % halves the errors.
  const left = !lowerIsBetter && before > 0 && before < 1 && after <= 1 ? 1 - before : Math.abs(before)
  if (left > 0 && gain / left < costChange)
    return decided(
      'decision/stop-and-simplify',
      `Stop and simplify: the cost grows faster than the value (by ${percent(costChange)} for ${percent(gain / left)}).`,
    )
  return decided(null, weighed('Cost and metric grow', pays - paid, gain, null))
}

/** Two standard errors of the difference of the means; a side that was run once borrows the spread of the other. */
function noiseOf(a: readonly number[], b: readonly number[]): number | null {
  const own = [variance(a), variance(b)]
  const known = own.flatMap((one) => one ?? [])
  if (known.length === 0) return null
  const pooled = mean(known)
  return 2 * Math.sqrt((own[0] ?? pooled) / a.length + (own[1] ?? pooled) / b.length)
}

function weighed(what: string, money: number, metric: number, worth: number | null): string {
  const each = metric === 0 ? '' : `: ${short(money / metric)} for each unit of the metric`
  return worth === null
    ? `${what}${each}. Decide whether that is worth it (\`--worth\` says what a unit is worth).`
    : `${what}${each}, of which one is worth ${short(worth)}: ${money >= metric * worth ? 'it pays' : 'it does not pay'}.`
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Of a sample; null: there is only one value. */
export function variance(values: readonly number[]): number | null {
  if (values.length < 2) return null
  const center = mean(values)
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1)
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
