/** How the command line ends when it is stopped, or when nobody can read what it prints. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, before, beforeEach, describe, it } from 'mocha'
import { build, commandLine } from '../build.js'
import { Folder } from './folder.js'

const grid = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV
search = GridSearchCV(SVC(), {"C": [1, 2, 3, 4], "gamma": [1, 2, 3, 4, 5]}, cv=5)
`

describe('endings', () => {
  let folder: Folder
  let child: ChildProcess | undefined
  before(build)
  beforeEach(() => {
    folder = new Folder()
    folder.write({ '.git/HEAD': '', 'a.py': 'x = 1\n' })
  })
  afterEach(() => {
    child?.kill('SIGKILL')
    folder.remove()
  })

  const start = (args: string[], out: 'pipe' | number = 'pipe', uid?: number) => {
    const started = spawn(process.execPath, [commandLine, ...args], {
      cwd: folder.path,
      stdio: ['pipe', out, 'pipe'],
      ...(uid === undefined ? {} : { uid }),
    })
    child = started
    let err = ''
    started.stderr!.setEncoding('utf8').on('data', (data: string) => {
      err += data
    })
    return new Promise<{ code: number | null; err: string }>((resolve) =>
      started.on('close', (code) => resolve({ code, err })),
    )
  }

  it('the language server ends at the first Ctrl-C', async () => {
    const ended = start(['server', '--stdio'])
    const request =
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}'
    child!.stdin!.write(`Content-Length: ${request.length}\r\n\r\n${request}`)
    await new Promise((resolve) => child!.stdout!.once('data', resolve))
    child!.kill('SIGINT')
    assert.deepEqual(await ended, { code: 130, err: '' })
  })

  it('a reader that goes away is no fault', async () => {
    const ended = start(['rules', '--output-format', 'json'])
    child!.stdout!.destroy()
    assert.deepEqual(await ended, { code: 0, err: '' })
  })

  it('files that must not be written are told by name, and no other is fixed', async function () {
    const root = process.getuid?.() === 0
    if (process.platform === 'win32') this.skip()
    folder.write({ 'b.py': grid, 'c.py': grid })
    chmodSync(folder.path, 0o755)
    for (const name of ['b.py', 'c.py']) chmodSync(join(folder.path, name), name === 'b.py' ? 0o444 : 0o666)
    // Root may write anything, so somebody else tries.
    const { code, err } = await start(
      ['check', '--fix', '--unsafe-fixes', '--no-cache'],
      'pipe',
      root ? 65534 : undefined,
    )
    assert.equal(err, 'costlint: b.py: cannot be written: permission denied\ncostlint: nothing was fixed\n')
    assert.equal(code, 2)
    assert.equal(readFileSync(join(folder.path, 'c.py'), 'utf8'), grid)
  })

  it('a disk that is full is one, told in one line', async function () {
    if (!existsSync('/dev/full')) this.skip()
    const { code, err } = await start(['rules'], openSync('/dev/full', 'w'))
    assert.equal(code, 2)
    assert.match(err, /^costlint: standard output cannot be written: ENOSPC[^\n]*\n$/)
  })
})
