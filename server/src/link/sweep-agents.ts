/** Agents of a sweep (`wandb agent ID`): each runs what the file of the sweep starts. The identifier says nothing of the file. */
import type { Launch } from '../text/launch.js'
import { folderOf, join, NearestIndex, parents } from './paths.js'

/** A launch as an agent runs it; the same object while both live, so that judgements are kept. */
const copies = new WeakMap<Launch, WeakMap<Launch, Launch>>()

/** Every launch, those of agents with the program of the sweep that is meant, where that can be told. */
export function withAgents(launches: Launch[]): Launch[] {
  if (!launches.some(({ sweep }) => sweep === 'agent')) return launches
  const sweeps = new NearestIndex(
    launches.filter(({ sweep }) => sweep === 'file'),
    ({ location }) => location.path,
  )
  return launches.map((launch) => {
    if (launch.sweep !== 'agent') return launch
    const [first, ...others] = sweeps.of(launch.location.path)
    // Sweeps over one program: which of their arguments it is given is not known.
    return first !== undefined && others.every((one) => programOf(one) === programOf(first))
      ? copyOf(first, launch, others.length > 0)
      : launch
  })
}

function programOf({ program, location }: Launch): string {
  return `${program.module} ${program.path} ${folderOf(location.path)}`
}

function copyOf(started: Launch, agent: Launch, open: boolean): Launch {
  let known = copies.get(agent)
  if (known === undefined) {
    known = new WeakMap()
    copies.set(agent, known)
  }
  const before = known.get(started)
  const complete = started.complete && !open
  if (before !== undefined && before.complete === complete) return before
  const home = folderOf(started.location.path)
  const copy: Launch = {
    ...started,
    sweep: 'agent',
    ...(open ? {} : { sweepOf: started.id }),
    ...(agent.runs === undefined ? {} : { runs: agent.runs }),
    id: agent.id,
    job: agent.job,
    location: agent.location,
    complete,
    flags: open ? {} : started.flags,
    // The program stands beside the file of the sweep, or where that was registered: in a folder above it.
    program: {
      ...started.program,
      bases: [...started.program.bases.map((base) => join(home, base)), home, ...parents(home)],
    },
    environment: { ...agent.environment, ...started.environment },
    ...(agent.besides === undefined ? {} : { besides: agent.besides }),
    ...(agent.conditional === undefined ? {} : { conditional: true as const }),
    ...(agent.restarts === undefined ? {} : { restarts: agent.restarts }),
  }
  known.set(started, copy)
  return copy
}
