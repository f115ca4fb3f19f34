/**
 * The work for a project grows as its text does. Each shape of text is linted at three lengths in a process of its own, which
 * counts the steps of the engine: what is added last may take little more than what was there before.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { links } from './growing-links.js'
import { projects, shapes } from './growing-shapes.js'

const script = fileURLToPath(new URL('./count-growth.ts', import.meta.url))

interface Count {
  length: number
  steps: number
}

/** What is added last may take so many times the steps per character of what was there before. */
const mostGrowth = 1.5

describe('growth', function () {
  this.timeout(600_000)

  it('is counted for each kind of link', async () => {
    const page = await readFile(new URL('../../docs/architecture.md', import.meta.url), 'utf8')
    const [table] = page.match(/^\| link \| from → to \|.*\n(\|.*\n)+/m) ?? []
    const kinds = [...table!.matchAll(/^\| ([a-z ]+) \| .* → |^\| ([a-z ]+) \| .* [←↔] /gm)].map(
      ([, to, back]) => to ?? back!,
    )
    const counted = new Set(Object.keys(links).map((name) => name.slice(0, name.indexOf(':'))))
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'link' && !counted.has(kind)),
      [],
    )
    assert.ok(kinds.length > 20)
  })

  describe('of the steps is that of the text', () => {
    let counter: ChildProcess
    const answer = async (): Promise<{ counts: [Count, Count, Count]; error?: string }> =>
      (await once(counter, 'message'))[0]

    before(async () => {
      // What V8 takes into another function is not counted, and when it does so is a matter of chance.
      counter = fork(script, { execArgv: ['--no-turbo-inlining', '--import', 'tsx'] })
      await answer()
    })
    after(() => {
      counter.disconnect()
    })

    for (const [name, shape] of [...Object.entries(shapes), ...Object.entries(projects)])
      it(name, async () => {
        counter.send(name)
        const { counts, error } = await answer()
        assert.equal(error, undefined)
        const [least, short, long] = counts
        // What is not read takes the same few steps at any length.
        const before = Math.max(0, (short.steps - least.steps) / (short.length - least.length))
        const added = (long.steps - short.steps) / (long.length - short.length)
        assert.ok(
          added <= (shape.mostGrowth ?? mostGrowth) * before,
          `${added.toFixed(1)} steps for each character that was added, ${before.toFixed(1)} before`,
        )
      })
  })
})
