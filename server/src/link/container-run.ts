/** `docker run` and its like: the options, the image, and the command that runs in it. Source: docker run and podman run. */
import type { ShellWord } from '../config/shell-facts.js'
import { asFile } from '../python/configured-file.js'
import type { LaunchValue } from '../text/launch.js'
import type { Span } from '../text/location.js'
import { lookUp } from '../text/records.js'
import { readOptions } from './launch-options.js'
import type { LaunchParts } from './launch-parts.js'
import { table } from './option-table.js'

export interface ContainerOption {
  /** Null: not readable. */
  value: string | boolean | null
  /** The word that holds the value, as written. */
  raw: string
  span: Span
  valueSpan: Span | null
}

export interface ContainerRun {
  /** From the command to `run`; new options go behind it. */
  head: Span
  /** `nvidia-docker run` brings the GPUs by itself. */
  tool: string
  /** Options by their long names; some are given several times. */
  options: Record<string, ContainerOption[]>
  /** False where some options cannot be read: absent ones are then unknown. */
  complete: boolean
  image: ShellWord
  /** Behind the image. */
  rest: ShellWord[]
  /** What runs in it, what `--entrypoint` names included. */
  command: ShellWord[]
}

const heads = [
  ['docker', 'run'],
  ['docker', 'container', 'run'],
  ['podman', 'run'],
  ['podman', 'container', 'run'],
  ['nerdctl', 'run'],
  ['nvidia-docker', 'run'],
]

const known = table(
  'v volume mount e env env-file name w workdir gpus shm-size ipc network net u user p publish m memory memory-reservation cpus c cpu-shares cpuset-cpus ulimit runtime entrypoint h hostname device add-host l label label-file log-driver log-opt restart security-opt cap-add cap-drop memory-swap memory-swappiness pid platform pull tmpfs cgroup-parent cgroupns group-add userns stop-timeout stop-signal uts dns dns-search cidfile expose health-cmd health-interval health-retries health-start-period health-timeout ip isolation link mac-address network-alias storage-opt sysctl volume-driver volumes-from annotation a attach arch authfile secret oom-score-adj pids-limit device-cgroup-rule detach-keys',
  'rm i t d it ti dit itd interactive tty detach privileged init read-only P publish-all q quiet no-healthcheck oom-kill-disable sig-proxy replace tls-verify',
  {
    v: 'volume',
    e: 'env',
    w: 'workdir',
    u: 'user',
    p: 'publish',
    m: 'memory',
    h: 'hostname',
    l: 'label',
    net: 'network',
    d: 'detach',
    i: 'interactive',
    t: 'tty',
    P: 'publish-all',
  },
)

const mostUnread = 20

