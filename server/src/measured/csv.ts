/** Tables as text: RFC 4180 with any separator, the first row being the names of the columns. */

export class Table {
  private readonly columns: ReadonlyMap<string, number>

  constructor(
    readonly names: readonly string[],
    readonly rows: readonly (readonly string[])[],
  ) {
    this.columns = new Map(names.map((name, index) => [name.toLowerCase(), index]))
  }

  /** '' where there is no such column or cell. */
  cell(row: readonly string[], ...names: string[]): string {
    for (const name of names) {
      const value = row[this.columns.get(name.toLowerCase()) ?? -1]?.trim()
      if (value !== undefined && value !== '') return value
    }
    return ''
  }

  has(name: string): boolean {
    return this.columns.has(name.toLowerCase())
  }
}

/** Rows beyond `most` are left out. */
export function table(text: string, separator: string, most: number): Table {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  const end = () => {
    row.push(cell)
    cell = ''
  }
  let from = 0
  const take = (to: number) => {
    cell += text.slice(from, to)
    from = to + 1
  }
  for (let at = 0; at < text.length && rows.length <= most; at++) {
    const character = text[at]!
    if (quoted) {
      if (character !== '"') continue
      if (text[at + 1] === '"') {
        take(++at)
        continue
      }
      take(at)
      quoted = false
    } else if (character === '"' && cell === '' && text.slice(from, at).trim() === '') {
      from = at + 1
      quoted = true
    } else if (character === separator) {
      take(at)
      end()
    } else if (character === '\n') {
      take(text[at - 1] === '\r' ? at - 1 : at)
      from = at + 1
      end()
      rows.push(row)
      row = []
    }
  }
  if (rows.length <= most) {
    take(text.length)
    end()
    if (row.length > 1 || row[0] !== '') rows.push(row)
  }
  const [names = [], ...rest] = rows
  return new Table(
    names.map((name) => name.trim()),
    rest.filter((each) => each.some((value) => value.trim() !== '')),
  )
}

/** '23 %', '1024 MiB', '45': the number; null: there is none. */
export function figure(text: string): number | null {
  const found = /^\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)/.exec(text.slice(0, 60))
  const value = found === null ? Number.NaN : Number(found[1])
  return Number.isFinite(value) ? value : null
}

export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
