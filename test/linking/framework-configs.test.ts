/** Framework configs that a framework's program trains by: collections of them, and those that a launch starts. */
import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const detector = (name: string): string =>
  `model = dict(type='${name}')
train_dataloader = dict(batch_size=2, num_workers=2)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.02))
`

const collection = (count: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`configs/model${index}.py`, detector(`Model${index}`)]),
  )

async function told(files: Record<string, string>): Promise<string[]> {
  const project = await openProject(memoryRoot, memoryHost(new Map(Object.entries(files))))
  const { findings, errors } = await project.lint()
  assert.deepEqual(errors, [])
  return findings.map((one) => `${one.location.path} ${one.severity} ${one.rule}`)
}

describe('recipes', () => {
  it('a few that nothing starts are each told of', async () => {
    assert.deepEqual(await told(collection(2)), [
      'configs/model0.py information precision/full-precision',
      'configs/model1.py information precision/full-precision',
    ])
  })

  it('a collection for others to choose from is left alone', async () => {
    assert.deepEqual(await told(collection(30)), [])
  })

  it('what lies apart from a collection is its author’s own', async () => {
    const files = { ...collection(30), 'ships.py': detector('Ships') }
    assert.deepEqual(await told(files), ['ships.py information precision/full-precision'])
  })

  it('a collection may have a folder for each of its models', async () => {
    const files = Object.entries(collection(30)).map(([, text], index) => [`model${index}/train.py`, text])
    assert.deepEqual(await told(Object.fromEntries(files)), [])
  })

  it('one of a collection that a launch starts is a run like any other', async () => {
    const files = { ...collection(30), 'train.sh': 'python tools/train.py configs/model7.py\n' }
    assert.deepEqual(await told(files), ['configs/model7.py warning precision/full-precision'])
  })

  it('files that inherit from each other in a circle end', async () => {
    const files = {
      'configs/a.py': "_base_ = './b.py'\nmodel = dict(type='A')\n",
      'configs/b.py': "_base_ = './a.py'\noptim_wrapper = dict(type='OptimWrapper')\n",
    }
    assert.deepEqual(await told(files), [])
  })

  it('what changes in an inherited file is seen', async () => {
    const files = new Map(
      Object.entries({
        'configs/base.py': detector('Base'),
        'configs/child.py': "_base_ = './base.py'\nmodel = dict(type='Child')\n",
      }),
    )
    const project = await openProject(memoryRoot, memoryHost(files))
    assert.equal((await project.lint()).findings.length, 1)
    project.open('configs/base.py', detector('Base').replace("'OptimWrapper'", "'AmpOptimWrapper'"))
    assert.deepEqual((await project.lint()).findings, [])
    await project.dispose()
  })
})
