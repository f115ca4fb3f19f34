/** Every format of `check`, as those that read it see it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { before, describe, it } from 'mocha'
import type { Transcript } from '../../server/src/cli/console.js'
import { runHere } from './here.js'

const search = `from sklearn.model_selection import GridSearchCV
from sklearn.ensemble import RandomForestRegressor

grid = {"max_depth": [4, 8, 16, None], "min_samples_leaf": [1, 2, 5, 10, 20], "max_features": ["sqrt", 0.5, 1.0]}
search = GridSearchCV(RandomForestRegressor(n_estimators=300), grid, cv=5, n_jobs=-1)
search.fit(X_train, y_train)
`

/** Quotes in the source are escaped in the JSON, so columns of the cell and of the file differ. */
const notebook = JSON.stringify(
  {
    cells: [
      { cell_type: 'markdown', metadata: {}, source: ['# "Eins"\n', 'zwei'] },
      {
        cell_type: 'code',
        execution_count: null,
        metadata: {},
        outputs: [],
        source: search.replace('search = ', 'found["x"] = ').split(/(?<=\n)/),
      },
    ],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  },
  null,
  1,
)

const message =
  'Grid of 4 × 5 × 3 = 60 configurations × 5 folds = 300 fits. Successive halving needs about 15 % of the work; 29 random draws reach the best 10 % with 95 % probability.'
const saves = '52 to 85 % (share of the 60 configurations that need not be run to the end)'

const files = { '.git/HEAD': '', 'src/tune me.py': search, 'eda.ipynb': notebook }

const check = (format: string, ...args: string[]) =>
  runHere(files, ['check', '--output-format', format, ...args])

interface Region {
  startLine: number
  startColumn: number
  endLine: number
  endColumn: number
}

interface Log {
  runs: {
    tool: { driver: { rules: { id: string; help: { markdown: string } }[] } }
    invocations: {
      executionSuccessful: boolean
      toolExecutionNotifications: { message: { text: string } }[]
    }[]
    results: {
      ruleId: string
      ruleIndex: number
      level: string
      message: { text: string }
      locations: { physicalLocation: { artifactLocation: { uri: string }; region: Region } }[]
      partialFingerprints: Record<string, string>
      fixes: {
        artifactChanges: {
          artifactLocation: { uri: string }
          replacements: { deletedRegion: Region; insertedContent: { text: string } }[]
        }[]
      }[]
    }[]
  }[]
}

function validate(): (log: unknown) => void {
  const text = readFileSync(new URL('schemas/sarif-schema-2.1.0.json', import.meta.url), 'utf8')
  // Its draft names itself `id`; what it uses means the same today.
  const { id: _, $schema: __, ...schema } = JSON.parse(text) as Record<string, unknown>
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  const check = ajv.compile(schema)
  return (log) => assert.equal(check(log), true, ajv.errorsText(check.errors))
}

/** A text after replacements that are given in lines and columns, which count code points. */
function replaced(
  text: string,
  replacements: Log['runs'][0]['results'][0]['fixes'][0]['artifactChanges'][0]['replacements'],
) {
  const lines = text.split(/(?<=\n)/)
  const offset = (line: number, column: number) =>
    lines.slice(0, line - 1).join('').length + [...lines[line - 1]!].slice(0, column - 1).join('').length
  return [...replacements].reverse().reduce((changed, { deletedRegion: at, insertedContent }) => {
    const [start, end] = [offset(at.startLine, at.startColumn), offset(at.endLine, at.endColumn)]
    return changed.slice(0, start) + insertedContent.text + changed.slice(end)
  }, text)
}

