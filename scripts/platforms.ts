/** The page of the keys that are read, made of the tables of the readers. */
import type { Reader } from '../server/src/readers/reader.js'

const cell = (text: string): string => text.replaceAll('|', '\\|')

function rowsOf({ settings = [] }: Reader): string[] {
  return settings.flatMap((table) =>
    table
      .describe()
      .map(
        ({ setting, keys, otherwise, writable }) =>
          `| ${table.kind}.${setting} | ${keys.map((key) => `\`${cell(key)}\``).join(', ')} | ${cell(otherwise ?? '')} | ${writable ? 'yes' : ''} |`,
      ),
  )
}

const head = ['| setting | keys | default | changed by a fix |', '|---|---|---|---|']

export function platforms(readers: readonly Reader[]): string {
  const tabled = new Map<string, Set<string>>()
  const others: string[] = []
  for (const reader of readers) {
    const { name, title = name } = reader
    const rows = rowsOf(reader)
    if (rows.length === 0) others.push(name)
    else tabled.set(title, new Set([...(tabled.get(title) ?? []), ...rows]))
  }
  const sections = [...tabled].sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
  return [
    '# Keys that are read',
    '',
    'What each framework or platform calls a setting, and what it does where the key is left out. An empty default',
    'says nothing: the setting is not judged then. This page is made by `npm run generate`.',
    '',
    ...sections.flatMap(([title, rows]) => [`## ${title}`, '', ...head, ...rows, '']),
    '## Read without a table',
    '',
    `These readers infer what they say from code, or from more than one key: ${others.sort().join(', ')}.`,
    '',
  ].join('\n')
}
