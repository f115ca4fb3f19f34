import assert from 'node:assert/strict'
import { listPrices } from '../../server/src/catalog/price-book.js'
import { formatUsd, hourlyCost } from '../../server/src/estimate/hourly.js'

const today = '2026-11-24'

describe('cost per hour', () => {
  it('is the price of all machines of the job', () => {
    const cost = hourlyCost(
      { instanceType: 'p4d.24xlarge', nodes: 4, region: 'us-east-1' },
      listPrices,
      today,
    )!
    assert.equal(cost.onDemand, 87.8304)
    assert.equal(cost.machines, 4)
    assert.deepEqual(cost.assumptions, [])
  })

  it('says what it assumes', () => {
    const cost = hourlyCost({ instanceType: 'ml.p4d.24xlarge', region: 'us-west-2' }, listPrices, today)!
    assert.deepEqual(cost.assumptions, ['one machine is assumed', "the service's fee is taken as 15 %"])
    const elsewhere = hourlyCost(
      { instanceType: 'g5.xlarge', nodes: 1, region: 'mars-1' },
      listPrices,
      today,
    )!
    assert.deepEqual(elsewhere.assumptions, ['no price of mars-1 is known: that of us-east-1 is shown'])
    const empty = hourlyCost({ instanceType: 'g5.xlarge', nodes: 1, region: '' }, listPrices, today)!
    assert.deepEqual(empty.assumptions, ['region not named: us-east-1 is assumed'])
    const open = hourlyCost({ instanceType: 'g5.xlarge', nodes: 1 }, { ...listPrices, discount: 0.1 }, today)!
    assert.deepEqual(open.assumptions, [
      'region not named: us-east-1 is assumed',
      'less 10 % on demand, as configured',
    ])
  })

  it('takes in accelerators that are attached to a machine', () => {
    const request = {
      instanceType: 'n1-standard-8',
      gpuModel: 'T4',
      gpus: 2,
      nodes: 1,
      region: 'us-central1',
    }
    const cost = hourlyCost(request, listPrices, today)!
    assert.ok(Math.abs(cost.onDemand! - (0.379998 + 0.7)) < 1e-4)
  })

  it('is unknown where the machine is', () => {
    assert.equal(hourlyCost({ nodes: 2 }, listPrices, today), undefined)
    assert.equal(hourlyCost({ instanceType: 'p99.huge' }, listPrices, today), undefined)
  })

  it('is that of the cheapest machine where the platform chooses it', () => {
    const request = { gpus: 8, gpuModel: 'A100-40GB', nodes: 1, takesCheapest: true }
    const aws = hourlyCost({ ...request, provider: 'aws', region: 'us-east-1' }, listPrices, today)!
    assert.deepEqual([aws.onDemand, aws.atLeast], [21.9576, true])
    assert.deepEqual(aws.assumptions, [
      'no machine is named: p4d.24xlarge is the cheapest listed one with 8×A100-40GB',
    ])
    const anywhere = hourlyCost(request, listPrices, today)!
    assert.ok(anywhere.onDemand! < aws.onDemand!)
    const small = { gpus: 1, gpuModel: 'A10G', provider: 'aws', nodes: 1, takesCheapest: true }
    assert.equal(hourlyCost(small, listPrices, today)?.price.type, 'g5.xlarge')
    assert.equal(hourlyCost({ ...small, cpus: 8 }, listPrices, today)?.price.type, 'g5.2xlarge')
    assert.equal(hourlyCost({ ...request, takesCheapest: false }, listPrices, today), undefined)
    assert.equal(hourlyCost({ ...request, gpuModel: 'A100-17GB' }, listPrices, today), undefined)
  })

  it('says when only some of the accelerators of a machine are asked for', () => {
    const request = { instanceType: 'p4d.24xlarge', gpus: 1, nodes: 1, region: 'us-east-1' }
    assert.deepEqual(hourlyCost(request, listPrices, today)!.assumptions, [
      '1 of its 8 GPUs are asked for: the price is that of the whole machine',
    ])
  })

  it('knows old prices', () => {
    const request = { instanceType: 'p4d.24xlarge', nodes: 1, region: 'eu-west-1' }
    assert.equal(hourlyCost(request, listPrices, today)!.old, true)
    assert.equal(hourlyCost(request, listPrices, '2026-02-01')!.old, false)
  })

  it('is written as money', () => {
    assert.deepEqual([0.0531, 0.5, 21.9576, 1234.5].map(formatUsd), ['$0.053', '$0.50', '$21.96', '$1,235'])
  })
})
