/**
 * The work for a file grows as the file does. Each shape of text is linted at three lengths in a process of its own, which
 * counts the steps of the engine: what is added last may take little more than what was there before.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, it } from 'mocha'
import { shapes } from './growing-texts.js'

const counter = fileURLToPath(new URL('./count-growth.ts', import.meta.url))

/** The second half may take so many times the steps of the first. */
const mostGrowth = 1.5

describe('growth', function () {
  this.timeout(600_000)

  it('of the steps is that of the text', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', counter])
    const counted: Record<string, [number, number, number]> = JSON.parse(stdout)
    assert.deepEqual(Object.keys(counted), Object.keys(shapes))
    const tooMuch = Object.entries(counted).filter(
      ([, [one, short, long]]) => long - short > mostGrowth * (short - one),
    )
    assert.deepEqual(tooMuch, [])
  })
})
