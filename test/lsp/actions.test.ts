import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  type CodeAction,
  CodeActionRequest,
  CodeActionResolveRequest,
  DidOpenNotebookDocumentNotification,
  ExecuteCommandRequest,
  HoverRequest,
  type MarkupContent,
  NotebookCellKind,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver-protocol/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { type Client, connect, folder, pullClient, pushClient } from './client.js'

async function actions(client: Client, path: string, line = 0, only?: string[]): Promise<CodeAction[]> {
  const found = await client.connection.sendRequest(CodeActionRequest.type, {
    textDocument: { uri: client.uri(path) },
    range: { start: { line, character: 0 }, end: { line, character: 100 } },
    context: { diagnostics: [], ...(only && { only }) },
  })
  return (found ?? []) as CodeAction[]
}

async function named(client: Client, path: string, title: string, line = 0): Promise<CodeAction> {
  const found = (await actions(client, path, line)).find((action) => action.title === title)
  assert.ok(found, `no action called ${title}`)
  return found
}

function resolve(client: Client, action: CodeAction): Promise<CodeAction> {
  return client.connection.sendRequest(CodeActionResolveRequest.type, action)
}

function apply(text: string, edit: WorkspaceEdit, uri: string): string {
  const own = edit.documentChanges
    ? (edit.documentChanges as TextDocumentEdit[])
        .filter(({ textDocument }) => textDocument.uri === uri)
        .flatMap(({ edits }) => edits)
    : (edit.changes![uri] ?? [])
  return TextDocument.applyEdits(
    TextDocument.create(uri, '', 1, text),
    own as { range: never; newText: string }[],
  )
}

const bothFiles = 'Change both files (may change results or cost)'

