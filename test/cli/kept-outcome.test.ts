/** A check that would see what it saw before prints it again; anything else is looked at. */
import assert from 'node:assert/strict'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, before, beforeEach, describe, it } from 'mocha'
import { build, commandLine } from '../build.js'
import { Folder } from './folder.js'

const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
const grammars = fileURLToPath(new URL('../../grammars/', import.meta.url))

const search = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV

search = GridSearchCV(SVC(), {"C": [0.1, 1, 10, 100], "gamma": [0.01, 0.1, 1, 10, 100]}, cv=5)
search.fit(X, y)
`

describe('a check that is repeated', function () {
  this.timeout(30_000)
  let folder: Folder
  before(build)
  beforeEach(() => {
    folder = new Folder()
    folder.write({
      'project/costlint.toml': '',
      'project/tune.py': search,
      'project/sub/other.py': 'x = 1\n',
    })
  })
  afterEach(() => folder.remove())

  const project = () => join(folder.path, 'project')
  const env = () => ({ XDG_CACHE_HOME: join(folder.path, 'user'), COSTLINT_CACHE_DIR: '' })
  const check = (...args: string[]) =>
    folder.run(commandLine, ['check', ...args], { cwd: 'project', env: env() })
  /** What is said without anything that was kept. */
  const fresh = (...args: string[]) => check('--no-cache', ...args)

  it('prints the same, without the engine', async () => {
    const installed = join(folder.path, 'installed')
    cpSync(dist, join(installed, 'dist'), { recursive: true })
    cpSync(grammars, join(installed, 'grammars'), { recursive: true })
    const run = (...args: string[]) =>
      folder.run(join(installed, 'dist', 'cli.js'), ['check', ...args], { cwd: 'project', env: env() })
    const [full, json] = [await run(), await run('--output-format', 'json')]
    assert.match(full.stdout, /100 fits/)
    rmSync(join(installed, 'dist', 'engine.cjs'))
    assert.deepEqual(await run(), full)
    assert.deepEqual(await run('--output-format', 'json'), json)
    assert.equal(full.code, 1)
    // Other options are another question.
    assert.notEqual((await run('--quiet')).stdout, full.stdout)
  })

  const changes: Record<string, () => void> = {
    'a file has other bytes': () => folder.write({ 'project/tune.py': search.replace('cv=5', 'cv=4') }),
    'a file has other bytes, the same size and the same times': () => {
      const path = join(project(), 'tune.py')
      const { atime, mtime } = statSync(path)
      writeFileSync(path, search.replace('cv=5', 'cv=4'))
      utimesSync(path, atime, mtime)
    },
    'a file has come': () => folder.write({ 'project/sub/tune.py': search }),
    'a file has gone': () => rmSync(join(project(), 'tune.py')),
    'a file has another name': () => renameSync(join(project(), 'tune.py'), join(project(), 'tuned.py')),
    'a file is replaced by a folder': () => {
      rmSync(join(project(), 'tune.py'))
      mkdirSync(join(project(), 'tune.py'))
    },
    'the configuration is another': () =>
      folder.write({ 'project/costlint.toml': 'ignore = ["search/grid-search"]\n' }),
    'an ignore file names it': () => folder.write({ 'project/.gitignore': 'tune.py\n' }),
  }
  for (const [name, change] of Object.entries(changes)) {
    it(`looks again where ${name}`, async () => {
      const concise = ['--output-format', 'concise']
      const first = await check(...concise)
      change()
      const [now, expected] = [await check(...concise), await fresh(...concise)]
      assert.deepEqual(now, expected)
      assert.notEqual(now.stdout, first.stdout)
    })
  }

  it('looks again where a folder above has become the project', async () => {
    folder.write({ 'bare/tune.py': search })
    const bare = () =>
      folder.run(commandLine, ['check', '--output-format', 'concise'], { cwd: 'bare', env: env() })
    assert.equal((await bare()).code, 1)
    folder.write({ 'costlint.toml': 'ignore = ["search/grid-search"]\n' })
    assert.equal((await bare()).code, 0)
  })

  it('looks again where the configuration that it names is another', async () => {
    folder.write({ 'named.toml': '' })
    const named = () => check('--config', '../named.toml')
    assert.equal((await named()).code, 1)
    folder.write({ 'named.toml': 'ignore = ["search/grid-search"]\n' })
    assert.equal((await named()).code, 0)
  })

  it('keeps nothing where a file changes between whoever reads it first, and the report that points into it', async () => {
    for (let index = 0; index < 1_600; index++)
      folder.write({ [`project/more/${index}.py`]: 'import torch\n' })
    folder.write({
      'save.cjs': `const fs = require('node:fs')
const read = fs.readFileSync
const mark = ${JSON.stringify(join(folder.path, 'saved'))}
fs.readFileSync = (path, ...rest) => {
  const text = read(path, ...rest)
  if (String(path).endsWith('tune.py') && !fs.existsSync(mark)) {
    fs.writeFileSync(mark, '')
    fs.writeFileSync(path, read(path, 'utf8').replace('cv=5', 'cv=3'))
  }
  return text
}
`,
    })
    const concise = ['--output-format', 'concise']
    const saved = await folder.run(commandLine, ['check', ...concise], {
      cwd: 'project',
      env: { ...env(), NODE_OPTIONS: `--require "${join(folder.path, 'save.cjs')}"` },
    })
    assert.match(saved.stdout, /100 fits/)
    assert.match((await check(...concise)).stdout, /60 fits/)
  })

  it('believes nothing that was damaged or that somebody else has written', async () => {
    const first = await check()
    const outcomes = join(folder.path, 'user', 'costlint', 'outcomes')
    const [name] = readdirSync(outcomes)
    const path = join(outcomes, name!)
    const text = readFileSync(path, 'utf8')
    for (const damaged of [text.replace('100 fits', '999 fits'), text.slice(0, -10), '', '\n{}']) {
      writeFileSync(path, damaged)
      assert.deepEqual(await check(), first)
    }
  })

  it('is forgotten by clean, for its project alone', async () => {
    folder.write({ 'second/costlint.toml': '', 'second/tune.py': search })
    await check()
    await folder.run(commandLine, ['check'], { cwd: 'second', env: env() })
    const outcomes = join(folder.path, 'user', 'costlint', 'outcomes')
    assert.equal(readdirSync(outcomes).length, 2)
    await folder.run(commandLine, ['clean'], { cwd: 'project', env: env() })
    assert.equal(readdirSync(outcomes).length, 1)
  })
})
