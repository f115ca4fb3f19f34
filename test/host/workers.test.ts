/** The pool that the bundle starts: a file read by a worker says what it says in this thread. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { createAnalyzer, LocalBackend } from '../../server/src/host/backend.js'
import type { Host, HostWorker } from '../../server/src/host/host.js'
import { createNodeHost } from '../../server/src/host/node/host.js'
import { PoolBackend } from '../../server/src/host/pool.js'
import { ReceivedSummaries, SentSummaries } from '../../server/src/host/shared-summaries.js'
import { openProject } from '../../server/src/project/workspace.js'
import type { ModuleSummary } from '../../server/src/python/module.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const root = fileURLToPath(new URL('../../examples/', import.meta.url))

function bundledWorker(): HostWorker {
  const worker = new Worker(new URL('../../dist/worker.js', import.meta.url))
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onError: (listener) => void worker.on('error', listener),
    terminate: async () => void (await worker.terminate()),
  }
}

/** A worker that ends when it is given `sweep.yaml`. */
function mortalWorker(onDeath: () => void = () => {}): HostWorker {
  const worker = bundledWorker()
  let tell: (error: Error) => void = () => {}
  return {
    ...worker,
    post: (message) => {
      if (!JSON.stringify(message).includes('"sweep.yaml"')) return worker.post(message)
      onDeath()
      void worker.terminate()
      tell(new Error('out of memory'))
    },
    onError: (listener) => {
      tell = listener
      worker.onError(listener)
    },
  }
}

