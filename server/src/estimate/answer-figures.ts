/** An answer as plain figures, as programs read it. */
import type { Answer } from './answer.js'
import type { Interval } from './network.js'

const gib = 2 ** 30

/** Memory in GiB per device, hours, USD; null: not known, and `unknown` says what would make it known. */
export function answerFigures(answer: Answer): object {
  const { memory, stepSeconds, samplesPerSecond, hours, usd, unknown } = answer
  return {
    memory: memory && {
      low: rounded(memory.low / gib),
      expected: rounded(memory.expected / gib),
      high: rounded(memory.high / gib),
    },
    stepSeconds: interval(stepSeconds),
    samplesPerSecond: interval(samplesPerSecond),
    hours: interval(hours),
    usd: interval(usd),
    unknown,
  }
}

/** Three digits are more than an estimate means. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

function interval(range: Interval | null): Interval | null {
  return range && { low: rounded(range.low), high: rounded(range.high) }
}
