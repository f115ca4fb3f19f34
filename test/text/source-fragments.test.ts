import assert from 'node:assert/strict'
import { fragmentOf } from '../../server/src/text/fragment.js'
import type { SourceFile } from '../../server/src/text/source-file.js'
import { locate, offsetInFragment, type SourceFragment } from '../../server/src/text/source-fragment.js'
import { type EditorCell, notebookFromCells, sourceFile } from '../../server/src/text/source-fragments.js'

/** Checks for every offset inside a segment that it maps to the file and back, and that unmasked text is the same. */
function roundTrip(file: SourceFile): void {
  for (const fragment of file.fragments) {
    let previous = 0
    for (const segment of fragment.segments) {
      assert.ok(
        segment.start >= previous && segment.end <= fragment.text.length,
        'segments are in order and inside',
      )
      previous = segment.end
      const part = file.parts.find((one) => one.cell === segment.cell)
      assert.ok(part !== undefined)
      assert.ok(segment.source + segment.end - segment.start <= part.text.length)
      for (let at = segment.start; at < segment.end; at++) {
        const place = locate(file.path, fragment, { start: at, end: at + 1 })
        assert.deepEqual(place, {
          path: file.path,
          cell: segment.cell,
          start: segment.source + at - segment.start,
          end: segment.source + at - segment.start + 1,
        })
        assert.equal(offsetInFragment(fragment, place.cell, place.start), at)
        // Masks replace characters, never line ends.
        const original: string = part.text[place.start]!
        if (original === '\n' || original === '\r') assert.equal(fragment.text[at], original)
      }
    }
  }
}

const code = (text: string, language?: string): EditorCell =>
  language === undefined ? { kind: 'code', text } : { kind: 'code', text, language }
const shown = (fragment: SourceFragment) => [
  fragment.index,
  fragment.language,
  fragment.origin,
  fragment.target,
  fragment.text,
]

describe('text/units: files', () => {
  it('makes one unit of a file', () => {
    const text = 'lr: 1  # 😀\r\n\tx: 2\r\n'
    const file = sourceFile('conf/a.yaml', text)
    assert.deepEqual(file, {
      path: 'conf/a.yaml',
      text,
      notebook: false,
      parts: [{ cell: null, kind: 'file', text }],
      fragments: [
        {
          index: 0,
          language: 'yaml',
          text,
          segments: [{ start: 0, end: text.length, cell: null, source: 0 }],
          origin: 'file',
        },
      ],
      problems: [],
    })
    roundTrip(file)
  })
  it('makes no unit of what it does not read', () => {
    assert.deepEqual(sourceFile('a.txt', 'x').fragments, [])
    assert.equal(sourceFile('submit', '#!/bin/bash\nls\n').fragments[0]!.language, 'shell')
  })
  it('masks a byte-order mark by a blank', () => {
    const file = sourceFile('a.json', '\ufeff{"a": 1}')
    assert.equal(file.fragments[0]!.text, ' {"a": 1}')
    roundTrip(file)
  })
  it('maps commands of percent files to the file', () => {
    const text = '\ufeff# %%\r\nx = "😀"\r\n!torchrun a.py \\\r\n\t--é {lr}\r\n# %%\r\n%%bash\r\nls\r\n'
    const file = sourceFile('a.py', text)
    assert.deepEqual(file.fragments.map(shown), [
      [
        0,
        'python',
        'file',
        undefined,
        ' # %%\r\nx = "😀"\r\n#torchrun a.py \\\r\n\t#-é {lr}\r\n# %%\r\n#%bash\r\n#s\r\n',
      ],
      [1, 'shell', 'magic', undefined, 'torchrun a.py \\\r\n\t--é $lr_\r\n'],
      [2, 'shell', 'magic', undefined, 'ls\r\n'],
    ])
    roundTrip(file)
    const start = file.fragments[1]!.text.indexOf('$lr_')
    const place = locate('a.py', file.fragments[1]!, { start, end: start + 4 })
    assert.equal(text.slice(place.start, place.end), '{lr}')
  })
  it('does not go through objects that never end again and again', () => {
    const text = `jobs = [\n${'{"apiVersion": "v1", "kind": make("a"), "name": "b" + c,\n'.repeat(8_000)}`
    assert.equal(sourceFile('jobs.py', text).fragments.length, 1)
  }).timeout(10_000)

  it('reads a bounded number of commands from one file', () => {
    const file = sourceFile('a.py', `# %%\n${'!a\n'.repeat(150_000)}`)
    assert.equal(file.fragments.length, 1_000)
    assert.deepEqual(file.problems, ['holds 150000 texts in other languages; only the first 999 are read'])
    assert.deepEqual(sourceFile('b.py', `# %%\n${'!a\n'.repeat(999)}`).problems, [])
  })
})

