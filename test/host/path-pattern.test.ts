import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { PatternLayer } from '../../server/src/host/gitignore.js'

/** Of these paths, those that are left out; folders end with `/`. */
function leftOut(patterns: string[], ...paths: string[]): string[] {
  const layer = new PatternLayer('', patterns)
  return paths.filter((path) => layer.verdict(path.replace(/\/$/, ''), path.endsWith('/')) === true)
}

describe('patterns of .gitignore', () => {
  it('match names anywhere, and paths from the folder of the file', () => {
    assert.deepEqual(leftOut(['a'], 'a', 'x/a', 'x/a/', 'a/x', 'ab', 'A'), ['a', 'x/a', 'x/a/', 'a/x'])
    assert.deepEqual(leftOut(['/a'], 'a', 'x/a'), ['a'])
    assert.deepEqual(leftOut(['x/a'], 'x/a', 'y/x/a', 'x/a/b'), ['x/a', 'x/a/b'])
    assert.deepEqual(leftOut(['a/'], 'a', 'a/', 'a/x', 'x/a/y'), ['a/', 'a/x', 'x/a/y'])
  })

  it('know stars, sets and escapes', () => {
    assert.deepEqual(leftOut(['*.py'], 'x.py', 'a/x.py', '.py', 'x.pyc'), ['x.py', 'a/x.py', '.py'])
    assert.deepEqual(leftOut(['a/*/b'], 'a/b', 'a/x/b', 'a/x/y/b'), ['a/x/b'])
    assert.deepEqual(leftOut(['a/**/b'], 'a/b', 'a/x/b', 'a/x/y/b', 'ab'), ['a/b', 'a/x/b', 'a/x/y/b'])
    assert.deepEqual(leftOut(['a/**'], 'a/', 'a/b', 'a/b/c'), ['a/b', 'a/b/c'])
    assert.deepEqual(leftOut(['**/a'], 'a', 'x/y/a'), ['a', 'x/y/a'])
    assert.deepEqual(leftOut(['x?[ab][!c-e]'], 'xyaf', 'xybd', 'xycf', 'x/af'), ['xyaf'])
    assert.deepEqual(leftOut(['\\#a', '\\!b', 'c\\ ', 'd  ', '#e'], '#a', '!b', 'c ', 'd', 'e'), [
      '#a',
      '!b',
      'c ',
      'd',
    ])
    assert.deepEqual(leftOut(['[a', 'b\\', '', '/'], '[a', 'b\\', 'a', 'b'), [])
  })

  it('are taken back by later ones, but not inside of what is left out', () => {
    assert.deepEqual(leftOut(['*.py', '!keep.py'], 'x.py', 'keep.py', 'a/keep.py'), ['x.py'])
    assert.deepEqual(leftOut(['a/', '!a/keep.py'], 'a/keep.py'), ['a/keep.py'])
    assert.deepEqual(leftOut(['a/*', '!a/keep.py'], 'a/x.py', 'a/keep.py'), ['a/x.py'])
    assert.equal(new PatternLayer('', ['*.py', '!keep.py']).verdict('keep.py', false), false)
    assert.equal(new PatternLayer('a', ['b']).verdict('b', false), undefined)
    assert.equal(new PatternLayer('a', ['b']).verdict('a/b', false), true)
  })

  it('have an answer however many ways there are to match them', () => {
    const deep = `${'a/'.repeat(120)}x`
    const long = `${'a'.repeat(250)}x`
    assert.deepEqual(leftOut([`${'**/a/'.repeat(40)}b`], deep), [])
    assert.deepEqual(leftOut([`${'**/a/'.repeat(40)}x`], deep), [deep])
    assert.deepEqual(leftOut([`${'*a'.repeat(60)}b`], long), [])
    assert.deepEqual(leftOut([`${'*a'.repeat(60)}x`], long), [long])
    for (const one of ['*', '**/', '?', '[', '(a', 'a/'])
      assert.deepEqual(leftOut([one.repeat(30_000)], 'b/c.d'), one.startsWith('*') ? ['b/c.d'] : [])
  })
})
