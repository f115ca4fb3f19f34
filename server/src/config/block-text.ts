/** The text that a literal block scalar of YAML (`|`) holds, and where each of its characters stands. */

export interface BlockText {
  text: string
  /** What stands before every line of it. */
  indentation: string
  /** Where a character of the text stands in the file. */
  place(offset: number): number
}

interface Line {
  /** In the text, and in the file. */
  at: number
  source: number
  length: number
}

/** `raw`: the scalar as written, from its `|` on; `start`: where that stands. Null: it is written in another way. */
export function blockText(raw: string, start: number): BlockText | null {
  const header = /^\|[+-]?[ \t]*(?:#[^\n]*)?\r?\n/.exec(raw)
  if (header === null) return null
  const lines: Line[] = []
  const pieces: string[] = []
  let indentation: string | null = null
  let from = header[0].length
  let at = 0
  for (const whole of raw.slice(from).split('\n')) {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole
    const lead = /^ */.exec(line)![0]
    if (line.trim() !== '') indentation ??= lead
    const cut = Math.min(lead.length, indentation?.length ?? lead.length)
    if (line.trim() !== '' && cut < indentation!.length) return null
    const content = line.slice(cut)
    lines.push({ at, source: start + from + cut, length: content.length })
    pieces.push(content)
    at += content.length + 1
    from += whole.length + 1
  }
  if (indentation === null) return null
  const place = (offset: number): number => {
    let low = 0
    let high = lines.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (lines[middle]!.at <= offset) low = middle
      else high = middle - 1
    }
    const line = lines[low]!
    return line.source + Math.min(offset - line.at, line.length)
  }
  return { text: pieces.join('\n'), indentation, place }
}