describe('formats of check', () => {
  describe('sarif', () => {
    let said: Transcript
    let log: Log
    before(async () => {
      said = await check('sarif')
      log = JSON.parse(said.out)
    })

    it('is valid, with findings, with none, and with troubles', async () => {
      const isValid = validate()
      assert.throws(() => isValid({ version: '2.1.0', runs: [{ results: [] }] }), /tool/)
      isValid(log)
      isValid(JSON.parse((await check('sarif', '--select', 'data')).out))
      const troubled = await runHere({ 'costlint.toml': 'selct = []\n', 'a.py': '\0\0\0' }, [
        'check',
        '--output-format',
        'sarif',
      ])
      assert.equal(troubled.code, 2)
      const broken: Log = JSON.parse(troubled.out)
      isValid(broken)
      const { executionSuccessful, toolExecutionNotifications } = broken.runs[0]!.invocations[0]!
      assert.equal(executionSuccessful, false)
      assert.match(toolExecutionNotifications[0]!.message.text, /cannot be decoded|not text|binary/)
    })

    it('names rule, level, place and fingerprint of each finding, and the page of each rule', () => {
      const [run] = log.runs
      assert.deepEqual(
        run!.tool.driver.rules.map((rule) => rule.id),
        ['search/grid-search'],
      )
      const { markdown } = run!.tool.driver.rules[0]!.help
      assert.match(markdown, /^# search\/grid-search\n/)
      assert.match(markdown, /\]\(https:\/\/github\.com\/\S+\/docs\/configuration\.md\)/)
      assert.doesNotMatch(markdown, /\]\(\.\./)
      const { ruleId, level, message: text, locations, partialFingerprints } = run!.results[1]!
      assert.deepEqual(
        [ruleId, level, text.text],
        ['search/grid-search', 'warning', `${message} Saves ${saves}.`],
      )
      assert.deepEqual(locations[0]!.physicalLocation, {
        artifactLocation: { uri: 'src/tune%20me.py', uriBaseId: '%SRCROOT%' },
        region: { startLine: 5, startColumn: 10, endLine: 5, endColumn: 22 },
      })
      assert.match(partialFingerprints['costlint/v1']!, /^[0-9a-f]{16}$/)
    })

    it('places a finding in a notebook in its JSON, and in its cell', () => {
      const { message: text, locations } = log.runs[0]!.results[0]!
      assert.equal(text.text, `${message} Saves ${saves}. (cell 1, line 5)`)
      const { artifactLocation, region } = locations[0]!.physicalLocation
      assert.equal(artifactLocation.uri, 'eda.ipynb')
      const line = notebook.split('\n')[region.startLine - 1]!
      assert.equal(region.endLine, region.startLine)
      assert.equal([...line].slice(region.startColumn - 1, region.endColumn - 1).join(''), 'GridSearchCV')
    })

    it('carries fixes that make of the files what --fix makes of them', async () => {
      const fixed: Record<string, string> = {}
      await runHere(files, ['check', '--fix', '--unsafe-fixes'], {
        after: (root) => {
          for (const path of ['eda.ipynb', 'src/tune me.py'])
            fixed[path] = readFileSync(join(root, path), 'utf8')
        },
      })
      const [inNotebook, inScript] = log.runs[0]!.results.map((result) => result.fixes[0]!.artifactChanges)
      assert.equal(replaced(search, inScript![0]!.replacements), fixed['src/tune me.py'])
      const sources = (text: string) =>
        (JSON.parse(text) as { cells: { source: string[] }[] }).cells.map(({ source }) => source.join(''))
      assert.deepEqual(
        sources(replaced(notebook, inNotebook![0]!.replacements)),
        sources(fixed['eda.ipynb']!),
      )
    })
  })

  it('sarif and json: what is suppressed, with the reason, where that is asked for', async () => {
    const quiet = {
      'a.py': search.replace('n_jobs=-1)', 'n_jobs=-1)  # costlint: ignore[search] -- the paper needs it'),
      'b.py': search,
      'costlint.toml': '[[suppress]]\npath = "b.py"\nrule = "search/grid-search"\nreason = "small"\n',
    }
    const asked = (...args: string[]) => runHere(quiet, ['check', '--output-format', ...args])
    const { out, code } = await asked('sarif', '--show-suppressed')
    validate()(JSON.parse(out))
    const { results } = JSON.parse(out).runs[0]
    assert.deepEqual(
      results.map(({ suppressions }: { suppressions: unknown }) => suppressions),
      [
        [{ kind: 'inSource', status: 'accepted', justification: 'the paper needs it' }],
        [{ kind: 'external', status: 'accepted', justification: 'small' }],
      ],
    )
    assert.equal(code, 0)
    // Services that know nothing of suppressions would show them as findings.
    assert.deepEqual(JSON.parse((await asked('sarif')).out).runs[0].results, [])
    const { findings, suppressed } = JSON.parse((await asked('json', '--show-suppressed')).out)
    assert.deepEqual(
      [findings.length, suppressed.map(({ path, reason }: Record<string, string>) => [path, reason])],
      [
        0,
        [
          ['a.py', 'the paper needs it'],
          ['b.py', 'small'],
        ],
      ],
    )
  })

  it('github: an annotation for each finding, from the top of the repository', async () => {
    const { out, code } = await check('github')
    const escaped = message.replaceAll('%', '%25')
    const saving = `%0ASaves ${saves.replaceAll('%', '%25')}.`
    const lines = out.split('\n')
    assert.match(lines[0]!, /^::warning title=costlint \(search\/grid-search\),file=eda\.ipynb,line=2\d,/)
    assert.equal(
      lines[1],
      `::warning title=costlint (search/grid-search),file=src/tune me.py,line=5,endLine=5,col=10,endColumn=22::${escaped}${saving}`,
    )
    assert.deepEqual([lines.length, code], [3, 1])
  })

  it('gitlab: issues whose fingerprints differ', async () => {
    const issues = JSON.parse((await check('gitlab')).out)
    assert.equal(new Set(issues.map((issue: { fingerprint: string }) => issue.fingerprint)).size, 2)
    const { fingerprint: _, ...issue } = issues[1]
    assert.deepEqual(issue, {
      description: `${message} Saves ${saves}.`,
      check_name: 'search/grid-search',
      severity: 'major',
      location: { path: 'src/tune me.py', lines: { begin: 5, end: 5 } },
    })
    assert.equal((await check('gitlab', '--select', 'data')).out, '[]\n')
  })

  it('junit: a suite for each file; what does not reach the level is no failure', async () => {
    const { out } = await check('junit', 'src')
    assert.equal(
      out,
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="costlint" tests="1" failures="1" errors="0">
  <testsuite name="src/tune me.py" tests="1" failures="1" errors="0" skipped="0">
    <testcase name="search/grid-search at 5:10" classname="src/tune me.py" file="src/tune me.py" line="5">
      <failure type="warning" message="${message}">src/tune me.py:5:10 ${message}
Saves ${saves}.</failure>
    </testcase>
  </testsuite>
</testsuites>
`,
    )
    const quiet = await check('junit', 'src', '--fail-on', 'error')
    assert.match(quiet.out, /failures="0"[\s\S]*<system-out>warning: src\/tune me\.py:5:10 Grid/)
    assert.match(
      (await check('junit', '--select', 'data')).out,
      /tests="1" failures="0".*\n.*\n.*No findings/,
    )
  })

  it('markdown: a table with links to the rules and the fixes', async () => {
    const { out } = await check('markdown', 'src')
    assert.equal(
      out,
      `## CostLint

1 finding: 1 warning.

| | saves | where | finding |
|---|---|---|---|
| warning | 52 to 85 % | \`src/tune me.py:5\` | ${message} ([search/grid-search](https://github.com/costlint/costlint/blob/main/docs/rules/search/grid-search.md))<br>**unsafe fix:** Search by successive halving (HalvingGridSearchCV) (waste/replace-grid-search) |
`,
    )
    assert.equal((await check('markdown', '--select', 'data')).out, '## CostLint\n\nNo findings.\n')
  })

  it('agent: place, rule, money, what to change, and how safe that is', async () => {
    const { out } = await check('agent')
    assert.equal(
      out,
      `eda.ipynb:cell 1:5:14 warning search/grid-search saves 52 to 85 %
  ${message}
  unsafe fix: Search by successive halving (HalvingGridSearchCV) (waste/replace-grid-search)
    1:1-1:1 -> "from sklearn.experimental import enable_halving_search_cv  # noqa: F401\\n"
    1:37-1:49 -> "HalvingGridSearchCV"
    5:14-5:26 -> "HalvingGridSearchCV"
    5:89-5:89 -> ", factor=3"
src/tune me.py:5:10 warning search/grid-search saves 52 to 85 %
  ${message}
  unsafe fix: Search by successive halving (HalvingGridSearchCV) (waste/replace-grid-search)
    1:1-1:1 -> "from sklearn.experimental import enable_halving_search_cv  # noqa: F401\\n"
    1:37-1:49 -> "HalvingGridSearchCV"
    5:10-5:22 -> "HalvingGridSearchCV"
    5:85-5:85 -> ", factor=3"
2 findings; 2 more by \`--fix --unsafe-fixes\`; reasons: \`costlint explain RULE\`
`,
    )
  })

  it('jsonl: an object on each line, of which each says what it is', async () => {
    const [json, lines] = await Promise.all([check('json'), check('jsonl')])
    const objects = lines.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ['finding', 'finding', 'summary'],
    )
    const { kind: _, ...first } = objects[0]
    assert.deepEqual(first, JSON.parse(json.out).findings[0])
  })

  it('concise and full name the line of a notebook file, and the cell', async () => {
    const [concise, full] = await Promise.all([check('concise', 'eda.ipynb'), check('full', 'eda.ipynb')])
    const line = notebook.split('\n').findIndex((one) => one.includes('GridSearchCV(')) + 1
    assert.equal(concise.out, `eda.ipynb:${line}:21 warning search/grid-search ${message} (cell 1, line 5)\n`)
    assert.match(full.out, new RegExp(`^ --> eda\\.ipynb:${line}:21 \\(cell 1, line 5\\)$`, 'm'))
  })

  it('full names three of many places of which the same is said', async () => {
    const jobs = [1, 2, 3, 4, 5, 6, 7].map(
      (n) => `  step${n}:
    type: command
    command: python step${n}.py
    environment: azureml:base@latest`,
    )
    const { out } = await runHere(
      {
        'pipeline.yml': `$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\ntype: pipeline\nsettings:\n  default_compute: azureml:cluster\njobs:\n${jobs.join('\n')}\n`,
      },
      ['check', '--select', 'lifecycle/no-deadline'],
    )
    assert.match(
      out,
      /^ *= see: pipeline\.yml:10:3, pipeline\.yml:14:3, pipeline\.yml:18:3 and 3 more: the same here$/m,
    )
    assert.equal(out.match(/= see:/g)?.length, 1)
  })

  it('full is broken between words to the width of a terminal', async () => {
    const { out } = await runHere(files, ['check', 'src'], { console: { columns: 60 } })
    assert.equal(
      out.split('\n\n')[0],
      `warning[search/grid-search]: Grid of 4 × 5 × 3 = 60
  configurations × 5 folds = 300 fits. Successive halving
  needs about 15 % of the work; 29 random draws reach the
  best 10 % with 95 % probability.
 --> src/tune me.py:5:10
  |
5 | search = GridSearchCV(RandomForestRegressor(n_estima…
  |          ^^^^^^^^^^^^
  |
  = saves: 52 to 85 % (share of the 60 configurations that
           need not be run to the end)
  = unsafe fix: Search by successive halving
                (HalvingGridSearchCV)
                (waste/replace-grid-search)
  = unsafe fix: Try 29 random configurations (the best 10 %
                with 95 % probability)
                (waste/replace-grid-search)`,
    )
  })

  it('a file name with a line break starts no line of its own in any', async () => {
    const evil = 'a\n::error file=x::owned\u001b[31m\n::set-output.py'
    const hostile = { [evil]: search, [`${evil}.ipynb`]: '{' }
    for (const format of [
      'full',
      'concise',
      'json',
      'jsonl',
      'sarif',
      'github',
      'gitlab',
      'junit',
      'markdown',
      'agent',
    ]) {
      const { out, err } = await runHere(hostile, ['check', '--output-format', format])
      assert.doesNotMatch(out + err, /^\s*::(?!warning title=costlint)/m, format)
      assert.equal(`${out}${err}`.includes('\u001b'), false, format)
      assert.match(out, /grid-search/, format)
    }
    for (const command of ['cost', 'graph', 'estimate']) {
      const { out, err } = await runHere(hostile, [command])
      assert.doesNotMatch(out + err, /^\s*::/m, command)
    }
  })

  it('--output writes further formats to files, --output-file takes the place of standard output', async () => {
    const written: Record<string, string> = {}
    const { out, code } = await runHere(
      files,
      ['check', '--output', 'sarif=out/a.sarif', '--output', 'concise=b.txt', '-o', 'c.txt'],
      {
        after: (root) => {
          for (const name of ['out/a.sarif', 'b.txt', 'c.txt'])
            written[name] = readFileSync(join(root, name), 'utf8')
        },
      },
    )
    assert.deepEqual([out, code], ['', 1])
    assert.equal(JSON.parse(written['out/a.sarif']!).version, '2.1.0')
    assert.equal(written['b.txt']!.split('\n').length, 3)
    assert.match(written['c.txt']!, /2 findings: 2 warnings \(/)
    const wrong = await runHere({}, ['check', '--output', 'sariff=a'])
    assert.deepEqual(
      [wrong.code, wrong.err],
      [2, 'costlint: --output: unknown format "sariff", did you mean "sarif"?\n'],
    )
    const unwritable = await runHere({ folder: '' }, ['check', '--output', 'json=folder/a.json'])
    assert.equal(unwritable.code, 2)
    assert.match(unwritable.err, /: cannot be written: /)
  })

  it('--unsafe-fixes alone shows what the fixes change and writes nothing', async () => {
    let after = ''
    const { out, code } = await runHere(files, ['check', 'src', '--unsafe-fixes'], {
      after: (root) => {
        after = readFileSync(join(root, 'src/tune me.py'), 'utf8')
      },
    })
    assert.equal(after, search)
    assert.equal(code, 1)
    assert.match(out, /\n {2}\| {3}-search = GridSearchCV\(/)
    assert.match(out, /\n {2}\| {3}\+search = HalvingGridSearchCV\(/)
    assert.match(
      out,
      /1 finding can be fixed with --fix --unsafe-fixes; --unsafe-fixes alone shows the changes\./,
    )
  })

  it('--diff says what it leaves out', async () => {
    const plain = await runHere(files, ['check', 'src', '--diff'])
    assert.equal(plain.out, '')
    assert.match(plain.err, /The diff leaves out 1 unsafe fix \(--diff --unsafe-fixes shows it\)\.\n$/)
    const all = await runHere(files, ['check', 'src', '--diff', '--unsafe-fixes'])
    assert.match(all.out, /^\+search = HalvingGridSearchCV/m)
    assert.doesNotMatch(all.err, /leaves out/)
  })

  it('--quiet prints findings only, --exit-zero ends with 0', async () => {
    const { out, err, code } = await runHere(files, ['check', 'src', '--quiet', '--exit-zero'])
    assert.match(out, /^warning\[search\/grid-search\]/)
    assert.doesNotMatch(out, /1 finding/)
    assert.deepEqual([err, code], ['', 0])
    assert.equal((await runHere({}, ['check', '--quiet'])).out, '')
    assert.equal((await runHere({ 'costlint.toml': 'x = 1\n' }, ['check', '--exit-zero'])).code, 2)
  })
})
