import assert from 'node:assert/strict'
import { notebookCells, writeNotebook } from '../../server/src/text/notebook.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'

const notebook = `{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": "# Title\\nwith \\"quotes\\" and é"
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "id": "a1",
   "metadata": {"tags": ["x"]},
   "outputs": [{"data": {"text/plain": ["1"]}}],
   "source": [
    "import torch\\n",
    "path = \\"a\\/b\\"\\n",
    "model.fit(x)"
   ]
  },
  {
   "source": [],
   "cell_type": "code",
   "metadata": {}, "outputs": []
  }
 ],
 "metadata": {"kernelspec": {"language": "python"}},
 "nbformat": 4,
 "nbformat_minor": 5
}
`

describe('text/notebook: reading', () => {
  it('reads cells with their place in the JSON', () => {
    const { cells, problems } = notebookCells(notebook)
    assert.deepEqual(problems, [])
    assert.deepEqual(
      cells.map((cell) => [cell.kind, cell.language, cell.text]),
      [
        ['markdown', 'python', '# Title\nwith "quotes" and é'],
        ['code', 'python', 'import torch\npath = "a/b"\nmodel.fit(x)'],
        ['code', 'python', ''],
      ],
    )
    const places = cells.map((cell) => notebook.slice(cell.source!.start, cell.source!.end))
    assert.equal(places[0], String.raw`"# Title\nwith \"quotes\" and é"`)
    assert.match(places[1]!, /^\[\n {4}"import torch\\n",[\s\S]*\]$/)
    assert.equal(places[2], '[]')
  })
  it('knows cells in other languages', () => {
    const json = (metadata: object, cell: object = {}) =>
      JSON.stringify({ cells: [{ cell_type: 'code', source: 'x', metadata: cell }], metadata, nbformat: 4 })
    assert.equal(notebookCells(json({ kernelspec: { language: 'R' } })).cells[0]!.language, 'r')
    assert.equal(notebookCells(json({ language_info: { name: 'julia' } })).cells[0]!.language, 'julia')
    assert.equal(notebookCells(json({}, { vscode: { languageId: 'sql' } })).cells[0]!.language, 'sql')
    assert.equal(notebookCells(json({})).cells[0]!.language, 'python')
    assert.equal(sourceFile('a.ipynb', json({ kernelspec: { language: 'R' } })).fragments[0]!.text, '')
  })
  it('says what is wrong and reads nothing then', () => {
    const cut = notebookCells(notebook.slice(0, notebook.indexOf('"model.fit')))
    assert.match(cut.problems[0]!, /^broken notebook JSON at line 17: /)
    assert.deepEqual(cut.cells, [])
    assert.deepEqual(notebookCells('[]').problems, ['not a notebook: the JSON is no object'])
    assert.deepEqual(notebookCells('{}').problems, ['not a notebook: no list of cells'])
    assert.match(notebookCells('{"worksheets": []}').problems[0]!, /format 3/)
    assert.deepEqual(notebookCells('').cells, [])
    assert.equal(notebookCells('').problems.length, 1)
    for (const half of ['{', '{"metadata": {', '{"cells', '['])
      assert.equal(notebookCells(half).problems.length, 1, half)
    const odd = notebookCells(
      '{"cells": [1, null, {"cell_type": 5, "source": [1, "a", {}]}, {"cell_type": "code"}]}',
    )
    assert.deepEqual(
      odd.cells.map((cell) => [cell.kind, cell.text]),
      [
        ['markdown', ''],
        ['markdown', ''],
        ['markdown', 'a'],
        ['code', ''],
      ],
    )
  })
  it('reads what the notebook says about itself, but no data', () => {
    const metadata = { accelerator: 'GPU', colab: { gpuType: 'T4' }, widgets: { state: 'x'.repeat(3_000) } }
    const json = JSON.stringify({ cells: [], metadata })
    assert.deepEqual(notebookCells(json).metadata, { accelerator: 'GPU', colab: { gpuType: 'T4' } })
  })

  it('knows Windows by the paths in outputs and code, and no formula for one', () => {
    const platform = (source: string, output: string) =>
      notebookCells(
        JSON.stringify({
          cells: [{ cell_type: 'code', source, outputs: [{ output_type: 'stream', text: [output] }] }],
          metadata: {},
        }),
      ).metadata.platform
    assert.equal(platform('x', 'C:\\Users\\ann\\lib\\auto.py:21: a warning'), 'windows')
    assert.equal(platform("root = r'D:\\photos\\train'", ''), 'windows')
    assert.equal(platform('x', '/home/ann/lib/auto.py:21: a warning'), undefined)
    assert.equal(platform('# $F:\\mathbb{R}\\to\\mathbb{R}$', 'A:\n'), undefined)
  })
  it('leaves out the runtime that another machine than the last one had', () => {
    const own = { accelerator: 'GPU', colab: { gpuType: 'T4' }, kernelspec: { name: 'python3' } }
    const told = (...lines: string[]) => {
      const outputs = lines.map((line) => ({ output_type: 'stream', text: [line] }))
      return notebookCells(
        JSON.stringify({ cells: [{ cell_type: 'code', source: 'x', outputs }], metadata: own }),
      ).metadata
    }
    const left = { kernelspec: { name: 'python3' } }
    assert.deepEqual(told('File \u001b[0;32m~/reader/networks/net.py:246\u001b[0m'), left)
    assert.deepEqual(told('/home/anna/reader/net.py:3: UserWarning'), left)
    assert.deepEqual(told('C:\\Users\\Anna\\net.py:3: UserWarning'), { ...left, platform: 'windows' })
    assert.deepEqual(told('x'.repeat(90_000), '/Users/anna/net.py:3: UserWarning'), left)
    assert.deepEqual(told('/usr/local/lib/python3.10/dist-packages/torch/x.py:3: UserWarning'), own)
    assert.deepEqual(told('/home/anna/net.py', '/content/drive/MyDrive/net.py'), own)
    assert.deepEqual(told('NVIDIA GeForce RTX 5060 Laptop GPU'), left)
    assert.deepEqual(told('epoch 1'), own)
  })
  it('survives deep and large JSON', () => {
    const deep = notebookCells(`{"cells": ${'['.repeat(100_000)}`)
    assert.equal(deep.problems.length > 0, true)
    const outputs = JSON.stringify({
      cells: [{ cell_type: 'code', source: 'x = 1', outputs: ['A'.repeat(5_000_000)] }],
    })
    assert.equal(notebookCells(outputs).cells[0]!.text, 'x = 1')
  })
  it('reads a notebook with a byte-order mark', () => {
    const { cells, problems } = notebookCells(`\ufeff${notebook}`)
    assert.deepEqual([cells.length, problems], [3, []])
  })
})