describe('workers', () => {
  it('read what one thread reads', async () => {
    const host: Host = { ...createNodeHost(), createWorker: bundledWorker }
    const pool = await PoolBackend.start(root, host, 2)
    try {
      const local = new LocalBackend(root, host, await createAnalyzer(host))
      for (const path of ['train.py', 'notebooks/tickets.ipynb', 'train.slurm', 'sweep.yaml']) {
        const [far, near] = [await pool.load(path, false, {}), await local.load(path, false, {})]
        assert.ok('record' in near && !near.record.filtered, path)
        // What crosses the thread is plain data: nothing is lost on the way.
        assert.deepEqual(JSON.stringify(far), JSON.stringify(near), path)
      }
    } finally {
      await pool.dispose()
    }
  })

  it('share the files with this thread where nobody else needs it', async () => {
    const host: Host = { ...createNodeHost(), createWorker: bundledWorker }
    const local = new LocalBackend(root, host, await createAnalyzer(host))
    const pool = await PoolBackend.start(root, host, 1, local)
    try {
      const alone = new LocalBackend(root, host, await createAnalyzer(host))
      const paths = ['train.py', 'notebooks/tickets.ipynb', 'train.slurm', 'sweep.yaml']
      const shared = await Promise.all(paths.map((path) => pool.load(path, false, {})))
      for (const [index, path] of paths.entries())
        assert.equal(JSON.stringify(shared[index]), JSON.stringify(await alone.load(path, false, {})), path)
      const surroundings = { imported: {}, importers: [], binding: null, versions: {} }
      const read = await Promise.all(paths.map((path) => pool.read(path, surroundings)))
      for (const [index, path] of paths.entries())
        assert.equal(JSON.stringify(read[index]), JSON.stringify(await alone.read(path, surroundings)), path)
    } finally {
      await pool.dispose()
    }
  })

  it('are sent once what many modules import', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'costlint-workers-'))
    const setting = 'a value that every module of the library imports'
    writeFileSync(join(folder, 'common.py'), `import torch\nSETTING = "${setting}"\n`)
    for (let index = 0; index < 20; index++)
      writeFileSync(
        join(folder, `part${index}.py`),
        'import torch\nfrom common import SETTING\ntorch.save(SETTING, "setting.pt")\n',
      )
    let sent = 0
    const counting = (): HostWorker => {
      const worker = bundledWorker()
      return {
        ...worker,
        post: (message) => {
          if (JSON.stringify(message).includes(setting)) sent++
          worker.post(message)
        },
      }
    }
    const host: Host = { ...createNodeHost(), createWorker: counting }
    const project = await openProject(folder, host, { workers: 1 })
    try {
      assert.deepEqual((await project.lint()).errors, [])
      assert.equal(sent, 1)
    } finally {
      await project.dispose()
      rmSync(folder, { recursive: true })
    }
  })

  it('that die leave their files to others', async () => {
    // The worker ends when it is given `sweep.yaml`, whichever worker it is.
    let died = 0
    const host: Host = { ...createNodeHost(), createWorker: () => mortalWorker(() => died++) }
    const pool = await PoolBackend.start(root, host, 2)
    try {
      const paths = ['train.py', 'sweep.yaml', 'notebooks/tickets.ipynb', 'train.slurm']
      const settled = await Promise.allSettled([...paths, ...paths].map((path) => pool.load(path, false, {})))
      assert.deepEqual(
        settled.map(({ status }) => status),
        [...paths, ...paths].map((path) => (path === 'sweep.yaml' ? 'rejected' : 'fulfilled')),
      )
      assert.ok(died <= 4, `${died} workers died`)
      assert.ok('record' in (await pool.load('train.py', false, {})))
    } finally {
      await pool.dispose()
    }
  })

  it('that die over a file never leave it to this thread', async () => {
    const host: Host = { ...createNodeHost(), createWorker: () => mortalWorker() }
    const local = new LocalBackend(root, host, await createAnalyzer(host))
    const here: string[] = []
    const load = local.load.bind(local)
    local.load = (path, ...rest) => {
      here.push(path)
      return load(path, ...rest)
    }
    const pool = await PoolBackend.start(root, host, 1, local)
    try {
      await assert.rejects(pool.load('sweep.yaml', false, {}), /out of memory/)
      await assert.rejects(pool.load('sweep.yaml', false, {}), /out of memory/)
      await pool.load('train.py', false, {})
      assert.ok(!here.includes('sweep.yaml'), here.join(', '))
    } finally {
      await pool.dispose()
    }
  })

  it('that cannot be sent a file answer for the others', async () => {
    let failing = true
    const picky = (): HostWorker => {
      const worker = bundledWorker()
      return {
        ...worker,
        post: (message) => {
          if (failing && JSON.stringify(message).includes('"sweep.yaml"'))
            throw new Error('could not be cloned')
          worker.post(message)
        },
      }
    }
    const pool = await PoolBackend.start(root, { ...createNodeHost(), createWorker: picky }, 1)
    try {
      const paths = [
        'train.py',
        'train.slurm',
        'notebooks/tickets.ipynb',
        'train.py',
        'train.slurm',
        'sweep.yaml',
      ]
      const settled = await Promise.allSettled(paths.map((path) => pool.load(path, false, {})))
      assert.deepEqual(
        settled.map(({ status }) => status),
        paths.map((path) => (path === 'sweep.yaml' ? 'rejected' : 'fulfilled')),
      )
      failing = false
      assert.ok('record' in (await pool.load('sweep.yaml', false, {})))
    } finally {
      await pool.dispose()
    }
  })

  it('that die more than once over a file make it a fault', async () => {
    const folder = new Map([
      ['train.py', 'import torch\n'],
      ['sweep.yaml', 'method: grid\n'],
    ])
    const mortal = (): HostWorker => {
      let answer: (message: unknown) => void = () => {}
      let tell: (error: Error) => void = () => {}
      return {
        post: (message) => {
          const { id, kind } = message as { id: number; kind: string }
          if (kind === 'start') answer({ id, result: null })
          else tell(new Error('out of memory'))
        },
        onMessage: (listener) => {
          answer = (message) => void Promise.resolve().then(() => listener(message))
        },
        onError: (listener) => {
          tell = listener
        },
        terminate: async () => {},
      }
    }
    const project = await openProject(
      memoryRoot,
      { ...memoryHost(folder), createWorker: mortal },
      { workers: 2 },
    )
    try {
      const { faults, errors } = await project.lint()
      assert.deepEqual(faults.map(({ path, message }) => `${path}: ${message}`).sort(), [
        'sweep.yaml: cannot be read: out of memory',
        'train.py: cannot be read: out of memory',
      ])
      assert.deepEqual(errors, [])
    } finally {
      await project.dispose()
    }
  })

  it('say so when one cannot start', async () => {
    const broken = () => ({
      ...bundledWorker(),
      post: () => {},
      onError: (tell: (error: Error) => void) => tell(new Error('no thread')),
    })
    const host: Host = { ...createNodeHost(), createWorker: broken }
    await assert.rejects(PoolBackend.start(root, host, 1), /no thread/)
  })

  it('let go of summaries that have not been asked for lately, and are sent them again', () => {
    const summaries = Array.from({ length: 5 }, (_, index) => summaryOf(`m${index}.py`, 4_000_000))
    const sent = new SentSummaries()
    const received = new ReceivedSummaries()
    const tell = (index: number): string => {
      const message = structuredClone({
        imported: sent.record({ one: summaries[index]! }),
        ended: sent.takeEnded(),
      })
      received.end(message.ended)
      assert.deepEqual(received.record(message.imported), { one: summaries[index] })
      return typeof message.imported.one === 'number' ? 'known' : 'sent'
    }
    assert.deepEqual([0, 1, 1, 0].map(tell), ['sent', 'sent', 'known', 'known'])
    // Three are too many: the one that was named first goes.
    assert.deepEqual([2, 3, 0, 3].map(tell), ['sent', 'sent', 'sent', 'known'])
  })
})

function summaryOf(path: string, characters: number): ModuleSummary {
  return {
    ...{ path, constants: {}, functions: {}, classes: {}, reexports: {} },
    ...{ uses: [], imports: [], isEntry: false },
    code: { path, text: ' '.repeat(characters), bases: {}, imported: {} },
  }
}
