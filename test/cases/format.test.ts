import assert from 'node:assert/strict'
import { messageMatches, parsePage } from './format.js'
import { notebookCellTexts, notebookToPercent, percentCells, percentToNotebook } from './notebook.js'

const page = (...lines: string[]) => parsePage(lines.join('\n'))

describe('pages of cases', () => {
  it('reads files, marks and fixed texts of a case', () => {
    const read = page(
      '# search/grid-search',
      '',
      '## Scikit-learn',
      '(fix safety: unsafe)',
      '(fix title: Search with successive halving)',
      '```python src/tune.py',
      'search = GridSearchCV(model, grid, cv=5)',
      '#        ^^^^^^^^^^^^ warning: Grid of 4…',
      '#                     ^ hint[data/other]: Something',
      'search.fit(X, y)',
      '```',
      '```text requirements.txt',
      'scikit-learn==1.5',
      '```',
      '```python src/tune.py (fixed)',
      'search = Halving(model, grid, cv=5)',
      'search.fit(X, y)',
      '```',
      '```python src/tune.py (fix 2)',
      'pass',
      '```',
    )
    assert.deepEqual(read.problems, [])
    assert.equal(read.rule, 'search/grid-search')
    const [only, ...others] = read.cases
    assert.equal(others.length, 0)
    assert.equal(only!.title, 'Scikit-learn')
    assert.equal(only!.fixSafety, 'unsafe')
    assert.equal(only!.fixTitle, 'Search with successive halving')
    assert.deepEqual(only!.files, [
      {
        name: 'src/tune.py',
        language: 'python',
        text: 'search = GridSearchCV(model, grid, cv=5)\nsearch.fit(X, y)\n',
      },
      { name: 'requirements.txt', language: 'text', text: 'scikit-learn==1.5\n' },
    ])
    assert.deepEqual(only!.marks, [
      {
        rule: 'search/grid-search',
        severity: 'warning',
        message: 'Grid of 4…',
        file: 'src/tune.py',
        line: 0,
        column: 9,
        endColumn: 21,
        pageLine: 8,
      },
      {
        rule: 'data/other',
        severity: 'hint',
        message: 'Something',
        file: 'src/tune.py',
        line: 0,
        column: 22,
        endColumn: null,
        pageLine: 9,
      },
    ])
    assert.equal(
      only!.fixed.get(1)!.get('src/tune.py'),
      'search = Halving(model, grid, cv=5)\nsearch.fit(X, y)\n',
    )
    assert.equal(only!.fixed.get(2)!.get('src/tune.py'), 'pass\n')
  })

  it('points at column 0 with an arrow, and at JSON with slashes', () => {
    const read = page(
      '# a/b',
      '## one',
      '```shell train.slurm',
      '#SBATCH --gres=gpu:4',
      '# <------- error: x',
      'srun python train.py',
      '```',
      '```json ds.json',
      '{ "fp16": false }',
      '//        ^^^^^ warning: y',
      '```',
    )
    assert.deepEqual(
      read.cases[0]!.marks.map((mark) => [mark.file, mark.line, mark.column, mark.endColumn, mark.severity]),
      [
        ['train.slurm', 0, 0, 7, 'error'],
        ['ds.json', 0, 10, 15, 'warning'],
      ],
    )
    assert.equal(read.cases[0]!.files[0]!.text, '#SBATCH --gres=gpu:4\nsrun python train.py\n')
  })

  it('names a case by its headings and ignores blocks without a file', () => {
    const read = page(
      '# a/b',
      'prose',
      '```python',
      'not run',
      '```',
      '## Guards',
      '### Small data',
      '(not fixed: because …)',
      '````python a.py',
      '```',
      'x = 1',
      '````',
      '### Empty',
      '```yaml',
      'a: 1',
      '```',
    )
    assert.deepEqual(
      read.cases.map((one) => one.title),
      ['Guards › Small data'],
    )
    assert.equal(read.cases[0]!.files[0]!.text, '```\nx = 1\n')
    assert.equal(read.cases[0]!.notFixed, 'because …')
    assert.deepEqual(
      read.sections.map((section) => section.title),
      ['a/b', 'Guards', 'Small data', 'Empty'],
    )
  })

  it('does not take ordinary comments for marks', () => {
    const read = page('# a/b', '## one', '```python a.py', 'x = 1', '# ^ see above', '# error: none', '```')
    assert.equal(read.cases[0]!.marks.length, 0)
    assert.equal(read.cases[0]!.files[0]!.text, 'x = 1\n# ^ see above\n# error: none\n')
  })

  for (const [what, lines, problem] of [
    ['a mark without code', ['```python a.py', '#  ^^ warning: x', '```'], /needs a line of code/],
    ['a mark behind the line', ['```python a.py', 'x', '#  ^^ warning: x', '```'], /behind the end/],
    ['two files of one name', ['```python a.py', '```', '```python a.py', '```'], /second file a\.py/],
    ['a fixed text of no file', ['```python a.py', '```', '```python b.py (fixed)', '```'], /does not have/],
    ['an open block', ['```python a.py', 'x = 1'], /never closed/],
    ['a bad suffix', ['```python a.py (fixd)', 'x = 1', '```'], /cannot read the block name/],
  ] as const) {
    it(`reports ${what}`, () => {
      const read = page('# a/b', '## one', ...lines)
      assert.equal(read.problems.length, 1, read.problems.join('\n'))
      assert.match(read.problems[0]!, problem)
    })
  }

  it('reports two cases of one name', () => {
    const read = page('# a/b', '## one', '```python a.py', '```', '## one', '```python a.py', '```')
    assert.match(read.problems.join('\n'), /two cases/)
  })
})

describe('messages with …', () => {
  it('are compared in order, from end to end', () => {
    assert.ok(messageMatches('Grid of 4', 'Grid of 4'))
    assert.ok(!messageMatches('Grid of 4', 'Grid of 40'))
    assert.ok(messageMatches('Grid of 4…', 'Grid of 40 fits'))
    assert.ok(messageMatches('Grid … 300 fits…', 'Grid of 60 × 5 = 300 fits, 59 would do'))
    assert.ok(messageMatches('…300 fits', 'so many: 300 fits'))
    assert.ok(!messageMatches('…300 fits', '300 fits and more'))
    assert.ok(!messageMatches('ab…bc', 'abc'))
    assert.ok(!messageMatches('a…x…z', 'a z'))
  })
})

describe('notebooks of cases', () => {
  const percent = '# %% [markdown]\n# Title\n# %%\n!pip install x\nimport x\n\n# %%\n'

  it('become nbformat 4 and come back', () => {
    const json = percentToNotebook(percent)
    assert.deepEqual(notebookCellTexts(json), ['Title', '!pip install x\nimport x\n', ''])
    const notebook = JSON.parse(json) as {
      nbformat: number
      cells: { cell_type: string; source: string[] }[]
    }
    assert.equal(notebook.nbformat, 4)
    assert.deepEqual(notebook.cells[1]!.source, ['!pip install x\n', 'import x\n'])
    const ofColab = `# %% [metadata] {"accelerator":"GPU"}\n${percent}`
    assert.equal(notebookToPercent(percentToNotebook(ofColab)), ofColab)
    assert.equal(notebookToPercent('{"cells":[{"cell_type":"code","source":"a\\nb"}]}'), '# %%\na\nb\n')
  })

  it('know the line at which each cell begins', () => {
    assert.deepEqual(
      percentCells(percent).map((cell) => [cell.kind, cell.line]),
      [
        ['markdown', 1],
        ['code', 3],
        ['code', 7],
      ],
    )
  })
})
