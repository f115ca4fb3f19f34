import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { createNodeHost } from '../../server/src/host/node/host.js'
import { openProject } from '../../server/src/project/workspace.js'
import { commandLine } from '../build.js'
import { Folder } from '../cli/folder.js'
import { type JsonOutput, readOutput, textAt } from './contract.js'
import { good, type Hostile, hostileFiles, writeHostile } from './hostile-files.js'

/** Every regular file below a folder, byte for byte. Links are not followed: some lead back. */
function contents(folder: string, below = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) for (const [name, text] of contents(folder, path)) found.set(name, text)
    else if (entry.isFile()) found.set(path, readFileSync(join(folder, path), 'latin1'))
  }
  return found
}

/** Broken notebooks and settings must stay as they are. */
const mayChange = (path: string) => /\.(py|sh|yaml)$/.test(path)

function assertSeen(one: Hostile, output: JsonOutput, folder: string): void {
  const messages = new Map(output.errors.map(({ path, message }) => [path, message]))
  assert.equal(messages.size, output.errors.length, `several messages: ${JSON.stringify(output.errors)}`)
  for (const [path, message] of Object.entries(one.errors ?? {})) {
    assert.match(messages.get(path) ?? `no message for ${path}`, message)
  }
  const grids = output.findings.filter(({ rule }) => rule === 'search/grid-search')
  assert.ok(
    grids.some(({ path }) => path === 'good.py'),
    'the good file beside it',
  )
  for (const [path, text] of Object.entries(one.finds ?? {})) {
    const found = grids.find((finding) => finding.path === path)
    assert.ok(found, `no finding in ${path}: ${messages.get(path) ?? 'and no message'}`)
    assert.equal(textAt(found, folder), text)
  }
}

describe('hostile files', function () {
  this.timeout(120_000)
  let folder: Folder
  beforeEach(() => {
    folder = new Folder()
    folder.write(good)
  })
  afterEach(() => folder.remove())

  for (const one of hostileFiles) {
    it(`${one.name}: at the command line`, async () => {
      writeHostile(folder.path, one)
      const { code, stdout, stderr } = await folder.run(commandLine, [
        'check',
        '--output-format',
        'json',
        '--show-hints',
        '--no-cache',
      ])
      const output = readOutput(stdout, folder.path)
      assertSeen(one, output, folder.path)
      assert.equal(code, 1, stderr)
      for (const { path, message } of output.errors) assert.ok(stderr.includes(`${path}: ${message}`), stderr)
      assert.equal(stderr.trim().split('\n').filter(Boolean).length, output.errors.length, stderr)
    })

    it(`${one.name}: in the engine, and no fault`, async () => {
      writeHostile(folder.path, one)
      const project = await openProject(folder.path, createNodeHost(), { workers: 0 })
      try {
        const { faults, findings } = await project.lint()
        assert.deepEqual(faults, [])
        for (const finding of findings) await project.fixes(finding)
        const again = await project.lint()
        assert.deepEqual(again.findings, findings)
      } finally {
        await project.dispose()
      }
    })

    it(`${one.name}: --fix loses nothing`, async () => {
      writeHostile(folder.path, one)
      const before = contents(folder.path)
      const { code, stderr } = await folder.run(commandLine, [
        'check',
        '--fix',
        '--unsafe-fixes',
        '--output-format',
        'concise',
        '--no-cache',
      ])
      assert.ok(code === 0 || code === 1, stderr)
      const after = contents(folder.path)
      assert.deepEqual([...after.keys()], [...before.keys()])
      for (const [path, text] of after) {
        const old = before.get(path)!
        if (text === old) continue
        assert.ok(mayChange(path), `${path} was changed`)
        // Suppressions that are not used are taken away line by line.
        if (path === 'directives.py') {
          assert.equal(text, old.replaceAll(/ {2}# costlint: .*/g, ''))
          continue
        }
        // A fix changes a few words: what stands before the first and after the last of them is as it was.
        let head = 0
        while (text[head] === old[head]) head++
        let tail = 0
        while (text.at(-1 - tail) === old.at(-1 - tail)) tail++
        assert.ok(
          old.length - head - tail < 3_000,
          `${old.length - head - tail} characters of ${path} were replaced`,
        )
      }
    })
  }
})
