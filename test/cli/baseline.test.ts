import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { describe, it } from 'mocha'
import { commandLine } from '../build.js'
import { Folder } from './folder.js'
import { inFolder, writeFiles } from './here.js'

const imports = 'from sklearn.svm import SVC\nfrom sklearn.model_selection import GridSearchCV\n'
const grid = (name: string, size: number) =>
  `${name} = GridSearchCV(SVC(), {"C": list(range(1, ${size + 1})), "gamma": [0.01, 0.1, 1, 10, 100]}, cv=5)\n${name}.fit(X, y)\n`

describe('cli/baseline', () => {
  it('is what its schema says', () =>
    inFolder({ 'costlint.toml': '', 'a.py': imports + grid('first', 8) }, async (costlint, root) => {
      await costlint('baseline')
      const schema = fileURLToPath(new URL('../../schemas/baseline.schema.json', import.meta.url))
      const check = new Ajv().compile(JSON.parse(readFileSync(schema, 'utf8')))
      const valid = (value: unknown): boolean => check(value)
      const baseline = JSON.parse(readFileSync(join(root, 'costlint-baseline.json'), 'utf8'))
      assert.ok(valid(baseline), JSON.stringify(check.errors))
      assert.equal(baseline.findings.length, 1)
      assert.ok(!valid({ ...baseline, findings: [{ ...baseline.findings[0], rule: 'grid' }] }))
      assert.ok(!valid({ ...baseline, version: 2 }))
    }))

  it('holds back what is known, and reports what is new', () =>
    inFolder({ 'costlint.toml': '', 'a.py': imports + grid('first', 8) }, async (costlint, root) => {
      const wrote = await costlint('baseline')
      assert.equal(wrote.code, 0)
      assert.equal(
        wrote.err,
        'costlint: 1 finding in costlint-baseline.json: 1 added, 0 taken out\n' +
          'costlint: add baseline = "costlint-baseline.json" to costlint.toml, or pass --baseline costlint-baseline.json to check\n',
      )
      const args = ['check', '--baseline', 'costlint-baseline.json']
      const known = await costlint(...args)
      assert.equal(known.code, 0)
      assert.equal(
        known.out,
        'No findings (3 files seen, 1 parsed).\n1 finding of costlint-baseline.json not shown.\n',
      )
      // Without it nothing is held back.
      assert.equal((await costlint('check')).code, 1)
      writeFiles(root, { 'a.py': imports + grid('first', 8) + grid('second', 9) })
      const more = await costlint(...args, '--output-format', 'concise')
      assert.equal(more.code, 1)
      assert.match(more.out, /^a\.py:5:\d+ warning search\/grid-search Grid of 9 × 5/m)
      assert.equal(more.out.trim().split('\n').length, 1)
    }))

  it('is named by the configuration, and survives code that moves within a file and to another one', () =>
    inFolder(
      {
        'costlint.toml': 'baseline = "lint/known.json"\n',
        'a.py': imports + grid('first', 8),
        'lint/.keep': '',
      },
      async (costlint, root) => {
        const missing = await costlint('check')
        assert.equal(missing.code, 2)
        assert.equal(
          missing.err,
          'configuration error: costlint.toml:1: "baseline": lint/known.json is not there; `costlint baseline` writes it\n',
        )
        assert.match((await costlint('baseline')).err, /1 finding in lint\/known\.json: 1 added/)
        writeFiles(root, { 'a.py': `import os\n\n# above\n${imports}\n\n${grid('first', 8)}` })
        assert.equal((await costlint('check')).code, 0)
        rmSync(join(root, 'a.py'))
        writeFiles(root, { 'training/b.py': `${imports}\n${grid('first', 8)}` })
        assert.equal((await costlint('check')).code, 0)
        // One entry stands for one finding: a copy is new.
        writeFiles(root, { 'training/c.py': `${imports}\n${grid('first', 8)}` })
        const { code, out } = await costlint('check', '--output-format', 'json')
        assert.equal(code, 1)
        assert.equal(JSON.parse(out).findings.length, 1)
      },
    ))

  it('a copy is new where only it is asked for', () =>
    inFolder(
      { 'costlint.toml': 'baseline = "known.json"\n', 'a.py': imports + grid('first', 8) },
      async (costlint, root) => {
        await costlint('baseline')
        writeFiles(root, { 'b.py': imports + grid('first', 8) })
        assert.equal((await costlint('check', 'a.py')).code, 0)
        const { code, out } = await costlint('check', 'b.py', '--output-format', 'json')
        assert.equal(code, 1)
        assert.deepEqual(JSON.parse(out).summary.baseline, { name: 'known.json', known: 0, stale: [] })
      },
    ))

  it('says what is gone, and takes it out', () =>
    inFolder(
      {
        'costlint.toml': 'baseline = "known.json"\n',
        'a.py': imports + grid('first', 8),
        'b.py': imports + grid('second', 9),
      },
      async (costlint, root) => {
        await costlint('baseline')
        writeFiles(root, { 'a.py': imports, 'c.py': imports + grid('third', 7) })
        const { code, out } = await costlint('check', '--exit-zero')
        assert.equal(code, 0)
        assert.match(
          out,
          /1 finding of known\.json not shown\.\n1 entry of known\.json no longer found; costlint baseline --prune takes them out:\n {2}a\.py: search\/grid-search\n$/,
        )
        const paths = () =>
          (JSON.parse(readFileSync(join(root, 'known.json'), 'utf8')).findings as { path: string }[]).map(
            ({ path }) => path,
          )
        assert.match(
          (await costlint('baseline', '--prune')).err,
          /1 finding in known\.json: 0 added, 1 taken out/,
        )
        assert.deepEqual(paths(), ['b.py'])
        // Only what is asked for is written anew.
        await costlint('baseline', 'c.py')
        assert.deepEqual(paths(), ['b.py', 'c.py'])
      },
    ))

  it('says what is wrong with the file', async () => {
    const folder = new Folder()
    try {
      folder.write({ 'costlint.toml': '', 'a.py': '', 'bad.json': '{"findings": 3}' })
      const told = async (...args: string[]) => {
        const { code, stderr } = await folder.run(commandLine, args)
        assert.equal(code, 2)
        return stderr
      }
      assert.equal(
        await told('check', '--baseline', 'bad.json'),
        'costlint: bad.json is no baseline of costlint\n',
      )
      assert.equal(
        await told('check', '--baseline', 'gone.json'),
        'costlint: --baseline: no file gone.json; costlint baseline writes it\n',
      )
      assert.match(await told('baseline', '--baseline', 'costlint.toml'), /costlint\.toml is no JSON/)
    } finally {
      folder.remove()
    }
  })
})
