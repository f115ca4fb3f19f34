/** The pool that the bundle starts: a file read by a worker says what it says in this thread. */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { createAnalyzer, LocalBackend } from '../../server/src/project/backend.js'
import type { Host, HostWorker } from '../../server/src/project/host.js'
import { createNodeHost } from '../../server/src/project/node/host.js'
import { PoolBackend } from '../../server/src/project/pool.js'

const root = fileURLToPath(new URL('../../examples', import.meta.url))

function bundledWorker(): HostWorker {
  const worker = new Worker(new URL('../../dist/worker.js', import.meta.url))
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onError: (listener) => void worker.on('error', listener),
    terminate: async () => void (await worker.terminate()),
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
        assert.ok('record' in near && near.record.reading.subjects.length > 0, path)
        // What crosses the thread is plain data: nothing is lost on the way.
        assert.deepEqual(JSON.stringify(far), JSON.stringify(near), path)
      }
    } finally {
      await pool.dispose()
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
})
