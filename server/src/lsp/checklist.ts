/** The checklist of a workspace folder, as a document at its root. */
import { isChecklist, newDocument, updatedDocument } from '../checklist/document.js'
import { checklistState } from '../report/checklist-state.js'
import type { Session } from './session.js'

export interface ChecklistParams {
  /** URI; absent: the first folder. */
  folder?: string
  /** The document that is brought up to date. */
  before?: string
}

export interface ChecklistAnswer {
  markdown: string
  /** What of the document could not be brought up to date, a clause each. */
  problems: string[]
}

/** Null: there is no such folder, it cannot be read, or `before` is another document. */
export async function checklistOf(
  sessions: readonly Session[],
  { folder, before }: ChecklistParams,
): Promise<ChecklistAnswer | null> {
  const session = sessions.find((one) => folder === undefined || one.folder === folder)
  const survey = await session?.survey()
  if (survey === undefined) return null
  const today = new Date().toISOString().slice(0, 10)
  const state = checklistState({ ...survey, today })
  if (before === undefined || before.trim() === '') return { markdown: newDocument(state), problems: [] }
  if (!isChecklist(before)) return null
  const { text, problems } = updatedDocument(before, state)
  return { markdown: text, problems }
}
