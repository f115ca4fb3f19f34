/** What `check` reports on, and how long it runs, as its options say. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { build, commandLine } from '../build.js'
import { Folder } from './folder.js'
import { runHere } from './here.js'

const search = `from sklearn.model_selection import GridSearchCV

grid = {"max_depth": [4, 8, 16, None], "min_samples_leaf": [1, 2, 5, 10, 20], "max_features": ["sqrt", 0.5, 1.0]}
search = GridSearchCV(make_model(), grid, cv=5)
search.fit(X_train, y_train)
`

const trainer = `from transformers import Trainer, TrainingArguments, AutoModelForSequenceClassification

model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
args = TrainingArguments("out", num_train_epochs=30, per_device_train_batch_size=8)
Trainer(model=model, args=args, train_dataset=data).train()
`

const job = `#!/bin/bash
#SBATCH --gres=gpu:a100:4
#SBATCH --time=24:00:00
torchrun --nproc_per_node 4 train.py
`

/** Paths with findings, in order. */
async function found(
  files: Record<string, string>,
  args: readonly string[],
  around?: Parameters<typeof runHere>[2],
): Promise<string[]> {
  const { out } = await runHere(files, ['check', '--output-format', 'json', '--show-hints', ...args], around)
  return [...new Set((JSON.parse(out).findings as { path: string }[]).map(({ path }) => path))]
}

const commit = (root: string) => {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: 'ignore' })
  git('init', '-q')
  git('add', '-A')
  git('-c', 'user.email=a@b.c', '-c', 'user.name=a', '-c', 'commit.gpgsign=false', 'commit', '-qm', 'one')
}

