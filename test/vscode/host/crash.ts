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

suite('A server that crashes', () => {
  teardown(closeAll)

  test('comes back with the documents that are open, as they are now', async () => {
    const { document } = await show('search.py')
    await until(document.uri, has(grid))
    const editor = vscode.window.activeTextEditor!
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# first\n'))
    await until(document.uri, (now) => now.some((one) => ruleOf(one) === grid && one.range.start.line === 13))
    const before = serverProcess()
    assert.ok(before, 'no server was found')
    process.kill(before, 'SIGKILL')
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# second\n'))
    await until(document.uri, (now) => now.some((one) => ruleOf(one) === grid && one.range.start.line === 14))
    const after = serverProcess()
    assert.ok(after !== undefined && after !== before)
  })
})
