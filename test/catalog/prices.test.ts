import assert from 'node:assert/strict'
import { capacityBlockPrice, isOld, machinesByPrice, price } from '../../server/src/catalog/prices.js'

describe('prices', () => {
  it('are the list prices of the region, with source and date', () => {
    const p4d = price({ type: 'p4d.24xlarge', region: 'us-east-1' })!
    assert.equal(p4d.onDemand, 21.9576)
    assert.equal(p4d.assumedRegion, false)
    assert.match(p4d.asOf, /^2026-/)
    assert.match(p4d.source, /karpenter-provider-aws/)
    assert.equal(price({ type: 'p5.48xlarge' })!.onDemand, 55.04)
  })

  it('say when the region is not the one that was asked for', () => {
    const elsewhere = price({ type: 'p4d.24xlarge', region: 'af-south-1' })!
    assert.equal(elsewhere.region, 'us-east-1')
    assert.equal(elsewhere.assumedRegion, true)
  })

  it('of SageMaker are listed, or the machine with the fee', () => {
    const listed = price({ type: 'ml.g5.xlarge', region: 'us-east-1' })!
    assert.equal(listed.onDemand, 1.4084)
    assert.equal(listed.fee, null)
    const computed = price({ type: 'ml.p4d.24xlarge', region: 'us-west-2' })!
    assert.equal(computed.fee, 1.15)
    const plain = price({ type: 'p4d.24xlarge', region: 'us-west-2' })!
    assert.ok(Math.abs(computed.onDemand! / plain.onDemand! - 1.15) < 1e-4)
    assert.equal(computed.spot, null)
  })

  it('of a GCP machine take in the accelerators that are attached to it', () => {
    const machine = price({ type: 'n1-standard-4', region: 'us-central1' })!
    const both = price({
      type: 'n1-standard-4',
      region: 'us-central1',
      attached: { accelerator: 'NVIDIA_TESLA_T4', count: 2 },
    })!
    assert.ok(Math.abs(both.onDemand! - machine.onDemand! - 2 * 0.35) < 1e-4)
    assert.equal(
      price({ type: 'n1-standard-4', attached: { accelerator: 'nvidia-tesla-x9', count: 1 } }),
      undefined,
    )
  })

  it('of Vertex AI are 15 % above the machine: 0.2185 for n1-standard-4, as its page says', () => {
    assert.ok(Math.abs(price({ type: 'n1-standard-4', service: 'vertex' })!.onDemand! - 0.2185) < 1e-4)
  })

  it('are unknown for machines that nobody lists', () => {
    for (const type of ['', 'p99.huge', 'ml.p99.huge', 'ml.', 'x'.repeat(1000)]) {
      assert.equal(price({ type }), undefined, type)
    }
  })

  it('of Azure are found with and without the prefix', () => {
    assert.deepEqual(price({ type: 'NC24ads_A100_v4' }), price({ type: 'Standard_NC24ads_A100_v4' }))
    assert.ok(price({ type: 'NC24ads_A100_v4' })!.onDemand! > 0)
  })

  it('are old after half a year', () => {
    assert.equal(isOld('2026-07-20', '2026-11-24'), false)
    assert.equal(isOld('2026-01-21', '2026-11-24'), true)
    assert.equal(isOld('2025', '2026-11-24'), true)
    assert.equal(isOld('2026-10', '2026-11-24'), false)
  })

  it('of capacity blocks are apart', () => {
    assert.deepEqual(capacityBlockPrice('p5.48xlarge', 'us-east-1'), { usd: 41.528, asOf: '2026-07-22' })
    assert.equal(capacityBlockPrice('g5.xlarge', 'us-east-1'), undefined)
  })

  it('list the machines of a region from cheap to dear', () => {
    const machines = machinesByPrice('aws', 'us-east-1', 'ml.')
    assert.ok(machines.length > 30)
    assert.ok(machines.every(({ type }) => type.startsWith('ml.')))
    const amounts = machines.map((each) => each.price.onDemand!)
    assert.deepEqual(
      amounts,
      [...amounts].sort((a, b) => a - b),
    )
  })
})
