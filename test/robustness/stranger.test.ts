import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import { Session } from './stranger.js'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))

describe('an hour of a stranger, in short', function () {
  this.timeout(300_000)

  for (const seed of [1, 2])
    it(`loses nothing (${seed})`, async () => {
      const session = new Session(examples, seed)
      try {
        await session.start()
        let findings = 0
        for (let round = 0; round < 2; round++) {
          for (let step = 0; step < 25; step++) await session.act()
          findings += await session.compare()
        }
        assert.ok(findings > 0)
      } finally {
        session.end()
      }
    })
})
