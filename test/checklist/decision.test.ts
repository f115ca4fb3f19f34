import assert from 'node:assert/strict'
import { decide, type Side } from '../../server/src/checklist/decision.js'

const options = { lowerIsBetter: false, tolerance: 0.005, worth: null }
const side = (metric: number | number[], cost: number | null): Side => ({
  metric: [metric].flat(),
  cost: cost === null ? null : [cost],
})
const item = (a: Side, b: Side, more: object = {}) => decide(a, b, { ...options, ...more }).item

describe('the decision rule', () => {
  it('keeps what costs less and holds the metric', () => {
    assert.equal(item(side(0.9, 100), side(0.9, 50)), 'decision/keep')
    assert.equal(item(side(0.9, 100), side(0.897, 50)), 'decision/keep')
    assert.equal(item(side(0.9, 100), side(0.95, 100)), 'decision/keep')
  })

  it('stops where the cost grows faster than the value', () => {
    assert.equal(item(side(0.9, 100), side(0.901, 150)), 'decision/stop-and-simplify')
    // A tenth of the errors for half as much again.
    assert.equal(item(side(0.9, 100), side(0.91, 150)), 'decision/stop-and-simplify')
    // Half of the errors for a tenth more is for people to weigh.
    assert.equal(item(side(0.9, 100), side(0.95, 110)), null)
  })

  it('leaves to people what costs less and is worse, and tells the price', () => {
    const { item, verdict } = decide(side(0.9, 100), side(0.8, 50), options)
    assert.equal(item, null)
    assert.match(verdict, /drops: 500 for each unit of the metric/)
    assert.match(decide(side(0.9, 100), side(0.8, 50), { ...options, worth: 400 }).verdict, /it pays/)
  })

  it('decides by what a unit is worth where somebody says so', () => {
    assert.equal(item(side(0.9, 100), side(0.91, 150), { worth: 10_000 }), 'decision/keep')
    assert.equal(item(side(0.9, 100), side(0.91, 150), { worth: 1000 }), 'decision/stop-and-simplify')
  })

  it('asks for a better pipeline where equal runs differ more than the sides do', () => {
    const noisy = side([0.8, 0.86, 0.74], 10)
    assert.equal(item(noisy, side([0.81, 0.87, 0.76], 20)), 'decision/fix-the-pipeline')
    assert.equal(item(noisy, side(0.81, 20)), 'decision/fix-the-pipeline')
    assert.equal(item(side([0.8, 0.801], 10), side([0.9, 0.901], 10)), 'decision/keep')
  })

  it('knows metrics of which less is better', () => {
    assert.equal(item(side(2, 100), side(1.5, 100), { lowerIsBetter: true }), 'decision/keep')
    assert.equal(item(side(1.5, 100), side(2, 120), { lowerIsBetter: true }), 'decision/stop-and-simplify')
  })

  it('decides nothing without costs', () => {
    assert.equal(item(side(0.9, null), side(0.95, null)), null)
  })
})
