/**
 * The work for a project grows as its text does. Each shape of text is linted at three lengths in a process of its own, which
 * counts the steps of the engine: what is added last may take little more than what was there before.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, it } from 'mocha'
import { links } from './growing-links.js'
import { projects, shapes } from './growing-shapes.js'

const counter = fileURLToPath(new URL('./count-growth.ts', import.meta.url))

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

  it('of the steps is that of the text', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', counter])
    const counted: Record<string, [Count, Count, Count]> = JSON.parse(stdout)
    assert.deepEqual(Object.keys(counted), [...Object.keys(shapes), ...Object.keys(projects)])
    const tooMuch = Object.entries(counted).filter(([name, [least, short, long]]) => {
      // What is not read takes the same few steps at any length.
      const before = Math.max(0, (short.steps - least.steps) / (short.length - least.length))
      return (
        (long.steps - short.steps) / (long.length - short.length) >
        ((projects[name] ?? shapes[name])?.mostGrowth ?? mostGrowth) * before
      )
    })
    assert.deepEqual(tooMuch, [])
  })
})
