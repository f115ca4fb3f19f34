/** `costlint gpus` and `costlint machines`: the catalogue as a user searches it. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { runHere } from './here.js'

describe('costlint gpus and machines', () => {
  it('lists accelerators that match every word, with memory, speed and price', async () => {
    const { out, code } = await runHere({}, ['gpus', 'nvidia', 'h100'])
    const [head, ...rows] = out.split('\n')
    assert.equal(code, 0)
    assert.match(head!, /^name +vendor +generation +memory +bandwidth +bf16 +fp16 +fp32 +list price$/)
    assert.match(rows[0]!, /^H100-SXM +nvidia +Hopper +80 GB +3,350 GB\/s +989 TF .* \$\d+\.\d+–\d+\.\d+\/h$/)
    assert.equal(rows.indexOf(''), 3)
    assert.equal((await runHere({}, ['gpus', 'Tesla_T4'])).out.split('\n')[1]!.startsWith('T4 '), true)
  })

  it('lists machines, the cheapest first, in one region where that is asked', async () => {
    const { machines } = JSON.parse(
      `{"machines":${(await runHere({}, ['machines', 'aws', 'a100', '--output-format', 'json'])).out}}`,
    )
    assert.deepEqual(
      machines.map(({ type, gpu, gpuCount }: { type: string; gpu: string; gpuCount: number }) => [
        type,
        gpu,
        gpuCount,
      ]),
      [
        ['p4d.24xlarge', 'A100-40GB', 8],
        ['p4de.24xlarge', 'A100-80GB', 8],
      ],
    )
    assert.ok(machines[0].price.onDemand < machines[1].price.onDemand)
    const there = await runHere({}, ['machines', 'h100', '--region', 'us-east-1'])
    assert.match(
      there.out,
      /^p5\.48xlarge +aws +8 × H100-SXM +80 GB +192 +2,048 GiB +\$\S+\/h .* us-east-1 /m,
    )
    assert.doesNotMatch(there.out, /gcp|azure/)
    assert.match((await runHere({}, ['machines', 'ml.m5.xlarge'])).out, /^m5\.xlarge +aws +4 +16 GiB/m)
  })

  it('ends with 2 where nothing matches', async () => {
    const gpus = await runHere({}, ['gpus', 'A10O'])
    assert.deepEqual([gpus.code, gpus.out], [2, ''])
    assert.match(gpus.err, /no accelerator in the catalogue matches "A10O", did you mean "A10"\?\n/)
    assert.equal((await runHere({}, ['machines', 'no such'])).code, 2)
    assert.match(
      (await runHere({}, ['machines', 'h100', '--region', 'mars-1'])).err,
      /no price in the region "mars-1"/,
    )
  })
})
