import assert from 'node:assert/strict'
import { listPrices } from '../../server/src/catalog/price-book.js'
import { combined, runBill, serviceBill } from '../../server/src/estimate/bill.js'
import { loaderHours, withLoader } from '../../server/src/estimate/loader-seconds.js'
import { type Rate, rateOf } from '../../server/src/estimate/rate.js'
import { totalOf } from '../../server/src/estimate/total.js'

const today = '2026-08-10'
const rate: Rate = {
  usd: { low: 2, high: 3 },
  spot: false,
  asOf: today,
  region: 'us-east-1',
  assumed: false,
  assumptions: [],
}
const once = { low: 1, high: 1 }

describe('training', () => {
  it('takes no less than its loader, and as much more where one process does both', () => {
    const computing = { low: 0.1, high: 1 }
    // A million pictures: 0.3 to 15 ms each.
    const alone = loaderHours('decode', 0, 1e6)
    assert.deepEqual(alone, { low: 300 / 3600, high: 15_000 / 3600 })
    assert.deepEqual(withLoader(computing, alone, 0), { low: 0.1 + 300 / 3600, high: 1 + 15_000 / 3600 })
    const shared = loaderHours('decode', 10, 1e6)
    assert.deepEqual(withLoader(computing, shared, 10), { low: 0.1, high: 1 })
  })
})

describe('the bill of a run', () => {
  const parts = {
    rate,
    trainings: [],
    times: once,
    limit: null,
    apart: false,
    rented: false,
    assumptions: [],
  }

  it('pays a rented machine for a minute at least, once or for each trial', () => {
    const trainings = [{ low: 0.001, high: 0.01 }]
    const minutes = (bill: ReturnType<typeof runBill>) => [
      Math.round(bill.hours!.low * 60),
      Math.round(bill.hours!.high! * 60),
    ]
    assert.deepEqual(minutes(runBill({ ...parts, trainings, rented: true })), [1, 5])
    const times = { low: 10, high: 10 }
    assert.deepEqual(minutes(runBill({ ...parts, trainings, rented: true, times })), [2, 10])
    assert.deepEqual(minutes(runBill({ ...parts, trainings, rented: true, times, apart: true })), [11, 46])
  })

  it('is the price of an hour times all hours, low with low and high with high', () => {
    const bill = runBill({
      ...parts,
      trainings: [
        { low: 1, high: 4 },
        { low: 2, high: 2 },
      ],
    })
    assert.deepEqual(bill.hours, { low: 3, high: 6 })
    assert.deepEqual(bill.usd, { low: 6, high: 18 })
  })

  it('is that of all trials of a search, without an end where their number has none', () => {
    const trainings = [{ low: 1, high: 2 }]
    assert.deepEqual(runBill({ ...parts, trainings, times: { low: 6, high: 20 } }).usd, {
      low: 12,
      high: 120,
    })
    assert.deepEqual(runBill({ ...parts, trainings, times: { low: 5, high: null } }).usd, {
      low: 10,
      high: null,
    })
  })

  it('ends with the time limit, which alone is a bound', () => {
    assert.deepEqual(runBill({ ...parts, trainings: [{ low: 1, high: 40 }], limit: 24 }).hours, {
      low: 1,
      high: 24,
    })
    const bounded = runBill({ ...parts, trainings: [{ missing: 'which model it trains' }], limit: 24 })
    assert.deepEqual([bounded.usd, bounded.limitOnly], [{ low: 0, high: 72 }, true])
    assert.deepEqual(bounded.unknown, ['which model it trains'])
  })

  it('is only the time limit where that cuts off a range that tells nothing', () => {
    const bill = runBill({ ...parts, trainings: [{ low: 0.0007, high: 40 }], limit: 14 })
    assert.deepEqual([bill.hours, bill.limitOnly], [{ low: 0, high: 14 }, true])
    const narrow = runBill({ ...parts, trainings: [{ low: 0.1, high: 40 }], limit: 14 })
    assert.deepEqual([narrow.hours, narrow.limitOnly], [{ low: 0.1, high: 14 }, false])
  })

  it('is unknown where a part of it is', () => {
    const bill = runBill({ ...parts, trainings: [{ low: 1, high: 4 }, { missing: 'the batch size' }] })
    assert.deepEqual([bill.hours, bill.usd, bill.unknown], [null, null, ['the batch size']])
    const unpriced = runBill({ ...parts, rate: { missing: 'the machine' }, trainings: [{ low: 1, high: 4 }] })
    assert.deepEqual(
      [unpriced.hours, unpriced.usd, unpriced.unknown],
      [{ low: 1, high: 4 }, null, ['the machine']],
    )
  })
})

describe('the bill of a month', () => {
  it('counts 730 hours of each machine that is there', () => {
    const bill = serviceBill({ rate, replicas: { low: 2, high: 4 }, share: 1, assumptions: [] })
    assert.deepEqual(bill.usd, { low: 2920, high: 8760 })
    assert.equal(
      serviceBill({ rate, replicas: { low: 1, high: null }, share: 1, assumptions: [] }).usd!.high,
      null,
    )
  })
})

describe('the price of an hour', () => {
  it('takes the spot price where the job asks for it', () => {
    const request = { instanceType: 'p4d.24xlarge', region: 'us-east-1', nodes: 2 }
    const plain = rateOf(request, undefined, listPrices, today) as Rate
    const spot = rateOf(request, true, listPrices, today) as Rate
    assert.ok(spot.spot && spot.usd.high < plain.usd.high)
    assert.equal(plain.usd.low, plain.usd.high)
  })

  it('of accelerators without a machine is the range of list prices, or the user’s own', () => {
    const request = { gpuModel: 'A100-80GB', gpus: 4, nodes: 2 }
    const listed = rateOf(request, undefined, listPrices, today) as Rate
    assert.ok(listed.assumed && listed.usd.low < listed.usd.high)
    const mine = { ...listPrices, accelerators: [{ name: 'A100-80GB', usd: 1.5 }] }
    assert.deepEqual((rateOf(request, undefined, mine, today) as Rate).usd, { low: 12, high: 12 })
  })

  it('of a machine that nobody lists is unknown', () => {
    const found = rateOf({ instanceType: 'x99.huge', nodes: 1 }, undefined, listPrices, today)
    assert.match('missing' in found ? found.missing : '', /a price of x99\.huge/)
  })
})

describe('what can be saved', () => {
  it('of two shares the second applies to what the first leaves', () => {
    assert.deepEqual(
      combined([
        [0.5, 0.5],
        [0.5, 0.5],
      ]),
      [0.75, 0.75],
    )
    assert.deepEqual(
      combined([
        [1, 1],
        [0.3, 0.9],
      ]),
      [1, 1],
    )
    assert.deepEqual(combined([]), [0, 0])
  })

  it('is totalled apart for runs and months, over what is priced', () => {
    const run = {
      per: 'run' as const,
      usd: { low: 1, high: 2 },
      saving: { low: 0.5, high: 1 },
      state: 'priced',
    }
    const total = totalOf([
      run,
      run,
      { ...run, usd: { low: 0, high: 90 }, state: 'bounded' },
      { per: 'month', usd: { low: 10, high: null }, saving: null, state: 'priced' },
    ])
    assert.deepEqual(total.run, { usd: { low: 2, high: 4 }, saving: { low: 1, high: 2 }, entries: 2 })
    assert.deepEqual(total.month!.usd, { low: 10, high: null })
  })
})
