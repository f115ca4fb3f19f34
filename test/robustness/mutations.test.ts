/**
 * Real texts with random damage: tokens deleted, doubled, swapped and put in, lines lost, halves glued. Whatever comes
 * out, the engine has an answer that lies inside the text.
 */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'mocha'
import type { Finding } from '../../server/src/finding.js'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { corpus } from '../fuzz/corpus.js'
import { damage } from './damage.js'
import { Random } from './random.js'
import { assertSound } from './sound.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

function spelled({ rule, location, severity, message, fingerprint }: Finding): string {
  const { path, cell, start, end } = location
  return `${path} ${cell} ${start}–${end} ${severity} ${rule} ${fingerprint}: ${message}`
}

/** Seeds of one test. */
const atOnce = 50

describe('random damage', function () {
  this.timeout(300_000)
  const all = corpus(root)
  const rounds = Number(process.env.COSTLINT_FUZZ_ROUNDS ?? 400)
  const first = Number(process.env.COSTLINT_FUZZ_SEED ?? 1)

  const end = first + rounds
  for (let from = first; from < end; from += atOnce)
    it(`has an answer, from seed ${from}`, () => withSeeds(from, Math.min(from + atOnce, end)))

  async function withSeeds(from: number, to: number): Promise<void> {
    let found = 0
    for (let seed = from; seed < to; seed++) {
      const random = new Random(seed)
      const files = new Map(random.pick(all))
      const workspace = await openProject(memoryRoot, memoryHost(files))
      try {
        // Some damage is done after the project was read once: what was kept must not show.
        if (random.below(2) === 0) await workspace.lint()
        for (let step = 0; step < 3; step++) {
          const path = random.pick([...files.keys()])
          let text = files.get(path)!
          for (let times = 1 + random.below(5); times > 0; times--) {
            text = damage(text, random.pick([...files.values()]), random)
          }
          files.set(path, text)
          workspace.open(path, text)
          const { findings } = await assertSound(workspace, files)
          found += findings.length
        }
        // From scratch the same is found as step by step.
        const { findings } = await workspace.lint()
        const fresh = await openProject(memoryRoot, memoryHost(files))
        for (const [path, text] of files) fresh.open(path, text)
        assert.deepEqual((await fresh.lint()).findings.map(spelled), findings.map(spelled))
        await fresh.dispose()
      } catch (error) {
        throw new Error(`seed ${seed}, to be run with COSTLINT_FUZZ_SEED=${seed}`, { cause: error })
      } finally {
        await workspace.dispose()
      }
    }
    if (to - from === atOnce) assert.ok(found > 0, 'some findings survive the damage')
  }
})
