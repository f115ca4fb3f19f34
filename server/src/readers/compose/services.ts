/** Services of Compose files that hold accelerators, and the programs that they start. */
import { at, entry, items, map, text, textWithTemplates, written } from '../../config/access.js'
import { variablesIn } from '../../config/env-file.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { mountedValues, withMountedFiles } from '../../link/container-run.js'
import { readArguments, type ScriptArguments } from '../../link/script-arguments.js'
import type { Json } from '../../text/json.js'
import { readAs } from '../../values/operations.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence, LaunchValue } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { targetIn } from '../docker/builds.js'
import { imageLaunch } from '../docker/image-launch.js'
import { claimScript, type ScriptWork } from '../job-script.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import {
  byDefault,
  bytesOf,
  type Devices,
  devicesOf,
  environmentOf,
  sharedByDefault,
} from './accelerators.js'
import { mountsOf } from './mounts.js'

export const composeReader = defineReader({
  name: 'compose',
  languages: ['yaml'],
  triggers: ['services:'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const services = map(at(document.root, 'services'))
      // Workflows have services beside their jobs, objects of Kubernetes have a version.
      if (services === undefined || entry(document.root, 'apiVersion') !== undefined) continue
      for (const { key, value, keyStart, keyEnd } of services.entries) {
        const own = map(value)
        if (own === undefined) continue
        const service = extended(own, services)
        if (entry(service, 'image') === undefined && entry(service, 'build') === undefined) continue
        readService(claims, context, document, service, key, { start: keyStart, end: keyEnd })
      }
    }
  },
  change: changeService,
})

/** With what it takes from services of the same file by `extends`; its own keys count. */
function extended(own: ConfigMap, services: ConfigMap): ConfigMap {
  let service = own
  const seen = new Set([own])
  for (let from = own; ; ) {
    const name = at(from, 'extends', 'file') === undefined ? baseOf(from) : undefined
    const base = name === undefined ? undefined : map(at(services, name))
    if (base === undefined || seen.has(base)) return service
    seen.add(base)
    const keys = new Set(service.entries.map(({ key }) => key))
    service = {
      ...service,
      entries: [...service.entries, ...base.entries.filter(({ key }) => !keys.has(key))],
    }
    from = base
  }
}

function baseOf(service: ConfigMap): string | undefined {
  return text(at(service, 'extends')) ?? text(at(service, 'extends', 'service'))
}

function readService(
  claims: ClaimBuilder,
  context: ReaderContext,
  document: ConfigDocument,
  service: ConfigMap,
  name: string,
  header: Place,
): void {
  const job = `${claims.path}#${document.index}:service:${name}`
  const base: Keys = ['services', name]
  const devices = devicesOf(service)
  const work = readPrograms(claims, context, document, service, job, name)
  if (devices === null) return
  // Devices that several services share by an anchor stand in none of them.
  const { start, end } = devices.node
  const place = start < service.start || end > service.end ? header : nodePlace(devices.node)
  const evidence: Evidence = { role: 'job', accelerator: 'gpu', small: null, notebook: false }
  const compute = claims.subject('Compute', place, name, evidence, job)
  compute.known('name', 'services', name, place)
  compute.known('provider', 'services', 'other', place)
  compute.known('choosesCapacity', 'services', false, place)
  compute.known('trials', 'services', false, place)
  compute.default('nodes', 'services', 1, place)
  claimDevices(compute, document, base, devices, place)
  const cpus = at(service, 'deploy', 'resources', 'limits', 'cpus') ?? at(service, 'cpus')
  const count = cpus === undefined ? Number.NaN : Number(byDefault(cpus) || Number.NaN)
  if (cpus !== undefined && !Number.isNaN(count)) compute.known('cpus', 'cpus', count, nodePlace(cpus))
  claimSharedMemory(compute, document, service, base, place)
  claimRestart(compute, document, service, base)
  const serves = entry(service, 'ports') !== undefined && work?.trains !== true
  compute.known('service', 'command', serves || work?.service === true, place)
  const sharing = work === null ? null : work.sharing
  if (sharing !== null) compute.known('sharing', 'command', sharing, place)
}

function claimDevices(
  compute: SubjectBuilder<'Compute'>,
  document: ConfigDocument,
  base: Keys,
  { node, count, number: path }: Devices,
  place: Place,
): void {
  const key = path === null ? 'devices' : 'count'
  const site = keyedPlace(node, document.index, [...base, ...(path ?? [])])
  // Files beside this one are laid over it, and devices are not taken from anybody.
  const origin = compute.locator.origin(place, { site, overridable: true })
  if (count === 'all') compute.say('gpus', key, { ...origin, state: 'range', low: 1, high: null })
  else compute.say('gpus', key, readAs(origin, count, 'a template'))
}

