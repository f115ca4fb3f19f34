/**
 * Time of published runs: those of half of the sources set the constants of estimate/step-seconds.ts, those of the other
 * half only check them. Sources count alike, since rows of one table do.
 */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { score, timeChecks } from '../../scripts/accuracy/published.js'

describe('time of published runs', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const { checks } = timeChecks(root)
  for (const [name, fitted, bySource] of [
    ['of the sources that set the constants', true, 0.9],
    ['of the other sources', false, 0.84],
  ] as const)
    it(name, () => {
      const { figures, sources, inside, insideBySource, width } = score(
        checks.filter((one) => one.fitted === fitted),
      )
      const said = `${figures} figures of ${sources} sources: ${(100 * inside).toFixed(0)} % inside, ${(100 * insideBySource).toFixed(0)} % by source, ends ${width.toFixed(1)}× apart`
      assert.ok(figures > 130, said)
      assert.ok(inside >= 0.85, said)
      assert.ok(insideBySource >= bySource, said)
      assert.ok(width <= 4, said)
    })

  it('of runs that were collected when the constants stood: four in five in the interval', () => {
    const { figures, inside, insideBySource, width } = score(timeChecks(root, 'later').checks)
    assert.ok(figures > 240 && inside >= 0.86, `${figures} figures, ${(100 * inside).toFixed(1)} % inside`)
    assert.ok(insideBySource >= 0.78, `${(100 * insideBySource).toFixed(1)} % by source`)
    assert.ok(width <= 4, `ends ${width.toFixed(1)}× apart`)
  })
})
