/** Figures that are estimates: two or three digits with their unit. */
import { groupedDigits } from '../text/grouped-digits.js'

/** '54 min', '3.2 h', '12 days'. */
export function duration(hours: number): string {
  if (hours < 1 / 60) return `${Number((hours * 3600).toPrecision(2))} s`
  if (hours < 2) return `${Number((hours * 60).toPrecision(2))} min`
  return hours < 72 ? `${Number(hours.toPrecision(2))} h` : `${Number((hours / 24).toPrecision(2))} days`
}

/** '11–23 h'; both ends keep their unit where these differ. */
export function between(low: string, high: string): string {
  const [, unit] = low.split(' ')
  return unit !== undefined && high.endsWith(` ${unit}`)
    ? `${low.split(' ')[0]}–${high}`
    : low === high
      ? low
      : `${low}–${high}`
}

/** '59 ms', '1.2 s'. */
export function seconds(value: number): string {
  return value < 1 ? `${Number((value * 1000).toPrecision(2))} ms` : `${Number(value.toPrecision(2))} s`
}

/** Three digits, grouped: '10,600'. */
export function number(value: number): string {
  return groupedDigits(Number(value.toPrecision(value < 10 ? 2 : 3)))
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