function claimSharedMemory(
  compute: SubjectBuilder<'Compute'>,
  document: ConfigDocument,
  service: ConfigMap,
  base: Keys,
  header: Place,
): void {
  const key = 'shm_size'
  const found = entry(service, key)
  const place = found === undefined ? header : { start: found.keyStart, end: found.value.end }
  const site = keyedPlace(place, document.index, [...base, key])
  const mounted = [...items(at(service, 'tmpfs')), ...items(at(service, 'volumes'))].some((one) =>
    /\/dev\/shm/.test(textWithTemplates(one) ?? text(at(one, 'target')) ?? ''),
  )
  if (text(at(service, 'ipc')) === 'host') compute.known('sharedMemory', 'ipc: host', null, place, { site })
  else if (mounted || entry(service, 'extends') !== undefined)
    compute.unknown('sharedMemory', key, 'set in another way', place, { site })
  else if (found === undefined) compute.default('sharedMemory', key, sharedByDefault, place, { site })
  else {
    const bytes = bytesOf(found.value) ?? null
    compute.say('sharedMemory', key, readAs(compute.locator.origin(place, { site }), bytes, 'a template'))
  }
}

/** `restart: always` and `unless-stopped` start it again whatever has happened; `on-failure:3` three times. */
function claimRestart(
  compute: SubjectBuilder<'Compute'>,
  document: ConfigDocument,
  service: ConfigMap,
  base: Keys,
): void {
  const found = entry(service, 'restart')
  const policy = text(found?.value)
  if (found === undefined || policy === undefined) return
  const shown = { start: found.keyStart, end: found.value.end }
  const site = keyedPlace(shown, document.index, [...base, 'restart'])
  const [, limit] = /^on-failure:(\d+)$/.exec(policy) ?? []
  if (limit !== undefined) compute.known('retries', 'restart', Number(limit), shown, { site })
  else if (/^(always|unless-stopped|on-failure)$/.test(policy))
    compute.known('retries', `restart: ${policy}`, null, shown, { site })
}

/** Null: the image decides what runs, or it cannot be read. */
function readPrograms(
  claims: ClaimBuilder,
  context: ReaderContext,
  document: ConfigDocument,
  service: ConfigMap,
  job: string,
  name: string,
): ScriptWork | null {
  const mounts = mountsOf(document, service, claims.path)
  const variables = environmentOf(service).map(({ name: key, value, node }) => [
    key,
    { value, location: claims.locate(node) },
  ])
  const filed = variablesOfFiles(claims, context, service)
  const environment: Record<string, LaunchValue> = mountedValues(
    mounts,
    Object.fromEntries([...filed.variables, ...variables]),
  )
  const contained = filed.complete && entry(service, 'extends') === undefined
  const image = text(at(service, 'image')) ?? null
  const built = builtImage(claims, service, image ?? name)
  const [entrypoint, command] = [at(service, 'entrypoint'), at(service, 'command')]
  const lines = [entrypoint, command].filter((one) => one !== undefined).map(lineOf)
  if (lines.includes(null)) return null
  if (built !== null && command !== undefined && entrypoint === undefined && /^\s*-/.test(lines[0]!)) {
    // Options alone are what the program of the image is given.
    const [line] = context.shell(`program ${lines[0]}`).commands
    const words = readArguments(line?.words.slice(1) ?? [], () => claims.locate(command))
    const given = withMountedFiles(mounts, words)
    claimImage(claims, built, { job, environment, contained, image: image ?? name, given })
    return null
  }
  const shown = command ?? entrypoint
  if (shown === undefined) {
    if (built !== null) claimImage(claims, built, { job, environment, contained, image: image ?? name })
    return null
  }
  return claimScript(claims, context, {
    node: shown,
    text: lines.join(' '),
    job,
    environment,
    contained,
    folder: folderOf(at(service, 'working_dir'), at(service, 'build')),
    nodes: 1,
    image,
    // The machine is somebody's own: what waits on it keeps nobody else away.
    machine: null,
    adjust: (parts) => withMountedFiles(mounts, parts),
  })
}

