import assert from 'node:assert/strict'
import type { TextEdit } from '../../server/src/edit/write.js'
import { applyEdits } from './edits.js'
import { notebookCellTexts, percentToNotebook } from './notebook.js'

const edit = (
  path: string,
  start: number,
  end: number,
  newText: string,
  cell: number | null = null,
): TextEdit => ({
  location: { path, cell, start, end },
  newText,
})

describe('edits of the cases', () => {
  it('are carried out together, in the order of the text', () => {
    const files = new Map([
      ['a.py', 'f(a)\n'],
      ['b.py', 'x\n'],
    ])
    const after = applyEdits(files, [
      edit('a.py', 3, 3, ', b=1'),
      edit('a.py', 0, 1, 'g'),
      edit('b.py', 0, 1, 'y'),
    ])
    assert.equal(after.get('a.py'), 'g(a, b=1)\n')
    assert.equal(after.get('b.py'), 'y\n')
    assert.equal(files.get('a.py'), 'f(a)\n')
  })

  it('reach into cells of a notebook', () => {
    const files = new Map([['n.ipynb', percentToNotebook('# %%\nx = 1\n# %%\nf()\n')]])
    const after = applyEdits(files, [edit('n.ipynb', 2, 2, 'a', 1), edit('n.ipynb', 0, 0, 'import y\n', 0)])
    assert.deepEqual(notebookCellTexts(after.get('n.ipynb')!), ['import y\nx = 1', 'f(a)'])
  })

  it('must not overlap, leave the text or name other files', () => {
    const files = new Map([['a.py', 'abc']])
    assert.throws(() => applyEdits(files, [edit('a.py', 0, 2, ''), edit('a.py', 1, 3, '')]), /overlap/)
    assert.throws(() => applyEdits(files, [edit('a.py', 2, 9, '')]), /outside/)
    assert.throws(() => applyEdits(files, [edit('c.py', 0, 0, '')]), /does not have/)
  })
})
