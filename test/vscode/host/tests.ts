/** What the extension does in a real editor. The same suite runs in the extension host on Node and in a web worker. */
import * as vscode from 'vscode'
import { actions, assert, closeAll, file, findings, has, ruleOf, show, tab, until } from './support.js'

const grid = 'search/grid-search'

suite('CostLint', () => {
  suiteSetup(async () => {
    await vscode.extensions.getExtension('costlint.costlint')!.activate()
  })
  teardown(closeAll)

  test('registers its commands and settings', async () => {
    const commands = await vscode.commands.getCommands(true)
    const { contributes } = vscode.extensions.getExtension('costlint.costlint')!.packageJSON
    for (const { command } of contributes.commands) assert.ok(commands.includes(command), command)
    assert.equal(vscode.workspace.getConfiguration('costlint').get('run'), 'onType')
  })

  test('shows a finding with its range, severity and link', async () => {
    const { document } = await show('search.py')
    const found = await until(document.uri, has(grid))
    const [finding] = found.filter((one) => ruleOf(one) === grid)
    assert.match(finding!.message, /4 × 5 × 3 = 60/)
    assert.equal(finding!.severity, vscode.DiagnosticSeverity.Warning)
    assert.match(document.getText(finding!.range), /^GridSearchCV/)
    assert.match(String((finding!.code as { target: vscode.Uri }).target), /search\/grid-search/)
  })

  test('offers a preferred fix; applied, the finding goes', async () => {
    const { document } = await show('search.py')
    const [finding] = await until(document.uri, has(grid))
    const found = await actions(document.uri, finding!.range, 'quickfix')
    const titles = found.map(({ title }) => title)
    assert.ok(titles.includes(`Explain ${grid}`), titles.join('; '))
    assert.ok(titles.includes(`Disable ${grid} for this line`), titles.join('; '))
    const preferred = found.find(({ isPreferred }) => isPreferred)
    assert.ok(preferred?.edit, titles.join('; '))
    assert.ok(await vscode.workspace.applyEdit(preferred.edit))
    assert.doesNotMatch(document.getText(), /\bGridSearchCV\(/)
    await until(document.uri, (now) => !has(grid)(now))
  })

  test('follows typing', async () => {
    const editor = await show('search.py')
    const { document } = editor
    const [finding] = await until(document.uri, has(grid))
    const { line } = finding!.range.start
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# first\n'))
    await until(document.uri, (now) => now.find((one) => ruleOf(one) === grid)?.range.start.line === line + 1)
    const [values] = /\[1, 2, 4, 8\]/.exec(document.getText())!
    const start = document.positionAt(document.getText().indexOf(values))
    await editor.edit((edit) =>
      edit.replace(new vscode.Range(start, start.translate(0, values.length)), '[1]'),
    )
    await until(document.uri, (now) => !now.some(({ message }) => message.includes('4 × 5 × 3')))
  })

  test('disables a rule for a line', async () => {
    const { document } = await show('search.py')
    const [finding] = await until(document.uri, has(grid))
    const found = await actions(document.uri, finding!.range, 'quickfix')
    const action = found.find(({ title }) => title === `Disable ${grid} for this line`)
    assert.ok(await vscode.workspace.applyEdit(action!.edit!))
    assert.match(document.getText(), /# costlint: ignore\[search\/grid-search\]\nsearch = GridSearchCV/)
    await until(document.uri, (now) => !has(grid)(now))
  })

  test('explains on hover', async () => {
    const { document } = await show('search.py')
    const [finding] = await until(document.uri, has(grid))
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      finding!.range.start,
    )
    const text = hovers
      .flatMap(({ contents }) => contents.map((one) => (one as vscode.MarkdownString).value))
      .join()
    assert.match(text, /Saves (.*, )?[\d–]+ % of the cost: /)
    assert.match(text, /\[Explain search\/grid-search\]\(command:costlint\.explainRule/)
    // The editor shows the message itself.
    assert.doesNotMatch(text, /Grid of/)
  })

  test('explains a rule without the network', async () => {
    await vscode.commands.executeCommand('costlint.explainRule', grid)
    await tab((label) => label.includes('grid-search'))
    const page = await vscode.workspace.openTextDocument(vscode.Uri.parse(`costlint-rule:/${grid}.md`))
    assert.match(page.getText(), /^# search\/grid-search\n/)
  })

  test('explains a line', async () => {
    const editor = await show('search.py')
    const { document } = editor
    const [finding] = await until(document.uri, has(grid))
    const { line, character } = finding!.range.start
    editor.selection = new vscode.Selection(line, character, line, character)
    await vscode.commands.executeCommand('costlint.explainLine')
    await tab((label) => label.includes(`search.py line ${line + 1}`))
    const page = await vscode.workspace.openTextDocument(
      vscode.Uri.from({ scheme: 'costlint-why', path: `/search.py line ${line + 1}.md` }),
    )
    assert.match(page.getText(), /### Reported\n\n- \*\*search\/grid-search\*\*: /)
  })

  test('writes the checklist into the folder, and opens it', async () => {
    const uri = file('COST-CHECKLIST.md')
    try {
      await vscode.commands.executeCommand('costlint.openChecklist')
      assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), uri.toString())
      assert.match(vscode.window.activeTextEditor.document.getText(), /\[search\.py:\d+\]\(search\.py#L\d+\)/)
    } finally {
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor')
      await vscode.workspace.fs.delete(uri)
    }
  })

  test('answers a language model', async () => {
    const { tools, invokeTool } = vscode.lm
    const names = tools.map(({ name }) => name).filter((name) => name.startsWith('costlint_'))
    assert.equal(names.sort(), [
      'costlint_cost',
      'costlint_estimate',
      'costlint_explain',
      'costlint_lint',
      'costlint_preview_fix',
    ])
    const token = new vscode.CancellationTokenSource().token
    const input = { path: 'closed.py' }
    const result = await invokeTool('costlint_lint', { input, toolInvocationToken: undefined }, token)
    const [part] = result.content as vscode.LanguageModelTextPart[]
    assert.match(part!.value, /^closed\.py:13: warning \[search\/grid-search\] Grid of/)
    assert.doesNotMatch(part!.value, /search\.py/)
    const asked = async (name: string, given: object) => {
      const { content } = await invokeTool(name, { input: given, toolInvocationToken: undefined }, token)
      return (content as vscode.LanguageModelTextPart[])[0]!.value
    }
    const run = {
      model: 'ResNet-50',
      dataset: 'ImageNet-1k',
      size: '224',
      batch: 256,
      gpu: 'A100-80GB',
      length: '90 epochs',
    }
    assert.match(await asked('costlint_estimate', run), /"hours":\{"low":\d/)
    assert.match(
      await asked('costlint_preview_fix', { path: 'closed.py', unsafe: true }),
      /^--- a\/closed\.py[\s\S]*\n\+.*Halving/,
    )
  })

  test('opens the report', async () => {
    await vscode.commands.executeCommand('costlint.openReport')
    await tab((label) => label === 'Cost Report')
  })

  test('opens pages of the documentation, rendered, which are files that can be followed', async () => {
    await vscode.commands.executeCommand('costlint.openDocumentation', 'configuration.md')
    await tab((label) => label.includes('configuration.md'))
    const read = async (path: string) => {
      const bytes = await vscode.workspace.fs.readFile(vscode.Uri.from({ scheme: 'costlint-docs', path }))
      return new TextDecoder().decode(bytes)
    }
    assert.match(await read('/configuration.md'), /^# Configuration\n/)
    assert.match(await read('/rules/search/grid-search.md'), /^# search\/grid-search\n/)
    await vscode.workspace.fs.stat(vscode.Uri.parse('costlint-docs:/nowhere.md')).then(
      () => assert.ok(false, 'there is such a page'),
      () => undefined,
    )
  })

  test('opens the page of a rule from a problem, rendered', async () => {
    const { document } = await show('search.py')
    const [finding] = await until(document.uri, has(grid))
    const { target } = finding!.code as { target: vscode.Uri }
    assert.equal(target.toString(), `costlint-rule:/${grid}.md`)
    await vscode.commands.executeCommand('vscode.open', target)
    const found = vscode.window.tabGroups.activeTabGroup.activeTab!.input
    assert.ok(
      found instanceof vscode.TabInputCustom && /markdown/.test(found.viewType),
      JSON.stringify(found),
    )
  })

  test('names the rules in the configuration', async () => {
    const uri = file('costlint.toml')
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode('ignore = ["search/"]\n'))
    try {
      await vscode.commands.executeCommand('vscode.open', uri)
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        uri,
        new vscode.Position(0, 18),
      )
      assert.ok(
        list.items.some(({ label }) => label === grid),
        JSON.stringify(list.items.slice(0, 5)),
      )
    } finally {
      await vscode.workspace.fs.delete(uri)
    }
  })

  test('shows findings in the cells of a notebook', async () => {
    const notebook = await vscode.workspace.openNotebookDocument(file('tune.ipynb'))
    await vscode.window.showNotebookDocument(notebook)
    const cell = notebook.cellAt(2).document
    const found = await until(cell.uri, has(grid))
    assert.equal(found.filter((one) => ruleOf(one) === grid).length, 1)
    assert.match(cell.getText(found[0]!.range), /GridSearchCV/)
  })

  test('opens a notebook at its cell', async () => {
    const place = { uri: file('tune.ipynb').toString(), path: 'tune.ipynb', cell: 2, line: 6, column: 10 }
    await vscode.commands.executeCommand('costlint.reveal', place)
    const editor = vscode.window.activeNotebookEditor
    assert.match(String(editor?.notebook.uri), /tune\.ipynb$/)
    assert.equal(editor!.selections[0]!.start, 2)
  })

  test('knows SLURM files as shell scripts', async () => {
    const { document } = await show('jobs/train.slurm')
    assert.equal(document.languageId, 'shellscript')
  })

  test('lints the workspace: closed files too, none twice', async () => {
    const closed = file('closed.py')
    assert.equal(findings(closed), [])
    const summary = await vscode.commands.executeCommand<{ findings: number }>('costlint.lintWorkspace')
    assert.ok(summary.findings > 0)
    const pushed = await until(closed, has(grid))
    const { length } = pushed
    const { line } = pushed[0]!.range.start
    const editor = await show('closed.py')
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# first\n'))
    // Served once, by pull: what was pushed at the old place is withdrawn.
    await until(closed, (now) => now.length === length && now[0]!.range.start.line === line + 1)
    await closeAll()
    await until(closed, (now) => now.length === length && now[0]!.range.start.line === line)
  })

  test('switches rules off by the settings, and on again', async () => {
    const { document } = await show('search.py')
    await until(document.uri, has(grid))
    const settings = vscode.workspace.getConfiguration('costlint')
    await settings.update('ignore', [grid], vscode.ConfigurationTarget.Workspace)
    await until(document.uri, (now) => !has(grid)(now))
    await settings.update('ignore', undefined, vscode.ConfigurationTarget.Workspace)
    await until(document.uri, has(grid))
  })

  test('comes back after a restart', async () => {
    const { document } = await show('search.py')
    await until(document.uri, has(grid))
    await vscode.commands.executeCommand('costlint.restartServer')
    await until(document.uri, has(grid))
    const editor = vscode.window.activeTextEditor!
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# first\n'))
    await until(document.uri, (now) => now.some((one) => ruleOf(one) === grid && one.range.start.line === 13))
  })
})
