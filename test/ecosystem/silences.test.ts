import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { countSilences, silenceTables } from './silences.js'

const trainer = (precision: string) => `import lightning as L
from model import Net

L.Trainer(accelerator="gpu", max_epochs=3, precision=${precision}).fit(Net())
`

describe('counts of what keeps rules silent', () => {
  it('counts like reasons together, and settings that are not known by why they are not', async () => {
    const files = new Map([
      ['a.py', trainer('choose()')],
      ['b.py', trainer('choose()').replace('max_epochs=3', 'max_epochs=5')],
      ['c.py', trainer('"32"')],
    ])
    const project = await openProject(memoryRoot, memoryHost(files))
    const counted = countSilences([await project.why({ path: '' })])
    await project.dispose()
    assert.ok(counted.reported >= 1)
    const unknown = counted.unknown.filter(({ setting }) => setting === 'precision')
    assert.equal(unknown.length, 1)
    assert.equal(unknown[0]!.because, 'a call')
    assert.ok(unknown[0]!.rules.includes('precision/full-precision'))
    const own = counted.silenced.filter(({ rule }) => rule === 'precision/full-precision')
    assert.deepEqual(
      own.map(({ reason, count }) => [reason, count]),
      [['`precision` is not known: a call', 2]],
    )
    const short = counted.silenced.find(({ rule }) => rule === 'lifecycle/no-checkpoint')
    assert.deepEqual(short?.reason, 'the run is short: N epochs')
    assert.equal(short.count, 3)
    const lines = silenceTables(counted, 2)
    assert.match(lines[0]!, /^\d+ times a rule reported something, \d+ times one was silent/)
    assert.ok(lines.some((line) => /^\| \| … and \d+ more \| \|$/.test(line)))
  })
})
