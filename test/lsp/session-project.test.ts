/** The project of a session while the session changes. */
import assert from 'node:assert/strict'
import type { Project } from '../../server/src/linter.js'
import type { Environment } from '../../server/src/lsp/environment.js'
import { SessionProject } from '../../server/src/lsp/session-project.js'
import { Troubles } from '../../server/src/lsp/troubles.js'

type Opening = { open: (project: Project) => void; fail: (error: Error) => void }

function named(name: string): Project {
  return { relatives: () => [name], dispose: async () => {} } as unknown as Project
}

function begin() {
  const openings: Opening[] = []
  const createProject = () =>
    new Promise<Project>((open, fail) => {
      openings.push({ open, fail })
    })
  const quiet = { info() {}, warn() {}, error() {} } as unknown as ConstructorParameters<typeof Troubles>[0]
  const project = new SessionProject(
    'file:///p',
    { createProject } as unknown as Environment,
    new Troubles(quiet),
    () => ({}),
  )
  return { openings, project }
}

/** It is asked for, forgotten, and asked for again before it is open. */
async function beginTwice() {
  const { openings, project } = begin()
  const first = project.load()
  await Promise.resolve()
  project.forget()
  const second = project.load()
  await Promise.resolve()
  return { openings, project, first, second }
}

describe('the project of a session', () => {
  it('is the last one that was asked for, whichever opens first', async () => {
    const { openings, project, first, second } = await beginTwice()
    openings[1]!.open(named('new'))
    await second
    openings[0]!.open(named('old'))
    await first
    assert.deepEqual(project.relatives('a.py'), ['new'])
  })

  it('is opened once, though one that was forgotten cannot be opened', async () => {
    const { openings, project, first, second } = await beginTwice()
    openings[0]!.fail(new Error('gone'))
    await first
    assert.equal(project.load(), second)
  })
})
