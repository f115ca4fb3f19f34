/**
 * What the command line and the server ask of the system, watched by strace: no socket, no program started, no write but to
 * the cache and to files that were asked for, no file read that a project only names. Left out where there is no strace.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, before, beforeEach, describe, it } from 'mocha'
import {
  createProtocolConnection,
  ExitNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  WorkDoneProgressCreateRequest,
} from 'vscode-languageserver-protocol/node'
import { build } from '../build.js'
import { Client, pullClient } from '../lsp/client.js'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const cli = join(repository, 'dist', 'cli.js')

const watched = [
  'network',
  'open',
  'openat',
  'openat2',
  'creat',
  'execve',
  'execveat',
  'rename',
  'renameat',
  'renameat2',
  'unlink',
  'unlinkat',
  'rmdir',
  'mkdir',
  'mkdirat',
  'link',
  'linkat',
  'symlink',
  'symlinkat',
  'chmod',
  'fchmodat',
  'truncate',
]

const train = `import os, torch
from torch.utils.data import DataLoader
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
os.system("touch started")
data = open("../outside.py").read()
model = torch.nn.Linear(10, 10).cuda()
loader = DataLoader(dataset, batch_size=8)
for epoch in range(100):
    for x in loader:
        model(x.cuda()).sum().backward()
GridSearchCV(SVC(), {"C": [1, 2, 3, 4, 5], "gamma": [1, 2, 3, 4, 5], "tol": [1, 2, 3]}).fit(X, y)
`

/** Names what lies outside in every way that is followed inside of a project. */
const files = {
  'costlint.toml': '',
  'train.py': train,
  'job.slurm':
    '#!/bin/bash\n#SBATCH --gres=gpu:1\n$(touch started)\npython ../outside.py\npython train.py --config ../outside.yaml\nsource ../outside.sh\n',
  'kustomization.yaml': 'resources:\n  - ../outside.yaml\n  - https://example.com/base.yaml\n',
  'conf/config.yaml': 'defaults:\n  - ../../outside\n',
  '.gitlab-ci.yml': 'include: ../outside.yaml\ntrain:\n  script: python train.py\n',
  Makefile: 'include ../outside.mk\ntrain:\n\tpython train.py\n',
}

interface Call {
  name: string
  text: string
}

function options(log: string): string[] {
  return ['-f', '-qq', '-s', '4096', '-o', log, '-e', `trace=${watched.join()}`]
}

function environment(home: string): NodeJS.ProcessEnv {
  const { COSTLINT_CACHE_DIR: _cache, ...others } = process.env
  return { ...others, HOME: home, XDG_CACHE_HOME: join(home, '.cache') }
}

function callsIn(log: string): Call[] {
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((text) => {
      const name = /^\d+ +(\w+)\(/.exec(text)?.[1]
      return name === undefined ? [] : [{ name, text }]
    })
}

describe('system calls', function () {
  this.timeout(120_000)
  let base: string
  let project: string
  let home: string

  before(function () {
    const trial = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'])
    if (trial.status !== 0) this.skip()
    build()
  })

  beforeEach(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'costlint-calls-')))
    project = join(base, 'project')
    home = join(base, 'home')
    mkdirSync(home, { recursive: true })
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(project, path)), { recursive: true })
      writeFileSync(join(project, path), text)
    }
    for (const path of ['outside.py', 'outside.yaml', 'outside.sh', 'outside.mk'])
      writeFileSync(join(base, path), train)
    symlinkSync(join(base, 'outside.py'), join(project, 'linked.py'))
    symlinkSync(base, join(project, 'linked'))
  })
  afterEach(() => rmSync(base, { recursive: true, force: true }))

  /** Runs the command line, and tells its calls. */
  function calls(args: readonly string[]): Call[] {
    const log = join(base, 'log')
    const run = spawnSync('strace', [...options(log), process.execPath, cli, ...args], {
      cwd: project,
      env: environment(home),
      encoding: 'utf8',
    })
    assert.ok(run.status === 0 || run.status === 1, run.stderr)
    return callsIn(log)
  }

  /** @param asked files that the command was told to write */
  function assertQuiet(all: readonly Call[], asked: readonly string[] = []): void {
    assert.ok(
      all.some(({ text }) => text.includes(join(project, 'train.py'))),
      'the project was read',
    )
    const network = all.filter(({ name }) => /^(socket|socketpair|connect|bind|listen|accept)/.test(name))
    assert.deepEqual(network, [])
    assert.equal(all.filter(({ name }) => /^exec/.test(name)).length, 1, 'only Node itself was started')
    const allowed = [join(home, '.cache'), join(project, '.costlint_cache'), '/dev/', ...asked]
    const changes = all.filter(
      ({ name, text }) =>
        (!/^(open|exec)/.test(name) || /O_WRONLY|O_RDWR|O_CREAT/.test(text)) && !/= -1 E/.test(text),
    )
    const wrong = changes.filter(({ text }) =>
      [...text.matchAll(/"([^"]*)"/g)].some(([, path]) => !allowed.some((one) => path!.startsWith(one))),
    )
    assert.deepEqual(
      wrong.filter(({ text }) => !text.includes(`mkdir("${home}`)),
      [],
    )
    const outside = all.filter(({ text }) => /outside\.|linked/.test(text) && /^\d+ +open/.test(text))
    assert.deepEqual(outside, [])
  }

  it('of a check, the bill and a report', () => {
    assertQuiet(calls(['check', '--output-format', 'json']))
    assertQuiet(calls(['cost']))
    assertQuiet(calls(['checklist', '--write', 'costs.md']), [join(project, 'costs.md')])
  })

  it('of fixes: only files of the project with findings are written', () => {
    const all = calls(['check', '--fix', '--unsafe-fixes'])
    assertQuiet(all, [join(project, 'train.py'), join(project, 'job.slurm')])
    assert.equal(readFileSync(join(base, 'outside.py'), 'utf8'), train)
  })

  it('of the server', async () => {
    const log = join(base, 'log')
    const server = spawn('strace', [...options(log), process.execPath, cli, 'server', '--stdio'], {
      cwd: project,
      env: environment(home),
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => server.on('exit', resolve))
    const client = new Client(
      createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin)),
    )
    client.connection.onRequest(WorkDoneProgressCreateRequest.type, () => undefined)
    try {
      const uri = pathToFileURL(project).href
      await client.start(pullClient, {}, [uri])
      await client.open(`${uri}/job.slurm`, files['job.slurm'], 'shellscript')
      await client.pull(`${uri}/job.slurm`)
      await client.connection.sendRequest('workspace/executeCommand', {
        command: 'costlint.lintWorkspace',
        arguments: [],
      })
      await client.connection.sendRequest('costlint/checklist', {})
      await client.connection.sendRequest(ShutdownRequest.type)
      await client.connection.sendNotification(ExitNotification.type)
    } finally {
      server.stdin.end()
    }
    await ended
    client.connection.dispose()
    assertQuiet(callsIn(log))
  })
})
