import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { extractionOf, settingsOf } from './claims-of.js'
import { acmeReader } from './example-reader.js'

const file = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')

/** Lines are wrapped, and imports ordered, as each file wants it. */
const words = (text: string): string[] => (text.match(/[\w./'$-]+/g) ?? []).sort()

describe('the reader that CONTRIBUTING shows', () => {
  const text = 'api: acme/v2\nmachine: g5.xlarge\npreemptible: true\nresources:\n  gpus: 4\n'

  it('stands there as it is tested here', () => {
    const own = file('./example-reader.ts')
      .replaceAll("'../../server/src/readers/", "'../")
      .replaceAll("'../../server/src/", "'../../")
    const shown = /```ts\n(\/\*\* Jobs of Acme[\s\S]*?)```/.exec(file('../../CONTRIBUTING.md'))?.[1] ?? ''
    assert.deepEqual(words(shown), words(own))
  })

  it('reads its keys, and knows what holds without them', async () => {
    const extraction = await extractionOf([acmeReader], text, 'acme.yaml')
    assert.deepEqual(settingsOf(extraction, 'Compute'), {
      instanceType: 'g5.xlarge',
      gpus: 4,
      spot: true,
      timeLimit: null,
    })
  })
})
