/** Counts of what was read again after fixes of configuration and shell files. */
import type { Difference } from './data-difference.js'
import type { CheckedFix } from './fix-check.js'

/** Lines to print: a table by language, then what each rule's fixes changed. */
export function rereadTable(fixes: readonly CheckedFix[]): string[] {
  const all = fixes.flatMap((fix) => fix.reread)
  if (all.length === 0) return []
  const columns = ['texts edited', 'unreadable before', 'read again', 'same but for the change']
  const more = ['values added', 'changed', 'removed', 'comments and anchors kept']
  const table = [`| language | ${[...columns, ...more].join(' | ')} |`, `|---|${'---|'.repeat(8)}`]
  for (const language of [...new Set(all.map((each) => each.language))].sort()) {
    const own = all.filter((each) => each.language === language)
    const read = own.filter((each) => each.unreadable === undefined && each.broken === undefined)
    const kinds = (['added', 'changed', 'removed'] as const).map(
      (kind) => read.flatMap((each) => each.differences).filter((each) => each.kind === kind).length,
    )
    const cells = [
      own.length,
      own.filter((each) => each.unreadable !== undefined).length,
      read.length,
      read.filter((each) => each.unexplained.length === 0).length,
      ...kinds,
      read.filter((each) => each.lost.length === 0).length,
    ]
    table.push(`| ${language} | ${cells.join(' | ')} |`)
  }
  const changes = new Map<string, number>()
  for (const fix of fixes) {
    for (const each of fix.reread.flatMap((one) => one.differences)) {
      const line = `${fix.finding.rule} (${fix.finding.reader}): ${each.kind} ${general(each)}`
      changes.set(line, (changes.get(line) ?? 0) + 1)
    }
  }
  const sorted = [...changes].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    ...table,
    '',
    'Values that the fixes wrote:',
    ...sorted.map(([line, count]) => `${count} × ${line}`),
  ]
}

/** The path without what differs from file to file: numbers, the names of blocks and profiles. */
function general({ path }: Difference): string {
  return path
    .map((key) => (typeof key === 'number' ? '[]' : key.replace(/ "[^"]*"$/, '')))
    .join('.')
    .replaceAll('.[]', '[]')
}
