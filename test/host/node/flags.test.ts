import assert from 'node:assert/strict'
import { Script } from 'node:vm'
import { setAsAtStart, setForNow } from '../../../server/src/host/node/flags.js'

describe('flags of V8 that hold for a part of a run', () => {
  const source = 'function answer() { return 42 }'
  const isTaken = (cachedData: Buffer) => new Script(source, { cachedData }).cachedDataRejected === false

  afterEach(() => setAsAtStart())

  for (const flag of ['--no-flush-bytecode', '--heap-growing-percent=70'] as const)
    it(`are taken back before code is kept: ${flag}`, () => {
      const script = new Script(source)
      setForNow(flag)
      const early = script.createCachedData()
      setAsAtStart()
      assert.equal(isTaken(early), false)
      assert.equal(isTaken(script.createCachedData()), true)
    })
})
