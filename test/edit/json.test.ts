import { strict as assert } from 'node:assert'
import { type ParseError, parse } from 'jsonc-parser'
import { applyFragmentEdits, isRefusal } from '../../server/src/edit/fragment-edit.js'
import { jsonEdits } from '../../server/src/edit/json.js'
import type { ConfigurationWrite } from '../../server/src/edit/write.js'

type Keys = (string | number)[]
const at = { fragment: 0, document: 0 }
const set = (keys: Keys, value: unknown, after?: string): ConfigurationWrite => ({
  kind: 'set key',
  ...at,
  keys,
  value,
  after,
})
const remove = (keys: Keys): ConfigurationWrite => ({ kind: 'remove key', ...at, keys })

function edited(text: string, ...writes: ConfigurationWrite[]): string {
  const edits = jsonEdits(text, writes)
  if (isRefusal(edits)) throw new Error(edits.reason)
  const result = applyFragmentEdits(text, edits)
  const errors: ParseError[] = []
  parse(result, errors, { allowTrailingComma: /,\s*(?:\/\/.*)?\s*\}/.test(text) })
  assert.deepEqual(errors, [], result)
  return result
}

function refusal(text: string, write: ConfigurationWrite): string {
  const edits = jsonEdits(text, [write])
  assert.ok(isRefusal(edits), 'not refused')
  return edits.reason
}

describe('edit/json', () => {
  it('adds keys in the layout of the file', () => {
    assert.equal(edited('{"a": 1}', set(['b'], 2)), '{"a": 1, "b": 2}')
    assert.equal(edited('{"a":1,"c":2}', set(['b'], 2, 'a')), '{"a":1,"b": 2,"c":2}')
    assert.equal(
      edited('{\n    "a": 1\n}\n', set(['bf16'], { enabled: true })),
      '{\n    "a": 1,\n    "bf16": {\n        "enabled": true\n    }\n}\n',
    )
    assert.equal(
      edited('{\r\n\t"a": 1\r\n}\r\n', set(['b'], [1])),
      '{\r\n\t"a": 1,\r\n\t"b": [\r\n\t\t1\r\n\t]\r\n}\r\n',
    )
    assert.equal(edited('{\n  "a": {"x": 1}\n}\n', set(['a', 'y'], 2)), '{\n  "a": {"x": 1, "y": 2}\n}\n')
    assert.equal(edited('{\n  "a": {}\n}\n', set(['a', 'y'], 2)), '{\n  "a": {\n    "y": 2\n  }\n}\n')
    assert.equal(edited('{}', set(['a', 'b'], 2)), '{"a": {"b": 2}}')
    assert.equal(edited('', set(['a'], 2)), '{\n  "a": 2\n}\n')
    assert.equal(edited('{"a": [1]}', set(['a', 1], 'x')), '{"a": [1, "x"]}')
    assert.equal(
      edited('{\n  "a": 1\n}\n', set(['b', 'c'], 1), set(['b', 'd'], 2)),
      '{\n  "a": 1,\n  "b": {\n    "c": 1,\n    "d": 2\n  }\n}\n',
    )
  })
  it('keeps comments and trailing commas', () => {
    assert.equal(edited('{\n  "a": 1 // one\n}\n', set(['b'], 2)), '{\n  "a": 1, // one\n  "b": 2\n}\n')
    assert.equal(edited('{\n  "a": 1, // one\n}\n', set(['b'], 2)), '{\n  "a": 1, // one\n  "b": 2,\n}\n')
    assert.equal(edited('{\n  "a": 1 /* one */\n}\n', set(['b'], 2)), '{\n  "a": 1, /* one */\n  "b": 2\n}\n')
  })
  it('replaces values', () => {
    assert.equal(edited('{"a": [1, 2], "b": 2}', set(['a'], 'x"y')), '{"a": "x\\"y", "b": 2}')
    assert.equal(
      edited('{\n  "a": {\n    "b": 1\n  }\n}\n', set(['a', 'b'], { c: 1 })),
      '{\n  "a": {\n    "b": {\n      "c": 1\n    }\n  }\n}\n',
    )
  })
  it('removes keys and items', () => {
    assert.equal(edited('{"a": 1, "b": 2}', remove(['a'])), '{"b": 2}')
    assert.equal(edited('{"a": 1, "b": 2}', remove(['b'])), '{"a": 1}')
    assert.equal(edited('{\n  "a": 1,\n  "b": 2 // two\n}\n', remove(['b'])), '{\n  "a": 1\n}\n')
    assert.equal(edited('{"a": {"b": 1}}', remove(['a', 'b'])), '{"a": {}}')
    assert.equal(edited('{"a": [1, 2, 3]}', remove(['a', 1])), '{"a": [1, 3]}')
  })
  it('refuses what it cannot read', () => {
    assert.match(refusal('{"a": ', set(['a'], 1)), /not valid/)
    assert.match(refusal('{"a": 1, "a": 2}', set(['a'], 1)), /twice/)
    assert.match(refusal('{"a": 1}', set(['a', 'b'], 1)), /not an object/)
    assert.match(refusal('{"a": 1}', remove(['b'])), /not there/)
    assert.match(refusal('['.repeat(20_000), set(['b'], 1)), /deep|valid/)
  })
})
