/** Small projects to begin with: the examples, one with files of every kind, and what the pages of cases hold. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parsePage } from '../cases/format.js'
import { filesOf } from '../cases/runner.js'
import { project } from '../robustness/sources.js'

/** @param root of the repository */
export function corpus(root: string): Map<string, string>[] {
  const found = [new Map(Object.entries(project))]
  const examples = new Map<string, string>()
  for (const entry of readdirSync(join(root, 'examples'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    examples.set(relative(join(root, 'examples'), path), readFileSync(path, 'utf8'))
  }
  found.push(examples)
  for (const folder of ['test/rules', 'docs/rules'])
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.md') || entry.name === 'index.md') continue
      const page = parsePage(readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      for (const one of page.cases) if (one.files.length > 0) found.push(new Map(filesOf(one)))
    }
  return found
}