/** What the files of `env_file` set; `complete`: all of them are read. */
function variablesOfFiles(
  claims: ClaimBuilder,
  context: ReaderContext,
  service: ConfigMap,
): { variables: [string, LaunchValue][]; complete: boolean } {
  const given = at(service, 'env_file')
  const nodes = given === undefined ? [] : given.kind === 'list' ? given.items : [given]
  const variables: [string, LaunchValue][] = []
  let complete = true
  for (const node of nodes) {
    const path = (text(node) ?? text(at(node, 'path')))?.replace(/^\.\//, '')
    if (path !== undefined) claims.namesText({ path, beside: true })
    const file = path === undefined ? undefined : context.textOf(path)
    if (file === undefined) complete = false
    else
      for (const [name, value] of variablesIn(file.text))
        variables.push([name, { value, location: claims.locate(node) }])
  }
  return { variables, complete }
}

/** A string as the shell splits it, or words; `$$` is a dollar sign. Null: not readable. */
function lineOf(node: ConfigNode): string | null {
  if (node.kind !== 'list') return textWithTemplates(node)?.replaceAll('$$', '$') ?? null
  const words = node.items.map((item) => textWithTemplates(item) ?? written(item))
  return words.includes(undefined) ? null : words.map((word) => quoted(word!.replaceAll('$$', '$'))).join(' ')
}

/** Variables of the file (`${LR:-0.1}`) are still filled in. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./${}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** Where the program starts: the folder that is built, else the one of the file. */
function folderOf(working: ConfigNode | undefined, build: ConfigNode | undefined): string | null {
  const folder = text(working)
  if (folder !== undefined) return folder
  const context = text(build) ?? text(at(build, 'context'))
  return context === undefined || /:\/\/|^[~/]/.test(context) ? '' : context.replace(/^\.\/?/, '')
}

/** Tells which Dockerfile makes the image of the service; null: it is not built here. */
function builtImage(claims: ClaimBuilder, service: ConfigMap, image: string): ConfigNode | null {
  const build = at(service, 'build')
  const folder = text(build) ?? text(at(build, 'context')) ?? '.'
  if (build === undefined || build.kind === 'unknown' || /:\/\//.test(folder)) return null
  const dockerfile = text(at(build, 'dockerfile'))
  const path =
    dockerfile === undefined ? null : dockerfile.startsWith('/') ? dockerfile : `${folder}/${dockerfile}`
  claims.imageBuild({ image, dockerfile: path, folder, ...targetIn(build) }, nodePlace(build))
  return build
}

function claimImage(
  claims: ClaimBuilder,
  build: ConfigNode,
  {
    job,
    environment,
    contained,
    image,
    given,
  }: {
    job: string
    environment: Record<string, LaunchValue>
    contained: boolean
    image: string
    given?: ScriptArguments
  },
): void {
  claims.launch(
    imageLaunch({ id: `${job}:image`, job, name: image, given: given ?? null, environment, contained }),
    nodePlace(build),
  )
}

function changeService(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return byHand(claim)
  const service = at(facts.config?.documents[claim.site.document ?? 0]?.root, ...keys.slice(0, 2))
  if (at(service, 'extends') !== undefined && at(service, String(keys[2])) === undefined)
    return { reason: 'others may extend the same service: change it there' }
  const set = (title: string, to: Json) => writeKeys(claim, facts, title, [{ keys, value: to }])
  switch (claim.setting) {
    case 'gpus':
      return value === 0
        ? withoutDevices(claim, facts, keys.slice(0, 2))
        : set(`Request ${value} GPU: count: ${value}`, Number(value))
    case 'sharedMemory':
      return set('Give the container 8 GB of shared memory: shm_size', '8gb')
    case 'retries':
      return set(
        `Start it again ${value === 1 ? 'once' : `${value} times`} at most: restart`,
        `on-failure:${value}`,
      )
    default:
      return byHand(claim)
  }
}

/** Takes out what asks for devices, with the maps that hold nothing else. */
function withoutDevices(claim: Claim, facts: FragmentFacts, base: Keys): Change | Refusal {
  const service = map(at(facts.config?.documents[claim.site.document ?? 0]?.root, ...base))
  const devices = service === undefined ? null : devicesOf(service)
  if (service === undefined || devices === null) return { reason: 'the service has changed' }
  if (devices.listed > 1) return { reason: 'it asks for other devices as well' }
  let { keys } = devices
  while (keys.length > 1 && map(at(service, ...keys.slice(0, -1)))?.entries.length === 1)
    keys = keys.slice(0, -1)
  return writeKeys(claim, facts, `Ask for no GPU: remove ${keys.join('.')}`, [
    { keys: [...base, ...keys], value: undefined },
  ])
}
