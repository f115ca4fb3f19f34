/** What happens when the server dies: only where it is a process. */
import { readdirSync, readFileSync } from 'node:fs'
import * as vscode from 'vscode'
import { assert, closeAll, ruleOf, show, until } from './support.js'

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

/** All that was found, so many lines further down. */
const moved = (before: readonly vscode.Diagnostic[], lines: number) => (now: vscode.Diagnostic[]) =>
  before.every((old) =>
    now.some((one) => ruleOf(one) === ruleOf(old) && one.range.start.line === old.range.start.line + lines),
  )

/** What is typed is not saved: nobody but the editor has it. */
async function insertLine(documents: readonly vscode.TextDocument[]): Promise<void> {
  const edit = new vscode.WorkspaceEdit()
  for (const { uri } of documents) edit.insert(uri, new vscode.Position(0, 0), '# line\n')
  await vscode.workspace.applyEdit(edit)
}

function kill(): number {
  const pid = serverProcess()
  assert.ok(pid, 'no server was found')
  process.kill(pid, 'SIGKILL')
  return pid
}

suite('A server that crashes', () => {
  teardown(closeAll)

  test('comes back with all documents that are open, as they are now, until it crashes too often', async function () {
    // Six servers start.
    this.timeout(120_000)
    const documents: vscode.TextDocument[] = []
    const before = new Map<vscode.TextDocument, vscode.Diagnostic[]>()
    for (const name of ['search.py', 'train.py', 'closed.py']) {
      const { document } = await show(name)
      documents.push(document)
      before.set(document, await until(document.uri, (found) => found.length > 0))
    }
    const follow = async (lines: number) => {
      for (const document of documents) await until(document.uri, moved(before.get(document)!, lines))
    }
    for (let crash = 1; crash <= 4; crash++) {
      const killed = kill()
      await insertLine(documents)
      await follow(crash)
      const after = serverProcess()
      assert.ok(after !== undefined && after !== killed)
    }
    kill()
    await insertLine(documents)
    // Now a person has to ask for it.
    await vscode.commands.executeCommand('costlint.restartServer')
    await follow(5)
    for (const { uri } of documents) {
      await vscode.commands.executeCommand('vscode.open', uri, { preview: false })
      await vscode.commands.executeCommand('workbench.action.files.revert')
    }
  })
})
