/** Text edits of a fix carried out on a case's files. Written apart from the command line's, as a check on it. */
import assert from 'node:assert/strict'
import type { TextEdit } from '../../server/src/edit/write.js'

/** Files by path; a notebook as its JSON. */
export type Files = Map<string, string>

function splice(text: string, edits: TextEdit[], where: string): string {
  const ordered = edits
    .map((edit, index) => ({ edit, index }))
    .sort((a, b) => a.edit.location.start - b.edit.location.start || a.index - b.index)
  let done = ''
  let at = 0
  for (const { edit } of ordered) {
    const { start, end } = edit.location
    assert.ok(start >= at, `${where}: two edits of one fix overlap`)
    assert.ok(start <= end && end <= text.length, `${where}: an edit outside of the text`)
    done += text.slice(at, start) + edit.newText
    at = end
  }
  return done + text.slice(at)
}

/** The files after the edits; the given map stays as it is. */
export function applyEdits(files: Files, edits: TextEdit[]): Files {
  const after = new Map(files)
  for (const path of new Set(edits.map((edit) => edit.location.path))) {
    const before = files.get(path)
    assert.ok(before !== undefined, `a fix edits ${path}, which the case does not have`)
    const own = edits.filter((edit) => edit.location.path === path)
    if (own.every((edit) => edit.location.cell === null)) {
      after.set(path, splice(before, own, path))
      continue
    }
    const notebook = JSON.parse(before) as { cells: { source: string | string[] }[] }
    for (const cell of new Set(own.map((edit) => edit.location.cell))) {
      assert.ok(cell !== null && notebook.cells[cell], `${path}: an edit of cell ${cell}`)
      const source = notebook.cells[cell].source
      const text = splice(
        Array.isArray(source) ? source.join('') : source,
        own.filter((edit) => edit.location.cell === cell),
        `${path} cell ${cell}`,
      )
      notebook.cells[cell].source = text === '' ? [] : text.split(/(?<=\n)/)
    }
    after.set(path, `${JSON.stringify(notebook, null, 1)}\n`)
  }
  return after
}
