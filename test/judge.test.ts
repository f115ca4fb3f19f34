/** A verdict is taken on each finding, kept, and counted on the page. */
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const grid = `from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
search = GridSearchCV(SVC(), {'C': [1, 2, 3, 4, 5], 'gamma': [1, 2, 3, 4, 5, 6]}, cv=5)
search.fit(x, y)
`

describe('Judging findings', () => {
  let folder: string
  let judgements: string
  let page: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'costlint-judge-'))
    mkdirSync(join(folder, 'owner+name'))
    writeFileSync(join(folder, 'owner+name', 'search.py'), grid)
    judgements = join(folder, 'judgements.tsv')
    page = join(folder, 'precision.md')
    writeFileSync(
      page,
      '# Page\n<!-- judged rule by rule -->\n<!-- end of judged rule by rule -->\n<!-- missed -->\n<!-- end of missed -->\nThe end.\n',
    )
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function judge(input: string, ...args: string[]) {
    const all = ['scripts/judge.mjs', ...args, '--judgements', judgements, '--page', page]
    return spawnSync(process.execPath, all, { input, encoding: 'utf8' })
  }

  it('shows the code, keeps the verdict, asks only once, and writes the table', () => {
    const project = join(folder, 'owner+name')
    const first = judge('what?\nw\n', project, '--draw', 'fourth')
    assert.equal(first.status, 0, first.stderr)
    assert.match(first.stdout, /search\.py:3 {2}warning {2}search\/grid-search\nGrid of 5 × 6/)
    assert.match(first.stdout, />\s+3 \| search = GridSearchCV/)
    assert.equal(first.stdout.split('wanted (w)').length - 1, 2)
    const kept =
      'draw\trepository\tfile\trule\tlevel\tverdict\nfourth\towner/name\tsearch.py:3\tsearch/grid-search\twarning\twanted\n'
    assert.equal(readFileSync(judgements, 'utf8'), kept)
    assert.equal(judge('f\n', project, '--draw', 'fourth').stdout, '')
    assert.equal(readFileSync(judgements, 'utf8'), kept)

    writeFileSync(
      judgements,
      `${kept}fourth\towner/name\tother.py:1\tsearch/grid-search\tinformation\tmissed\n`,
    )
    assert.equal(judge('', '--tables').status, 0)
    const written = readFileSync(page, 'utf8')
    assert.match(
      written,
      /\| \[`search\/grid-search`\]\(rules\/search\/grid-search\.md\) \| 1 \| 0 \| 0 \| 100 % \| 1 \| 50 % \|/,
    )
    assert.match(written, /^- search\/grid-search: owner\/name other\.py:1$/m)
    assert.match(written, /The end\.\n$/)
  })

  it('refuses a run without a draw, and a verdict that there is not', () => {
    const { status, stderr } = judge('', join(folder, 'owner+name'))
    assert.equal(status, 2)
    assert.match(stderr, /--draw says which draw/)
    writeFileSync(judgements, 'draw\trepository\tfile\trule\tlevel\tverdict\na\tb\tc\td\te\tperhaps\n')
    const wrong = judge('', '--tables')
    assert.equal(wrong.status, 2)
    assert.match(wrong.stderr, /no verdict is called perhaps/)
  })
})
