import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Environment } from '../../server/src/lsp/environment.js'
import { Schedule } from '../../server/src/lsp/schedule.js'
import type { Session } from '../../server/src/lsp/session.js'

/** A clock that moves when told to. */
function clock() {
  let waiting: { milliseconds: number; callback: () => void }[] = []
  const environment = {
    schedule(milliseconds: number, callback: () => void) {
      const one = { milliseconds, callback }
      waiting.push(one)
      return () => {
        waiting = waiting.filter((other) => other !== one)
      }
    },
  } as Environment
  return {
    environment,
    pauses: () => waiting.map(({ milliseconds }) => milliseconds),
    run() {
      const due = waiting
      waiting = []
      for (const { callback } of due) callback()
    },
  }
}

const session = (lastDuration: number) => ({ lastDuration }) as Session

describe('when a project is judged', () => {
  it('at once where the last time was quick, in a pause where it was slow, and never much later', () => {
    for (const [took, pause] of [
      [0, 0],
      [90, 0],
      [120, 120],
      [9000, 500],
    ] as const) {
      const { environment, pauses } = clock()
      new Schedule(environment, () => undefined).plan(session(took))
      assert.deepEqual(pauses(), [pause])
    }
  })

  it('once for many keystrokes', () => {
    const { environment, pauses, run } = clock()
    const view: Session[] = []
    const schedule = new Schedule(environment, (one) => view.push(one))
    const one = session(100)
    const other = session(100)
    for (let key = 0; key < 5; key++) schedule.plan(one)
    schedule.plan(other)
    assert.equal(pauses().length, 2)
    run()
    assert.deepEqual(view, [one, other])
    schedule.plan(one)
    run()
    assert.equal(view.length, 3)
  })

  it('not at all after its folder is gone', () => {
    const { environment, run } = clock()
    const view: Session[] = []
    const schedule = new Schedule(environment, (one) => view.push(one))
    const one = session(0)
    schedule.plan(one)
    schedule.drop(one)
    schedule.plan(session(0))
    schedule.stop()
    run()
    assert.deepEqual(view, [])
  })
})