describe('options of check', () => {
  describe('--exclude and named paths', () => {
    const files = { 'a.py': search, 'old/b.py': search, 'old/deep/c.py': search }

    it('leaves out more than the configuration does', async () => {
      assert.deepEqual(await found(files, ['--exclude', 'deep/']), ['a.py', 'old/b.py'])
      assert.deepEqual(await found(files, ['--exclude', 'b.py', '--exclude', 'a.py']), ['old/deep/c.py'])
    })

    it('means patterns with a slash from the current folder', async () => {
      const root = new Folder()
      try {
        root.write({ 'costlint.toml': '', ...files })
        const console = { cwd: join(root.path, 'old') }
        assert.deepEqual(await found({}, ['..', '--exclude', 'deep/c.py'], { console }), ['../a.py', 'b.py'])
      } finally {
        root.remove()
      }
    })

    it('reads a path that is named whatever the configuration leaves out', async () => {
      const configured = { ...files, 'costlint.toml': 'exclude = ["old/"]\ninclude = ["a.py"]\n' }
      assert.deepEqual(await found(configured, []), ['a.py'])
      assert.deepEqual(await found(configured, ['old/b.py']), ['old/b.py'])
      const folder = { ...configured, 'costlint.toml': 'exclude = ["old/"]\n' }
      assert.deepEqual(await found(folder, ['old']), ['old/b.py', 'old/deep/c.py'])
      assert.deepEqual(await found(configured, ['old/b.py', 'a.py', '--respect-exclude']), ['a.py'])
      assert.deepEqual(await found(configured, ['old/b.py', '--exclude', 'b.py', 'a.py']), ['a.py'])
    })
  })

  it('--config stands in for every configuration of the project', async () => {
    const files = {
      'costlint.toml': 'exclude = ["*"]\n',
      'in/costlint.toml': 'ignore = ["search"]\n',
      'in/a.py': search,
      'ci.toml': '[severity]\n"search" = "error"\n',
    }
    assert.deepEqual(await found(files, []), [])
    const { out, code } = await runHere(files, ['check', '--config', 'ci.toml', '--output-format', 'concise'])
    assert.match(out, /^in\/a\.py:4:10 error search\/grid-search /)
    assert.equal(code, 1)
    const wrong = await runHere({ 'ci.toml': '\nselct = []\n' }, ['check', '--config', 'ci.toml'])
    assert.equal(wrong.code, 2)
    assert.match(wrong.err, /^configuration error: ci\.toml:2: unknown key "selct"/)
    assert.match(
      (await runHere({}, ['check', '--config', 'no.toml'])).err,
      /--config: \S.*no\.toml cannot be read/,
    )
  })

  it('--config KEY=VALUE holds above every file', async () => {
    const files = {
      'costlint.toml': 'exclude = ["old"]\n[severity]\n"search" = "hint"\n',
      'in/costlint.toml': 'ignore = ["search"]\n',
      'a.py': search,
      'old/b.py': search,
      'in/c.py': search,
    }
    const check = ['check', '--output-format', 'concise']
    const set = async (...settings: string[]) =>
      runHere(files, [...check, ...settings.flatMap((each) => ['--config', each])])
    assert.match((await set('severity.search=error')).out, /^a\.py:4:10 error search\/grid-search .*\n$/)
    assert.match((await set('severity.search = "warning"', 'fail-on=error')).out, /^a\.py:4:10 warning /)
    assert.equal((await set('severity.search = "warning"', 'fail-on=error')).code, 0)
    assert.equal((await set('ignore = ["search"]')).out, '')
    assert.match(
      (await runHere({ 'a.py': search }, [...check, '--config', 'severity.search=error'])).out,
      /error/,
    )
    const wrong = await set('fail-on = "error"', 'serverity.search=error')
    assert.equal(wrong.code, 2)
    assert.match(wrong.err, /^configuration error: --config:2: unknown key "serverity"/)
    assert.match((await set('fail-on=[')).err, /^configuration error: --config:1: /)
    const two = await runHere(files, [...check, '--config', 'a.toml', '--config', 'b.toml'])
    assert.match(two.err, /--config: only one file can be given/)
  })

  describe('--since', () => {
    const files = { 'train.py': trainer, 'job.slurm': job, 'tune.py': search }

    it('reports on what has changed, what is new, and what these reach', async () => {
      const changed = (change: (root: string) => void) =>
        found(files, ['--since', 'HEAD'], {
          prepare: (root) => {
            commit(root)
            change(root)
          },
        })
      const all = await found(files, [], { prepare: commit })
      assert.deepEqual(all, ['job.slurm', 'train.py', 'tune.py'])
      // The script has changed, and the job that launches it may be judged otherwise.
      assert.deepEqual(await changed((root) => writeFileSync(join(root, 'train.py'), `${trainer}\n`)), [
        'job.slurm',
        'train.py',
      ])
      assert.deepEqual(await changed((root) => writeFileSync(join(root, 'new.py'), search)), ['new.py'])
      assert.deepEqual(
        await changed((root) => writeFileSync(join(root, 'costlint.toml'), '# all of it\n')),
        all,
      )
      // Other line ends are no change.
      assert.deepEqual(
        await changed((root) => writeFileSync(join(root, 'tune.py'), search.replaceAll('\n', '\r\n'))),
        [],
      )
    })

    it('says so where nothing has changed, and what git does not know', async () => {
      const nothing = await runHere(files, ['check', '--since', 'HEAD'], { prepare: commit })
      assert.deepEqual([nothing.code, nothing.err], [0, 'costlint: no file has changed since HEAD\n'])
      const unknown = await runHere(files, ['check', '--since', 'nope'], { prepare: commit })
      assert.equal(unknown.code, 2)
      assert.match(unknown.err, /--since: git cannot read "nope"/)
    })

    it('starts nothing that the repository names', async () => {
      let touched: boolean | undefined
      await runHere(files, ['check', '--since', 'HEAD'], {
        prepare: (root) => {
          commit(root)
          const git = (...args: string[]) => execFileSync('git', args, { cwd: root })
          writeFileSync(join(root, 'evil.sh'), '#!/bin/sh\ntouch "$(dirname "$0")/touched"\ncat\n', {
            mode: 0o755,
          })
          git('config', 'core.fsmonitor', './evil.sh')
          git('config', 'filter.evil.clean', './evil.sh')
          writeFileSync(join(root, '.gitattributes'), '* filter=evil\n')
          writeFileSync(join(root, 'train.py'), `${trainer}\n`)
        },
        after: (root) => {
          touched = existsSync(join(root, 'touched'))
        },
      })
      assert.equal(touched, false)
    })
  })

  describe('-', () => {
    const from = (text: string, ...args: string[]) =>
      runHere({}, ['check', '-', '--output-format', 'concise', ...args], {
        console: { input: async () => new TextEncoder().encode(text) },
      })

    it('lints standard input as what it looks like', async () => {
      assert.match((await from(search)).out, /^stdin\.py:4:10 warning search\/grid-search /)
      const cell = { cell_type: 'code', metadata: {}, outputs: [], execution_count: null, source: search }
      const notebook = JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 })
      assert.match((await from(notebook)).out, /^stdin\.ipynb:1:\d+ .* \(cell 0, line 4\)\n$/)
      const sweep =
        'program: train.py\nmethod: grid\nparameters:\n  lr:\n    values: [1, 2, 3, 4, 5, 6, 7, 8]\n  depth:\n    values: [1, 2, 3, 4, 5, 6]\n'
      assert.match((await from(sweep, '--show-hints')).out, /^stdin\.yaml:\d+:\d+ \w+ search\/grid-search /m)
    })

    it('takes no paths beside it', async () => {
      const { code, err } = await from(search, 'a.py')
      assert.equal(code, 2)
      assert.match(err, /standard input is the only file then/)
    })
  })

  it('--watch checks again after each change until it is interrupted', async () => {
    const folder = new Folder()
    folder.write({ '.git/HEAD': '', 'a.py': search })
    build()
    const args = [
      'check',
      '--watch',
      '--output-format',
      'concise',
      '--output',
      'json=report.json',
      '--no-cache',
    ]
    const child = spawn(process.execPath, [commandLine, ...args], { cwd: folder.path })
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (data: string) => {
      out += data
    })
    const told = () =>
      new Promise<void>((resolve, reject) => {
        child.stderr.once('data', (data: Buffer) =>
          String(data).startsWith('Watching for changes') ? resolve() : reject(new Error(String(data))),
        )
      })
    try {
      await told()
      assert.match(out, /^a\.py:4:10 warning search\/grid-search .*\n$/)
      const again = told()
      folder.write({ 'b.py': search })
      await again
      assert.match(out, /\nb\.py:4:10 warning search\/grid-search .*\n$/)
      child.kill('SIGINT')
      assert.equal(await ended, 130)
      // Its own report is no change: it was written as often as something was checked.
      assert.equal(out.split('\n').length, 4)
    } finally {
      child.kill('SIGKILL')
      folder.remove()
    }
    const both = await runHere({}, ['check', '--watch', '--fix'])
    assert.match(both.err, /--fix: not together with --watch/)
  })
})
