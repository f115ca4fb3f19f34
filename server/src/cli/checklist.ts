/** `costlint checklist`: the checklist as a Markdown document, with the state of each item. */
import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { isChecklist, newDocument, updatedDocument } from '../checklist/document.js'
import { toPosix } from '../host/node/host.js'
import type { Survey } from '../linter.js'
import { checklistState } from '../report/checklist-state.js'
import { type Console, exit, UsageError } from './console.js'
import type { Engine } from './engine.js'
import { targets } from './roots.js'
import { mergedSurvey, surveyOf } from './survey.js'
import { writeFileWhole } from './write-file.js'

export async function showChecklist(
  engine: Engine,
  console: Console,
  paths: readonly string[],
  file: string | undefined,
): Promise<number> {
  const path = file === undefined ? undefined : resolve(console.cwd, file)
  const before = path === undefined ? undefined : await existing(path, file!)
  const folder = path === undefined ? console.cwd : dirname(path)
  const surveys: Survey[] = []
  for (const target of await targets(paths, console.cwd)) {
    surveys.push(await surveyOf(engine, target, (each) => toPosix(relative(folder, join(target.root, each)))))
  }
  const state = checklistState({ ...mergedSurvey(surveys), today: new Date().toISOString().slice(0, 10) })
  if (path === undefined) {
    console.out(newDocument(state))
    return exit.clean
  }
  const { text, problems } =
    before === undefined ? { text: newDocument(state), problems: [] } : updatedDocument(before, state)
  await writeFileWhole(path, text, file!)
  for (const problem of problems) console.err(`costlint: ${file}: ${problem}; left as it is\n`)
  console.err(`${before === undefined ? 'Wrote' : 'Updated'} ${file}.\n`)
  return exit.clean
}

async function existing(path: string, file: string): Promise<string | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UsageError(`--write ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (text.trim() === '') return undefined
  if (!isChecklist(text)) throw new UsageError(`--write: ${file} exists and holds no checklist of CostLint`)
  return text
}
