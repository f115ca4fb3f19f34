/** With decimal points that outlast the loss of punctuation: 1.3 is not 13, `regnet_y_1_6gf` not `regnet_y_16gf`. */
export function withDecimals(name: string): string {
  return name.replace(/(\d)(?:\.(?=\d)|_(?=\dgf\b))/gi, '$1p')
}

/**
 * Rows by all spellings of their names. Most runs ask for a few of thousands, so the names are only spelled out that begin
 * like what is asked for.
 */
export class NameIndex<Row> {
  private readonly waiting = new Map<string, { key: string | null; name: string; row: Row }[]>()
  private readonly known = new Map<string, Map<string, Row>>()

  /** @param normal one key for all spellings of a name, of lower-case letters, digits and `signs` */
  constructor(
    private readonly normal: (name: string) => string,
    private readonly signs = '',
  ) {}

  /** Under the name as it is. What was added before stays. */
  add(name: string, row: Row): void {
    if (name !== '') this.wait(name[0]!, { key: name, name, row })
  }

  /** Under the key of its name. */
  addNormal(name: string, row: Row): void {
    const first = this.firstOf(name)
    if (first !== null) this.wait(first, { key: null, name, row })
  }

  /** @param key a name as it is, or the key of one */
  get(key: string): Row | undefined {
    const first = key[0]
    if (first === undefined) return undefined
    let rows = this.known.get(first)
    if (rows === undefined) {
      rows = new Map()
      for (const { key: own, name, row } of this.waiting.get(first) ?? []) {
        const spelled = own ?? this.normal(name)
        if (!rows.has(spelled)) rows.set(spelled, row)
      }
      this.known.set(first, rows)
    }
    return rows.get(key)
  }

  private wait(first: string, one: { key: string | null; name: string; row: Row }): void {
    const list = this.waiting.get(first)
    if (list === undefined) this.waiting.set(first, [one])
    else list.push(one)
  }

  private firstOf(name: string): string | null {
    for (let at = 0; at < name.length; at++) {
      const code = name.charCodeAt(at)
      if (code >= 0x41 && code <= 0x5a) return String.fromCharCode(code + 0x20)
      const isKept = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)
      if (isKept || this.signs.includes(name[at]!)) return name[at]!
    }
    return null
  }
}
