/** Files, folders and targets of links that vanish after they have been listed, and before they are read or written. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { ExecuteCommandRequest, WorkDoneProgressCreateRequest } from 'vscode-languageserver-protocol/node'
import { commandLine } from '../build.js'
import { Folder } from '../cli/folder.js'
import { pullClient } from '../lsp/client.js'
import { startServerProcess } from '../lsp/server-process.js'

const vanish = fileURLToPath(new URL('../fixtures/vanish.cjs', import.meta.url))
const grid = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV
from gone import grid
from kept.gone import other
search = GridSearchCV(SVC(), {"C": [1, 2, 3, 4], "gamma": [1, 2, 3, 4, 5]}, cv=5)
`

describe('what vanishes while it is linted', function () {
  this.timeout(60_000)
  let folder: Folder
  let environment: NodeJS.ProcessEnv

  beforeEach(() => {
    folder = new Folder()
    environment = { NODE_OPTIONS: `--require "${vanish}"`, VANISH_BELOW: folder.path }
    folder.write({
      '.git/HEAD': '',
      'tune.py': grid,
      'gone.py': grid,
      'gone.yaml': 'kind: Job\n',
      'gone.ipynb': '{',
      'gone-folder/tune.py': grid,
      'gone-folder/deep/tune.py': grid,
      'kept/tune.py': grid,
      'kept/gone.py': grid,
    })
    symlinkSync('gone.py', join(folder.path, 'link.py'))
    symlinkSync('gone-folder', join(folder.path, 'linked'))
    mkdirSync(join(folder.path, 'empty'))
  })
  afterEach(() => folder.remove())

  it('at the command line: all else is said, and the folder is named', async () => {
    const { code, stdout, stderr } = await folder.run(
      commandLine,
      ['check', '--output-format', 'json', '--no-cache'],
      { env: environment },
    )
    const { findings, errors } = JSON.parse(stdout)
    assert.deepEqual(
      findings.map(({ path, rule }: { path: string; rule: string }) => `${path} ${rule}`),
      ['kept/tune.py search/grid-search', 'tune.py search/grid-search'],
    )
    assert.deepEqual(errors, [{ path: 'gone-folder', message: 'cannot be read: no such file or folder' }])
    assert.equal(stderr, 'not checked: gone-folder: cannot be read: no such file or folder\n')
    assert.equal(code, 1)
    assert.equal(existsSync(join(folder.path, 'gone.py')), false)
  })

  it('under --fix: it is not made again, and nothing else is written', async () => {
    folder.write({ 'leaves.py': grid })
    const { code, stderr } = await folder.run(
      commandLine,
      ['check', '--fix', '--unsafe-fixes', '--no-cache'],
      { env: environment },
    )
    assert.equal(
      stderr,
      'costlint: leaves.py: cannot be written: no such file or folder\ncostlint: nothing was fixed\n',
    )
    assert.equal(code, 2)
    assert.equal(existsSync(join(folder.path, 'leaves.py')), false)
    assert.equal(folder.read('tune.py'), grid)
  })

  it('in the server: open files are answered, and files that come back are read', async () => {
    const server = startServerProcess({ ...environment, COSTLINT_CACHE_DIR: join(folder.path, '.cache') })
    const { client } = server
    try {
      client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
      const root = String(pathToFileURL(folder.path))
      await client.start(pullClient, {}, [root])
      await client.open(`${root}/tune.py`, grid)
      const lint = () =>
        client.connection.sendRequest(ExecuteCommandRequest.type, {
          command: 'costlint.lintWorkspace',
          arguments: [],
        })
      const rules = async (path: string) => (await client.pulled(path)).map(({ code }) => code)
      await lint()
      assert.deepEqual(await rules(`${root}/tune.py`), ['search/grid-search'])
      // It is open still, as an editor keeps what was deleted under it.
      await client.open(`${root}/gone.py`, grid)
      assert.deepEqual(await rules(`${root}/gone.py`), ['search/grid-search'])
      await client.close(`${root}/gone.py`)
      folder.write({ 'later/tune.py': grid })
      await client.touched(`${root}/later/tune.py`, 1)
      await lint()
      await client.open(`${root}/later/tune.py`, grid)
      assert.deepEqual(await rules(`${root}/later/tune.py`), ['search/grid-search'])
      assert.deepEqual(
        client.logs.all.filter((line) => /internal|Error\b/.test(line)),
        [],
      )
    } finally {
      server.kill()
    }
  })
})
