/** The pages of the rules (Markdown), by rule name: one file beside the bundle, or docs/rules when run from source. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { define } from '../../text/records.js'
import { installation } from './host.js'

export async function readRulePages(): Promise<Readonly<Record<string, string>>> {
  if (!import.meta.url.endsWith('.ts')) {
    return JSON.parse(await readFile(join(installation(), 'rule-pages.json'), 'utf8'))
  }
  const folder = join(installation(), 'docs', 'rules')
  const pages: Record<string, string> = {}
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    for (const file of await readdir(join(folder, entry.name))) {
      if (!file.endsWith('.md')) continue
      define(
        pages,
        `${entry.name}/${file.slice(0, -3)}`,
        await readFile(join(folder, entry.name, file), 'utf8'),
      )
    }
  }
  return pages
}
