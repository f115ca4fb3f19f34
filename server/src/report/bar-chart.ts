/** Horizontal bars as SVG: no script, colours by class, a sentence for whoever cannot see it. */
import { scaleBand, scaleLinear, scaleLog } from 'd3-scale'
import { escapeHtml } from './escape.js'

export interface Bar {
  label: string
  /** What it surely is, and what it may be. */
  low: number
  high: number
  /** At the end of the bar. */
  value: string
  /** A part of it that is set off, from 0. */
  part?: number
  /** A line across the bar: a limit. */
  limit?: number
  warn?: boolean
}

export interface BarChart {
  title: string
  bars: readonly Bar[]
  tick(value: number): string
  /** Powers of ten: where the bars differ by more than one can see. */
  logarithmic?: boolean
}

const width = 760
const left = 230
const right = 150
const rowHeight = 26
const longestLabel = 30

export function barChart({ title, bars, tick, logarithmic = false }: BarChart): string {
  const most = Math.max(...bars.flatMap(({ high, limit }) => [high, limit ?? 0]), Number.MIN_VALUE)
  const range: [number, number] = [left, width - right]
  const scale = logarithmic
    ? scaleLog([1, Math.max(10, most)], range).nice()
    : scaleLinear([0, most], range).nice(4)
  const at = (value: number) => round(scale(logarithmic ? Math.max(1, value) : value))
  const height = bars.length * rowHeight + 24
  const rows = scaleBand(
    bars.map((_, index) => index),
    [0, bars.length * rowHeight],
  ).padding(0.3)
  const ticks = logarithmic ? scale.ticks(4).filter((value) => /^10*$/.test(String(value))) : scale.ticks(4)
  const grid = ticks.map(
    (value) =>
      `<line class="grid" x1="${at(value)}" x2="${at(value)}" y1="0" y2="${height - 24}"/>` +
      `<text class="tick" x="${at(value)}" y="${height - 8}" text-anchor="middle">${escapeHtml(tick(value))}</text>`,
  )
  const drawn = bars.map((bar, index) => {
    const y = round(rows(index)!)
    const tall = round(rows.bandwidth())
    const middle = round(y + tall / 2)
    const box = (className: string, from: number, to: number) =>
      to > from
        ? `<rect class="${className}" x="${at(from)}" y="${y}" width="${round(at(to) - at(from))}" height="${tall}"/>`
        : ''
    return [
      `<text class="label" x="${left - 8}" y="${middle}" text-anchor="end">${escapeHtml(shortened(bar.label))}</text>`,
      box(bar.warn === true ? 'bar warn' : 'bar', 0, bar.low),
      box(bar.warn === true ? 'maybe warn' : 'maybe', bar.low, bar.high),
      bar.part === undefined ? '' : box('part', 0, bar.part),
      bar.limit === undefined
        ? ''
        : `<line class="limit" x1="${at(bar.limit)}" x2="${at(bar.limit)}" y1="${y - 3}" y2="${y + tall + 3}"/>`,
      `<text class="value" x="${round(at(Math.max(bar.high, bar.limit ?? 0)) + 6)}" y="${middle}">${escapeHtml(bar.value)}</text>`,
    ].join('')
  })
  const told = `${title}: ${bars.map(({ label, value }) => `${label} ${value}`).join('; ')}`
  return (
    `<svg role="img" viewBox="0 0 ${width} ${height}" aria-label="${escapeHtml(told)}">` +
    `${grid.join('')}${drawn.join('')}</svg>`
  )
}

function shortened(label: string): string {
  if (label.length <= longestLabel) return label
  const end = label.slice(1 - longestLabel)
  const slash = end.indexOf('/')
  // Of a path whole folders are left out.
  return `…${slash < 0 || slash > longestLabel / 2 ? end : end.slice(slash)}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
