/** The runner fails where it must: a toy linter that dislikes some words stands in for the engine. */
import assert from 'node:assert/strict'
import type { Finding, Fix } from '../../server/src/finding.js'
import { type Host, under } from '../../server/src/host/host.js'
import type { OfferedFix, Project } from '../../server/src/linter.js'
import { parsePage } from './format.js'
import { notebookCellTexts } from './notebook.js'
import { runCase } from './runner.js'

/** Each word is a finding of `toy/word`; the fix is what stands beside it. */
const replacements: Record<string, string | null> = {
  bad: 'good',
  // Fixes that break a promise.
  stuck: 'stuck_still',
  broken: 'x(',
  spreading: 'worse',
  refused: null,
  unixish: 'a\nb',
}

async function toy(root: string, host: Host): Promise<Project> {
  const findings: Finding[] = []
  for (const entry of await host.list(root)) {
    const text = new TextDecoder().decode(await host.read(under(root, entry.name)))
    const texts = entry.name.endsWith('.ipynb') ? notebookCellTexts(text) : [text]
    for (const [index, part] of texts.entries()) {
      for (const match of part.matchAll(/\b(bad|stuck\w*|broken|spreading|refused|unixish|worse)\b/g)) {
        findings.push({
          rule: match[0] === 'worse' ? 'toy/other' : 'toy/word',
          reader: 'toy',
          severity: 'warning',
          confidence: 'high',
          message: `The word ${match[0]} is here`,
          location: {
            path: entry.name,
            cell: entry.name.endsWith('.ipynb') ? index : null,
            start: match.index,
            end: match.index + match[0].length,
          },
          checklist: [],
          saving: null,
          related: [],
          fingerprint: `${entry.name}${index}${match.index}`,
          requests: [],
        })
      }
    }
  }
  const fixes = async (finding: Finding): Promise<OfferedFix[]> => {
    const word = finding.message.split(' ')[2]!
    const replacement = replacements[word]
    if (replacement === null) return [{ title: 'Replace', refused: 'it cannot be replaced' }]
    if (replacement === undefined) return []
    const fix = (text: string): Fix => ({
      title: 'Replace',
      safety: 'safe',
      edits: [{ location: finding.location, newText: text }],
    })
    return [fix(replacement), fix('fine')]
  }
  return {
    root,
    lint: async () => ({ findings, errors: [], faults: [], files: 1, filesLinted: 1 }),
    fixes,
    dispose: async () => {},
    why: async () => ({ note: null, subjects: [] }),
  } as unknown as Project
}

async function run(...lines: string[]): Promise<void> {
  const page = parsePage(['# toy/word', '## case', ...lines].join('\n'))
  assert.deepEqual(page.problems, [])
  for (const one of page.cases) await runCase(page.rule, one, toy)
}

const file = (...lines: string[]) => ['```python a.py', ...lines, '```']
const fixed = (...lines: string[]) => ['```python a.py (fixed)', ...lines, '```']

describe('runner of cases', () => {
  it('passes where findings and fixes are as marked', async () => {
    await run(
      '(fix safety: safe)',
      '(fix title: Repl…)',
      ...file(
        'x = bad + 1',
        '#   ^^^ warning: The word bad is here',
        '',
        'y = bad',
        '#   ^ warning: The word…',
      ),
      ...fixed('x = good + 1', '', 'y = good'),
      '```python a.py (fix 2)',
      'x = fine + 1',
      '',
      'y = fine',
      '```',
    )
    await run(...file('x = 1'))
  })

  it('finds marks and fixes in cells of a notebook', async () => {
    await run(
      '```python n.ipynb',
      '# %%',
      'a = 1',
      '# %%',
      '!pip install x',
      'x = bad',
      '#   ^^^ warning: The word bad is here',
      '```',
      '```python n.ipynb (fixed)',
      '# %%',
      'a = 1',
      '# %%',
      '!pip install x',
      'x = good',
      '```',
    )
  })

  it('compares other rules only where they are marked', async () => {
    await run(...file('x = worse'))
    await run(...file('x = worse', '#   ^^^^^ warning[toy/other]: …'))
    await assert.rejects(run(...file('x = worse, worse', '#   ^^^^^ warning[toy/other]: …')), /not expected/)
  })

  it('accepts a refusal that says why', async () => {
    await run('(not fixed: it cannot …)', ...file('x = refused', '#   ^ warning'), ...fixed('x = refused'))
    await assert.rejects(
      run('(not fixed: other)', ...file('x = refused', '#   ^ warning')),
      /refused because/,
    )
    await assert.rejects(run('(no fix)', ...file('x = refused', '#   ^ warning')), /a fix is offered/)
    await assert.rejects(
      run('(not fixed: …)', ...file('x = bad', '#   ^ warning')),
      /a fix is offered: Replace/,
    )
  })

  for (const [what, lines, message] of [
    [
      'a finding that is not marked',
      file('x = bad'),
      /found and not expected: a\.py 1:5 to 1:8 warning\[toy\/word\]/,
    ],
    ['a mark that is not found', file('x = 1', '#   ^ warning: y'), /expected and not found: page line 5/],
    ['another start', file('x = bad', '#  ^ warning'), /start differs/],
    ['another end', file('x = bad + 1', '#   ^^^^ warning'), /end differs/],
    ['another severity', file('x = bad', '#   ^ error'), /severity differs/],
    ['another message', file('x = bad', '#   ^ warning: The word'), /message differs/],
    [
      'another text after the fix',
      [...file('x = bad', '#   ^ warning'), ...fixed('x = bad')],
      /a\.py after fix 1/,
    ],
    ['another title', ['(fix title: No)', ...file('x = bad', '#   ^ warning')], /the title is/],
    ['another safety', ['(fix safety: unsafe)', ...file('x = bad', '#   ^ warning')], /unsafe/],
    ['a fix that leaves the finding', file('x = stuck', '#   ^ warning'), /still there/],
    ['a fix that breaks the file', file('x = broken', '#   ^ warning'), /no longer parses/],
    [
      'a fix that brings another finding',
      file('x = spreading', '#   ^ warning'),
      /new finding of toy\/other/,
    ],
    [
      'a fix that loses Windows line ends',
      file('x = unixish', '#   ^ warning'),
      /line ends are lost by "Replace"/,
    ],
    ['a word about fixes without a finding', ['(no fix)', ...file('x = 1')], /has no finding/],
  ] as const) {
    it(`fails on ${what}`, () => assert.rejects(run(...lines), message))
  }
})
