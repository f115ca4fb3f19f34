import assert from 'node:assert/strict'
import { matchesGlob } from '../../server/src/link/glob.js'

describe('patterns of paths', () => {
  it('match as the shell does', () => {
    const cases: [string, string, boolean][] = [
      ['resources/*.yml', 'resources/train.job.yml', true],
      ['resources/*.yml', 'resources/dev/train.yml', false],
      ['resources/*.yml', 'other/resources/train.yml', false],
      ['resources/**/*.yml', 'resources/train.yml', true],
      ['resources/**/*.yml', 'resources/a/b/train.yml', true],
      ['resources/**/*.yml', 'resources/a/b/train.yaml', false],
      ['**/jobs/*.yml', 'jobs/a.yml', true],
      ['**/jobs/*.yml', 'x/myjobs/a.yml', false],
      ['**', 'a/b/c.yml', true],
      ['job?.yml', 'job1.yml', true],
      ['job?.yml', 'job/.yml', false],
      ['variables.yml', 'variables.yml', true],
      ['variables.yml', 'variablesXyml', false],
      ['a.(b)+.yml', 'a.(b)+.yml', true],
      ['', '', true],
    ]
    for (const [pattern, path, expected] of cases)
      assert.equal(matchesGlob(pattern, path), expected, `${pattern} ${path}`)
  })

  it('take no time that grows without limits', () => {
    const path = 'a'.repeat(900)
    assert.equal(matchesGlob(`${'*a'.repeat(300)}b`, path), false)
    assert.equal(matchesGlob(`${'**/'.repeat(300)}b`, 'a/'.repeat(400)), false)
  })
})