describe('code actions', () => {
  it('lists fixes, the preferred one first, without edits', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'x = 1\nwaste\n')
    assert.deepEqual(await actions(client, 'a.py', 0, ['quickfix']), [])
    const found = await actions(client, 'a.py', 1, ['quickfix'])
    assert.deepEqual(
      found.map(({ title, isPreferred }) => [title, isPreferred]),
      [
        ['Make it a gain (safe)', true],
        ['Drop it (may change results or cost)', undefined],
        ['Sketch of a gain (sketch to adapt)', undefined],
        ['Disable fake/waste for this line', undefined],
        ['Disable fake/waste for this file', undefined],
        ['Explain fake/waste', undefined],
      ],
    )
    assert.ok(found.every(({ edit, kind }) => edit === undefined && kind === 'quickfix'))
    assert.equal(found[0]!.diagnostics![0]!.code, 'fake/waste')
    await client.stop()
  })

  it('speaks German to a client that does', async () => {
    const { client } = connect()
    await client.start(pullClient, {}, [folder], 'de-AT')
    await client.open('a.py', 'waste\n')
    assert.deepEqual(
      (await actions(client, 'a.py', 0, ['quickfix'])).map(({ title }) => title),
      [
        'Make it a gain (sicher)',
        'Drop it (kann Ergebnisse oder Kosten ändern)',
        'Sketch of a gain (Skizze zum Anpassen)',
        'fake/waste für diese Zeile abschalten',
        'fake/waste für diese Datei abschalten',
        'fake/waste erklären',
      ],
    )
    const hover = await client.connection.sendRequest(HoverRequest.type, {
      textDocument: { uri: `${folder}/a.py` },
      position: { line: 0, character: 2 },
    })
    assert.match((hover!.contents as MarkupContent).value, /Spart 30–50 % der Kosten: half of it/)
    await client.stop()
  })

  it('makes the edit when it is asked for, for the version that it was listed for', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'a waste\n')
    const action = await named(client, 'a.py', 'Make it a gain (safe)')
    const { edit } = await resolve(client, action)
    assert.deepEqual(edit, {
      documentChanges: [
        {
          textDocument: { uri: `${folder}/a.py`, version: 1 },
          edits: [
            { range: { start: { line: 0, character: 2 }, end: { line: 0, character: 7 } }, newText: 'gain' },
          ],
        },
      ],
    })
    await client.change('a.py', 'b = 1; waste\n')
    await assert.rejects(resolve(client, action), /has changed/)
    await client.stop()
  })

  it('edits several files in one fix, closed ones without a version', async () => {
    const { client } = connect({ 'job.sh': 'srun a.py\n' })
    await client.start(pullClient)
    await client.open('a.py', 'maybe\n')
    const { edit } = await resolve(client, await named(client, 'a.py', bothFiles))
    const changes = edit!.documentChanges as TextDocumentEdit[]
    assert.deepEqual(
      changes.map(({ textDocument }) => [textDocument.uri, textDocument.version]),
      [
        [`${folder}/a.py`, 1],
        [`${folder}/job.sh`, null],
      ],
    )
    await client.stop()
  })

  it('refuses a fix that cannot be carried out in every file', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'maybe\n')
    await assert.rejects(resolve(client, await named(client, 'a.py', bothFiles)))
    await client.stop()
  })

  it('shows why a fix is not offered', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'loss\n')
    const action = await named(client, 'a.py', 'Stop the loss')
    assert.deepEqual(action.disabled, { reason: 'nobody knows how' })
    await client.stop()
  })

  it('gives edits at once to a client that cannot resolve, and no disabled actions', async () => {
    const { client } = connect()
    await client.start(pushClient)
    await client.open('a.py', 'waste loss\n')
    const found = await actions(client, 'a.py')
    assert.equal(
      found.some(({ disabled }) => disabled !== undefined),
      false,
    )
    const fix = found.find(({ title }) => title === 'Make it a gain (safe)')!
    assert.equal(apply('waste loss\n', fix.edit!, `${folder}/a.py`), 'gain loss\n')
    assert.equal(fix.isPreferred, undefined)
    await client.stop()
  })

  it('fixes all that is safe, only when asked', async () => {
    const { client } = connect()
    await client.start(pullClient)
    const text = 'waste\nmaybe\nwaste loss\n'
    await client.open('a.py', text)
    for (const only of [['source'], ['source.fixAll'], ['source.fixAll.costlint']]) {
      const found = await actions(client, 'a.py', 0, only)
      assert.deepEqual(
        found.map(({ kind }) => kind),
        ['source.fixAll.costlint'],
      )
      const { edit } = await resolve(client, found[0]!)
      assert.equal(apply(text, edit!, `${folder}/a.py`), 'gain\nmaybe\ngain loss\n')
    }
    assert.deepEqual(await actions(client, 'a.py', 0, ['source.fixAll.ruff']), [])
    await client.stop()
  })

  it('offers no fix for everything where nothing is safe', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'maybe loss\n')
    assert.deepEqual(await actions(client, 'a.py', 0, ['source.fixAll']), [])
    await client.stop()
  })

  it('switches a rule off for a line and for a file', async () => {
    const { client } = connect()
    await client.start(pullClient)
    const text = '#!/usr/bin/env python\nif x:\n    waste()\n'
    await client.open('a.py', text)
    const line = await resolve(client, await named(client, 'a.py', 'Disable fake/waste for this line', 2))
    assert.equal(
      apply(text, line.edit!, `${folder}/a.py`),
      '#!/usr/bin/env python\nif x:\n    # costlint: ignore[fake/waste]\n    waste()\n',
    )
    const file = await resolve(client, await named(client, 'a.py', 'Disable fake/waste for this file', 2))
    assert.equal(
      apply(text, file.edit!, `${folder}/a.py`),
      '#!/usr/bin/env python\n# costlint: ignore-file[fake/waste]\nif x:\n    waste()\n',
    )
    await client.stop()
  })

  it('does not write comments into JSON', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.json', '{"waste": 1}\n', 'json')
    const found = await actions(client, 'a.json')
    assert.equal(
      found.some(({ title }) => title.startsWith('Disable')),
      false,
    )
    assert.ok(found.some(({ title }) => title === 'Explain fake/waste'))
    await client.stop()
  })

  it('fixes a cell, and a whole notebook', async () => {
    const { client } = connect()
    await client.start(pullClient)
    const cell = (name: string) => `vscode-notebook-cell:/work/project/note.ipynb#${name}`
    await client.connection.sendNotification(DidOpenNotebookDocumentNotification.type, {
      notebookDocument: {
        uri: `${folder}/note.ipynb`,
        notebookType: 'jupyter-notebook',
        version: 1,
        cells: ['W0', 'W1'].map((name) => ({ kind: NotebookCellKind.Code, document: cell(name) })),
      },
      cellTextDocuments: [
        { uri: cell('W0'), languageId: 'python', version: 3, text: '%%time\nwaste\n' },
        { uri: cell('W1'), languageId: 'python', version: 5, text: 'waste\n' },
      ],
    })
    const own = await resolve(client, (await actions(client, cell('W1'), 0, ['source.fixAll']))[0]!)
    assert.equal(apply('waste\n', own.edit!, cell('W1')), 'gain\n')
    assert.equal(own.edit!.documentChanges!.length, 1)
    const [whole] = await actions(client, cell('W1'), 0, ['notebook.source.fixAll'])
    assert.equal(whole!.kind, 'notebook.source.fixAll.costlint')
    const { edit } = await resolve(client, whole!)
    assert.deepEqual(
      (edit!.documentChanges as TextDocumentEdit[]).map(({ textDocument }) => textDocument),
      [
        { uri: cell('W0'), version: 3 },
        { uri: cell('W1'), version: 5 },
      ],
    )
    const off = await resolve(
      client,
      await named(client, cell('W0'), 'Disable fake/waste for this notebook', 1),
    )
    assert.equal(apply('waste\n', off.edit!, cell('W1')), '# costlint: ignore-file[fake/waste]\nwaste\n')
    await client.stop()
  })
})

