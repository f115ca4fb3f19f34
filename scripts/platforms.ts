/** The page of the keys that are read, made of the tables of the readers. */
import type { Reader } from '../server/src/readers/reader.js'

const cell = (text: string): string => text.replaceAll('|', '\\|')

function section({ name, settings = [] }: Reader): string[] {
  const rows = settings.flatMap((table) =>
    table
      .describe()
      .map(
        ({ setting, keys, otherwise, writable }) =>
          `| ${table.kind}.${setting} | ${keys.map((key) => `\`${cell(key)}\``).join(', ')} | ${cell(otherwise ?? '')} | ${writable ? 'yes' : ''} |`,
      ),
  )
  const head = ['| setting | keys | default | changed by a fix |', '|---|---|---|---|']
  return rows.length === 0 ? [] : [`## ${name}`, '', ...head, ...new Set(rows), '']
}

export function platforms(readers: readonly Reader[]): string {
  const sorted = [...readers].sort((a, b) => (a.name < b.name ? -1 : 1))
  const others = sorted.filter(({ settings = [] }) => settings.length === 0).map(({ name }) => name)
  return [
    '# Keys that are read',
    '',
    'What each framework or platform calls a setting, and what it does where the key is left out. An empty default',
    'says nothing: the setting is not judged then. This page is made by `npm run generate`.',
    '',
    ...sorted.flatMap(section),
    '## Read without a table',
    '',
    `These readers infer what they say from code, or from more than one key: ${others.join(', ')}.`,
    '',
  ].join('\n')
}
