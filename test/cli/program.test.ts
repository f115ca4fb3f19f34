/** What a user of the command line sees, each time in a process of its own. */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, it } from 'mocha'
import picocolors from 'picocolors'
import type { Console } from '../../server/src/cli/console.js'
import type { Engine } from '../../server/src/cli/engine.js'
import { run } from '../../server/src/cli/program.js'
import { bundled } from '../build.js'
import { fakeEngine } from './fake-engine.js'
import { Folder } from './folder.js'

const main = fileURLToPath(new URL('fake-main.ts', import.meta.url))

describe('cli/program', () => {
  let folder: Folder
  beforeEach(() => {
    folder = new Folder()
  })
  afterEach(() => folder.remove())
  const costlint = (...args: string[]) => folder.run(bundled(main), args)

  it('ends with 0 when nothing reaches the level, 1 when something does', async () => {
    folder.write({
      'clean.py': 'x = 1\n',
      'note.py': 'x = 1 #! information search/grid-search note\n',
      'warn.py': 'x = 1 #! warning search/grid-search warn\n',
      'hint.py': 'x = 1 #! hint search/grid-search hint\n',
    })
    const cases: [string[], number][] = [
      [['clean.py'], 0],
      [['note.py'], 0],
      [['warn.py'], 1],
      [['.'], 1],
      [[], 1],
      [['note.py', '--fail-on', 'information'], 1],
      [['warn.py', '--fail-on', 'error'], 0],
      [['warn.py', '--fail-on', 'never'], 0],
      [['hint.py'], 0],
      [['hint.py', '--fail-on', 'hint'], 1],
    ]
    const ended = await Promise.all(cases.map(([args]) => costlint('check', ...args)))
    assert.deepEqual(
      ended.map((each) => each.code),
      cases.map(([, code]) => code),
    )
    assert.equal(ended[8]!.stdout.includes('1 hint not shown; --show-hints shows them.'), true)
  })

  it('lints repositories below a folder one by one, and says what it takes as a project', async () => {
    const text = 'x = 1 #! warning search/grid-search warn\n'
    folder.write({ 'one/.git/HEAD': '', 'one/a.py': text, 'two/.git/HEAD': '', 'two/b.py': text })
    const both = await costlint('check')
    assert.equal(both.code, 1)
    assert.equal(
      both.stderr,
      `costlint: ${folder.path} holds 2 projects of its own, linted one after the other\n`,
    )
    assert.match(both.stdout, /2 findings: 2 warnings \(2 files seen/)
    folder.write({ 'c.py': text })
    const beside = await costlint('check')
    assert.equal(
      beside.stderr,
      `costlint: no repository and no costlint.toml here or above, so the project is ${folder.path}; it holds 2 projects of its own\n`,
    )
    assert.equal((await costlint('check', 'one')).stderr, '')
    assert.equal((await costlint('check', '--output-format', 'concise')).stderr, '')
  })

  it('stops at a folder with more files than anybody means, unless told otherwise', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`f${index % 3}/${index}.py`, '']),
    )
    folder.write(files)
    const message = `costlint: ${folder.path} holds more than 10 files to read: run costlint in a folder within it, or allow more with --max-files\n`
    const stopped = await costlint('check', '--max-files', '10')
    assert.deepEqual([stopped.code, stopped.stderr], [2, message])
    assert.equal((await costlint('check', '--max-files', '12')).code, 0)
    assert.match((await costlint('check', '--max-files', 'all')).stderr, /--max-files: "all" is no number/)
  })

  it('ends with 2 for wrong usage and says what was meant', async () => {
    folder.write({ 'train.py': '' })
    const cases: [string[], RegExp][] = [
      [['check', 'no such.py', 'train.py', 'neither'], /no such file or folder: no such\.py\n.*neither\n/],
      [
        ['check', '--select', 'search/gridsearch'],
        /--select: unknown rule "search\/gridsearch", did you mean "search\/grid-search"\?/,
      ],
      [['check', '--ignore', 'dta'], /--ignore: unknown rule "dta", did you mean "data"\?/],
      [['check', '--output-format', 'xml'], /Allowed choices are full, concise, json/],
      [['check', '--fail-on', 'panic'], /Allowed choices are error, warning, information, hint, never/],
      [['check', '--fixx'], /unknown option '--fixx'/],
      [['check', '--stdin-filename', 'a.py', 'b.py'], /no paths can be given/],
      [['chekc'], /unknown command 'chekc'/],
      [
        ['explain', 'grid-serch'],
        /unknown rule or checklist item "grid-serch", did you mean "search\/grid-search"\?/,
      ],
      [['why'], /missing required argument 'place'/],
      [['server'], /--stdio is the only transport/],
      [[], /Usage: costlint/],
    ]
    const ended = await Promise.all(cases.map(([args]) => costlint(...args)))
    ended.forEach((each, index) => {
      assert.equal(each.code, 2, cases[index]![0].join(' '))
      assert.match(each.stderr, cases[index]![1])
      assert.equal(each.stdout, '')
    })
  })

  it('prints all findings before it ends with 2 for a fault', async () => {
    folder.write({ 'a.py': 'FAULT\n', 'b.py': 'x #! warning search/grid-search second\n' })
    const { code, stdout, stderr } = await costlint('check', '--output-format', 'concise')
    assert.equal(code, 2)
    assert.equal(stdout, 'b.py:1:1 warning search/grid-search second\n')
    assert.equal(stderr, 'internal error: a.py: rule search/grid-search: boom\n')
  })

  it('ends with 2 for a mistake in the configuration and names its line', async () => {
    folder.write({ 'costlint.toml': '\nselct = []\n' })
    const { code, stderr } = await costlint('check')
    assert.equal(code, 2)
    assert.equal(
      stderr,
      'configuration error: costlint.toml:2: unknown key "selct", did you mean "select"?\n',
    )
  })

  it('reports a file that cannot be decoded and leaves the exit code alone', async () => {
    folder.write({ 'a.py': 'BINARY', 'b.py': 'x = 1\n' })
    const { code, stdout, stderr } = await costlint('check', '--output-format', 'json')
    assert.equal(code, 0)
    const message = 'cannot be decoded: this is not text'
    assert.deepEqual(JSON.parse(stdout).errors, [{ path: 'a.py', message }])
    assert.equal(stderr, `not checked: a.py: ${message}\n`)
  })

  it('prints JSON as the contract says', async () => {
    folder.write({
      'src/训练 一.py': '# 😀\nx = "😀" + y #! warning search/grid-search saves related fixable\n',
      'nb.ipynb': JSON.stringify({
        cells: [
          { cell_type: 'markdown', source: '# title' },
          { cell_type: 'code', source: 'a\n\tb #! information data/no-loader-workers slow' },
        ],
      }),
      'hint.py': 'x #! hint search/grid-search quiet\n',
    })
    const { code, stdout, stderr } = await costlint('check', '--output-format', 'json')
    assert.equal(code, 1)
    assert.equal(stderr, '')
    const output = JSON.parse(stdout)
    assert.deepEqual(Object.keys(output), ['version', 'tool', 'findings', 'errors', 'summary'])
    assert.equal(output.version, 1)
    assert.equal(output.tool.name, 'costlint')
    assert.match(output.tool.version, /^\d+\.\d+\.\d+/)
    assert.deepEqual(output.findings, [
      {
        rule: 'data/no-loader-workers',
        reader: 'fake',
        severity: 'information',
        confidence: 'high',
        message: 'slow',
        path: 'nb.ipynb',
        cell: 1,
        range: { start: { line: 2, column: 2 }, end: { line: 2, column: 3 } },
        checklist: ['waste/item'],
        docs: 'https://github.com/costlint/costlint/blob/main/docs/rules/data/no-loader-workers.md',
        saving: null,
        related: [],
        fingerprint: 'data/no-loader-workers-nb.ipynb',
        fixes: [],
      },
      {
        rule: 'search/grid-search',
        reader: 'fake',
        severity: 'warning',
        confidence: 'high',
        message: 'saves related fixable',
        path: 'src/训练 一.py',
        cell: null,
        // Columns count code points: the emoji is one.
        range: { start: { line: 2, column: 11 }, end: { line: 2, column: 12 } },
        checklist: ['waste/item'],
        docs: 'https://github.com/costlint/costlint/blob/main/docs/rules/search/grid-search.md',
        saving: { fraction: [0.4, 0.6], usd: null, basis: 'Half of the fits.' },
        related: [
          {
            path: 'src/训练 一.py',
            cell: null,
            range: { start: { line: 1, column: 1 }, end: { line: 1, column: 2 } },
            message: 'from here',
          },
        ],
        fingerprint: 'search/grid-search-src/训练 一.py',
        fixes: [
          {
            title: 'Write 4',
            safety: 'safe',
            edits: [
              {
                path: 'src/训练 一.py',
                cell: null,
                range: { start: { line: 2, column: 11 }, end: { line: 2, column: 12 } },
                newText: '4',
              },
            ],
          },
        ],
      },
    ])
    const { cost, ...counted } = output.summary
    assert.deepEqual(cost.total, { run: null, month: null })
    assert.deepEqual(counted, {
      files: 3,
      filesLinted: 3,
      bySeverity: { error: 0, warning: 1, information: 1, hint: 0 },
      byRule: { 'data/no-loader-workers': 1, 'search/grid-search': 1 },
    })
  })

  it('shows hints in every format when asked', async () => {
    folder.write({ 'a.py': 'x #! hint search/grid-search quiet\n' })
    const formats = ['full', 'concise', 'json']
    const with_ = await Promise.all(
      formats.map((format) => costlint('check', '--show-hints', '--output-format', format)),
    )
    const without = await Promise.all(formats.map((format) => costlint('check', '--output-format', format)))
    assert.deepEqual(
      with_.map((each) => each.stdout.includes('quiet')),
      [true, true, true],
    )
    assert.deepEqual(
      without.map((each) => each.stdout.includes('quiet')),
      [false, false, false],
    )
  })

  it('gives paths as seen from the current folder', async () => {
    folder.write({
      '.git/HEAD': '',
      'jobs/a.py': 'x #! warning search/grid-search one\n',
      'src/b.py': 'x #! warning search/grid-search two\n',
    })
    const { stdout } = await folder.run(
      bundled(main),
      ['check', '.', '../jobs/a.py', '--output-format', 'concise'],
      { cwd: 'src' },
    )
    assert.equal(
      stdout,
      '../jobs/a.py:1:1 warning search/grid-search one\nb.py:1:1 warning search/grid-search two\n',
    )
  })

  it('shows the code with carets, the saving and the fix', async () => {
    folder.write({
      'a.py': 'def f():\n\treturn "模型", grid #! warning search/grid-search saves fixable\n',
      'b.py': 'x #! warning search/grid-search refused\n',
    })
    const { stdout } = await costlint('check')
    assert.equal(
      stdout,
      `warning[search/grid-search]: saves fixable
 --> a.py:2:15
  |
2 |     return "模型", grid #! warning search/grid-search saves fixable
  |                    ^^^^
  |
  = saves: 40 to 60 % (Half of the fits)
  = safe fix: Write 4

warning[search/grid-search]: refused
 --> b.py:1:1
  |
1 | x #! warning search/grid-search refused
  | ^
  |
  = no fix: Use a random search: the grid is not literal

2 findings: 2 warnings (2 files seen, 2 parsed).
1 finding can be fixed with --fix.
`,
    )
  })

  it('counts the findings of each rule', async () => {
    folder.write({
      'a.py':
        'x #! warning search/grid-search fixable\ny #! warning search/grid-search b\nz #! error data/no-loader-workers c\n',
    })
    const { stdout } = await costlint('check', '--statistics', '--output-format', 'concise')
    assert.equal(stdout.split('\n\n')[1], '2  search/grid-search      1 fixable\n1  data/no-loader-workers\n')
  })

  it('writes fixes, and only within the given paths', async () => {
    const text = 'x = 0 #! warning search/grid-search fixable\n'
    folder.write({ 'a.py': text, 'b.py': text })
    const { code, stdout } = await costlint('check', '--fix', 'a.py')
    assert.equal(code, 0)
    assert.equal(stdout, 'Fixed 1 finding.\nNo findings (1 file seen, 1 parsed).\n')
    assert.equal(folder.read('a.py'), 'x = 4\n')
    assert.equal(folder.read('b.py'), text)
  })

  it('says which fixes were taken back, which is no failure of its own', async () => {
    folder.write({ '.git/HEAD': '', 'a.py': 'x #! information search/grid-search fixable breaking\n' })
    const { code, stderr } = await costlint('check', '--fix')
    assert.equal(code, 0)
    assert.equal(stderr, 'not fixed: a.py: the file would no longer parse\n')
  })

  it('prints a diff and writes nothing', async () => {
    const text = 'x = 0 #! warning search/grid-search fixable\n'
    folder.write({ 'a.py': `first\n${text}last` })
    const { code, stdout, stderr } = await costlint('check', '--diff')
    assert.equal(code, 1)
    assert.equal(
      stdout,
      `--- a/a.py
+++ b/a.py
@@ -1,3 +1,3 @@
 first
-x = 0 #! warning search/grid-search fixable
+x = 4
 last
\\ No newline at end of file
`,
    )
    assert.match(stderr, /1 finding: 1 warning/)
    assert.equal(folder.read('a.py').includes('x = 0'), true)
  })

  it('lints standard input as a file of the project', async () => {
    folder.write({ 'src/a.py': 'on disk\n' })
    const input = 'x #! warning search/grid-search typed\n'
    const args = ['check', '--stdin-filename', 'src/a.py', '--output-format', 'concise']
    const { code, stdout } = await folder.run(bundled(main), args, { input })
    assert.equal(code, 1)
    assert.equal(stdout, 'src/a.py:1:1 warning search/grid-search typed\n')
    const absent = await folder.run(
      bundled(main),
      ['check', '--stdin-filename', 'new.py', '--output-format', 'concise'],
      { input },
    )
    assert.equal(absent.stdout, 'new.py:1:1 warning search/grid-search typed\n')
  })

  it('selects rules', async () => {
    folder.write({ 'a.py': 'x #! warning search/grid-search a\ny #! warning data/no-loader-workers b\n' })
    const { stdout } = await costlint(
      'check',
      '--output-format',
      'concise',
      '--select',
      'data/no-loader-workers',
    )
    assert.equal(stdout, 'a.py:2:1 warning data/no-loader-workers b\n')
  })

  it('lets no escape sequence of a file through to the terminal', async () => {
    folder.write({ 'a.py': 'x\u001b[31m #! warning search/grid-search red\u001b[2J\n' })
    const ended = await Promise.all(
      ['full', 'concise'].map((format) => costlint('check', '--output-format', format)),
    )
    for (const { stdout } of ended) assert.equal(stdout.includes('\u001b'), false)
  })

  it('lists and explains rules', async () => {
    assert.equal(
      (await costlint('rules')).stdout,
      'data/no-loader-workers  warning  The GPU waits for data.\nsearch/grid-search      warning  Grid search pays for every combination.\n',
    )
    const listed = JSON.parse((await costlint('rules', '--output-format', 'json')).stdout)
    assert.deepEqual(
      listed.map((rule: { name: string }) => rule.name),
      ['data/no-loader-workers', 'search/grid-search'],
    )
    assert.equal(
      (await costlint('explain', 'search/grid-search')).stdout,
      'Grid search\n\nPays every fit.\n\n    x = 1\n',
    )
  })

  it('draws jobs with machines and prices, and what could not be resolved', async () => {
    folder.write({ 'job.slurm': '', 'train.py': '' })
    assert.equal(
      (await costlint('graph')).stdout,
      `job.slurm:3 train (torchrun, 8×A100-40GB, p4d.24xlarge)
  $21.96/h on demand, about $9.00/h spot
  on the pool of pool.tf:7
  -> train.py
job.slurm:4 eval "all" (torchrun, 8×A100-40GB, p4d.24xlarge)
  on the pool of pool.tf:7
  -> not resolved: $SCRIPT is not known
pool.tf:7 node group gpu (8×A100-40GB, p4d.24xlarge, 0 to 4 machines)
  $21.96/h on demand, about $9.00/h spot for each machine
serve.py:2 SageMaker chat (8×A100-40GB, p4d.24xlarge, 2 replicas)
  $21.96/h on demand, about $9.00/h spot for each replica
  serves gpt2

2 jobs, 1 not fully resolved; 1 pool; 1 service. List prices read 2026-07-20 or later.
`,
    )
  })

  it('writes the graph in the DOT language', async () => {
    folder.write({ 'job.slurm': '', 'train.py': '' })
    assert.equal(
      (await costlint('graph', '--output-format', 'dot')).stdout,
      `digraph costlint {
  rankdir=LR;
  "pool pool.tf:7" [shape=cylinder, label="node group gpu\\n8×A100-40GB, p4d.24xlarge, 0 to 4 machines\\n$21.96/h on demand, about $9.00/h spot each"];
  "job job.slurm#job" [shape=box, label="train\\njob.slurm:3\\n8×A100-40GB, p4d.24xlarge\\n$21.96/h on demand, about $9.00/h spot"];
  "script train.py" [shape=note, label="train.py"];
  "unresolved job.slurm:4" [shape=plaintext, label="$SCRIPT is not known"];
  "service serve.py:2" [shape=component, label="SageMaker chat\\n8×A100-40GB, p4d.24xlarge, 2 replicas\\ngpt2\\n$21.96/h on demand, about $9.00/h spot each"];
  "job job.slurm#job" -> "script train.py" [label="torchrun"];
  "pool pool.tf:7" -> "job job.slurm#job";
  "job job.slurm#job" -> "unresolved job.slurm:4" [label="torchrun", style=dashed];
}
`,
    )
  })

  it('writes the graph as JSON', async () => {
    folder.write({ 'job.slurm': '', 'train.py': '' })
    const { version, jobs, pools } = JSON.parse((await costlint('graph', '--output-format', 'json')).stdout)
    assert.equal(version, 1)
    assert.deepEqual(jobs[0].cost, {
      onDemand: 21.96,
      spot: 8.987,
      atLeast: false,
      asOf: '2026-07-20',
      region: 'us-east-1',
      assumptions: [],
    })
    assert.deepEqual([jobs[0].pool, pools[0].maximum], [{ path: 'pool.tf', line: 7 }, 4])
  })

  it('ends with 130 when it is interrupted, and takes its progress bar away', async () => {
    folder.write({ 'a.py': 'x #! warning search/grid-search a\n' })
    const interruption = new AbortController()
    let printed = ''
    const console: Console = {
      out: () => assert.fail('nothing is printed'),
      err: (text) => {
        printed += text
      },
      cwd: folder.path,
      input: () => assert.fail('nothing is read'),
      colors: picocolors.createColors(false),
      errColors: picocolors.createColors(false),
      columns: 80,
      interactive: true,
      signal: interruption.signal,
    }
    folder.write({ '.git/HEAD': '' })
    let now = 0
    const clock = performance.now
    performance.now = () => now
    const engine: Engine = {
      ...fakeEngine,
      open: async (root, options) => {
        const project = await fakeEngine.open(root, options)
        const lint = project.lint.bind(project)
        project.lint = (request) => {
          request?.onProgress?.({ done: 1, total: 4 })
          now = 10_000
          request?.onProgress?.({ done: 2, total: 4 })
          interruption.abort()
          return lint(request)
        }
        return project
      },
    }
    try {
      assert.equal(await run(['check'], engine, console), 130)
    } finally {
      performance.now = clock
    }
    assert.equal(printed, `\r\u001b[K${'█'.repeat(15)}${'░'.repeat(15)} 2 of 4 files\r\u001b[K`)
  })

  it('prints its version', async () => {
    const { code, stdout } = await costlint('--version')
    assert.equal(code, 0)
    assert.match(stdout, /^costlint \d+\.\d+\.\d+\n$/)
  })
})
