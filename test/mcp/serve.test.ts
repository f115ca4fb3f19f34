/** The server for coding agents, asked by the client of the SDK. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { after, before, describe, it } from 'mocha'
import { build } from '../build.js'
import { Folder } from '../cli/folder.js'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const cli = join(repository, 'dist', 'cli.js')

const search = `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV
search = GridSearchCV(SVC(), {"C": [0.1, 1, 10, 100], "gamma": [0.01, 0.1, 1, 10, 100]}, cv=5)
search.fit(X, y)
`

describe('mcp/serve', function () {
  this.timeout(120_000)
  const folder = new Folder()
  let client: Client
  let logged = ''

  before(async () => {
    build()
    folder.write({
      // The root lies inside of a repository that must not be read.
      'outer/.git/HEAD': '',
      'outer/secret.py': search,
      'outer/costlint.toml': 'ignore = ["search"]\n',
      'outer/root/tune.py': search,
      'outer/root/-odd.py': search,
      'outer/root/serve.py': `from sagemaker.pytorch import PyTorchModel
model = PyTorchModel(model_data="s3://b/m.tar.gz", role="r", entry_point="serve.py", framework_version="2.1")
model.deploy(initial_instance_count=1, instance_type="ml.g5.xlarge", endpoint_name="tickets")
`,
    })
    symlinkSync('../secret.py', join(folder.path, 'outer/root/link.py'))
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [cli, 'mcp', join(folder.path, 'outer/root')],
      env: { ...(process.env as Record<string, string>), XDG_CACHE_HOME: join(folder.path, 'cache') },
      stderr: 'pipe',
    })
    transport.stderr?.on('data', (data: Buffer) => {
      logged += data.toString()
    })
    client = new Client({ name: 'test', version: '1.0.0' })
    await client.connect(transport)
  })
  after(async () => {
    await client?.close()
    folder.remove()
  })

  async function call(
    name: string,
    args: Record<string, unknown> = {},
  ): Promise<{ text: string; isError: boolean }> {
    const result = await client.callTool({ name, arguments: args })
    const [content] = result.content as { type: string; text: string }[]
    assert.equal(content?.type, 'text')
    return { text: content.text, isError: result.isError === true }
  }

  it('offers tools that only read', async () => {
    const { tools } = await client.listTools()
    assert.deepEqual(tools.map(({ name }) => name).sort(), [
      'cost',
      'estimate',
      'explain',
      'lint',
      'preview_fix',
    ])
    for (const { name, annotations, description, inputSchema } of tools) {
      assert.deepEqual([annotations?.readOnlyHint, annotations?.openWorldHint], [true, false], name)
      assert.ok((description ?? '').length > 40, name)
      assert.equal(inputSchema.type, 'object')
    }
    assert.equal(client.getServerVersion()?.name, 'costlint')
    assert.match(client.getInstructions() ?? '', /waste/)
  })

  it('lints the root, and files that are named', async () => {
    const all = await call('lint')
    assert.equal(all.isError, false)
    assert.match(all.text, /^tune\.py:3:10 warning search\/grid-search/m)
    assert.match(all.text, /^-odd\.py:3:10 warning search\/grid-search/m)
    assert.doesNotMatch(all.text, /secret|link\.py/)
    const one = await call('lint', { paths: ['tune.py'], rules: ['search'], format: 'json' })
    const { findings } = JSON.parse(one.text)
    assert.deepEqual(
      findings.map((each: { path: string; rule: string }) => [each.path, each.rule]),
      [['tune.py', 'search/grid-search']],
    )
    assert.match((await call('lint', { paths: ['-odd.py'] })).text, /-odd\.py:3:10/)
    const wrong = await call('lint', { rules: ['serch'] })
    assert.equal(wrong.isError, true)
    assert.match(wrong.text, /unknown rule "serch", did you mean "search"\?/)
  })

  it('never leaves the root', async () => {
    for (const path of ['..', '../secret.py', join(folder.path, 'outer/secret.py'), '/etc/passwd', 'link.py'])
      for (const [tool, args] of [
        ['lint', { paths: [path] }],
        ['cost', { paths: [path] }],
        ['estimate', { paths: [path] }],
        ['preview_fix', { path }],
      ] as const) {
        const { text, isError } = await call(tool, args)
        assert.equal(isError, true, `${tool} ${path}`)
        assert.match(text, /is outside of/)
      }
    assert.match((await call('lint', { paths: ['gone.py'] })).text, /no such file or folder/)
    // "-" is no standard input here, and options are none.
    for (const path of ['-', '--fix', '--output=json=x.json'])
      assert.equal((await call('lint', { paths: [path] })).isError, true, path)
  })

  it('explains rules and items of the checklist', async () => {
    assert.match((await call('explain', { name: 'search/grid-search' })).text, /Why it costs/i)
    assert.match((await call('explain', { name: 'waste/replace-grid-search' })).text, /grid/i)
    const wrong = await call('explain', { name: 'search/gridsearch' })
    assert.equal(wrong.isError, true)
    assert.match(wrong.text, /did you mean/)
  })

  it('tells the bill', async () => {
    assert.match((await call('cost')).text, /ml\.g5\.xlarge \| always on/)
    const { jobs } = JSON.parse((await call('cost', { format: 'json', paths: ['serve.py'] })).text)
    assert.equal(jobs[0].instanceType, 'ml.g5.xlarge')
  })

  it('estimates a run that no file describes', async () => {
    const { text, isError } = await call('estimate', {
      model: 'ResNet-50',
      dataset: 'ImageNet-1k',
      gpu: 'A100-80GB',
      batch: '256',
      length: '90 epochs',
    })
    assert.equal(isError, false, text)
    assert.match(text, /GiB/)
    assert.match(text, /\$/)
    assert.equal((await call('estimate', { model: 'no such model' })).isError, true)
  })

  it('shows fixes and writes nothing', async () => {
    const before = folder.read('outer/root/tune.py')
    assert.doesNotMatch((await call('preview_fix', { path: 'tune.py' })).text, /^[+-]search/m)
    const { text } = await call('preview_fix', { path: 'tune.py', rule: 'search/grid-search', unsafe: true })
    assert.match(text, /^--- a\/tune\.py\n\+\+\+ b\/tune\.py\n@@ /m)
    assert.match(text, /^\+search = HalvingGridSearchCV\(/m)
    assert.equal(folder.read('outer/root/tune.py'), before)
    assert.deepEqual(readdirSync(join(folder.path, 'outer/root')).sort(), [
      '-odd.py',
      'link.py',
      'serve.py',
      'tune.py',
    ])
  })

  it('keeps no printed checks, which only the command line asks for again', () =>
    assert.ok(!existsSync(join(folder.path, 'cache', 'costlint', 'mcp', 'outcomes'))))

  it('says nothing outside of the protocol', () => assert.equal(logged, ''))
})
