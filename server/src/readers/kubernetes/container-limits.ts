/** What the containers of a pod may use beside accelerators: processor cores, and memory that processes share. */
import { at, entry, items, map, text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { nodeValue } from '../../values/config-source.js'
import { convert } from '../../values/operations.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'

type Keys = (string | number)[]

/** What a container runtime gives to `/dev/shm` where the pod says nothing (containerd and CRI-O). */
const sharedByDefault = 64 * 2 ** 20
const mountPoint = '/dev/shm'

/** The container that does the work: the first that holds accelerators, or the only one. Null: there are several. */
function mainContainer(pod: ConfigNode | undefined, holders: number[]): number | null {
  if (holders.length === 1) return holders[0]!
  return holders.length === 0 && items(at(pod, 'containers')).length === 1 ? 0 : null
}

/** `keys`: to the pod specification. `holders`: the containers with accelerators. */
export function claimLimits(
  compute: SubjectBuilder<'Compute'>,
  pod: ConfigNode | undefined,
  holders: number[],
  keys: Keys,
  document: number,
): void {
  const index = mainContainer(pod, holders)
  const container = index === null ? undefined : items(at(pod, 'containers'))[index]
  if (index === null || container === undefined || map(container)?.open !== undefined) return
  claimLostFiles(compute, pod, container)
  const limit = entry(at(container, 'resources', 'limits'), 'cpu')
  // A request without a limit is a floor: more may be used where the node has it.
  if (limit !== undefined) {
    const place: Place = { start: limit.keyStart, end: limit.value.end }
    const given = nodeValue(limit.value, place, compute.locator)
    compute.say('cpus', 'limits.cpu', {
      ...convert(given, coresOf),
      location: compute.locator.origin(place).location,
    })
  }
  claimSharedMemory(compute, pod, container, index, keys, document)
}

/** What its containers write into no volume, or into one that is made for the pod, goes with it. */
function claimLostFiles(
  compute: SubjectBuilder<'Compute'>,
  pod: ConfigNode | undefined,
  container: ConfigNode,
): void {
  const named = entry(container, 'name') ?? entry(container, 'image')
  const volumes = at(pod, 'volumes')
  const used = at(container, 'volumeMounts')
  if (named === undefined || map(pod)?.open !== undefined || hasTemplates(volumes) || hasTemplates(used))
    return
  const stays = items(used).some((mount) => {
    const volume = items(volumes).find((one) => text(at(one, 'name')) === text(at(mount, 'name')))
    return volume === undefined || !goesWithPod.some((kind) => entry(volume, kind) !== undefined)
  })
  // A container beside it may carry away what it writes.
  if (stays || items(at(pod, 'containers')).length > 1) return
  compute.known('losesFiles', 'pod', true, { start: named.keyStart, end: named.value.end })
}

const goesWithPod = ['emptyDir', 'configMap', 'secret', 'projected', 'downwardAPI']

/** `8`, `"8"`, `7500m`. */
function coresOf(value: Json): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(String(value).trim())
  if (match === null) return undefined
  return match[2] === 'm' ? Number(match[1]) / 1000 : Number(match[1])
}

function claimSharedMemory(
  compute: SubjectBuilder<'Compute'>,
  pod: ConfigNode | undefined,
  container: ConfigNode,
  index: number,
  keys: Keys,
  document: number,
): void {
  const named = entry(container, 'name') ?? entry(container, 'image')
  if (named === undefined || map(pod)?.open !== undefined) return
  const place: Place = { start: named.keyStart, end: named.value.end }
  const site: Place = { ...place, document, keys, target: { kind: 'container', index } }
  if (written(at(pod, 'hostIPC')) === 'true') {
    compute.known('sharedMemory', 'hostIPC', null, place, { site })
    return
  }
  const mounts = items(at(container, 'volumeMounts'))
  const mount = mounts.find(mountsShared)
  if (mount !== undefined) {
    const volume = items(at(pod, 'volumes')).find((one) => text(at(one, 'name')) === text(at(mount, 'name')))
    const size = bytesOf(at(volume, 'emptyDir', 'sizeLimit'))
    compute.known('sharedMemory', mountPoint, size, place, { site })
    return
  }
  // A template may well bring the mount.
  if (hasTemplates(at(container, 'volumeMounts')) || hasTemplates(at(pod, 'volumes'))) return
  compute.default('sharedMemory', mountPoint, sharedByDefault, place, { site })
}

function mountsShared(mount: ConfigNode): boolean {
  return text(at(mount, 'mountPath'))?.replace(/\/$/, '') === mountPoint
}

function hasTemplates(node: ConfigNode | undefined): boolean {
  return node !== undefined && node.kind !== 'list' && node.kind !== 'map'
}

const units: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** `8Gi`; null: no limit, or none that can be read. */
function bytesOf(node: ConfigNode | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)([kMGT]i?)?$/.exec(written(node) ?? '')
  return match === null ? null : Number(match[1]) * (lookUp(units, match[2] ?? '') ?? 1)
}

/** A volume in memory, mounted where processes share it. `node`: the pod specification. */
export function mountSharedMemory(
  node: ConfigNode,
  index: number,
  set: (path: Keys, data: unknown) => Write,
): Change | Refusal {
  const mounts = items(at(node, 'containers', index, 'volumeMounts'))
  if (mounts.some(mountsShared)) return { reason: 'raise the sizeLimit of the volume that is mounted there' }
  const add = (path: Keys, item: unknown): Write => {
    const there = at(node, ...path)
    const list = there === undefined ? [] : items(there)
    return list.length === 0 ? set(path, [item]) : set([...path, list.length], item)
  }
  return {
    title: 'Mount a volume in memory at /dev/shm',
    safety: 'unsafe',
    writes: [
      add(['containers', index, 'volumeMounts'], { name: 'shared-memory', mountPath: mountPoint }),
      add(['volumes'], { name: 'shared-memory', emptyDir: { medium: 'Memory' } }),
    ],
    imports: [],
  }
}

/** Indices of the containers that hold accelerators, by the places where their numbers are written. */
export function holdersOf(places: Keys[]): number[] {
  return [...new Set(places.map((place) => Number(place[1])))].sort((a, b) => a - b)
}