describe('text/units: notebooks', () => {
  const cells = [
    code('import torch  # 😀\nx = 1'),
    { kind: 'markdown' as const, text: '# Title' },
    code(''),
    code('%%bash\ntorchrun "é" train.py\n'),
    code('library(x)', 'r'),
    code('!pip install {a}\r\n\ty = (1,'),
    code('%%writefile conf/ds.json\n{"a": 1}'),
    code('z = 3', 'python'),
  ]

  it('joins the Python cells and takes other languages out', () => {
    const file = notebookFromCells('a.ipynb', cells)
    assert.equal(file.notebook, true)
    assert.equal(file.text, '')
    assert.deepEqual(
      file.parts.map((part) => [part.cell, part.kind]),
      cells.map((cell, at) => [at, cell.kind]),
    )
    assert.deepEqual(file.fragments.map(shown), [
      [
        0,
        'python',
        'notebook',
        undefined,
        'import torch  # 😀\nx = 1\n\n#%bash\n#orchrun "é" train.py\n\n#pip install {a}\r\n\ty = (1,\n#%writefile conf/ds.json\n#"a": 1}\nz = 3',
      ],
      [1, 'shell', 'magic', undefined, 'torchrun "é" train.py\n'],
      [2, 'shell', 'magic', undefined, 'pip install $a_\r\n'],
      [3, 'json', 'writefile', 'conf/ds.json', '{"a": 1}'],
    ])
    roundTrip(file)
    assert.deepEqual(
      file.fragments[0]!.segments.map((one) => one.cell),
      [0, 2, 3, 5, 6, 7],
    )
  })
  it('cuts a range over two cells at the end of the first', () => {
    const file = notebookFromCells('a.ipynb', [code('ab'), code('cd')])
    assert.deepEqual(locate('a.ipynb', file.fragments[0]!, { start: 1, end: 4 }), {
      path: 'a.ipynb',
      cell: 0,
      start: 1,
      end: 2,
    })
    assert.deepEqual(locate('a.ipynb', file.fragments[0]!, { start: 2, end: 4 }), {
      path: 'a.ipynb',
      cell: 1,
      start: 0,
      end: 1,
    })
  })
  it("says the same of the editor's cells and of the JSON", () => {
    const json = JSON.stringify({
      cells: cells.map((cell) => ({
        cell_type: cell.kind,
        metadata: 'language' in cell && cell.language ? { vscode: { languageId: cell.language } } : {},
        source: cell.text.split(/(?<=\n)/),
      })),
      metadata: { kernelspec: { language: 'python' } },
      nbformat: 4,
    })
    const file = sourceFile('a.ipynb', json)
    const open = notebookFromCells('a.ipynb', cells)
    assert.deepEqual(file.fragments, open.fragments)
    assert.deepEqual(file.parts, open.parts)
    assert.equal(file.text, json)
  })
  it('gives an empty unit when there are no Python cells', () => {
    const file = notebookFromCells('a.ipynb', [{ kind: 'markdown', text: 'x' }])
    assert.deepEqual(file.fragments.map(shown), [[0, 'python', 'notebook', undefined, '']])
    assert.deepEqual(file.fragments[0]!.segments, [])
  })
})

