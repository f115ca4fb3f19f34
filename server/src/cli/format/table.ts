/** Columns of text, as wide as what stands in them. */
import type { Colors } from '../console.js'
import { textWidth } from './width.js'

export interface Column {
  title: string
  /** Figures stand at the right. */
  right?: boolean
}

export function drawnTable(columns: readonly Column[], rows: readonly string[][], colors: Colors): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => textWidth(row[index]!))),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const space = ' '.repeat(widths[index]! - textWidth(cell))
        return columns[index]!.right === true ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return [colors.bold(line(columns.map(({ title }) => title))), ...rows.map(line)]
    .map((text) => `${text}\n`)
    .join('')
}
