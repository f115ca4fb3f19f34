/**
 * Containers that `docker run` starts with accelerators of the machine at hand, and the programs in them. Source:
 * reference of docker run ("Access an NVIDIA GPU", `--shm-size`, `--ipc`, `--restart`).
 */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import {
  type ContainerOption,
  type ContainerRun,
  containerEnvironment,
  containerMounts,
  containerRun,
  mountedPath,
  withMountedFiles,
} from '../../link/container-run.js'
import { parseLaunch, parseScriptCall } from '../../link/launch-line.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import { readArguments } from '../../link/script-arguments.js'
import { lookUp } from '../../text/records.js'
import { absent, orDefault, readAs, unreadable } from '../../values/operations.js'
import type { ClaimBuilder, ClaimOptions, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence, LaunchValue } from '../../workload/claim.js'
import { batchJobId } from '../batch/job.js'
import { bytesIn, sharedByDefault } from '../compose/accelerators.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { trainsByName } from '../shell/failures.js'
import { shellLaunchId } from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'
import { slurmJobId } from '../slurm/job.js'
import { imageLaunch } from './image-launch.js'

export const dockerRunReader = defineReader({
  name: 'docker-run',
  languages: ['shell'],
  triggers: ['docker run', 'docker container run', 'podman run', 'nerdctl run'],
  read(facts, _context, claims) {
    const { shell, fragment, path } = facts
    if (shell === undefined) return
    const batch = slurmJobId(path, fragment, shell) ?? batchJobId(path, fragment, shell)
    for (const command of shell.commands) {
      const run = command.unreachable ? null : containerOf(command)
      if (run === null) continue
      const own = batch === null && gpusOf(run) !== null
      const id = shellLaunchId(claims, fragment, command)
      const started = claimPrograms(claims, command, run, batch ?? (own ? id : null), id)
      if (own && started !== null) claimMachine(claims, command, run, id, started === 'trains')
    }
  },
  change: changeRun,
})

/** The container that a command starts; null: none. */
function containerOf(command: ShellCommand): ContainerRun | null {
  const at = command.words.findIndex((word) =>
    /^([\w./-]*\/)?(nvidia-)?(docker|podman|nerdctl)$/.test(word.text ?? ''),
  )
  // `sudo docker`, `time docker`; not `echo docker`.
  const before = command.words.slice(0, Math.max(at, 0)).map((word) => word.text ?? '')
  if (at < 0 || before.some((word) => !/^(sudo|time|nohup|exec|-[A-Z])$/.test(word))) return null
  return containerRun(command.words.slice(at))
}

/** The job of a container with accelerators of its own; null: it has none. */
export function containerHoldsGpus(command: ShellCommand): boolean {
  const run = containerOf(command)
  return run !== null && gpusOf(run) !== null
}

/** A launch in a container, with its program where it lies in the project: `-v "$PWD":/workspace`. */
export function asMounted(command: ShellCommand, parts: LaunchParts): LaunchParts {
  const { path } = parts.program
  const run = containerOf(command)
  if (run === null) return parts
  const mounts = containerMounts(run)
  const inProject = withMountedFiles(mounts, parts)
  if (path === null) return inProject
  const workdir = last(run, 'workdir')?.value
  const folder = parts.folder?.startsWith('/') === true ? parts.folder : workdir
  const inside =
    path.startsWith('/') || typeof folder !== 'string' ? path : `${folder.replace(/\/$/, '')}/${path}`
  const mounted = mountedPath(mounts, inside.replace(/\/(?:\.\/)+/g, '/'))
  return mounted === null
    ? inProject
    : { ...inProject, program: { ...parts.program, path: mounted }, folder: '' }
}

