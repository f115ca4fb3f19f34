/** Disks that are full or read-only: what was there stays as it was, and one line says what could not be written. */
import assert from 'node:assert/strict'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, it } from 'mocha'
import {
  ExecuteCommandRequest,
  ShutdownRequest,
  WorkDoneProgressCreateRequest,
} from 'vscode-languageserver-protocol/node'
import { commandLine } from '../build.js'
import { pullClient } from '../lsp/client.js'
import { startServerProcess } from '../lsp/server-process.js'
import { Folder } from './folder.js'

const disk = fileURLToPath(new URL('../fixtures/disk.cjs', import.meta.url))
const grid = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV
search = GridSearchCV(SVC(), {"C": [1, 2, 3, 4], "gamma": [1, 2, 3, 4, 5]}, cv=5)
`
const sacct =
  'JobID|JobName|Submit|Start|Elapsed|State\n1|a|2026-11-20T08:00:00|2026-11-20T08:30:00|04:00:00|COMPLETED\n'

for (const [name, code, reason] of [
  ['full', 'ENOSPC', 'the disk is full'],
  ['read-only', 'EROFS', 'the file system is read-only'],
] as const)
  describe(`a disk that is ${name}`, function () {
    this.timeout(60_000)
    let folder: Folder
    beforeEach(() => {
      folder = new Folder()
      folder.write({ '.git/HEAD': '', 'tune.py': grid, 'sacct.txt': sacct })
    })
    afterEach(() => folder.remove())

    const healthy = (args: readonly string[]) => folder.run(commandLine, args)
    const environment = () => ({
      XDG_CACHE_HOME: `${folder.path}/cache`,
      COSTLINT_CACHE_DIR: `${folder.path}/cache`,
      NODE_OPTIONS: `--require "${disk}"`,
      BROKEN_DISK: code,
      BROKEN_BELOW: folder.path,
    })
    const broken = (args: readonly string[]) => folder.run(commandLine, args, { env: environment() })

    it('takes nothing from what is said: nothing is kept', async () => {
      const wanted = await healthy(['check', '--no-cache'])
      assert.deepEqual(await broken(['check']), wanted)
      assert.equal(wanted.code, 1)
    })

    it('takes nothing from the server', async () => {
      const server = startServerProcess(environment())
      const { client } = server
      const root = String(pathToFileURL(folder.path))
      client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
      try {
        await client.start(pullClient, {}, [root])
        await client.open(`${root}/tune.py`, grid)
        await client.connection.sendRequest(ExecuteCommandRequest.type, {
          command: 'costlint.lintWorkspace',
          arguments: [],
        })
        const rules = (await client.pulled(`${root}/tune.py`)).map((one) => one.code)
        assert.deepEqual(rules, ['search/grid-search'])
        await client.connection.sendRequest(ShutdownRequest.type)
        server.hangUp()
        assert.equal(await server.exited, 0)
        assert.deepEqual(
          client.logs.all.filter((line) => line.includes(code)),
          [],
        )
      } finally {
        server.kill()
      }
    })

    for (const [shown, args] of [
      ['tune.py', ['check', '--fix', '--unsafe-fixes']],
      ['report.json', ['check', '--output-format', 'json', '--output-file', 'report.json']],
      ['costlint-baseline.json', ['baseline']],
      ['costs.md', ['checklist', '--write', 'costs.md']],
      ['bill.html', ['report', '--output-file', 'bill.html']],
      ['merged.json', ['merge', 'part.json', '--output-file', 'merged.json']],
      ['.costlint/evidence.json', ['evidence', 'add', 'sacct.txt']],
    ] as const)
      it(`costlint ${args[0]}: ${shown} stays as it was`, async () => {
        await healthy(['check', '--output-format', 'json', '--output-file', 'part.json'])
        // What is there already is what the same command has written before.
        if (shown !== 'tune.py') assert.notEqual((await healthy(args)).code, 2)
        const before = folder.read(shown)
        const { stderr, code: ended } = await broken(args)
        const more = shown === 'tune.py' && code === 'EROFS' ? 'costlint: nothing was fixed\n' : ''
        assert.equal(stderr, `costlint: ${shown}: cannot be written: ${reason}\n${more}`)
        assert.equal(ended, 2)
        assert.equal(folder.read(shown), before)
      })
  })
