import assert from 'node:assert/strict'
import {
  distinctCount,
  integerSize,
  katibDoubleSize,
  katibIntSize,
  kerasTunerSize,
  quantisedSize,
  rangeSize,
} from '../../server/src/estimate/dimension.js'
import {
  drawsForBest,
  fitCount,
  formatCount,
  formatShare,
  gridCap,
  gridFormula,
  gridSize,
  halvingShare,
} from '../../server/src/estimate/grid.js'

const sized = (...sizes: (number | null)[]) => sizes.map((size) => ({ size }))

describe('grid size', () => {
  it('of an SVC grid with five folds is 60 configurations, 300 fits', () => {
    const grid = sized(
      distinctCount([0.1, 1, 10, 100]),
      distinctCount([1e-4, 1e-3, 1e-2, 1e-1, 1]),
      distinctCount(['rbf', 'linear', 'poly']),
    )
    assert.deepEqual(gridSize([grid]), { configurations: 60, lowerBound: false })
    assert.equal(gridFormula([grid]), '4 × 5 × 3 = 60')
    assert.equal(fitCount(60, 5), 300)
  })

  it('of a list of grids is their sum', () => {
    const grids = [sized(1, 3), sized(1, 3, 2)]
    assert.deepEqual(gridSize(grids), { configurations: 9, lowerBound: false })
    assert.equal(gridFormula(grids), '3 + 3 × 2 = 9')
  })

  it('of a Ray Tune grid is repeated num_samples times', () => {
    const grid = sized(3, 2)
    assert.deepEqual(gridSize([grid], 5), { configurations: 30, lowerBound: false })
    assert.equal(gridFormula([grid], { count: 5, word: 'samples' }), '3 × 2 × 5 samples = 30')
  })

  it("of Katib's example grid is 45, and maxTrialCount caps it", () => {
    const lr = katibDoubleSize(0.01, 0.05, 0.005)
    const momentum = katibDoubleSize(0.5, 0.9, 0.1)
    assert.equal(lr, 9)
    assert.equal(momentum, 5)
    const { configurations } = gridSize([sized(lr, momentum)])
    assert.equal(configurations, 45)
    assert.equal(Math.min(configurations!, 12), 12)
  })

  it('of RepeatedKFold(5, 3) over 20 configurations is 300 fits', () => {
    assert.equal(fitCount(20, 5 * 3), 300)
  })

  it('is a lower bound where a dimension is unknown, and unknown where too many are', () => {
    assert.deepEqual(gridSize([sized(4, null, 5)]), { configurations: 20, lowerBound: true })
    assert.equal(gridFormula([sized(4, null, 5)]), '4 × ? × 5 ≥ 20')
    assert.deepEqual(gridSize([sized(4, null)]), { configurations: null, lowerBound: true })
    assert.equal(gridFormula([sized(4, null)]), '4 × ?')
    assert.deepEqual(gridSize([sized(3, 4), sized(2, null)]), { configurations: 12, lowerBound: true })
    assert.deepEqual(gridSize([]), { configurations: null, lowerBound: true })
    assert.deepEqual(gridSize([sized(3, 4)], null), { configurations: 12, lowerBound: true })
  })

  it('is capped', () => {
    const huge = sized(...Array<number>(400).fill(1000))
    assert.deepEqual(gridSize([huge]), { configurations: gridCap, lowerBound: true })
    assert.ok(gridFormula([sized(100_000, 100_000)]).endsWith('≥ 1,000,000,000'))
  })

  it('of an empty dimension is 0, of no dimension 1', () => {
    assert.equal(gridSize([sized(3, 0)]).configurations, 0)
    assert.equal(gridSize([[]]).configurations, 1)
    assert.equal(gridFormula([[]]), '1')
    assert.equal(gridFormula([sized(12)]), '12')
  })
})

describe('size of one dimension', () => {
  for (const [what, actual, expected] of [
    ['range(1, 10, 3)', rangeSize(1, 10, 3), 3],
    ['range(10, 0, -2)', rangeSize(10, 0, -2), 5],
    ['repeated values', distinctCount([1, 1, 'a', null, [1], [1]]), 4],
    ['q_uniform 0..1 by 0.1', quantisedSize(0, 1, 0.1), 11],
    ['a negative step', quantisedSize(0, 1, -1), null],
    ['int_uniform 3..7', integerSize(3, 7), 5],
    ['Katib double without a step', katibDoubleSize(0, 1), null],
    ['Katib int without a step', katibIntSize(2, 5), 4],
    ['Katib int by 2', katibIntSize(2, 5, 2), 2],
    ['KerasTuner Int by 32', kerasTunerSize(32, 512, 32), 16],
    ['KerasTuner Float without a step', kerasTunerSize(0, 1, null), 10],
    ['infinity', rangeSize(0, Number.POSITIVE_INFINITY), null],
  ] as const) {
    it(`${what}: ${expected}`, () => assert.equal(actual, expected))
  }
})

describe('what other ways to search cost', () => {
  it('59 draws for the best 5 %, 29 for the best 10 %', () => {
    assert.equal(drawsForBest(0.05), 59)
    assert.equal(drawsForBest(0.1), 29)
  })

  it('halving 27 configurations by 3 costs 4/27', () => {
    assert.equal(halvingShare(27), 4 / 27)
    assert.equal(formatShare(halvingShare(27)), '15 %')
    assert.equal(halvingShare(26), 3 / 9)
    assert.equal(halvingShare(1), 1)
    assert.equal(halvingShare(16, 2), 5 / 16)
  })

  it('numbers are written for people', () => {
    assert.equal(formatCount(1234567), '1,234,567')
    assert.equal(formatCount(999), '999')
    assert.equal(formatShare(0.004), '0.4 %')
    assert.equal(formatShare(0), '0 %')
  })
})