/** Claims what runs in it where no launch is read from the command itself; null: nothing that is known. */
function claimPrograms(
  claims: ClaimBuilder,
  command: ShellCommand,
  run: ContainerRun,
  job: string | null,
  id: string,
): 'trains' | 'runs' | null {
  const locate = (span: Place) => claims.locate(span)
  const place: Place = { start: command.start, end: command.end }
  const parts = parseLaunch(command.words, command.environment, locate)
  // The reader of launches claims it.
  if (parts !== null) return trainsByName({ command, parts }) ? 'trains' : 'runs'
  if (job !== null && parseScriptCall(command.words, command.environment, locate) !== null) {
    claimScriptCalls(claims, [command], { job, id: `${id}:call`, place }, locate)
    return 'runs'
  }
  const { image, rest, options } = run
  const name = image.text ?? image.outline ?? image.raw
  const bare = rest.length === 0
  if (!bare && rest[0]!.text?.startsWith('-') !== true) return null
  if (options.entrypoint !== undefined || serves(run)) return null
  const given = bare ? null : withMountedFiles(containerMounts(run), readArguments(rest, locate))
  const environment: Record<string, LaunchValue> = Object.fromEntries(
    containerEnvironment(run).map(({ name: key, value, span }) => [key, { value, location: locate(span) }]),
  )
  const contained = run.complete && options['env-file'] === undefined
  claims.launch(imageLaunch({ id: `${id}:image`, job, name, given, environment, contained }), place)
  return 'runs'
}

const last = (run: ContainerRun, name: string): ContainerOption | undefined =>
  lookUp(run.options, name)?.at(-1)

const serves = ({ options }: ContainerRun): boolean =>
  options.publish !== undefined || options['publish-all'] !== undefined

interface Gpus {
  key: string
  option: ContainerOption | null
  /** Null: not readable. */
  count: number | 'all' | null
}

