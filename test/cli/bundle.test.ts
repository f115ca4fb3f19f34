/** The command line as it is installed: built, and run on real files with the real engine. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, before, beforeEach, describe, it } from 'mocha'
import { build, commandLine as cli } from '../build.js'
import { Folder } from './folder.js'

const repository = fileURLToPath(new URL('../../', import.meta.url))

const search = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV

grid = {"C": [0.1, 1, 10, 100], "gamma": [0.01, 0.1, 1, 10, 100], "tol": [1e-4, 1e-3, 1e-2]}
search = GridSearchCV(SVC(), grid, cv=5)
search.fit(X, y)
`

interface Output {
  findings: { rule: string; path: string; range: object; fingerprint: string; message: string }[]
  errors: { path: string; message: string }[]
  summary: { files: number }
}

describe('cli, bundled', function () {
  this.timeout(60_000)
  let folder: Folder
  before(() => {
    build()
  })
  beforeEach(() => {
    folder = new Folder()
  })
  afterEach(() => folder.remove())
  const folderTaken = () =>
    `costlint: no repository and no costlint.toml here or above, so the project is ${folder.path}\n`
  const costlint = (...args: string[]) => folder.run(cli, args)
  const json = async (...args: string[]): Promise<Output> =>
    JSON.parse((await costlint('check', '--output-format', 'json', ...args)).stdout)

  it('finds, computes, and ends with 1', async () => {
    folder.write({ 'tune.py': search })
    const { code, stdout, stderr } = await costlint('check')
    assert.equal(code, 1)
    assert.equal(stderr, folderTaken())
    assert.match(
      stdout,
      /\[search\/grid-search\]: Grid of 4 × 5 × 3 = 60 configurations × 5 folds = 300 fits/,
    )
    assert.match(stdout, /tune\.py:5:10\n/)
    assert.match(stdout, /5 \| search = GridSearchCV\(/)
  })

  it('keeps its compiled code for the user, and does without where that is damaged or somebody else could write it', async () => {
    folder.write({ 'project/tune.py': search })
    const place = join(folder.path, 'user')
    const check = async (...more: string[]) => {
      const args = ['check', 'project', '--output-format', 'json', ...more]
      // What the same command printed before would be printed again.
      rmSync(join(place, 'costlint', 'outcomes'), { recursive: true, force: true })
      const { code, stdout } = await folder.run(cli, args, { env: { XDG_CACHE_HOME: place } })
      assert.equal(code, 1)
      return stdout
    }
    const kept = () =>
      (existsSync(join(place, 'costlint')) ? readdirSync(join(place, 'costlint')) : [])
        .filter((name) => name.startsWith('code-'))
        .map((name) => join(place, 'costlint', name))
    const first = await check('--no-cache')
    assert.deepEqual(kept(), [])
    assert.equal(await check(), first)
    const [file, ...others] = kept()
    assert.deepEqual(others, [])
    const { size, ino } = statSync(file!)
    assert.equal(await check(), first)
    // It was taken: what V8 refuses is replaced.
    assert.equal(statSync(file!).ino, ino)
    const flipped = readFileSync(file!)
    flipped.fill(0xff, size >> 1, (size >> 1) + 1_000)
    for (const damaged of [randomBytes(size), flipped, flipped.subarray(0, size >> 1), Buffer.alloc(0)]) {
      writeFileSync(file!, damaged)
      assert.equal(await check(), first)
      // What could not be used has been replaced.
      assert.ok(statSync(file!).size > size / 2)
      assert.notDeepEqual(readFileSync(file!), damaged)
    }
    writeFileSync(file!, 'not ours')
    chmodSync(file!, 0o666)
    assert.equal(await check(), first)
  })

  it('keeps what it found out for the next run, unless told otherwise', async () => {
    const files = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`tune${index}.py`, search]))
    folder.write(files)
    const cache = join(folder.path, '.costlint_cache')
    const cold = await costlint('check', '--no-cache', '--output-format', 'json')
    assert.equal(existsSync(cache), false)
    const first = await costlint('check', '--output-format', 'json')
    assert.equal(existsSync(join(cache, 'CACHEDIR.TAG')), true)
    const second = await costlint('check', '--output-format', 'json')
    assert.deepEqual([first.stdout, second.stdout], [cold.stdout, cold.stdout])
    assert.match((await costlint('clean')).stderr, /removed the cache of /)
    assert.equal(existsSync(cache), false)
    assert.match((await costlint('clean')).stderr, /no cache in /)
    const place = join(folder.path, 'user')
    const elsewhere = {
      env: { COSTLINT_CACHE_DIR: join(folder.path, 'elsewhere'), XDG_CACHE_HOME: place },
    }
    const third = await folder.run(cli, ['check', '--output-format', 'json', '.'], elsewhere)
    assert.equal(third.stdout, cold.stdout)
    assert.deepEqual([existsSync(cache), existsSync(elsewhere.env.COSTLINT_CACHE_DIR)], [false, true])
    // Code that is run is the user's alone.
    const isCode = (name: string) => name.startsWith('code-')
    assert.equal(readdirSync(elsewhere.env.COSTLINT_CACHE_DIR).some(isCode), false)
    assert.equal(readdirSync(join(place, 'costlint')).some(isCode), true)
  })

  it('says of a file what it says of the whole project', async () => {
    folder.write({
      'tune.py': search,
      'sub/tune.py': search,
      'launch.sh': 'python tune.py\n',
    })
    const all = await json('.')
    const one = await json('tune.py')
    assert.equal(all.findings.length, 2)
    assert.deepEqual(
      one.findings,
      all.findings.filter((each) => each.path === 'tune.py'),
    )
  })

  it('respects suppressions and reports those that are not used', async () => {
    const line = 'search = GridSearchCV(SVC(), grid, cv=5)'
    folder.write({
      'tune.py': search.replace(line, `${line}  # costlint: ignore[search/grid-search] -- small`),
      'idle.py': 'import sklearn\nx = 1  # costlint: ignore[search/grid-search]\n',
    })
    const { findings } = await json()
    assert.deepEqual(
      findings.map((each) => [each.path, each.rule]),
      [['idle.py', 'costlint/unused-suppression']],
    )
    const fixed = await costlint('check', '--fix')
    assert.equal(fixed.code, 0)
    assert.equal(folder.read('idle.py'), 'import sklearn\nx = 1\n')
  })

  it('fixes only what is asked for, and nothing the second time', async () => {
    folder.write({ 'tune.py': search })
    await costlint('check', '--fix')
    assert.equal(folder.read('tune.py'), search)
    const diff = await costlint('check', '--unsafe-fixes', '--diff')
    assert.match(diff.stdout, /^--- a\/tune\.py\n\+\+\+ b\/tune\.py\n@@ /)
    assert.equal(folder.read('tune.py'), search)
    const first = await costlint('check', '--fix', '--unsafe-fixes')
    assert.match(first.stdout, /^Fixed 1 finding\./m)
    const text = folder.read('tune.py')
    assert.match(text, /HalvingGridSearchCV\(/)
    await costlint('check', '--fix', '--unsafe-fixes')
    assert.equal(folder.read('tune.py'), text)
  })

  it('reads standard input, and writes the fixed text to standard output', async () => {
    const args = ['check', '--stdin-filename', 'tune.py']
    const { code, stdout } = await folder.run(cli, args, { input: search })
    assert.equal(code, 1)
    assert.match(stdout, /tune\.py:5:10/)
    const fixed = await folder.run(cli, [...args, '--fix', '--unsafe-fixes'], { input: search })
    assert.match(fixed.stdout, /^from sklearn[\s\S]*HalvingGridSearchCV\(/)
    assert.equal(fixed.stdout.includes('tune.py:'), false)
  })

  it('follows the configuration', async () => {
    folder.write({ 'tune.py': search, 'costlint.toml': '[severity]\n"search/grid-search" = "information"\n' })
    assert.equal((await costlint('check')).code, 0)
    folder.write({ 'costlint.toml': 'ignore = ["search"]\n' })
    assert.deepEqual((await json()).findings, [])
    folder.write({ 'costlint.toml': 'ignore = [\n  "serch",\n]\n' })
    const { code, stdout, stderr } = await costlint('check')
    assert.equal(code, 2)
    assert.match(stdout, /search\/grid-search/)
    assert.equal(
      stderr,
      'configuration error: costlint.toml:2: unknown rule "serch", did you mean "search"?\n',
    )
  })

  it('follows the configuration nearest to a file', async () => {
    folder.write({ 'tune.py': search, 'lab/tune.py': search, 'lab/costlint.toml': 'ignore = ["search"]\n' })
    assert.deepEqual(
      (await json()).findings.map((each) => each.path),
      ['tune.py'],
    )
  })

  it('withstands what is broken, and says so once each', async () => {
    const words = '# sklearn torch GridSearchCV\n'
    folder.write({
      'binary.py': Buffer.concat([Buffer.from(`${words}\0`), randomBytes(20_000)]),
      'broken.ipynb': '{"cells": [{"cell_type": "code", "source": "import sklearn, torch"}',
      'half.py': `${words}search = GridSearchCV(model, {"a": [1, 2\nfor x in :\n`,
      'python2.py': `${words}print "hello"\nexec "x"\n`,
      'utf16.py': Buffer.from(`\ufeff${search}`, 'utf16le'),
      'latin1.py': Buffer.from(`# caf\u00e9 sklearn\nx = 1\n`, 'latin1'),
      'declared.py': Buffer.from(`# -*- coding: latin-1 -*-\n# caf\u00e9\n${search}`, 'latin1'),
      'nested.py': `import sklearn\nx = ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`,
      'nested.json': `${'{"sklearn":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
      'nested.yaml': `a: ${'['.repeat(10_000)}${']'.repeat(10_000)} # torch kind Job\n`,
      'large.py': `import sklearn\n${'x = [1, 2, 3]  # comment\n'.repeat(220_000)}`,
    })
    symlinkSync('.', join(folder.path, 'loop'))
    symlinkSync('gone.py', join(folder.path, 'broken-link.py'))
    const { code, stdout } = await costlint('check', '--output-format', 'json')
    assert.equal(code, 1)
    const output: Output = JSON.parse(stdout)
    assert.deepEqual([...new Set(output.findings.map((each) => each.path))], ['declared.py', 'utf16.py'])
    const messages = new Map(output.errors.map((each) => [each.path, each.message]))
    assert.equal(messages.size, output.errors.length)
    for (const path of ['binary.py', 'broken.ipynb', 'large.py', 'latin1.py'])
      assert.ok(messages.has(path), path)
  })

  it('ends quietly when the reader of its output goes away', async () => {
    folder.write(Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`f${index}.py`, search])))
    const child = spawn(process.execPath, [cli, 'check'], { cwd: folder.path })
    let stderr = ''
    child.stderr.on('data', (data) => {
      stderr += data
    })
    child.stdout.once('data', () => child.stdout.destroy())
    const code = await new Promise((resolve) => child.on('close', resolve))
    assert.equal(code, 1)
    assert.equal(stderr, folderTaken())
  })

  it('ends at once on an interrupt', async () => {
    folder.write(Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`f${index}.py`, search])))
    const child = spawn(process.execPath, [cli, 'check'], { cwd: folder.path, stdio: 'pipe' })
    await new Promise((resolve) => child.once('spawn', resolve))
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.on('close', (code, signal) => resolve([code, signal])),
    )
    // Before the handler is there Node itself ends the process; both are an end by the interrupt.
    child.kill('SIGINT')
    const [code, signal] = await ended
    assert.ok(code === 130 || signal === 'SIGINT', `${code} ${signal}`)
  })

  it('explains every rule that it lists', async () => {
    const rules: { name: string }[] = JSON.parse((await costlint('rules', '--output-format', 'json')).stdout)
    assert.ok(rules.length > 0)
    const pages = JSON.parse(readFileSync(join(repository, 'dist', 'rule-pages.json'), 'utf8'))
    for (const { name } of rules) assert.ok(Object.hasOwn(pages, name), name)
    const { code, stdout } = await costlint('explain', rules[0]!.name)
    assert.equal(code, 0)
    assert.ok(stdout.length > 200)
  })
})
