import { strict as assert } from 'node:assert'
import { applyEdits, type EditableFile, editsFor } from '../../server/src/edit/apply.js'
import { isRefusal } from '../../server/src/edit/fragment-edit.js'
import type { Change, Import, Write } from '../../server/src/edit/write.js'
import type { SourceFile } from '../../server/src/text/source-file.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'
import { nodesOf, parsePython } from './python-parser.js'

function editable(source: SourceFile): EditableFile {
  return {
    source,
    trees: source.fragments.map((fragment) =>
      fragment.language === 'python' ? { python: parsePython(fragment.text) } : {},
    ),
  }
}

const change = (writes: Write[], imports: Import[] = []): Change => ({
  title: 't',
  safety: 'safe',
  writes,
  imports,
})

/** The node of fragment `fragment` of this type that starts so. */
function node(source: SourceFile, type: string, starting: string, fragment = 0) {
  const { text } = source.fragments[fragment]!
  const hit = nodesOf(parsePython(text)).find(
    (one) => one.type === type && text.startsWith(starting, one.start),
  )
  assert.ok(hit, `no ${type} that starts with ${starting}`)
  return { fragment, start: hit.start, end: hit.end }
}

function fixed(sources: SourceFile[], wanted: Change): (string | undefined)[] {
  const edits = editsFor(wanted, (path) => {
    const source = sources.find((one) => one.path === path)
    return source && editable(source)
  })
  if (isRefusal(edits)) throw new Error(edits.reason)
  return sources.map((source) =>
    applyEdits(
      source,
      edits.filter((edit) => edit.location.path === source.path),
    ),
  )
}

function refusal(source: SourceFile, wanted: Change): string {
  const edits = editsFor(wanted, () => editable(source))
  assert.ok(isRefusal(edits), 'not refused')
  return edits.reason
}

