/** Networks of which only the layers are counted, against what PyTorch measures of them (networks/measure.py). */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { countedNetwork } from '../../server/src/estimate/counted-network.js'
import { madeNetworks } from '../../server/src/python/networks/size.js'
import { analyse } from '../python/analyse.js'

const folder = new URL('networks/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8')

describe('a network by its layers', () => {
  for (const row of read('measured.tsv').trim().split('\n').slice(1)) {
    const [name, size, parameters, gflops] = row.split('\t')
    it(`${name} computes ${gflops} billion operations`, async () => {
      const made = madeNetworks(await analyse(read(`${name}.py`)))
      assert.equal(made.length, 1)
      const counted = made[0]!.size
      assert.ok(counted)
      const { low, high } = countedNetwork(name!, [counted]).forward(Number(size))
      const measured = Number(gflops) * 1e9
      assert.ok(
        low <= measured * 1.001 && measured <= high * 1.001,
        `${low} to ${high}, measured ${measured}`,
      )
      assert.ok(high <= 4 * low, `${low} to ${high}`)
      // Biases and tables of norms are not counted.
      assert.ok(Math.abs(counted.parameters / Number(parameters) - 1) < 0.02)
    })
  }
})
