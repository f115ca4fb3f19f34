/** Comments that silence findings, over real trees of several languages. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { shellFacts } from '../../server/src/config/shell.js'
import { yamlFacts } from '../../server/src/config/yaml.js'
import {
  configStatements,
  pythonStatements,
  shellStatements,
} from '../../server/src/extraction/statements.js'
import { readSuppressions, type Suppression } from '../../server/src/extraction/suppression-comments.js'
import type { Finding } from '../../server/src/finding.js'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import { applySuppressions } from '../../server/src/results/suppressions.js'
import { type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'
import { pythonTree } from '../../server/src/syntax/python-tree.js'
import type { Language, SourceFragment } from '../../server/src/text/source-fragment.js'

const rules = ['search/grid-search', 'search/uncached-pipeline', 'precision/full-precision']
let grammars: Grammars

function fragmentOfFile(text: string, language: Language): SourceFragment {
  const segments = [{ start: 0, end: text.length, cell: null, source: 0 }]
  return { index: 0, language, text, segments, origin: 'file' }
}

function suppressionsOf(text: string, language: Language): Suppression[] {
  const fragment = fragmentOfFile(text, language)
  if (language === 'python') {
    const tree = pythonTree(text, grammars)
    return readSuppressions('a', fragment, tree.comments, pythonStatements(tree))
  }
  if (language === 'shell') {
    const facts = shellFacts(text, grammars)
    return readSuppressions('a', fragment, facts.comments, shellStatements(facts))
  }
  const facts = yamlFacts(text)
  return readSuppressions('a', fragment, facts.comments, configStatements(facts))
}

/** Findings of one rule at every `grid` in the text. */
function findingsAt(text: string, rule = 'search/grid-search'): Finding[] {
  return [...text.matchAll(/grid(?![-\w])/g)].map((match) => ({
    rule,
    reader: 'r',
    severity: 'warning',
    confidence: 'high',
    message: `line ${text.slice(0, match.index).split('\n').length}`,
    location: { path: 'a', cell: null, start: match.index, end: match.index + 4 },
    checklist: [],
    saving: null,
    related: [],
    fingerprint: '',
    requests: [],
  }))
}

function apply(
  text: string,
  language: Language = 'python',
  findings = findingsAt(text),
  ran = (_: string) => true,
) {
  return applySuppressions(findings, suppressionsOf(text, language), { rules, ran })
}

/** Lines whose findings are left. */
const left = (text: string, language: Language = 'python') =>
  apply(text, language).kept.map((each) => each.message)

/** The text after the fixes of all unused suppressions. */
function cleaned(text: string, language: Language = 'python', findings: Finding[] = []): string {
  const edits = apply(text, language, findings).unused.flatMap(({ fix }) => ('edits' in fix ? fix.edits : []))
  let result = text
  for (const { location, newText } of [...edits].reverse()) {
    result = result.slice(0, location.start) + newText + result.slice(location.end)
  }
  return result
}

