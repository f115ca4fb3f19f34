/** Launches and the scripts that they start: each script read once for every way in which it is launched or called. */

import type { FileRecord } from '../extraction/file-record.js'
import type { ReadResult } from '../host/backend.js'
import type { ProgramIndex } from '../link/programs.js'
import type { Binding, Claim, Extraction, Launch } from '../workload/claim.js'
import { bindingKey } from './extraction-keys.js'
import { countedByFile, settingsOf, withoutNeedlessDocumented } from './launches.js'
import type { LinkedLaunch } from './runs.js'
import { type Followed, followCalls, type ScriptFiles } from './script-calls.js'

/** Launches of one script that are told apart by their flags. */
export const maximumBindings = 12
/** Further launches of it, for which the script is read by itself; those beyond are not resolved. */
const maximumUnbound = 100

export interface Scripts {
  recordOf(path: string): FileRecord | undefined
  resolve(launch: Launch): ReturnType<ProgramIndex['resolve']>
  /** The framework config that a launch names. */
  frameworkConfigOf(launch: Launch, script: string | null): FileRecord | undefined
  /** `slot` tells the extractions of one file apart. */
  read(record: FileRecord, binding: Binding, slot: string): Promise<ReadResult>
  /** The file read without a launch. */
  readItself(record: FileRecord): Promise<Extraction | undefined>
}

/** `calls`: see `Followed.whole`. */
export async function bindLaunches(
  all: readonly Launch[],
  extractions: ReadonlyMap<string, Extraction>,
  scripts: Scripts,
): Promise<{ launches: LinkedLaunch[]; calls: Followed['whole']; asked: AskedLaunch[] }> {
  const called = new CalledScripts(extractions, scripts)
  const files: ScriptFiles = {
    scriptOf(call) {
      const resolved = scripts.resolve(call)
      return 'path' in resolved ? resolved.path : null
    },
    read: (path, call) => called.read(path, call),
  }
  const { launches, whole } = await followCalls(
    all.filter(({ asks }) => asks !== true),
    files,
  )
  const started = new StartedScripts(extractions, scripts)
  const counting = withoutNeedlessDocumented(launches, (launch) => files.scriptOf(launch))
  const asked = await followCalls(
    all.filter(({ asks, job }) => asks === true && job !== null),
    files,
  )
  return {
    launches: await Promise.all(counting.map((launch) => started.bind(launch))),
    calls: whole,
    asked: asked.launches.map((launch) => ({ launch, script: files.scriptOf(launch) })),
  }
}

/** What a workflow starts, and the file of the project that this is. */
export interface AskedLaunch {
  launch: Launch
  script: string | null
}

/** Shell scripts read as they are called; one that is called in too many ways is read by itself. */
class CalledScripts {
  private readonly ways = new Map<string, Set<string>>()

  constructor(
    private readonly extractions: ReadonlyMap<string, Extraction>,
    private readonly scripts: Scripts,
  ) {}

  async read(path: string, call: Launch): Promise<Extraction | undefined> {
    const record = this.scripts.recordOf(path)
    if (record === undefined || record.filtered) return undefined
    const binding: Binding = { launch: call, settings: [] }
    const known = this.ways.get(path) ?? new Set<string>()
    this.ways.set(path, known)
    const key = bindingKey(binding, true)
    if (!known.has(key) && known.size >= maximumBindings) return this.extractions.get(path)
    known.add(key)
    return (await this.scripts.read(record, binding, `call ${[...known].indexOf(key)}`)).extraction
  }
}

/** Programs read as they are launched. */
class StartedScripts {
  private readonly bound = new Map<string, Map<string, Promise<ReadResult>>>()
  private readonly unbound = new Map<string, number>()

  constructor(
    private readonly extractions: ReadonlyMap<string, Extraction>,
    private readonly scripts: Scripts,
  ) {}

  async bind(written: Launch): Promise<LinkedLaunch> {
    const launch = countedByFile(written, this.extractions)
    const binding: Binding = { launch, settings: settingsOf(launch, this.extractions) }
    const started = await this.start(binding)
    const record =
      launch.shell === undefined ? this.scripts.frameworkConfigOf(launch, started.script) : undefined
    if (record === undefined) return started
    const extraction = await this.read(record, { launch, settings: [] })
    return extraction === null ? started : { ...started, frameworkConfig: { path: record.path, extraction } }
  }

  private async start(binding: Binding): Promise<LinkedLaunch> {
    const { launch } = binding
    const nothing = { launch, binding, script: null, extraction: null, frameworkConfig: null }
    const resolved = this.scripts.resolve(launch)
    if ('unresolved' in resolved) return { ...nothing, unresolved: resolved.unresolved }
    const script = resolved.path
    const record = this.scripts.recordOf(script)
    // A script or a manifest that holds the program.
    const holds = script === launch.location.path && record?.writes !== undefined
    if (record === undefined || (record.imports === null && !holds))
      return { ...nothing, script, unresolved: null }
    const extraction = await this.read(record, binding)
    return extraction === null
      ? { ...nothing, unresolved: `${record.path} is launched in too many ways` }
      : { ...nothing, script, unresolved: null, extraction }
  }

  /** Null: it is launched in too many ways. */
  private async read(record: FileRecord, binding: Binding): Promise<Extraction | null> {
    const known = this.bound.get(record.path) ?? new Map<string, Promise<ReadResult>>()
    this.bound.set(record.path, known)
    const key = bindingKey(binding, false)
    let result = known.get(key)
    if (result === undefined) {
      if (known.size >= maximumBindings) {
        const own = await this.scripts.readItself(record)
        const more = (this.unbound.get(record.path) ?? 0) + 1
        this.unbound.set(record.path, more)
        return own === undefined || more > maximumUnbound ? null : withoutChoices(own)
      }
      result = this.scripts.read(record, binding, `launch ${known.size}`)
      known.set(key, result)
    }
    return (await result).extraction
  }
}

/** What a script does whatever it is given: what its launches or their files may set stays open. */
function withoutChoices(own: Extraction): Extraction {
  const claims = own.claims.map((claim): Claim => {
    if (claim.state === 'unknown' || !(claim.overridable || claim.state === 'default')) return claim
    return { ...claim, state: 'unknown', because: 'it is launched in too many ways' } as Claim
  })
  return { ...own, claims }
}
