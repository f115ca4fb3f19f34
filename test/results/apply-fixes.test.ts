import { strict as assert } from 'node:assert'
import type { Safety } from '../../server/src/edit/write.js'
import type { Finding } from '../../server/src/finding.js'
import type { OfferedFix } from '../../server/src/linter.js'
import { applyFixes, type FixableFile, type FixableProject } from '../../server/src/results/apply-fixes.js'
import type { Encoding } from '../../server/src/text/decode.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'

interface Replacement {
  /** What is found, and what it becomes, in a text. */
  pattern: RegExp
  by: string | ((text: string) => string)
  safety?: Safety
  /** Characters before and behind that the edit replaces too. */
  reach?: number
  refused?: string
}

/** A project that finds words and replaces them; braces must balance. */
class ResourceKinds implements FixableProject {
  readonly texts: Map<string, string>
  lints = 0

  constructor(
    files: Record<string, string>,
    private readonly replacements: Replacement[],
    private readonly encoding: Encoding = 'utf-8',
  ) {
    this.texts = new Map(Object.entries(files))
  }

  async lint(options: { paths?: string[] }) {
    this.lints++
    const findings: Finding[] = []
    for (const path of this.texts.keys()) {
      if (!options.paths?.some((one) => one === '.' || path.startsWith(one))) continue
      for (const part of (await this.file(path)).source.parts) {
        for (const { pattern } of this.replacements) {
          for (const [at, match] of [...part.text.matchAll(pattern)].entries()) {
            const start = match.index
            const location = { path, cell: part.cell, start, end: start + match[0].length }
            const fingerprint = `${path} ${part.cell} ${pattern.source} ${at}`
            findings.push({ rule: pattern.source, location, fingerprint } as Finding)
          }
        }
      }
    }
    return { findings }
  }

  async fixes(finding: Finding): Promise<OfferedFix[]> {
    const {
      by,
      safety = 'safe',
      reach = 0,
      refused,
    } = this.replacements.find(({ pattern }) => pattern.source === finding.rule)!
    if (refused !== undefined) return [{ title: 'replace', refused }]
    const { start, end } = finding.location
    const location = { ...finding.location, start: Math.max(0, start - reach), end: end + reach }
    const newText = typeof by === 'string' ? by : by(this.texts.get(location.path)!)
    return [{ title: `write ${newText}`, safety, edits: [{ location, newText }] }]
  }

  open(path: string, text: string) {
    this.texts.set(path, text)
  }

  async file(path: string): Promise<FixableFile> {
    return { source: sourceFile(path, this.texts.get(path)!), encoding: this.encoding, bom: false }
  }

  async syntaxErrors(_: string, text: string) {
    return Math.abs(text.split('{').length - text.split('}').length)
  }
}

const everything = { paths: ['.'], unsafe: false }

