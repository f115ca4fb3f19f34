import assert from 'node:assert/strict'
import { launchedScripts } from '../../server/src/linking/launched-scripts.js'
import type { Launch } from '../../server/src/workload/claim.js'

/** A launch of `train.py`, as far as it is looked at. */
const launch = (path: string, more: Partial<Launch> = {}) => ({ location: { path }, ...more }) as Launch
const scriptOf = () => 'train.py'

describe('scripts that are read as they are launched', () => {
  it('are those that job files start', () => {
    assert.deepEqual([...launchedScripts([launch('a.slurm'), launch('b.slurm')], scriptOf)], ['train.py'])
    assert.deepEqual([...launchedScripts([launch('a.slurm')], () => null)], [])
  })

  it('are read by themselves where they are launched in more ways than are told apart', () => {
    const many = Array.from({ length: 13 }, (_, index) => launch(`${index}.slurm`))
    assert.deepEqual([...launchedScripts(many, scriptOf)], [])
  })

  it('are read by themselves where a workflow asks what they do, or a notebook starts a part of itself', () => {
    assert.deepEqual(
      [...launchedScripts([launch('a.slurm'), launch('ci.yml', { asks: true })], scriptOf)],
      [],
    )
    assert.deepEqual([...launchedScripts([launch('train.py')], scriptOf)], [])
  })
})
