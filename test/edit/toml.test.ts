import { strict as assert } from 'node:assert'
import { applyFragmentEdits, isRefusal } from '../../server/src/edit/fragment-edit.js'
import { tomlEdits } from '../../server/src/edit/toml.js'
import type { ConfigurationWrite } from '../../server/src/edit/write.js'

type Keys = (string | number)[]
const at = { fragment: 0, document: 0 }
const set = (keys: Keys, value: unknown, after?: string, comment?: string): ConfigurationWrite => ({
  kind: 'set key',
  ...at,
  keys,
  value,
  after,
  comment,
})
const remove = (keys: Keys): ConfigurationWrite => ({ kind: 'remove key', ...at, keys })

function edited(text: string, ...writes: ConfigurationWrite[]): string {
  const edits = tomlEdits(text, writes)
  if (isRefusal(edits)) throw new Error(edits.reason)
  return applyFragmentEdits(text, edits)
}

function refusal(text: string, write: ConfigurationWrite): string {
  const edits = tomlEdits(text, [write])
  assert.ok(isRefusal(edits), 'not refused')
  return edits.reason
}

describe('edit/toml', () => {
  it('replaces values', () => {
    assert.equal(edited('[a]\nb = 1 # c\n', set(['a', 'b'], 'x')), '[a]\nb = "x" # c\n')
    assert.equal(edited('a.b = [\n  1, # ]\n  2,\n]\nc = 1\n', set(['a', 'b'], [3])), 'a.b = [3]\nc = 1\n')
    assert.equal(
      edited('a = """\n[b]\nc = "1"""""\n[b]\nc = 2\n', set(['b', 'c'], 3)),
      'a = """\n[b]\nc = "1"""""\n[b]\nc = 3\n',
    )
    assert.equal(
      edited('[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 1\n', set(['a', 1, 'b'], 3)),
      '[[a]]\nb = 1\n[[a]]\nb = 3\n[a.c]\nd = 1\n',
    )
    assert.equal(edited('[[a]]\n[a.c]\nd = 1\n', set(['a', 0, 'c', 'd'], 3)), '[[a]]\n[a.c]\nd = 3\n')
    assert.equal(edited('[a."b c"]\nd = \'x\'\n', set(['a', 'b c', 'd'], true)), '[a."b c"]\nd = true\n')
  })
  it('adds keys to the table, aligned like the others', () => {
    assert.equal(edited('[a]\nb = 1 # x\n\n[c]\n', set(['a', 'd'], 2)), '[a]\nb = 1 # x\nd = 2\n\n[c]\n')
    assert.equal(
      edited('[a]\nb   = 1\nccc = 2\n', set(['a', 'd'], 2, 'b', 'why')),
      '[a]\nb   = 1\nd   = 2  # why\nccc = 2\n',
    )
    assert.equal(edited('[a]\n\n[c]\n', set(['a', 'd'], 2)), '[a]\nd = 2\n\n[c]\n')
    assert.equal(edited('a=1\r\n', set(['b'], 2)), 'a=1\r\nb=2\r\n')
    assert.equal(edited('# top\n\n[a]\n', set(['b'], 2)), '# top\nb = 2\n\n[a]\n')
    assert.equal(edited('[a]\n', set(['b'], 2)), 'b = 2\n\n[a]\n')
    assert.equal(edited('[a]\nx = 1\n', set(['b', 'c'], 2)), '[a]\nx = 1\n\n[b]\nc = 2\n')
    assert.equal(edited('', set(['b', 'c'], { d: 1 })), '[b]\nc = { d = 1 }\n')
  })
  it('removes keys', () => {
    assert.equal(edited('[a]\nb = 1\nc = 2 # x\n', remove(['a', 'c'])), '[a]\nb = 1\n')
  })
  it('refuses what it cannot read or write', () => {
    assert.match(refusal('a = { b = 1 }\n', set(['a', 'b'], 2)), /one line/)
    assert.match(refusal('[a.b]\n', set(['a'], 2)), /table/)
    assert.match(refusal('a = \n', set(['a'], 2)), /not valid/)
    assert.match(refusal('a = "x\n', set(['a'], 2)), /not valid/)
    assert.match(refusal('a = 1\n', set(['a'], null)), /no such value/)
    assert.match(refusal('a = 1\n', remove(['b'])), /not there/)
    assert.match(refusal(`a = ${'['.repeat(100_000)}`, set(['a'], 2)), /not valid/)
  })
})