describe('results/apply-fixes', () => {
  it('carries out all fixes that do not touch each other, and says what changed', async () => {
    const project = new ResourceKinds({ 'a.py': 'bad x bad\n', 'b.py': 'good\n' }, [
      { pattern: /bad/g, by: 'good' },
    ])
    const run = await applyFixes(project, everything)
    assert.deepEqual(
      run.files.map(({ path, before, after, bytes }) => [
        path,
        before,
        after,
        new TextDecoder().decode(bytes),
      ]),
      [['a.py', 'bad x bad\n', 'good x good\n', 'good x good\n']],
    )
    assert.equal(run.fixed, 2)
    assert.deepEqual(run.rolledBack, [])
    assert.equal(project.texts.get('a.py'), 'good x good\n')
    assert.equal(project.lints, 2)
  })

  it('leaves fixes that touch another one for the next round', async () => {
    const project = new ResourceKinds({ 'a.py': 'badbad!\n' }, [{ pattern: /bad/g, by: 'good' }])
    const run = await applyFixes(project, everything)
    assert.equal(run.files[0]!.after, 'goodgood!\n')
    assert.equal(run.fixed, 2)
    assert.equal(project.lints, 3)
  })

  it('fixes what fixes bring up, for ten rounds', async () => {
    const chain = new ResourceKinds({ 'a.py': 'one\n' }, [
      { pattern: /one/g, by: 'two' },
      { pattern: /two/g, by: 'three' },
    ])
    assert.equal((await applyFixes(chain, everything)).files[0]!.after, 'three\n')
    const endless = new ResourceKinds({ 'a.py': 'a\n' }, [
      { pattern: /a/g, by: 'b' },
      { pattern: /b/g, by: 'a' },
    ])
    const run = await applyFixes(endless, everything)
    assert.equal(endless.lints, 10)
    assert.deepEqual([run.files, run.fixed], [[], 10])
  })

  it('takes back a fix after which its finding is still there, and keeps the others', async () => {
    // The finding moves behind what another fix has written, and its text is another each time.
    const project = new ResourceKinds({ 'a.py': 'worse x odd y worse\n' }, [
      { pattern: /odd!*/g, by: 'odd!' },
      { pattern: /worse/g, by: 'good as new' },
    ])
    const run = await applyFixes(project, everything)
    assert.equal(run.files[0]!.after, 'good as new x odd y good as new\n')
    assert.equal(run.fixed, 2)
    assert.deepEqual(run.rolledBack, [
      { path: 'a.py', message: '“write odd!” was taken back: what it is to mend would still be there' },
    ])
    const alone = new ResourceKinds({ 'a.py': 'odd\n' }, [{ pattern: /odd!*/g, by: 'odd!' }])
    assert.deepEqual((await applyFixes(alone, everything)).files, [])
    assert.equal(alone.texts.get('a.py'), 'odd\n')
  })

  it('tries a fix again by itself that another one of its round has overtaken', async () => {
    const project = new ResourceKinds({ 'a.py': 'machine of 1 for 2\n' }, [
      { pattern: /machine of (\d)(?! for \1)/g, by: (text) => `machine of ${/for (\d)/.exec(text)![1]}` },
      { pattern: /2$/gm, by: '4' },
    ])
    const run = await applyFixes(project, everything)
    assert.equal(run.files[0]!.after, 'machine of 4 for 4\n')
    assert.deepEqual([run.fixed, run.rolledBack], [2, []])
  })

  it('carries out unsafe fixes when asked to, sketches never', async () => {
    const files = { 'a.py': 'risky sketch\n' }
    const words: Replacement[] = [
      { pattern: /risky/g, by: 'done', safety: 'unsafe' },
      { pattern: /sketch/g, by: 'done', safety: 'display' },
      { pattern: /refused/g, by: '', refused: 'no' },
    ]
    assert.deepEqual((await applyFixes(new ResourceKinds(files, words), everything)).files, [])
    const run = await applyFixes(new ResourceKinds(files, words), { paths: ['.'], unsafe: true })
    assert.equal(run.files[0]!.after, 'done sketch\n')
  })

  it('never edits a file outside the paths', async () => {
    const project = new ResourceKinds({ 'a/x.py': 'bad\n', 'ab.py': 'bad\n' }, [
      { pattern: /bad/g, by: 'good' },
    ])
    const inside = await applyFixes(project, { paths: ['a'], unsafe: false })
    assert.deepEqual(
      inside.files.map(({ path }) => path),
      ['a/x.py'],
    )
    assert.equal(project.texts.get('ab.py'), 'bad\n')
  })

  it('takes back a fix that breaks the file, and keeps the others', async () => {
    const project = new ResourceKinds({ 'a.py': 'bad worse\n', 'b.py': '{ worse\n' }, [
      { pattern: /bad/g, by: 'good' },
      { pattern: /worse/g, by: '{' },
    ])
    const run = await applyFixes(project, everything)
    assert.deepEqual(
      run.files.map(({ after }) => after),
      ['good worse\n'],
    )
    assert.equal(run.fixed, 1)
    assert.deepEqual(run.rolledBack, [
      { path: 'a.py', message: '“write {” was taken back: the file would no longer parse' },
      { path: 'b.py', message: '“write {” was taken back: the file would no longer parse' },
    ])
  })

  it('takes back what the encoding of the file cannot hold', async () => {
    const project = new ResourceKinds({ 'a.py': 'bad é\n' }, [{ pattern: /bad/g, by: '🎉' }], 'latin-1')
    const run = await applyFixes(project, everything)
    assert.deepEqual(run.files, [])
    assert.match(run.rolledBack[0]!.message, /latin-1/)
    const fine = await applyFixes(
      new ResourceKinds({ 'a.py': 'bad é\n' }, [{ pattern: /bad/g, by: 'à' }], 'latin-1'),
      everything,
    )
    assert.deepEqual([...fine.files[0]!.bytes], [0xe0, 0x20, 0xe9, 0x0a])
  })

  it('writes notebooks back', async () => {
    const text = `{"cells": [{"cell_type": "code", "source": ["x = 1\\n", "bad"]}, {"cell_type": "code", "source": "bad"}]}\n`
    const run = await applyFixes(
      new ResourceKinds({ 'a.ipynb': text }, [{ pattern: /bad/g, by: 'good' }]),
      everything,
    )
    assert.equal(run.files[0]!.after, text.replace(/bad/g, 'good'))
  })

  it('stops when asked to', async () => {
    const signal = AbortSignal.abort(new Error('stopped'))
    const project = new ResourceKinds({ 'a.py': 'bad\n' }, [{ pattern: /bad/g, by: 'good' }])
    await assert.rejects(applyFixes(project, { ...everything, signal }), /stopped/)
    assert.equal(project.texts.get('a.py'), 'bad\n')
  })
})
