/**
 * The work for a project grows as its text does. Each shape of text is linted at three lengths in a process of its own, which
 * counts the steps of the engine: what is added last may take little more than what was there before.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, it } from 'mocha'
import { projects } from './growing-projects.js'
import { shapes } from './growing-texts.js'

const counter = fileURLToPath(new URL('./count-growth.ts', import.meta.url))

interface Count {
  length: number
  steps: number
}

/** What is added last may take so many times the steps per character of what was there before. */
const mostGrowth = 1.5

describe('growth', function () {
  this.timeout(600_000)

  it('of the steps is that of the text', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', counter])
    const counted: Record<string, [Count, Count, Count]> = JSON.parse(stdout)
    assert.deepEqual(Object.keys(counted), [...Object.keys(shapes), ...Object.keys(projects)])
    const tooMuch = Object.entries(counted).filter(([name, [least, short, long]]) => {
      const before = (short.steps - least.steps) / (short.length - least.length)
      return (
        (long.steps - short.steps) / (long.length - short.length) >
        (projects[name]?.mostGrowth ?? mostGrowth) * before
      )
    })
    assert.deepEqual(tooMuch, [])
  })
})