describe('results/suppressions', () => {
  before(async () => {
    grammars = await loadGrammars(await grammarFiles(), ['python', 'bash'])
  })

  it('silences on the line of the statement and on the line above', () => {
    assert.deepEqual(left('x = grid  # costlint: ignore[search/grid-search] -- small\ny = grid\n'), [
      'line 2',
    ])
    assert.deepEqual(left('# costlint: ignore[search/*]\nx = grid\ny = grid\n'), ['line 3'])
    assert.deepEqual(left('# costlint: ignore\n# because it is small\nx = grid\n'), [])
    assert.deepEqual(left('# costlint: ignore\n\nx = grid\n'), ['line 3'])
    assert.deepEqual(left('x = grid\n# costlint: ignore\n'), ['line 1'])
    assert.deepEqual(left('x = grid  # noqa: E501 # costlint: ignore[search]\n'), [])
  })

  it('silences on any line of a statement, but not in the body of a compound one', () => {
    const call = ['x = f(', '    a,', '    grid,', '    b,', ')', 'y = grid']
    for (const line of [0, 1, 2, 3, 4]) {
      const text = call
        .map((each, index) => (index === line ? `${each}  # costlint: ignore` : each))
        .join('\n')
      assert.deepEqual(left(text), ['line 6'], `comment on line ${line + 1}`)
    }
    const own = ['x = f(', '    # costlint: ignore', '    grid,', ')', 'y = grid'].join('\n')
    assert.deepEqual(left(own), ['line 5'])
    const loop = 'for x in grid:  # costlint: ignore\n    use(grid)\n'
    assert.deepEqual(left(loop), ['line 2'])
    assert.deepEqual(left('for x in grid:\n    use(grid)  # costlint: ignore\n'), ['line 1'])
    assert.deepEqual(left('for x in grid:\n    # costlint: ignore\n    use(grid)\n'), ['line 1'])
  })

  it('silences only the rules that it names', () => {
    assert.deepEqual(left('x = grid  # costlint: ignore[precision/full-precision]\n'), ['line 1'])
    assert.deepEqual(left('x = grid  # costlint: ignore[precision, search/grid-search]\n'), [])
    assert.deepEqual(left('x = grid  # costlint: ignore[search/gri]\n'), ['line 1'])
  })

  it('silences a file', () => {
    assert.deepEqual(left('x = grid\ny = grid\n# costlint: ignore-file[search/grid-search] -- demo\n'), [])
    assert.deepEqual(left('# costlint: ignore-file\nx = grid\n'), [])
    assert.deepEqual(left('# costlint: ignore-file[precision]\nx = grid\n'), ['line 2'])
    assert.deepEqual(left('# costlint: ignore-files\nx = grid\n'), ['line 2'])
  })

  it('takes comments only: text in a string silences nothing', () => {
    assert.deepEqual(left('x = grid, "# costlint: ignore"\n'), ['line 1'])
  })

  it('works in YAML and shell', () => {
    assert.deepEqual(left('method: grid  # costlint: ignore[search/grid-search]\nother: grid\n', 'yaml'), [
      'line 2',
    ])
    assert.deepEqual(left('a:\n  # costlint: ignore\n  method: grid\n  other: grid\n', 'yaml'), ['line 4'])
    assert.deepEqual(left('key:\n  - a\n  - grid\n  - b  # costlint: ignore\nc: grid\n', 'yaml'), ['line 5'])
    const command = 'python train.py \\\n  --grid \\\n  --last  # costlint: ignore\npython grid\n'
    assert.deepEqual(left(command, 'shell'), ['line 4'])
  })

  it('reports what silences nothing, once per comment, and removes it', () => {
    const text = 'x = 1  # costlint: ignore[search/grid-search] -- old\n'
    const [unused] = apply(text).unused
    assert.equal(unused!.finding.rule, 'costlint/unused-suppression')
    assert.equal(unused!.finding.severity, 'information')
    assert.equal(unused!.finding.message, 'Unused suppression: search/grid-search reports nothing here.')
    const { start, end } = unused!.finding.location
    assert.equal(text.slice(start, end), 'costlint: ignore[search/grid-search] -- old')
    assert.ok('safety' in unused!.fix && unused!.fix.safety === 'safe')
    assert.equal(cleaned(text), 'x = 1\n')
    assert.equal(cleaned('a\n    # costlint: ignore\nb\n'), 'a\nb\n')
    assert.equal(cleaned('a\n# costlint: ignore'), 'a')
    assert.equal(cleaned('a\r\n# costlint: ignore\r\nb\r\n'), 'a\r\nb\r\n')
    assert.equal(cleaned('x = 1  # noqa  # costlint: ignore[search]\n'), 'x = 1  # noqa\n')
    assert.equal(cleaned('x = 1  # costlint: ignore[search]  # noqa\n'), 'x = 1  # noqa\n')
    assert.equal(cleaned('x = 1  # costlint: ignore -- see #12  # noqa\n'), 'x = 1  # noqa\n')
    assert.equal(cleaned('a: 1  # costlint: ignore\nb: 2\n', 'yaml'), 'a: 1\nb: 2\n')
  })

  it('removes only the names that are not used', () => {
    const text =
      'x = grid  # costlint: ignore[precision, search/grid-search, search/uncached-pipeline] -- why\n'
    const { unused } = apply(text)
    assert.equal(
      unused[0]!.finding.message,
      'Unused suppression: precision, search/uncached-pipeline report nothing here.',
    )
    assert.equal(
      cleaned(text, 'python', findingsAt(text)),
      'x = grid  # costlint: ignore[search/grid-search] -- why\n',
    )
  })

  it('names an unknown rule with what was meant, and a list that is not closed', () => {
    assert.equal(
      apply('x = grid  # costlint: ignore[search/gridsearch]\n').unused[0]!.finding.message,
      'This suppression names an unknown rule: search/gridsearch, did you mean "search/grid-search"?',
    )
    const open = apply('x = grid  # costlint: ignore[search/grid-search\n')
    assert.equal(open.kept.length, 1)
    assert.equal(
      open.unused[0]!.finding.message,
      'This suppression has no effect: the closing bracket of the rule list is missing.',
    )
    assert.match(apply('x = 1  # costlint: ignore[]\n').unused[0]!.finding.message, /list of rules is empty/)
  })

  it('does not call unused what did not run', () => {
    const text = 'x = 1  # costlint: ignore[search/grid-search]\n'
    assert.deepEqual(apply(text, 'python', [], () => false).unused, [])
  })

  it('can silence the report of an unused suppression', () => {
    const text = 'x = 1  # costlint: ignore[search, costlint/unused-suppression]\n'
    assert.deepEqual(apply(text).unused, [])
  })

  it('follows the configuration for files without comments', () => {
    const text = '{"method": "grid"}'
    const configured = [{ path: 'a', rule: 'search/grid-search', reason: 'baseline' }]
    assert.deepEqual(applySuppressions(findingsAt(text), [], { rules, ran: () => true, configured }).kept, [])
  })

  it('gives cells of a notebook places of their own', () => {
    const text = 'x = grid\ny = grid  # costlint: ignore\n'
    const fragment: SourceFragment = {
      ...fragmentOfFile(text, 'python'),
      segments: [
        { start: 0, end: 8, cell: 0, source: 0 },
        { start: 9, end: text.length - 1, cell: 2, source: 0 },
      ],
    }
    const tree = pythonTree(text, grammars)
    const suppressions = readSuppressions('a', fragment, tree.comments, pythonStatements(tree))
    const at = (cell: number): Finding => ({
      ...findingsAt('x = grid')[0]!,
      location: { path: 'a', cell, start: 4, end: 8 },
    })
    const result = applySuppressions([at(0), at(2)], suppressions, { rules, ran: () => true })
    assert.deepEqual(
      result.kept.map((each) => each.location.cell),
      [0],
    )
  })

  it('is linear in the number of comments and statements', () => {
    const text = 'x = grid  # costlint: ignore\n'.repeat(20_000)
    assert.equal(suppressionsOf(text, 'python').length, 20_000)
  })
})
