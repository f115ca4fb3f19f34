import assert from 'node:assert/strict'
import { cronInterval, day, hour, intervalsBetween, rhythm } from '../../server/src/estimate/schedule.js'

describe('schedules', () => {
  const cases: [string, number | null][] = [
    ['@daily', day],
    ['@hourly', hour],
    ['@once', null],
    ['0 */6 * * *', 6 * hour],
    ['*/15 * * * *', hour / 4],
    ['30 2 * * *', day],
    ['0 6 * * 1-5', (7 / 5) * day],
    ['0 0 * * SUN', 7 * day],
    ['0 0 * * 7', 7 * day],
    ['0 0,12 * * *', day / 2],
    ['CRON_TZ=Europe/Berlin 0 6 * * *', day],
    ['every day', null],
    ['0 25 * * *', null],
    ['{{ schedule }}', null],
    ['', null],
  ]
  for (const [expression, expected] of cases) {
    it(`${expression || '(empty)'} runs every ${expected} s`, () => {
      const found = cronInterval(expression)
      if (expected === null || found === null) assert.equal(found, expected)
      else assert.ok(Math.abs(found / expected - 1) < 0.01, `${found}`)
    })
  }

  it('says rhythms as people do', () => {
    assert.deepEqual([day, 6 * hour, 7 * day, 900, 1.4 * day, 30].map(rhythm), [
      'every day',
      'every 6 hours',
      'every 7 days',
      'every 15 minutes',
      'every 1.4 days',
      'every 30 seconds',
    ])
  })

  it('counts the runs of a month by its date', () => {
    assert.equal(rhythm(cronInterval('@monthly')!), 'every 30.4 days')
  })

  it('counts whole intervals, and none ahead of the start', () => {
    assert.equal(intervalsBetween('2024-01-01', '2024-01-31', day), 30)
    assert.equal(intervalsBetween('2030-01-01', '2024-01-31', day), 0)
    assert.equal(intervalsBetween('no date', '2024-01-31', day), 0)
  })
})
