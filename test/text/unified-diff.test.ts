import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { unifiedDiff } from '../../server/src/text/unified-diff.js'

describe('unified diffs', () => {
  it('says nothing about equal texts', () => {
    assert.equal(unifiedDiff('a', 'b', 'same\n', 'same\n'), '')
  })

  it('joins near changes into one hunk and keeps far ones apart', () => {
    const before = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`)
    const after = [...before]
    after[1] = 'changed 2\n'
    after[6] = 'changed 7\n'
    after.splice(24, 1)
    const diff = unifiedDiff('a/x', 'b/x', before.join(''), after.join(''))
    assert.deepEqual(diff.match(/^@@.*$/gm), ['@@ -1,10 +1,10 @@', '@@ -22,7 +22,6 @@'])
    assert.deepEqual(diff.match(/^[+-][a-z].*$/gm), [
      '-line 2',
      '+changed 2',
      '-line 7',
      '+changed 7',
      '-line 25',
    ])
  })

  it('is applied by git, whatever the texts', function () {
    this.timeout(60_000)
    const folder = mkdtempSync(join(tmpdir(), 'costlint-diff-'))
    let seed = 11
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return (seed >>> 8) % below
    }
    try {
      for (let round = 0; round < 40; round++) {
        const lines = Array.from(
          { length: random(40) },
          () => `${'abc'[random(3)]}${random(4)}${random(9) === 0 ? '\r' : ''}\n`,
        )
        const changed = lines.flatMap((line) => {
          const roll = random(8)
          return roll === 0
            ? []
            : roll === 1
              ? [line, `new ${random(5)}\n`]
              : roll === 2
                ? [`other ${random(5)}\n`]
                : [line]
        })
        const before = lines.join('') + (random(2) === 0 ? 'no newline' : '')
        const after = changed.join('') + (random(2) === 0 ? 'no newline' : '')
        if (before === after || before === '') continue
        writeFileSync(join(folder, 'my file.py'), before)
        writeFileSync(join(folder, 'patch'), unifiedDiff('a/my file.py', 'b/my file.py', before, after))
        if (after === '') continue
        execFileSync('git', ['apply', '--whitespace=nowarn', 'patch'], { cwd: folder, stdio: 'pipe' })
        assert.equal(readFileSync(join(folder, 'my file.py'), 'utf8'), after)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('stays fast for long texts that differ everywhere', () => {
    const text = (prefix: string) =>
      Array.from({ length: 20_000 }, (_, index) => `${prefix}${index}\n`).join('')
    const diff = unifiedDiff('a', 'b', text('x'), text('y'))
    assert.equal(diff.split('\n').length, 40_000 + 4)
  })
})