/** A variable that holds the name of an image rather than options. */
const imageVariable = /^["']?\$[({]*\w*(image|img|tag|container|repo|name)\w*/i

/** Null: no such command, or which image it runs cannot be told. `words` begin with the command. */
export function containerRun(words: ShellWord[]): ContainerRun | null {
  const tool = (words[0]?.text ?? '').replace(/^.*\//, '')
  const head = heads.find((one) =>
    one.every((word, index) => (index === 0 ? tool : words[index]?.text) === word),
  )
  if (head === undefined) return null
  const options: Record<string, ContainerOption[]> = {}
  let complete = true
  let rest = words.slice(head.length)
  for (let unread = 0; ; unread++) {
    if (unread > mostUnread) return null
    const at = rest.findIndex((word) => word.text === null && imageVariable.test(word.raw))
    // Options end before the image, also where its name stands in a variable that could hold more of them.
    const before = at < 0 || rest[at - 1] === undefined || takesNext(rest[at - 1]!) ? rest : rest.slice(0, at)
    const read = readOptions(before, known, [], (name, { value, span, valueSpan }) => {
      if (!Object.hasOwn(options, name))
        Object.defineProperty(options, name, { value: [], enumerable: true, configurable: true })
      const word = before.find((one) => one.end === (valueSpan ?? span).end)
      lookUp(options, name)!.push({ value, raw: word?.raw ?? '', span, valueSpan })
    })
    complete &&= read.complete
    rest = rest.slice(read.end)
    const [next, after] = rest
    if (next === undefined) return null
    if (next.text !== null || imageVariable.test(next.raw) || next.splits !== true) break
    // `docker run $OPTIONS image`: another word follows that is no option.
    if (after === undefined) break
    complete = false
    rest = rest.slice(1)
  }
  const [image, ...behind] = rest
  const entry = options.entrypoint?.at(-1)
  const command =
    entry?.valueSpan != null && typeof entry.value === 'string' && entry.value !== ''
      ? [{ text: entry.value, raw: entry.value, ...entry.valueSpan }, ...behind]
      : behind
  const last = words[head.length - 1]!
  return {
    head: { start: words[0]!.start, end: last.end },
    tool,
    options,
    complete,
    image: image!,
    rest: behind,
    command,
  }
}

/** `--name $NAME`: the variable is the value of an option. */
function takesNext({ text }: ShellWord): boolean {
  const name = /^--?([\w-]+)$/.exec(text ?? '')?.[1]
  return name !== undefined && known.values.has(name)
}

/** `NAME=value` of `-e` and `--env`. */
export function containerEnvironment({
  options,
}: ContainerRun): { name: string; value: string; span: Span }[] {
  return (options.env ?? []).flatMap(({ value, span }) => {
    const [, name, given] = /^(\w+)=([\s\S]*)$/.exec(typeof value === 'string' ? value : '') ?? []
    return name === undefined ? [] : [{ name, value: given!, span }]
  })
}

export interface Mount {
  /** A folder or a file of the project, relative to where the command starts; null: it lies outside of the project. */
  host: string | null
  /** In the container. */
  target: string
}

const here = /^(?:\$\{?PWD\}?|\$\((?:shell )?pwd\)|`pwd`|\.)(?=\/|$)/i

/** Folders of the project that the container sees: `-v "$PWD":/workspace`. */
export function containerMounts({ options }: ContainerRun): Mount[] {
  const found: Mount[] = []
  const add = (host: string | undefined, target: string | undefined): void => {
    if (host === undefined || target === undefined || !here.test(host) || !/^\/[\w./-]+$/.test(target)) return
    const below = host.replace(here, '').replace(/^\/|\/$/g, '')
    if (/^[\w./-]*$/.test(below)) found.push({ host: below, target: target.replace(/\/$/, '') })
  }
  const plain = (raw: string) => raw.replace(/^--?[\w-]+=/, '').replace(/["']/g, '')
  for (const { raw } of options.volume ?? []) add(...(plain(raw).split(':') as [string, string?]))
  for (const { raw } of options.mount ?? []) {
    const keys = plain(raw).split(',')
    const value = (...names: string[]) =>
      keys.find((one) => names.includes(one.split('=')[0]!))?.replace(/^\w+=/, '')
    add(value('source', 'src'), value('target', 'dst', 'destination'))
  }
  return innermostFirst(found)
}

/** What is mounted below another mount hides what that brings. */
export function innermostFirst(mounts: readonly Mount[]): Mount[] {
  return [...mounts].sort((a, b) => b.target.length - a.target.length)
}

/** A path in the container as one of the project; null: it lies in no folder of the project. Mounts: the innermost first. */
export function mountedPath(mounts: readonly Mount[], path: string): string | null {
  const mount = mounts.find(({ target }) => path === target || path.startsWith(`${target}/`))
  if (mount === undefined || mount.host === null) return null
  const below = path.slice(mount.target.length + 1)
  return [mount.host, below].filter((part) => part !== '').join('/')
}

/** What a launch is given, with the configuration files that it names where they lie in the project. */
export function withMountedFiles<T extends Pick<LaunchParts, 'flags' | 'positionals' | 'files'>>(
  mounts: readonly Mount[],
  given: T,
): T {
  if (mounts.length === 0) return given
  return {
    ...given,
    flags: mountedValues(mounts, given.flags),
    positionals: given.positionals.map((value) => mountedValue(mounts, value)),
    files: given.files.map((file) => ({ ...file, path: mountedPath(mounts, file.path) ?? file.path })),
  }
}

/** Flags or variables. */
export function mountedValues<T extends LaunchValue>(
  mounts: readonly Mount[],
  values: Record<string, T>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, mountedValue(mounts, value)]),
  )
}

function mountedValue<T extends LaunchValue>(mounts: readonly Mount[], given: T): T {
  const path = asFile(given.value)
  const mounted = path === null ? null : mountedPath(mounts, path)
  return mounted === null ? given : { ...given, value: mounted }
}
