/** Components: a job that names one runs what the file of the component starts. */
import type { Launch } from '../workload/claim.js'

/** A launch as one of its users has it; the same object while the launch lives, so that judgements are kept. */
const copies = new WeakMap<Launch, Map<string, Launch>>()

/**
 * Every launch, those of components with the jobs that run them. What a component starts belongs to its users; of a
 * component that nobody uses it stands alone.
 */
export function withComponents(launches: Launch[]): Launch[] {
  const users = new Set(launches.flatMap(({ component }) => component ?? []))
  if (users.size === 0) return launches
  const started = new Map<string, Launch[]>()
  for (const launch of launches) {
    if (launch.job === null || launch.component !== undefined || !users.has(launch.job)) continue
    const list = started.get(launch.job)
    if (list === undefined) started.set(launch.job, [launch])
    else list.push(launch)
  }
  return launches.flatMap((launch) => {
    if (launch.component !== undefined)
      return (started.get(launch.component) ?? []).map((one) => copyOf(one, launch))
    return launch.job !== null && started.has(launch.job) ? [] : launch
  })
}

function copyOf(started: Launch, user: Launch): Launch {
  let known = copies.get(started)
  if (known === undefined) {
    known = new Map()
    copies.set(started, known)
  }
  let copy = known.get(user.id)
  if (copy === undefined || copy.job !== user.job || copy.nodes !== (user.nodes ?? started.nodes)) {
    copy = { ...started, id: `${user.id}/${started.id}`, job: user.job, nodes: user.nodes ?? started.nodes }
    known.set(user.id, copy)
  }
  return copy
}