describe('text/fragment', () => {
  const text = 'jobs:\n  run: |\n    bash <<EOF\n    tørchrun "a\\tb" 😀\n    EOF\n'
  const parent = sourceFile('ci.yml', text).fragments[0]!
  const line = (needle: string) => ({
    start: text.lastIndexOf(needle),
    end: text.lastIndexOf(needle) + needle.length,
  })
  const piece = (needle: string) => ({ text: needle, ...line(needle) })

  it('maps pieces to the file, through two levels', () => {
    const block = fragmentOf(
      parent,
      1,
      'shell',
      [piece('bash <<EOF\n'), piece('tørchrun "a\\tb" 😀\n'), piece('EOF\n')],
      'block',
    )
    assert.equal(block.text, 'bash <<EOF\ntørchrun "a\\tb" 😀\nEOF\n')
    const inside = block.text.indexOf('tørchrun')
    const end = block.text.indexOf('EOF\n', inside)
    const heredoc = fragmentOf(
      block,
      2,
      'python',
      [{ text: block.text.slice(inside, end), start: inside, end }],
      'heredoc',
      'x.py',
    )
    assert.equal(heredoc.target, 'x.py')
    assert.equal(heredoc.text, 'tørchrun "a\\tb" 😀\n')
    const file = { ...sourceFile('ci.yml', text), fragments: [parent, block, heredoc] }
    roundTrip(file)
    const place = locate('ci.yml', heredoc, { start: 0, end: 8 })
    assert.equal(text.slice(place.start, place.end), 'tørchrun')
  })
  it('gives decoded and added text the nearest edge', () => {
    const at = line('"a\\tb"')
    const pieces = [
      { text: 'a', start: at.start + 1, end: at.start + 2 },
      { text: '\t', start: at.start + 2, end: at.start + 4 },
      { text: 'b', start: at.start + 4, end: at.start + 5 },
      { text: '\n', start: at.start + 5, end: at.start + 5 },
    ]
    const fragment = fragmentOf(parent, 1, 'shell', pieces, 'block')
    assert.equal(fragment.text, 'a\tb\n')
    assert.deepEqual(fragment.segments, [
      { start: 0, end: 1, cell: null, source: at.start + 1 },
      { start: 2, end: 3, cell: null, source: at.start + 4 },
    ])
    const whole = locate('ci.yml', fragment, { start: 0, end: 3 })
    assert.equal(text.slice(whole.start, whole.end), 'a\\tb')
    assert.equal(offsetInFragment(fragment, null, at.start + 4), 2)
    assert.equal(offsetInFragment(fragment, null, at.start + 20), undefined)
  })
  it('cuts a piece where its parent has gaps', () => {
    const open = notebookFromCells('a.ipynb', [code('ab'), code('cd')])
    const fragment = fragmentOf(open.fragments[0]!, 1, 'shell', [{ text: 'b\nc', start: 1, end: 4 }], 'block')
    assert.deepEqual(fragment.segments, [
      { start: 0, end: 1, cell: 0, source: 1 },
      { start: 2, end: 3, cell: 1, source: 0 },
    ])
    roundTrip({ ...open, fragments: [fragment] })
  })
})

describe('text/units: random notebooks', () => {
  it('maps every offset to its cell and back', () => {
    const lines = [
      'x = 1',
      '😀 = "é"',
      '!run {x} \\',
      '\tif a: b',
      '%time f(x)',
      'y = !ls',
      'z?',
      '"""',
      '(',
      ')',
      '%%bash',
      '# %%',
      '',
      '%%writefile a.sh',
      '\u2028',
      '# MAGIC %sh',
      '# MAGIC ls',
    ]
    const ends = ['\n', '\r\n', '\n\n', '\r']
    let seed = 11
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    for (let round = 0; round < 200; round++) {
      const cells = Array.from({ length: 1 + random(4) }, () =>
        code(
          Array.from(
            { length: random(7) },
            () => lines[random(lines.length)]! + ends[random(ends.length)]!,
          ).join(''),
        ),
      )
      roundTrip(notebookFromCells('a.ipynb', cells))
      roundTrip(sourceFile('a.py', `# %%\n${cells.map((cell) => cell.text).join('# %%\n')}`))
    }
  })
})
