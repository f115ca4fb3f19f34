/** What happens when the server dies: only where it is a process. */
import { readdirSync, readFileSync } from 'node:fs'
import * as vscode from 'vscode'
import { assert, closeAll, has, ruleOf, show, until } from './support.js'

const grid = 'search/grid-search'

/** The server of this extension host, found by what started it. */
function serverProcess(): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return parent === String(process.pid) && command.includes('dist/server.js')
      } catch {
        return false
      }
    })
}

/** The grid of the fixture, so many lines further down. */
const moved = (lines: number) => (now: vscode.Diagnostic[]) =>
  now.some((one) => ruleOf(one) === grid && one.range.start.line === 12 + lines)

async function insertLine(): Promise<void> {
  await vscode.window.activeTextEditor!.edit((edit) => edit.insert(new vscode.Position(0, 0), '# line\n'))
}

function kill(): number {
  const pid = serverProcess()
  assert.ok(pid, 'no server was found')
  process.kill(pid, 'SIGKILL')
  return pid
}

suite('A server that crashes', () => {
  teardown(closeAll)

  test('comes back with the documents that are open, as they are now, until it crashes too often', async () => {
    const { document } = await show('search.py')
    await until(document.uri, has(grid))
    for (let crash = 1; crash <= 3; crash++) {
      const before = kill()
      await insertLine()
      await until(document.uri, moved(crash))
      const after = serverProcess()
      assert.ok(after !== undefined && after !== before)
    }
    kill()
    await insertLine()
    // Now a person has to ask for it.
    await vscode.commands.executeCommand('costlint.restartServer')
    await until(document.uri, moved(4))
  })
})