const notebook = (...cells: string[]) => {
  const list = cells.map((text) => ({
    cell_type: 'code',
    metadata: {},
    outputs: [],
    source: text.split(/(?<=\n)/),
  }))
  const json = JSON.stringify({ cells: list, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1)
  return sourceFile('a.ipynb', `${json}\n`)
}

const cellsOf = (text: string | undefined) =>
  (JSON.parse(text!) as { cells: { source: string[] }[] }).cells.map((cell) => cell.source.join(''))

describe('edit/apply', () => {
  it('carries out writes to several files, units and imports at once', () => {
    const python = sourceFile('a.py', 'import os\n\nx = f(1)\n')
    const yaml = sourceFile('b/c.yaml', 'a: 1\n')
    const call = node(python, 'call', 'f(')
    const wanted = change(
      [
        { path: 'a.py', kind: 'set keyword', call, name: 'k', value: 'Q()' },
        { path: 'b/c.yaml', kind: 'set key', fragment: 0, document: 0, keys: ['b'], value: 2 },
        { path: 'a.py', kind: 'set keyword', call, name: 'k', value: 'Q()' },
      ],
      [{ path: 'a.py', fragment: 0, module: 'q', name: 'Q' }],
    )
    assert.deepEqual(fixed([python, yaml], wanted), [
      'import os\nfrom q import Q\n\nx = f(1, k=Q())\n',
      'a: 1\nb: 2\n',
    ])
  })

  it('gives whole import lines, so that two fixes with the same import can share it', () => {
    const python = sourceFile('a.py', 'import os\nx = f(1)\n')
    const edits = editsFor(change([], [{ path: 'a.py', fragment: 0, module: 'q', name: null }]), () =>
      editable(python),
    )
    assert.deepEqual(edits, [
      { location: { path: 'a.py', cell: null, start: 10, end: 10 }, newText: 'import q\n' },
    ])
  })

  it('takes imports out that nothing uses any more', () => {
    const python = sourceFile('a.py', 'import os\nfrom q import P, Q\n\nP()\n\n# Q\nQ()\n\nx = 1\n')
    const calls = ['P()', 'Q()'].map((starting) => node(python, 'expr', starting))
    const removed = (...statements: (typeof calls)[number][]) =>
      fixed(
        [python],
        change(statements.map((statement) => ({ path: 'a.py', kind: 'remove statement', statement }))),
      )[0]
    assert.equal(removed(calls[0]!), 'import os\nfrom q import Q\n\n# Q\nQ()\n\nx = 1\n')
    assert.equal(removed(...calls), 'import os\n\nx = 1\n')
  })

  it('edits the cells of a notebook', () => {
    const source = notebook(
      '%pip install x\nimport torch',
      'for a in b:\n    !ls {a}\n    loss = f(a)',
      '# end',
    )
    const [text] = fixed(
      [source],
      change(
        [
          {
            path: 'a.ipynb',
            kind: 'wrap block',
            first: node(source, 'for', 'for'),
            last: node(source, 'for', 'for'),
            header: 'with torch.amp.q():',
          },
        ],
        [{ path: 'a.ipynb', fragment: 0, module: 'torch.amp', name: null }],
      ),
    )
    assert.deepEqual(cellsOf(text), [
      '%pip install x\nimport torch\nimport torch.amp',
      'with torch.amp.q():\n    for a in b:\n        !ls {a}\n        loss = f(a)',
      '# end',
    ])
    assert.equal(text!.replace(/"source": \[[^\]]*\]/g, ''), source.text.replace(/"source": \[[^\]]*\]/g, ''))
  })

  it('refuses to reach over cells', () => {
    const source = notebook('a = 1', 'b = 2')
    const wanted = change([
      {
        path: 'a.ipynb',
        kind: 'wrap block',
        first: node(source, 'assign', 'a'),
        last: node(source, 'assign', 'b'),
        header: 'with x:',
      },
    ])
    assert.match(refusal(source, wanted), /cell boundary/)
  })

  it('refuses to touch what is masked', () => {
    const source = notebook('x = f(1)\n!ls\ny = 2')
    const start = source.fragments[0]!.text.indexOf('\n') + 1
    const wanted = change([
      { path: 'a.ipynb', kind: 'replace', range: { fragment: 0, start, end: start + 3 }, text: 'z' },
    ])
    assert.match(refusal(source, wanted), /not Python/)
  })

  it('edits text of another language in a notebook', () => {
    const source = notebook('%%writefile train.py\nx = f(1)\n', '%%bash\ntorchrun --nproc_per_node=1 a.py\n')
    const python = source.fragments.findIndex((fragment) => fragment.origin === 'writefile')
    const shell = source.fragments.findIndex((fragment) => fragment.language === 'shell')
    const at = source.fragments[shell]!.text.indexOf('1 a.py')
    const [text] = fixed(
      [source],
      change([
        {
          path: 'a.ipynb',
          kind: 'set keyword',
          call: node(source, 'call', 'f(', python),
          name: 'k',
          value: '2',
        },
        { path: 'a.ipynb', kind: 'replace text', fragment: shell, start: at, end: at + 1, text: '4' },
      ]),
    )
    assert.deepEqual(cellsOf(text), [
      '%%writefile train.py\nx = f(1, k=2)\n',
      '%%bash\ntorchrun --nproc_per_node=4 a.py\n',
    ])
  })

  it('indents new lines of a script that stands in a YAML block', () => {
    const text = 'run: |\n  #SBATCH -N 1\n  srun x\nb: 1\n'
    const source = sourceFile('a.yaml', text)
    const script = '#SBATCH -N 1\nsrun x\n'
    const first = text.indexOf('#SBATCH')
    const second = text.indexOf('srun')
    source.fragments.push({
      index: 1,
      language: 'shell',
      text: script,
      origin: 'block',
      segments: [
        { start: 0, end: 13, cell: null, source: first },
        { start: 13, end: 20, cell: null, source: second },
      ],
    })
    const wanted = change([
      {
        path: 'a.yaml',
        kind: 'set directive',
        fragment: 1,
        scheduler: 'SBATCH',
        name: 'time',
        value: '1:00',
      },
    ])
    assert.deepEqual(fixed([source], wanted), [
      'run: |\n  #SBATCH -N 1\n  #SBATCH --time=1:00\n  srun x\nb: 1\n',
    ])
  })

  it('refuses what has gone or does not fit the file', () => {
    const python = sourceFile('a.py', 'x = f(1)\n')
    const call = { fragment: 0, start: 0, end: 3 }
    assert.match(
      refusal(python, change([{ path: 'a.py', kind: 'set keyword', call, name: 'k', value: '1' }])),
      /no longer there/,
    )
    assert.match(
      refusal(
        python,
        change([{ path: 'a.py', kind: 'set key', fragment: 0, document: 0, keys: ['a'], value: 1 }]),
      ),
      /not one of Python/,
    )
    assert.match(
      refusal(
        sourceFile('a.yaml', 'a: 1\n'),
        change([], [{ path: 'a.yaml', fragment: 0, module: 'q', name: null }]),
      ),
      /not Python/,
    )
    const two = change([
      { path: 'a.py', kind: 'replace', range: { fragment: 0, start: 0, end: 3 }, text: 'a' },
      { path: 'a.py', kind: 'replace', range: { fragment: 0, start: 2, end: 5 }, text: 'b' },
    ])
    assert.match(refusal(python, two), /same text/)
  })
})