function gpusOf(run: ContainerRun): Gpus | null {
  const gpus = last(run, 'gpus')
  if (gpus !== undefined) {
    const text = typeof gpus.value === 'string' ? gpus.value.replace(/^["']|["']$/g, '') : ''
    const devices = /(?:^|,)device=([\w:-]+(?:,[\w:-]+)*)$/.exec(text)?.[1]
    const number = /^(?:count=)?(\d+)$/.exec(text)?.[1]
    if (number === '0') return null
    const count =
      devices !== undefined
        ? devices.split(',').length
        : number !== undefined
          ? Number(number)
          : /^(?:count=)?(all|-1)$/.test(text)
            ? 'all'
            : null
    return { key: '--gpus', option: gpus, count }
  }
  const runtime = last(run, 'runtime')
  const named = run.tool === 'nvidia-docker' || runtime?.value === 'nvidia'
  if (!named) return null
  const visible = containerEnvironment(run).find((one) => one.name === 'NVIDIA_VISIBLE_DEVICES')?.value
  if (/^(none|void)$/.test(visible ?? '')) return null
  const listed = /^\d+(,\d+)*$/.test(visible ?? '') ? visible!.split(',').length : null
  const count = visible === 'all' ? 'all' : listed
  return { key: '--runtime', option: runtime ?? null, count }
}

function claimMachine(
  claims: ClaimBuilder,
  command: ShellCommand,
  run: ContainerRun,
  job: string,
  trains: boolean,
): void {
  const gpus = gpusOf(run)!
  const place: Place = gpus.option?.span ?? run.head
  const evidence: Evidence = { role: 'job', accelerator: 'gpu', small: null, notebook: false }
  const compute = claims.subject('Compute', place, '', evidence, job)
  compute.known('provider', 'docker run', 'other', place)
  compute.known('choosesCapacity', 'docker run', false, place)
  compute.known('trials', 'docker run', command.loops.length > 0, place)
  compute.default('nodes', 'docker run', 1, place)
  const name = last(run, 'name')
  if (typeof name?.value === 'string') compute.known('name', '--name', name.value, name.span)
  // Devices that a container sees are not taken from anybody.
  const shown = claims.origin(place, { overridable: true, ...siteOf(gpus.option, /^\d+$/) })
  if (gpus.count === 'all') compute.say('gpus', gpus.key, { ...shown, state: 'range', low: 1, high: null })
  else compute.say('gpus', gpus.key, readAs(shown, gpus.count, 'its value'))
  const cpus = last(run, 'cpus')
  if (typeof cpus?.value === 'string' && /^\d+(\.\d+)?$/.test(cpus.value))
    compute.known('cpus', '--cpus', Number(cpus.value), cpus.span)
  claimSharedMemory(compute, run, place)
  claimRestart(compute, run)
  compute.known('service', 'docker run', serves(run) && !trains, place)
}

function claimSharedMemory(compute: SubjectBuilder<'Compute'>, run: ContainerRun, place: Place): void {
  const key = '--shm-size'
  const given = last(run, 'shm-size')
  const ipc = last(run, 'ipc')
  const mounts = ['volume', 'mount', 'tmpfs'].flatMap((name) => lookUp(run.options, name) ?? [])
  const site = {
    site: { start: run.head.end, end: run.head.end, target: { kind: 'option', part: 'behind' } as const },
  }
  if (ipc?.value === 'host') compute.known('sharedMemory', '--ipc=host', null, ipc.span)
  else if (ipc !== undefined || mounts.some((one) => /\/dev\/shm/.test(String(one.value))))
    compute.unknown('sharedMemory', key, 'set in another way', place)
  else if (given === undefined) {
    const none = absent(compute.locator.origin(place, { ...site, channel: 'library default' }))
    const value = run.complete ? orDefault(none, sharedByDefault) : unreadable(none, 'options in a variable')
    compute.say('sharedMemory', key, value)
  } else {
    const bytes = typeof given.value === 'string' ? (bytesIn(given.value) ?? null) : null
    const origin = compute.locator.origin(given.span, siteOf(given, /./))
    compute.say('sharedMemory', key, readAs(origin, bytes, 'a variable'))
  }
}

/** `always` and `unless-stopped` start it again whatever has happened; `on-failure:3` three times. */
function claimRestart(compute: SubjectBuilder<'Compute'>, run: ContainerRun): void {
  const restart = last(run, 'restart')
  const policy = typeof restart?.value === 'string' ? restart.value : ''
  const limit = /^on-failure:(\d+)$/.exec(policy)?.[1]
  if (limit !== undefined)
    compute.known('retries', '--restart', Number(limit), restart!.span, siteOf(restart!, /./))
  else if (/^(always|unless-stopped|on-failure)$/.test(policy))
    compute.known('retries', `--restart ${policy}`, null, restart!.span, siteOf(restart!, /./))
}

/** Where a value of its own is written, so that it can be replaced. */
function siteOf(option: ContainerOption | null, form: RegExp): ClaimOptions {
  const { value, valueSpan } = option ?? {}
  return valueSpan == null || typeof value !== 'string' || !form.test(value)
    ? {}
    : { site: { ...valueSpan, target: { kind: 'option', part: 'value' } } }
}

function changeRun(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { fragment, start, end, target } = claim.site
  const written = facts.fragment.text.slice(start, end)
  // A variable, or quotes around what it holds.
  if (target?.kind !== 'option' || /[$`'"]/.test(written))
    return { reason: `${claim.key} has to be changed by hand here` }
  const change = (title: string, text: string): Change => ({
    title,
    safety: 'unsafe',
    writes: [{ kind: 'replace text', path: facts.path, fragment, start, end, text }],
    imports: [],
  })
  switch (claim.setting) {
    case 'gpus':
      return change(`Give it ${value === 1 ? 'one GPU' : `${value} GPUs`}: --gpus ${value}`, String(value))
    case 'sharedMemory':
      return change(
        'Give the container 8 GB of shared memory: --shm-size',
        target.part === 'behind' ? ' --shm-size=8g' : '8g',
      )
    case 'retries':
      return change(
        `Start it again ${value === 1 ? 'once' : `${value} times`} at most: --restart`,
        `on-failure:${value}`,
      )
    default:
      return { reason: `${claim.key} has to be changed by hand here` }
  }
}