describe('hover and explanation', () => {
  it('says what, what it saves on which assumption, and what to do', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'a waste\n')
    const at = (character: number) =>
      client.connection.sendRequest(HoverRequest.type, {
        textDocument: { uri: `${folder}/a.py` },
        position: { line: 0, character },
      })
    assert.equal(await at(0), null)
    const hover = await at(4)
    assert.deepEqual(hover!.range, { start: { line: 0, character: 2 }, end: { line: 0, character: 7 } })
    const { kind, value } = hover!.contents as MarkupContent
    assert.equal(kind, 'markdown')
    for (const text of [
      '**CostLint**: waste found',
      'Saves 30–50 % of the cost: half of it is not needed',
      'Quick fix: Make it a gain (safe)',
      'docs/rules/fake/waste.md',
    ]) {
      assert.ok(value.includes(text), `${text} is missing in:\n${value}`)
    }
    assert.ok(value.split('\n').length <= 10, value)
    await client.stop()
  })

  it('leaves the message to a client that shows it itself, and links to its commands', async () => {
    const { client } = connect()
    await client.start(pullClient, {
      commandLinks: true,
      messageInHover: true,
      explainCommand: 'x.explain',
      rulePage: 'pages:/{rule}',
    })
    await client.open('a.py', 'a waste\n')
    const hover = await client.connection.sendRequest(HoverRequest.type, {
      textDocument: { uri: `${folder}/a.py` },
      position: { line: 0, character: 4 },
    })
    const { value } = hover!.contents as MarkupContent
    assert.doesNotMatch(value, /waste found/)
    const [, encoded] = /\[Quick Fix\]\(command:costlint\.quickFix\?([^)]+)\): Make it a gain \(safe\)/.exec(
      value,
    )!
    assert.deepEqual(JSON.parse(decodeURIComponent(encoded!)), [
      { uri: `${folder}/a.py`, line: 0, character: 2 },
    ])
    assert.match(value, /\[Explain fake\/waste\]\(command:x\.explain\?%5B%22fake%2Fwaste%22%5D\)/)
    const [item] = await client.pulled('a.py')
    assert.equal(item!.codeDescription!.href, 'pages:/fake/waste')
    await client.stop()
  })

  it('makes no Markdown of what files say', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('[a](b) *x*.py', 'evil waste\n')
    const hover = await client.connection.sendRequest(HoverRequest.type, {
      textDocument: { uri: client.uri('[a](b) *x*.py') },
      position: { line: 0, character: 6 },
    })
    const { value } = hover!.contents as MarkupContent
    assert.match(value, /waste found in \\\[a\\\]\(b\) \\\*x\\\*\.py/)
    await client.stop()
  })

  it('hovers in plain text where the client wants that', async () => {
    const { client } = connect()
    await client.start(pushClient)
    await client.open('a.py', 'waste\n')
    const hover = await client.connection.sendRequest(HoverRequest.type, {
      textDocument: { uri: `${folder}/a.py` },
      position: { line: 0, character: 1 },
    })
    const { kind, value } = hover!.contents as MarkupContent
    assert.equal(kind, 'plaintext')
    assert.doesNotMatch(value, /\*\*|`/)
    await client.stop()
  })

  it('explains a line: settings, and what keeps rules silent', async () => {
    const { client } = connect()
    await client.start(pullClient)
    await client.open('a.py', 'waste\nand more\n')
    const ask = (uri: string) =>
      client.connection.sendRequest('costlint/why', {
        textDocument: { uri },
        position: { line: 1, character: 2 },
      })
    const { markdown } = (await ask(`${folder}/a.py`)) as { markdown: string }
    assert.match(markdown, /^# a\.py, line 2\n\n## Training at a\.py:2\n/)
    assert.match(markdown, /\n\| precision \| \*not known: \\\*\\\*kwargs\* \| `a\\\|b`, code, a\.py:2 \|\n/)
    // What a file says becomes no link.
    assert.match(markdown, /\n- \*\*fake\/waste\*\*: \\\[no\\\]\(http:\/\/link\) `precision`\n/)
    assert.doesNotMatch(markdown, /fake\/note/)
    assert.equal(await ask(`${folder}/unknown.py`), null)
    await client.stop()
  })

  it('explains a rule without the network', async () => {
    const { client } = connect()
    await client.start(pullClient)
    const { markdown } = (await client.connection.sendRequest('costlint/explain', {
      rule: 'fake/waste',
    })) as {
      markdown: string
    }
    assert.match(markdown, /^# fake\/waste/)
    assert.equal(await client.connection.sendRequest('costlint/explain', { rule: 'constructor' }), null)
    assert.deepEqual(await client.connection.sendRequest('costlint/rules'), ['fake/waste'])
    const answer = client.connection.sendRequest(ExecuteCommandRequest.type, {
      command: 'costlint.explain',
      arguments: ['fake/waste'],
    })
    assert.match((await answer) as string, /^# fake\/waste/)
    await client.stop()
  })
})

describe('linting on save', () => {
  it('keeps the findings of the saved text while one types', async () => {
    const { client } = connect()
    await client.start(pushClient, { settings: { run: 'onSave' } })
    await client.open('a.py', 'waste\n')
    await client.push('a.py')
    await client.change('a.py', 'waste waste\n')
    // The server has read the change when it answers.
    assert.deepEqual(await actions(client, 'a.py'), [])
    assert.equal(client.published.all.length, 1)
    await client.save('a.py')
    const saved = await client.push('a.py', ({ version }) => version === 2)
    assert.equal(saved.diagnostics.length, 2)
    await client.stop()
  })

  it('has a saved text pulled', async () => {
    const { client } = connect()
    client.settings = { run: 'onSave' }
    await client.start(pullClient)
    await client.open('a.py', 'waste\n')
    const first = await client.pull('a.py')
    await client.change('a.py', 'waste waste\n')
    assert.equal((await client.pull('a.py', first.resultId)).kind, 'unchanged')
    assert.equal(client.refreshes.all.length, 0)
    await client.save('a.py')
    await client.refreshes.next(() => true)
    assert.equal((await client.pulled('a.py')).length, 2)
    await client.stop()
  })
})
