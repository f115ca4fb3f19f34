/** Estimated against measured, both on logarithmic axes, as SVG: a bar for each range, a dot for what is expected. */
import { type Check, families, isInside } from './published.js'

/** Distinguishable for most who see colours differently (Okabe and Ito). */
const colors = ['#0072b2', '#56b4e9', '#e69f00', '#cc79a7', '#7f7f7f', '#009e73', '#d55e00', '#8c510a']

interface Axis {
  from: number
  to: number
}

const side = 560
const margin = { left: 78, top: 16, right: 16, bottom: 58 }
const legend = 236

function decades(checks: readonly Check[]): Axis {
  const values = checks.flatMap(({ measured, range }) => [measured, range.low, range.high])
  const round = (value: number, way: (n: number) => number, steps: number[]) => {
    const decade = 10 ** Math.floor(Math.log10(value))
    const fits = steps.filter((one) => (way === Math.floor ? one * decade <= value : one * decade >= value))
    return decade * (way === Math.floor ? Math.max(...fits) : Math.min(...fits))
  }
  return {
    from: round(Math.min(...values), Math.floor, [1, 2, 5]),
    to: round(Math.max(...values), Math.ceil, [1, 2, 5, 10]),
  }
}

/** 1, 10, 100 …; with 2 and 5 between them where they fit. */
function ticks({ from, to }: Axis): number[] {
  const wide = to / from > 2000
  const found: number[] = []
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++)
    for (const times of wide ? [1] : [1, 2, 5]) {
      const value = Number((times * 10 ** power).toPrecision(3))
      if (value >= from * 0.999 && value <= to * 1.001) found.push(value)
    }
  return found
}

const text = (value: string): string =>
  value.replace(/[&<>]/g, (one) => (one === '&' ? '&amp;' : one === '<' ? '&lt;' : '&gt;'))

export interface Plot {
  /** Of both axes, with its unit. */
  quantity: string
  checks: readonly Check[]
}

export function plot({ quantity, checks }: Plot): string {
  const axis = decades(checks)
  const span = Math.log(axis.to / axis.from)
  const at = (value: number) => (Math.log(value / axis.from) / span) * side
  const x = (value: number) => (margin.left + at(value)).toFixed(1)
  const y = (value: number) => (margin.top + side - at(value)).toFixed(1)
  const width = margin.left + side + margin.right + legend
  const height = margin.top + side + margin.bottom
  const lines: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13" fill="#222">`,
    `<title>${text(quantity)}: estimated against published</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
  ]
  for (const value of ticks(axis)) {
    const label = value >= 1000 ? value.toLocaleString('en-US') : String(value)
    lines.push(
      `<path d="M${x(value)} ${margin.top}V${margin.top + side}M${margin.left} ${y(value)}H${margin.left + side}" stroke="#e4e4e4"/>`,
      `<text x="${x(value)}" y="${margin.top + side + 20}" text-anchor="middle">${label}</text>`,
      `<text x="${margin.left - 8}" y="${Number(y(value)) + 4}" text-anchor="end">${label}</text>`,
    )
  }
  const { from, to } = axis
  lines.push(
    `<path d="M${x(from)} ${y(from)}L${x(to)} ${y(to)}" stroke="#222"/>`,
    `<path d="M${x(from)} ${y(from * 2)}L${x(to / 2)} ${y(to)}M${x(from * 2)} ${y(from)}L${x(to)} ${y(to / 2)}" stroke="#888" stroke-dasharray="4 4"/>`,
    `<rect x="${margin.left}" y="${margin.top}" width="${side}" height="${side}" fill="none" stroke="#888"/>`,
    `<text x="${margin.left + side / 2}" y="${height - 12}" text-anchor="middle">published ${text(quantity)}</text>`,
    `<text transform="translate(16 ${margin.top + side / 2}) rotate(-90)" text-anchor="middle">estimated ${text(quantity)}</text>`,
  )
  const color = (family: string) => colors[families.indexOf(family)]!
  for (const one of checks) {
    const { measured, range, expected, family, fitted, id } = one
    lines.push(
      `<g stroke="${color(family)}"${isInside(one) ? '' : ' stroke-width="2"'}><title>${text(id)}</title>` +
        `<path d="M${x(measured)} ${y(range.low)}V${y(range.high)}" opacity="${isInside(one) ? 0.35 : 0.9}"/>` +
        `<circle cx="${x(measured)}" cy="${y(expected)}" r="3.2" fill="${fitted ? '#fff' : color(family)}"/></g>`,
    )
  }
  const left = margin.left + side + margin.right + 8
  const used = families.filter((family) => checks.some((one) => one.family === family))
  const row = (i: number) => margin.top + 14 + 22 * i
  used.forEach((family, i) => {
    lines.push(
      `<circle cx="${left + 5}" cy="${row(i) - 4}" r="5" fill="${color(family)}"/>`,
      `<text x="${left + 18}" y="${row(i)}">${text(family)}</text>`,
    )
  })
  const notes = [
    'hollow: its source set constants',
    'bar: range; dot: expected',
    'thick: outside the range',
    'dashed: twice and half',
  ]
  notes.forEach((note, i) => {
    lines.push(`<text x="${left}" y="${row(used.length + 1 + i)}" fill="#555">${note}</text>`)
  })
  return `${[...lines, '</svg>'].join('\n')}\n`
}
