import assert from 'node:assert/strict'
import { gridSize } from '../../server/src/estimate/grid.js'
import { arraySize, hydraChoices } from '../../server/src/estimate/sweep-text.js'

describe('Hydra sweeps', () => {
  it('-m lr=0.1,0.01,0.001 bs=range(16,65,16) model=a,b is 24 runs', () => {
    const grid = ['0.1,0.01,0.001', 'range(16,65,16)', 'a,b'].map(hydraChoices)
    assert.deepEqual(
      grid.map((one) => one.size),
      [3, 4, 2],
    )
    assert.equal(gridSize([grid]).configurations, 24)
    assert.deepEqual(grid[0]!.values, ['0.1', '0.01', '0.001'])
  })

  for (const [text, size] of [
    ['adam', 1],
    ['', 1],
    ['choice(a,b)', 2],
    ['range(3)', 3],
    ['range(1,10,step=3)', 3],
    ['range(stop=4)', 4],
    ['range(x)', null],
    ['glob(*)', null],
    ['interval(0,1)', null],
    ['[1,2],[3,4],[5,6]', 3],
    ['[1,2]', 1],
    ["'a,b',c", 2],
    ['{a:1,b:2}', 1],
    ['shuffle(range(0,5))', 5],
    ['sort(3,1,2,reverse=true)', 3],
    ['tag(big,choice(a,b,c))', 3],
    ['shuffle(list=[1,2])', 1],
    ['a,(b', null],
    ["'open", null],
    ['a)b', null],
  ] as const) {
    it(`${text || '(empty)'}: ${size}`, () => assert.equal(hydraChoices(text).size, size))
  }

  it('survives hostile nesting', () => {
    assert.equal(hydraChoices(`${'sort('.repeat(10_000)}a${')'.repeat(10_000)}`).size, null)
  })
})

describe('job arrays', () => {
  for (const [text, tasks, parallel] of [
    ['0-99%10', 100, 10],
    ['1,3,5-9:2', 5, null],
    ['1-100:2', 50, null],
    ['sweep[1-100]%5', 100, 5],
    ['1-5,3-7', 7, null],
    ['7', 1, null],
  ] as const) {
    it(`${text}: ${tasks} tasks`, () => assert.deepEqual(arraySize(text), { tasks, parallel }))
  }

  for (const text of ['', 'a-b', '9-1', '1-5:0', '$N', '0-$COUNT', '1-99999999999']) {
    it(`${text || '(empty)'} cannot be read`, () => assert.equal(arraySize(text), null))
  }
})
