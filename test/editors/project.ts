/** A project with one finding, and an editor that is started with the configuration that the documentation prints. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const command = join(root, 'dist', 'cli.js')

const search = `from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV

grid = {
    "min_samples_leaf": [1, 2, 4, 8],
    "max_depth": [4, 8, 16, 32, None],
    "max_features": ["sqrt", "log2", 0.5],
}
search = GridSearchCV(RandomForestClassifier(), grid, cv=5)
`

/** What is found in it. */
export const rule = 'search/grid-search'

export interface Place {
  /** The project; `search.py` is in it. */
  project: string
  /** For the editor's own files. */
  home: string
  write(path: string, text: string): string
}

export async function inProject(use: (place: Place) => Promise<void> | void): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'costlint editor ')))
  const project = join(folder, 'project')
  const home = join(folder, 'home')
  const write = (path: string, text: string): string => {
    const full = join(folder, path)
    mkdirSync(join(full, '..'), { recursive: true })
    writeFileSync(full, text)
    return full
  }
  try {
    mkdirSync(home)
    write('project/search.py', search)
    write('project/costlint.toml', '')
    await use({ project, home, write })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The `index`th block of this language in a section of docs/editors.md, with the command of this checkout in it. */
export function documented(section: string, language: string, index = 0): string {
  const page = readFileSync(join(root, 'docs', 'editors.md'), 'utf8')
  const from = page.indexOf(`### ${section}\n`)
  if (from < 0) throw new Error(`docs/editors.md has no section ${section}`)
  const end = page.indexOf('\n##', from + 3)
  const fence = '`'.repeat(3)
  const block = page.slice(from, end).split(`${fence}${language}\n`)[index + 1]?.split(fence)[0]
  if (block === undefined) throw new Error(`section ${section} has no ${language} ${index}`)
  return block.replaceAll('/path/to/costlint/dist/cli.js', command)
}

/** What a program says of its version; undefined: it is not here, which is printed. */
export function version(program: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
      '\n',
    )[0]
  } catch {
    console.log(`    ${program} is not installed: not tried`)
    return undefined
  }
}
