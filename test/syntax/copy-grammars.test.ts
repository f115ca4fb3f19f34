import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

describe('scripts/copy-grammars', () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'grammars-'))
    for (const folder of ['scripts', 'grammars', 'node_modules/a'])
      mkdirSync(join(root, folder), { recursive: true })
    copyFileSync(
      new URL('../../scripts/copy-grammars.mjs', import.meta.url),
      join(root, 'scripts/copy-grammars.mjs'),
    )
    writeFileSync(join(root, 'node_modules/a/package.json'), '{"version": "1.2.3"}')
    writeFileSync(join(root, 'node_modules/a/x.wasm'), 'grammar')
    writeFileSync(join(root, 'grammars/checksums.json'), '{"a.wasm": {"package": "a", "file": "x.wasm"}}')
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const run = (...args: string[]) => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(root, 'scripts/copy-grammars.mjs'), ...args],
      {
        encoding: 'utf8',
      },
    )
    return { status, stderr }
  }

  it('copies what the checksums name', () => {
    assert.equal(run('--record').status, 0)
    rmSync(join(root, 'grammars/a.wasm'))
    assert.deepEqual(run(), { status: 0, stderr: '' })
    assert.equal(readFileSync(join(root, 'grammars/a.wasm'), 'utf8'), 'grammar')
  })
  it('refuses other bytes, another version and a missing package', () => {
    run('--record')
    rmSync(join(root, 'grammars/a.wasm'))
    writeFileSync(join(root, 'node_modules/a/x.wasm'), 'tampered')
    const changed = run()
    assert.equal(changed.status, 1)
    assert.match(
      changed.stderr,
      /a\.wasm: a\/x\.wasm has SHA-256 [0-9a-f]{64}, checksums\.json says [0-9a-f]{64}/,
    )
    assert.throws(() => readFileSync(join(root, 'grammars/a.wasm')), /ENOENT/)
    writeFileSync(join(root, 'node_modules/a/package.json'), '{"version": "2.0.0"}')
    assert.match(run().stderr, /a is 2\.0\.0, checksums\.json says 1\.2\.3/)
    rmSync(join(root, 'node_modules/a'), { recursive: true })
    assert.match(run().stderr, /a is not installed/)
  })
  it('names the files that the project ships', () => {
    const list = JSON.parse(readFileSync(new URL('../../grammars/checksums.json', import.meta.url), 'utf8'))
    assert.deepEqual(Object.keys(list).sort(), [
      'bash.wasm',
      'hcl.wasm',
      'python.wasm',
      'toml.wasm',
      'web-tree-sitter.wasm',
    ])
    const readme = readFileSync(new URL('../../grammars/README.md', import.meta.url), 'utf8')
    for (const [name, entry] of Object.entries<{ package: string; version: string; licence: string }>(list)) {
      const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``))
      assert.ok(
        row?.includes(`\`${entry.package}\` | ${entry.version} | ${entry.licence}`),
        `README row of ${name}`,
      )
    }
  })
})
