import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  type ClientCapabilities,
  type CodeAction,
  CodeActionRequest,
  CodeActionResolveRequest,
  CodeActionTriggerKind,
  CodeLensRequest,
  type CompletionItem,
  CompletionRequest,
  type TextDocumentEdit,
} from 'vscode-languageserver-protocol/node'
import { type Client, connect, folder, pullClient } from './client.js'

const capabilities: ClientCapabilities = {
  ...pullClient,
  workspace: {
    ...pullClient.workspace,
    workspaceEdit: { documentChanges: true, resourceOperations: ['create'], changeAnnotationSupport: {} },
  },
}
const ours = { commandLinks: true, explainCommand: 'costlint.explainRule' }

async function started(files: Record<string, string> = {}, options: Record<string, unknown> = ours) {
  const { client } = connect(files)
  await client.start(capabilities, options)
  return client
}

async function actions(
  client: Client,
  path: string,
  triggerKind?: CodeActionTriggerKind,
): Promise<CodeAction[]> {
  const found = await client.connection.sendRequest(CodeActionRequest.type, {
    textDocument: { uri: client.uri(path) },
    range: { start: { line: 0, character: 0 }, end: { line: 0, character: 100 } },
    context: { diagnostics: [], ...(triggerKind && { triggerKind }) },
  })
  return (found ?? []) as CodeAction[]
}

async function resolved(client: Client, path: string, title: string): Promise<CodeAction> {
  const found = await actions(client, path)
  const action = found.find((one) => one.title === title)
  assert.ok(action, `${title} is not among: ${found.map((one) => one.title).join('; ')}`)
  return client.connection.sendRequest(CodeActionResolveRequest.type, action)
}

const changed = (action: CodeAction) =>
  (action.edit!.documentChanges as TextDocumentEdit[])
    .filter(({ edits }) => edits !== undefined)
    .map(({ textDocument, edits }) => [textDocument.uri.replace(`${folder}/`, ''), edits.length])

