import assert from 'node:assert/strict'
import { groupedDigits } from '../../server/src/text/grouped-digits.js'

describe('groupedDigits', () => {
  it('writes numbers as English does', () => {
    for (const value of [0, 7, 999, 1000, 1234567, -1234, 0.5, 12.3, 1234.5, 1234.5678, 1e21, Number.NaN])
      assert.equal(groupedDigits(value), value.toLocaleString('en-US'))
  })
})
