/** `costlint completions`: what bash offers at the tab key. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'mocha'
import { runHere } from './here.js'

function offered(script: string, ...words: string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(' ')
  const asked = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _costlint; printf '%s\\n' "\${COMPREPLY[@]}"`
  const out = execFileSync('bash', ['-c', asked], { encoding: 'utf8', cwd: import.meta.dirname })
  return out.split('\n').filter((line) => line !== '')
}

describe('costlint completions', () => {
  it('bash: commands, options, their values, rules, files', async () => {
    const { out, code } = await runHere({}, ['completions', 'bash'])
    assert.equal(code, 0)
    assert.deepEqual(offered(out, 'costlint', 'mac'), ['machines'])
    assert.deepEqual(offered(out, 'costlint', 'check', '--output-fo'), ['--output-format'])
    assert.deepEqual(offered(out, 'costlint', 'check', '--output-format', 'gi'), ['github', 'gitlab'])
    assert.deepEqual(offered(out, 'costlint', 'explain', 'search/grid'), ['search/grid-search'])
    assert.deepEqual(offered(out, 'costlint', 'check', '--select', 'search/grid'), ['search/grid-search'])
    assert.deepEqual(offered(out, 'costlint', 'check', 'completions.te'), ['completions.test.ts'])
  })

  it('zsh and fish: every command and every option', async () => {
    for (const shell of ['zsh', 'fish']) {
      const { out } = await runHere({}, ['completions', shell])
      for (const word of ['machines', 'output-format', 'unsafe-fixes', 'search/grid-search', 'gitlab'])
        assert.ok(out.includes(word), `${shell}: ${word}`)
    }
    const wrong = await runHere({}, ['completions', 'tcsh'])
    assert.equal(wrong.code, 2)
    assert.match(wrong.err, /Allowed choices are bash, zsh, fish/)
  })
})
