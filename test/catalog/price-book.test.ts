import assert from 'node:assert/strict'
import { listPrices, paidPrice } from '../../server/src/catalog/price-book.js'

describe('prices that the user pays', () => {
  it('are list prices where nothing is configured', () => {
    assert.equal(paidPrice({ type: 'p4d.24xlarge' }, listPrices)!.onDemand, 21.9576)
  })

  it('take the usual region where the job names none', () => {
    const settings = { ...listPrices, region: 'eu-west-1' }
    assert.equal(paidPrice({ type: 'p4d.24xlarge' }, settings)!.region, 'eu-west-1')
    assert.equal(paidPrice({ type: 'p4d.24xlarge', region: 'us-west-2' }, settings)!.region, 'us-west-2')
  })

  it('are less by the discount, but not on spot', () => {
    const listed = paidPrice({ type: 'g5.xlarge', region: 'us-east-1' }, listPrices)!
    const paid = paidPrice({ type: 'g5.xlarge', region: 'us-east-1' }, { ...listPrices, discount: 0.25 })!
    assert.equal(paid.onDemand, 0.7545)
    assert.equal(paid.spot, listed.spot)
  })

  it('are the user’s own where given, for a region or for all', () => {
    const machines = [
      { type: 'p4d.24xlarge', region: 'us-east-1', onDemand: 14.2, spot: null },
      { type: 'lab-node', region: null, onDemand: 3, spot: 1 },
    ]
    const settings = { ...listPrices, discount: 0.5, machines }
    const own = paidPrice({ type: 'p4d.24xlarge', region: 'us-east-1' }, settings)!
    assert.equal(own.onDemand, 14.2)
    assert.equal(own.source, "the project's configuration")
    assert.equal(paidPrice({ type: 'p4d.24xlarge', region: 'us-west-2' }, settings)!.onDemand, 10.9788)
    assert.equal(paidPrice({ type: 'Lab-Node' }, settings)!.spot, 1)
    assert.equal(paidPrice({ type: 'other-node' }, settings), undefined)
  })
})
