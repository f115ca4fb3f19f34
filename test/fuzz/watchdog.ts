/** Ends the process where one case takes too long: a loop without end lets nothing else in its thread speak. */
import { Worker } from 'node:worker_threads'

/** Milliseconds for one case. */
const mostTime = 60_000

export function watch() {
  const shared = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     let [name, seen, since] = ['', -1, Date.now()]
     parentPort.on('message', (text) => { name = text })
     setInterval(() => {
       const now = Atomics.load(workerData, 0)
       if (now !== seen) [seen, since] = [now, Date.now()]
       else if (Date.now() - since > ${mostTime}) {
         process._rawDebug('HANGS ' + name + ': case ' + now)
         process.kill(process.pid, 'SIGKILL')
       }
     }, 1000)`,
    { eval: true, workerData: shared },
  )
  worker.unref()
  return {
    begin(name: string): void {
      worker.postMessage(name)
      Atomics.add(shared, 0, 1)
    },
    alive: (): void => {
      Atomics.add(shared, 0, 1)
    },
    end: (): void => void worker.terminate(),
  }
}
