/** Two versions of a text as a unified diff, as `patch` and `git apply` read it. */

const context = 3

/** @returns '' when the texts are equal */
export function unifiedDiff(oldName: string, newName: string, before: string, after: string): string {
  if (before === after) return ''
  const a = lines(before)
  const b = lines(after)
  const hunks = group(changes(a, b))
  const out = [`--- ${name(oldName)}`, `+++ ${name(newName)}`]
  for (const hunk of hunks) {
    const first = hunk[0]!
    const last = hunk[hunk.length - 1]!
    const start = Math.max(0, first.a - context)
    const end = Math.min(a.length, last.a + last.removed + context)
    const startB = first.b - (first.a - start)
    const body: string[] = []
    let at = start
    for (const change of hunk) {
      while (at < change.a) body.push(` ${a[at++]}`)
      for (let count = 0; count < change.removed; count++) body.push(`-${a[at++]}`)
      for (let count = 0; count < change.added; count++) body.push(`+${b[change.b + count]}`)
    }
    while (at < end) body.push(` ${a[at++]}`)
    const added = body.filter((line) => !line.startsWith('-')).length
    out.push(`@@ -${extent(start, end - start)} +${extent(startB, added)} @@`)
    for (const line of body) {
      if (line.endsWith('\n')) out.push(line.slice(0, -1))
      else out.push(line, '\\ No newline at end of file')
    }
  }
  return `${out.join('\n')}\n`
}

/** Each with its line break, so that texts that differ in nothing else differ. */
function lines(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/)
}

/** A space in a name would end it. */
function name(path: string): string {
  return /[\s"\\]/.test(path) ? `${path}\t` : path
}

function extent(start: number, count: number): string {
  return count === 1 ? `${start + 1}` : `${count === 0 ? start : start + 1},${count}`
}

interface Change {
  /** Index of the first line that is removed, and how many are. */
  a: number
  removed: number
  b: number
  added: number
}

function group(all: Change[]): Change[][] {
  const hunks: Change[][] = []
  for (const change of all) {
    const hunk = hunks[hunks.length - 1]
    const before = hunk?.[hunk.length - 1]
    if (before !== undefined && change.a - (before.a + before.removed) <= 2 * context) hunk!.push(change)
    else hunks.push([change])
  }
  return hunks
}

/** Beyond this many differing lines the middle is given as one replacement: still right, only longer. */
const mostEdits = 2000

/** Shortest edit script (Myers, Algorithmica 1, 1986), between the common beginning and the common end. */
function changes(a: string[], b: string[]): Change[] {
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail++
  const n = a.length - head - tail
  const m = b.length - head - tail
  const trace: Int32Array[] = []
  const offset = Math.min(n + m, mostEdits) + 1
  const reach = new Int32Array(2 * offset + 1)
  let found = false
  for (let d = 0; d < offset && !found; d++) {
    trace.push(reach.slice())
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[offset + k - 1]! < reach[offset + k + 1]!)
      let x = down ? reach[offset + k + 1]! : reach[offset + k - 1]! + 1
      while (x < n && x - k < m && a[head + x] === b[head + x - k]) x++
      reach[offset + k] = x
      if (x >= n && x - k >= m) {
        found = true
        break
      }
    }
  }
  if (!found) return [{ a: head, removed: n, b: head, added: m }]
  // Back along the trace; neighbours join into one change.
  const result: Change[] = []
  let x = n
  let y = m
  for (let d = trace.length - 1; d > 0; d--) {
    const row = trace[d]!
    const k = x - y
    const down = k === -d || (k !== d && row[offset + k - 1]! < row[offset + k + 1]!)
    const fromK = down ? k + 1 : k - 1
    const fromX = row[offset + fromK]!
    const fromY = fromX - fromK
    const at = { a: head + fromX, removed: down ? 0 : 1, b: head + fromY, added: down ? 1 : 0 }
    const next = result[result.length - 1]
    if (next !== undefined && at.a + at.removed === next.a && at.b + at.added === next.b) {
      next.a = at.a
      next.b = at.b
      next.removed += at.removed
      next.added += at.added
    } else result.push(at)
    x = fromX
    y = fromY
  }
  return result.reverse()
}
