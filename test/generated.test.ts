import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { indexes } from '../scripts/indexes.js'
import { platforms } from '../scripts/platforms.js'
import { readers } from '../server/src/readers/index.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The formatter orders imports and wraps lines. */
const words = (text: string): string[] => (text.match(/[\w./-]+/g) ?? []).sort()

describe('what `npm run generate` makes', () => {
  for (const [path, text] of Object.entries(indexes(root)))
    it(`${path} names every file that belongs in it`, () => assert.deepEqual(words(file(path)), words(text)))

  it('docs/platforms.md lists the tables of the readers', () =>
    assert.equal(file('docs/platforms.md'), platforms(readers)))
})