describe('text/notebook: writing', () => {
  const write = (sources: [number, string][], text = notebook) => {
    const written = writeNotebook(text, new Map(sources))
    assert.ok(written !== undefined)
    const cells = notebookCells(written).cells
    for (const [index, source] of sources) assert.equal(cells[index]!.text, source)
    return written
  }

  it('changes nothing when the sources are the same', () => {
    assert.equal(
      write([
        [0, '# Title\nwith "quotes" and é'],
        [1, 'import torch\npath = "a/b"\nmodel.fit(x)'],
        [2, ''],
      ]),
      notebook,
    )
  })
  it('keeps the spelling of lines that did not change', () => {
    assert.equal(
      write([[1, 'import torch\npath = "a/b"\nmodel.fit(x, bf16=True)']]),
      notebook.replace('model.fit(x)', 'model.fit(x, bf16=True)'),
    )
    assert.equal(
      write([[1, 'import torch\nimport é😀\npath = "a/b"\nmodel.fit(x)']]),
      notebook.replace('"import torch\\n",', '"import torch\\n",\n    "import é😀\\n",'),
    )
    assert.equal(
      write([[1, 'import torch\nmodel.fit(x)']]),
      notebook.replace('    "path = \\"a\\/b\\"\\n",\n', ''),
    )
    assert.equal(
      write([[1, 'import torch\npath = "a/b"\nmodel.fit(x)\n']]),
      notebook.replace('"model.fit(x)"', '"model.fit(x)\\n"'),
    )
  })
  it('keeps strings as strings', () => {
    assert.equal(
      write([[0, '# Other\n']]),
      notebook.replace(String.raw`"# Title\nwith \"quotes\" and é"`, String.raw`"# Other\n"`),
    )
  })
  it('lays out an empty list as its neighbours are', () => {
    assert.equal(
      write([[2, 'x = 1\ny = 2']]),
      notebook.replace('[],\n   "cell', '[\n    "x = 1\\n",\n    "y = 2"\n   ],\n   "cell'),
    )
    const emptied = write([[1, '']])
    assert.equal(emptied, notebook.replace(/\[\n {4}"import[\s\S]*?\]/, '[]'))
    assert.equal(
      write([[1, 'import torch\npath = "a/b"\nmodel.fit(x)']], emptied).replace('a/b', 'a\\/b'),
      notebook,
    )
  })
  it('keeps line endings, tabs and compact JSON', () => {
    const windows = notebook.replaceAll('\n', '\r\n').replaceAll(' "', '\t"')
    assert.equal(write([[1, 'import torch\npath = "a/b"\ny']], windows), windows.replace('model.fit(x)', 'y'))
    const compact = JSON.stringify(JSON.parse(notebook))
    assert.equal(
      write([[1, 'import torch\nz\npath = "a/b"\nmodel.fit(x)']], compact),
      compact.replace('"import torch\\n",', '"import torch\\n","z\\n",'),
    )
    assert.equal(write([[2, 'a\nb']], compact), compact.replace('"source":[],', '"source":["a\\n", "b"],'))
  })
  it('escapes beyond ASCII where the file does', () => {
    const ascii = notebook.replaceAll('é', '\\u00e9')
    assert.equal(
      write([[1, 'import torch\npath = "a/b"\n"ü😀"']], ascii),
      ascii.replace('model.fit(x)', '\\"\\u00fc\\ud83d\\ude00\\"'),
    )
    const upper = notebook.replaceAll('é', '\\u00E9')
    assert.equal(write([[1, '"ü"']], upper).includes('"\\"\\u00FC\\""'), true)
  })
  it('does not write into broken JSON', () => {
    for (const broken of [notebook.slice(0, -3), notebook.replace('"cells": [', '"cells": [,')])
      assert.equal(writeNotebook(broken, new Map([[1, 'x = 1\n']])), undefined)
  })
  it('changes several cells at once and refuses cells that are not there', () => {
    assert.equal(
      write([
        [1, 'import torch\npath = "a/b"\nf()'],
        [0, 'x'],
      ]),
      notebook.replace('model.fit(x)', 'f()').replace(String.raw`"# Title\nwith \"quotes\" and é"`, '"x"'),
    )
    assert.equal(writeNotebook(notebook, new Map([[7, 'x']])), undefined)
    assert.equal(writeNotebook('{', new Map([[0, 'x']])), undefined)
  })
  it('writes any text so that it reads back', () => {
    const lines = ['a\n', 'b\n', '\n', 'a', '😀"\\\n', '\t\r\n', '\u2028\n', '']
    let seed = 5
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    let text = notebook
    const others = notebookCells(text).cells[0]!.text
    for (let round = 0; round < 300; round++) {
      const source = Array.from({ length: random(6) }, () => lines[random(lines.length)]).join('')
      text = write([[1 + random(2), source]], text)
      assert.equal(notebookCells(text).cells[0]!.text, others)
      assert.deepEqual(notebookCells(text).problems, [])
    }
  })
})
