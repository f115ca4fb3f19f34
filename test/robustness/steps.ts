/**
 * How much work something is, counted and not timed: how often each block of the engine's code ran, as V8 counts for
 * coverage. The same work gives the same number on any machine.
 */
import { type Profiler, Session } from 'node:inspector'

const session = new Session()

function post<T>(method: string, parameters: object = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => {
      if (error === null) resolve(result as T)
      else reject(new Error(error.message))
    })
  })
}

/** To be called before the code is loaded that is to be counted. */
export async function startCounting(): Promise<void> {
  session.connect()
  await post('Profiler.enable')
  await post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
}

/** Runs of all blocks of code below server/src while `work` is done. */
export async function stepsOf(work: () => Promise<unknown>): Promise<number> {
  await post('Profiler.takePreciseCoverage')
  await work()
  const { result } = await post<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage')
  return count(result)
}

function count(scripts: readonly Profiler.ScriptCoverage[]): number {
  let total = 0
  for (const { url, functions } of scripts)
    if (url.includes('/server/src/'))
      for (const { ranges } of functions) for (const range of ranges) total += range.count
  return total
}
