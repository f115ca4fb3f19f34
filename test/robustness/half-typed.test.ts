import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { assertSound } from './sound.js'
import { project as files, training } from './sources.js'

describe('half-typed files', function () {
  this.timeout(120_000)

  it('are linted after every few characters of a script', async () => {
    const project = await openProject(memoryRoot, memoryHost(new Map()))
    try {
      let found = 0
      for (let length = 0; length <= training.length; length += 7) {
        const text = training.slice(0, length)
        project.open('train.py', text)
        const { findings, errors } = await assertSound(
          project,
          new Map([['train.py', text]]),
          length % 5 === 0,
        )
        assert.deepEqual(
          errors.filter(({ kind }) => kind !== 'syntax'),
          [],
        )
        found = findings.length
      }
      assert.ok(found > 0, 'the whole script has findings')
    } finally {
      await project.dispose()
    }
  })

  for (const path of Object.keys(files).filter((path) => path !== 'train.py')) {
    it(`are linted after every few characters of ${path}`, async () => {
      const texts = new Map(Object.entries(files))
      const project = await openProject(memoryRoot, memoryHost(texts))
      try {
        const whole = texts.get(path)!
        for (let length = 0; length <= whole.length; length += 7) {
          const now = new Map(texts).set(path, whole.slice(0, length))
          project.open(path, whole.slice(0, length))
          await assertSound(project, now, length % 5 === 0)
        }
      } finally {
        await project.dispose()
      }
    })
  }

  it('are linted where something is missing in the middle', async () => {
    const project = await openProject(memoryRoot, memoryHost(new Map()))
    try {
      for (let start = 0; start < training.length; start += 31) {
        const text = training.slice(0, start) + training.slice(start + 23)
        project.open('train.py', text)
        await assertSound(project, new Map([['train.py', text]]), false)
      }
    } finally {
      await project.dispose()
    }
  })
})
