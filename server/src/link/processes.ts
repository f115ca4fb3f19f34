/** How many processes a launcher starts on each node, from its flags. */
import { lookUp } from '../text/records.js'
import type { LaunchValue } from '../workload/claim.js'
import type { Launcher } from './launchers.js'

export interface Counted {
  /** Per node; 0: one for each device; null: unknown. */
  processes: number | null
  nodes: number | null
}

type Flags = Record<string, LaunchValue>

/** Undefined: not given. Null: given, but unreadable. */
function given(flags: Flags, ...names: string[]): string | null | undefined {
  for (const name of names) {
    for (const spelling of [name, name.replace(/-/g, '_')]) {
      const flag = lookUp(flags, spelling)
      if (flag !== undefined) return typeof flag.value === 'string' ? flag.value : null
    }
  }
  return undefined
}

function whole(value: string | null | undefined): number | null {
  return value !== null && value !== undefined && /^\d+$/.test(value) ? Number(value) : null
}

/** A whole number where it is given, `otherwise` where it is not. */
function wholeOr(value: string | null | undefined, otherwise: number | null): number | null {
  return value === undefined ? otherwise : whole(value)
}

function divided(total: number | null, by: number | null): number | null {
  return total === null || by === null || by === 0 || total % by !== 0 ? null : total / by
}

/** `2`, `auto`, `-1`, `0,1`: devices as Lightning's command line takes them. */
function devices(value: string | null | undefined, otherwise: number): number | null {
  if (value === undefined) return otherwise
  if (value === null) return null
  if (value === 'auto' || value === '-1') return 0
  if (/^\d+(,\d+)+,?$|^\d+,$/.test(value)) return value.split(',').filter(Boolean).length
  return whole(value)
}

/**
 * @param complete false: some options cannot be read, so the launcher's defaults do not apply
 * @param outer what the launchers around this one say
 */
export function countProcesses(
  counts: Launcher['counts'],
  flags: Flags,
  complete: boolean,
  outer: Counted,
): Counted {
  const byDefault = (value: number | null) => (complete ? value : null)
  switch (counts) {
    case 'torchrun': {
      const perNode = given(flags, 'nproc-per-node')
      const nodes = given(flags, 'nnodes')
      // `1:4`: as many as there are.
      const span = /^(\d+):(\d+)$/.exec(nodes ?? '')
      return {
        processes: perNode === 'gpu' || perNode === 'auto' ? 0 : wholeOr(perNode, byDefault(1)),
        nodes: span !== null && span[1] === span[2] ? Number(span[1]) : wholeOr(nodes, byDefault(1)),
      }
    }
    case 'paddle': {
      const listed = given(flags, 'gpus', 'devices', 'selected_gpus')
      const count = given(flags, 'nproc-per-node')
      const ids = typeof listed === 'string' && /^\d+(,\d+)*$/.test(listed) ? listed.split(',').length : null
      return {
        // One for each device that it sees.
        processes: listed !== undefined ? ids : wholeOr(count, byDefault(0)),
        nodes: wholeOr(given(flags, 'nnodes'), given(flags, 'ips') === undefined ? byDefault(1) : null),
      }
    }
    case 'accelerate': {
      const file = given(flags, 'config-file') !== undefined
      const nodes = wholeOr(given(flags, 'num-machines'), file ? null : byDefault(1))
      const total = whole(given(flags, 'num-processes'))
      // One process on one machine needs no division; with a file, the file says how many machines there are.
      return { processes: divided(total, nodes), nodes }
    }
    case 'deepspeed': {
      const include = given(flags, 'include')
      const nodes = wholeOr(
        given(flags, 'num-nodes'),
        given(flags, 'hostfile') === undefined ? byDefault(1) : null,
      )
      if (include !== undefined) {
        const hosts = include?.split('@') ?? []
        const slots = /^[^:]+:(\d+(?:,\d+)*)$/.exec(hosts[0] ?? '')
        return {
          processes: slots === null ? null : slots[1]!.split(',').length,
          nodes: hosts.length > 0 ? hosts.length : null,
        }
      }
      if (given(flags, 'exclude') !== undefined) return { processes: null, nodes }
      return { processes: wholeOr(given(flags, 'num-gpus'), byDefault(0)), nodes }
    }
    case 'mpi': {
      const hosts = given(flags, 'H')
      const known = hosts !== undefined || given(flags, 'hostfile') !== undefined
      const nodes = hosts
        ? new Set(hosts.split(',').map((host) => host.split(':')[0])).size
        : known
          ? null
          : byDefault(1)
      const perNode = given(flags, 'npernode', 'slots-per-host')
      if (perNode !== undefined) return { processes: whole(perNode), nodes: known ? nodes : null }
      const total = given(flags, 'np')
      return { processes: divided(wholeOr(total, null), nodes), nodes }
    }
    case 'srun': {
      const nodes = whole(given(flags, 'nodes'))
      const perNode = given(flags, 'ntasks-per-node')
      if (perNode !== undefined) return { processes: whole(perNode), nodes }
      return { processes: divided(whole(given(flags, 'ntasks')), nodes), nodes }
    }
    case 'composer': {
      const processes = wholeOr(given(flags, 'nproc'), byDefault(0))
      const world = given(flags, 'world-size')
      return { processes, nodes: world === undefined ? byDefault(1) : divided(whole(world), processes) }
    }
    case 'spark': {
      // Without a master it is local, unless the installation or a file of properties names one.
      const local = /^local\b/.test(given(flags, 'master') ?? '')
      return local ? { processes: 1, nodes: 1 } : { processes: null, nodes: null }
    }
    case 'slots':
      return { processes: 0, nodes: null }
    case 'fabric':
      return {
        processes: complete ? devices(given(flags, 'devices'), 1) : null,
        nodes: wholeOr(given(flags, 'num-nodes'), byDefault(1)),
      }
    default:
      return outer
  }
}

/**
 * Why the processes that a launcher starts know of one machine only, however many run it: its option says so, or nothing says
 * otherwise. Undefined: they may know of others.
 */
export function knowsOneMachine(
  launcher: string,
  flags: Flags,
  complete: boolean,
  environment: Flags,
): 'said' | 'unsaid' | undefined {
  const accelerate = launcher.startsWith('accelerate')
  if (!accelerate && !/^(torchrun|torch\.distributed\.(launch|run))$/.test(launcher)) return undefined
  // A step of the scheduler on some of the nodes of the job.
  if (given(flags, 'nodes', 'nodelist', 'w', 'N', 'exclude', 'relative') !== undefined) return undefined
  const machines = given(flags, accelerate ? 'num-machines' : 'nnodes')
  if (machines !== undefined) return machines === '1' ? 'said' : undefined
  // Its user may have configured the other launcher for several machines.
  if (accelerate) return undefined
  if (given(flags, 'standalone') !== undefined) return 'said'
  return complete && lookUp(environment, 'PET_NNODES') === undefined ? 'unsaid' : undefined
}