describe('the light bulb', () => {
  it('fixes a rule everywhere in a file', async () => {
    const client = await started()
    await client.open('a.py', 'waste\nloss\nwaste\n')
    const action = await resolved(client, 'a.py', 'Fix all fake/waste in this file (2 findings)')
    assert.deepEqual(changed(action), [['a.py', 2]])
    assert.equal(action.edit!.changeAnnotations, undefined)
    await client.stop()
  })

  it('fixes a rule in the workspace after a look at each edit', async () => {
    const client = await started({ 'b.py': 'waste\n', 'c.py': 'fine\n' })
    await client.open('a.py', 'waste\n')
    const action = await resolved(client, 'a.py', 'Fix all fake/waste in the workspace, after a preview')
    assert.deepEqual(changed(action), [
      ['a.py', 1],
      ['b.py', 1],
    ])
    assert.ok(
      Object.values(action.edit!.changeAnnotations!).every(({ needsConfirmation }) => needsConfirmation),
    )
    await client.stop()
  })

  it('switches a rule off in the configuration, which it makes where there is none', async () => {
    const client = await started()
    await client.open('a.py', 'waste\n')
    const { edit } = await resolved(client, 'a.py', 'Disable fake/waste in costlint.toml')
    assert.deepEqual(edit!.documentChanges, [
      { kind: 'create', uri: `${folder}/costlint.toml`, options: { ignoreIfExists: true } },
      {
        textDocument: { uri: `${folder}/costlint.toml`, version: null },
        edits: [
          {
            range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
            newText: 'ignore = ["fake/waste"]\n',
          },
        ],
      },
    ])
    await client.stop()
  })

  it('adds to the list that is there, and to that of pyproject.toml', async () => {
    for (const [path, text, line, character, newText] of [
      ['costlint.toml', 'fail-on = "never"\nignore = ["a/b"]\n[money]\n', 1, 10, '"fake/waste", '],
      ['costlint.toml', '[[overrides]]\nignore = ["a/b"]\n', 0, 0, 'ignore = ["fake/waste"]\n'],
      ['pyproject.toml', '[project]\nignore = []\n[tool.costlint]\nignore = []\n', 3, 10, '"fake/waste"'],
      ['pyproject.toml', '[tool.costlint]\nfail-on = "never"\n', 1, 0, 'ignore = ["fake/waste"]\n'],
    ] as const) {
      const client = await started({ [path]: text })
      await client.open('a.py', 'waste\n')
      const { edit } = await resolved(client, 'a.py', `Disable fake/waste in ${path}`)
      assert.deepEqual(
        (edit!.documentChanges as TextDocumentEdit[]).map(({ edits }) => edits),
        [[{ range: { start: { line, character }, end: { line, character } }, newText }]],
        text,
      )
      await client.stop()
    }
  })

  it('adds to the baseline, and names it in the configuration', async () => {
    const client = await started()
    await client.open('a.py', 'waste\n')
    const { edit } = await resolved(client, 'a.py', 'Add to the baseline costlint-baseline.json')
    const [created, baseline, configuration, line] = edit!.documentChanges as [
      unknown,
      TextDocumentEdit,
      unknown,
      TextDocumentEdit,
    ]
    const create = (name: string) => ({
      ...{ kind: 'create', uri: `${folder}/${name}`, options: { ignoreIfExists: true } },
    })
    assert.deepEqual(created, create('costlint-baseline.json'))
    assert.deepEqual(configuration, create('costlint.toml'))
    const { newText } = baseline.edits[0] as { newText: string }
    const { findings } = JSON.parse(newText) as { findings: { path: string; rule: string }[] }
    assert.deepEqual(
      findings.map(({ path, rule }) => [path, rule]),
      [['a.py', 'fake/waste']],
    )
    assert.equal((line.edits[0] as { newText: string }).newText, 'baseline = "costlint-baseline.json"\n')
    await client.stop()
  })

  it('opens a sketch beside the code and does not edit', async () => {
    const client = await started()
    await client.open('a.py', 'a waste\n')
    const sketch = (await actions(client, 'a.py')).find(({ title }) => title.includes('sketch'))!
    assert.equal(sketch.edit, undefined)
    assert.equal(sketch.command!.command, 'costlint.openSketch')
    const shown = await client.connection.sendRequest('costlint/sketch', sketch.command!.arguments![0])
    assert.deepEqual(shown, {
      title: 'Sketch of a gain (sketch to adapt)',
      uri: `${folder}/a.py`,
      text: 'a sketch\n',
    })
    await client.stop()
  })

  it('asks before it applies a sketch in another editor', async () => {
    const client = await started({}, {})
    await client.open('a.py', 'waste\n')
    const { edit } = await resolved(client, 'a.py', 'Sketch of a gain (sketch to adapt)')
    assert.ok(Object.values(edit!.changeAnnotations!).every(({ needsConfirmation }) => needsConfirmation))
    await client.stop()
  })

  it('says why there is no fix', async () => {
    const client = await started()
    await client.open('a.py', 'loss\n')
    const titles = (await actions(client, 'a.py')).map(({ title }) => title)
    assert.ok(titles.includes('No fix “Stop the loss”: nobody knows how'), titles.join('; '))
    await client.stop()
  })

  it('explains silence to whoever asks, and to nobody else', async () => {
    const client = await started()
    await client.open('a.py', 'nothing\n')
    assert.deepEqual(await actions(client, 'a.py', CodeActionTriggerKind.Automatic), [])
    const [why] = await actions(client, 'a.py', CodeActionTriggerKind.Invoked)
    assert.equal(why!.command!.command, 'costlint.explainLine')
    await client.stop()
  })
})

describe('a lens', () => {
  it('opens the bill in our own extension', async () => {
    const client = await started()
    await client.open('a.yaml', 'job $21\n', 'yaml')
    const [lens] = (await client.connection.sendRequest(CodeLensRequest.type, {
      textDocument: { uri: client.uri('a.yaml') },
    }))!
    assert.deepEqual(lens!.command, {
      title: '$21/h on demand',
      command: 'costlint.openReport',
      arguments: ['bill'],
    })
    await client.stop()
  })
})

describe('completion', () => {
  async function labels(text: string, path = 'costlint.toml'): Promise<string[]> {
    const client = await started()
    await client.open(path, text.replace('|', ''), 'toml')
    const before = text.slice(0, text.indexOf('|')).split('\n')
    const found = await client.connection.sendRequest(CompletionRequest.type, {
      textDocument: { uri: client.uri(path) },
      position: { line: before.length - 1, character: before.at(-1)!.length },
    })
    await client.stop()
    return (found as CompletionItem[]).map(({ label }) => label)
  }

  it('knows the rules and families where a configuration names them', async () => {
    const all = ['fake/waste', 'fake/*']
    assert.deepEqual(await labels('ignore = ["fa|"]\n'), all)
    assert.deepEqual(await labels('select = [\n  "a/b",\n  "|"\n]\n'), all)
    assert.deepEqual(await labels('[severity]\n"|\n'), all)
    assert.deepEqual(await labels('[[suppress]]\npath = "x"\nrule = "|"\n'), all)
  })

  it('is silent elsewhere', async () => {
    assert.deepEqual(await labels('fail-on = "|"\n'), [])
    assert.deepEqual(await labels('ignore = ["a/b"]\n[hardware]\ndefault = "|"\n'), [])
    assert.deepEqual(await labels('ignore = ["|"]\n', 'other.toml'), [])
  })
})
