/** How the command line ends when it is stopped, or when nobody can read what it prints. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { Folder } from './folder.js'

const loader = pathToFileURL(fileURLToPath(import.meta.resolve('tsx'))).href
const main = fileURLToPath(new URL('../../server/src/cli/main.ts', import.meta.url))

describe('endings', () => {
  let folder: Folder
  let child: ChildProcess | undefined
  beforeEach(() => {
    folder = new Folder()
    folder.write({ '.git/HEAD': '', 'a.py': 'x = 1\n' })
  })
  afterEach(() => {
    child?.kill('SIGKILL')
    folder.remove()
  })

  const start = (args: string[], out: 'pipe' | number = 'pipe') => {
    const started = spawn(process.execPath, ['--import', loader, main, ...args], {
      cwd: folder.path,
      stdio: ['pipe', out, 'pipe'],
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

  it('a disk that is full is one, told in one line', async function () {
    if (!existsSync('/dev/full')) this.skip()
    const { code, err } = await start(['rules'], openSync('/dev/full', 'w'))
    assert.equal(code, 2)
    assert.match(err, /^costlint: standard output cannot be written: ENOSPC[^\n]*\n$/)
  })
})
