/** Shell text that a configuration file hands to a job: the programs that it starts, and what else it does. */
import { textWithTemplates } from '../config/access.js'
import type { ConfigNode } from '../config/node.js'
import type { LaunchParts } from '../link/launch-parts.js'
import type { ClaimBuilder, Place } from '../workload/builder.js'
import type { LaunchValue } from '../workload/claim.js'
import type { ReaderContext } from './reader.js'
import { linesBefore } from './shell/environment-values.js'
import { claimIgnoredFailures, trainsByName } from './shell/failures.js'
import { claimShellGrids } from './shell/grid-loop.js'
import { claimJobOperations, type JobMachine, launchesBelow } from './shell/job-operations.js'
import {
  claimShellLaunch,
  type FoundLaunch,
  launchesOf,
  readsIn,
  type Work,
  workOf,
} from './shell/launches.js'
import { claimScriptCalls } from './shell/script-calls.js'

export interface JobScript {
  /** The scalar that holds the text. */
  node: ConfigNode
  /** Its text, where more is known of it than stands there. */
  text?: string | undefined
  /** Variables that the platform fills in, put in their places before the text is read. */
  known?: Record<string, string>
  job: string
  environment?: Record<string, LaunchValue>
  /** `Launch.contained`. */
  contained?: boolean
  /** Where it starts; null: not known. */
  folder: string | null
  /** Only that folder is uploaded. */
  placed?: boolean
  nodes: number | null
  image?: string | null
  machine: JobMachine | null
  /** What the platform makes of a command that it starts. */
  adjust?: (parts: LaunchParts) => LaunchParts
}

export interface ScriptWork extends Work {
  /** One of its programs trains, by its name. */
  trains: boolean
  /** It starts programs, and none of them stays up to answer, by its name. */
  comesToAnEnd: boolean
}

/** Null: the text cannot be read. */
export function claimScript(
  claims: ClaimBuilder,
  context: ReaderContext,
  script: JobScript,
): ScriptWork | null {
  const source = script.text ?? textWithTemplates(script.node)
  if (source === undefined) return null
  const filled = filledIn(source, script.known ?? {})
  const text = linesBefore(filled, script.environment ?? {}) + filled
  const facts = context.shell(text)
  // Escapes and indentation of the scalar stand between these offsets and the file.
  const place: Place = { start: script.node.start, end: script.node.end }
  const { adjust } = script
  const contained = script.contained === true && !readsIn(facts)
  const launches = launchesOf(facts.commands, () => claims.locate(place)).map((launch) =>
    adjust === undefined ? launch : { ...launch, parts: adjust(launch.parts) },
  )
  launches.forEach((launch, index) => {
    claimShellLaunch(claims, launch, {
      job: script.job,
      id: `${script.job}:${index}`,
      place,
      ...(script.environment === undefined ? {} : { environment: script.environment }),
      contained,
      folder: script.folder,
      ...(script.placed === true ? { placed: true } : {}),
      image: script.image ?? null,
      nodes: launch.parts.nodes === 1 ? script.nodes : launch.parts.nodes,
    })
  })
  claimScriptCalls(
    claims,
    facts.commands,
    {
      job: script.job,
      id: script.job,
      place,
      ...(script.environment === undefined ? {} : { environment: script.environment }),
      contained,
      folder: script.folder,
      ...(script.placed === true ? { placed: true } : {}),
      image: script.image ?? null,
      nodes: script.nodes,
    },
    () => claims.locate(place),
    adjust,
  )
  claimShellGrids(claims, facts, () => place)
  claimIgnoredFailures(claims, launches, text, () => place, script.job, {
    shell: facts,
    counts: 'last',
  })
  if (script.machine !== null) {
    const machine = { ...script.machine, job: script.job }
    claimJobOperations(claims, context, facts, launches, machine, text, () => place)
  }
  const work = workOf(facts, launches)
  const all = [...launches, ...launchesBelow(claims, context, facts)]
  return {
    ...work,
    trains: all.some(trainsByName),
    comesToAnEnd: comesToAnEnd(work, all),
  }
}

/** It starts programs, and none of them stays up to answer, by its name. */
export function comesToAnEnd(work: Work, launches: readonly FoundLaunch[]): boolean {
  if (launches.some(trainsByName)) return true
  return launches.length > 0 && !work.service && !work.workbench && !launches.some(staysUp)
}

const answering =
  /(^|[^a-z])(serv(e|er|ing)|api|apps?|http|gateway|daemon|listener|workers?|gradio|streamlit|dash(board)?|(web)?ui|chat|demo|bot|agent|notebook)([^a-z]|$)/i

/** By the name of its program or of its task: `serve.py`, `main.py serve`. */
function staysUp({ parts }: FoundLaunch): boolean {
  const { path, module, command } = parts.program
  const name = path?.split('/').at(-1) ?? module ?? command ?? ''
  return parts.serves || [name, parts.positionals[0]?.value].some((one) => answering.test(String(one ?? '')))
}

/** `$NAME` and `${NAME}` of variables whose values are known. */
function filledIn(text: string, known: Record<string, string>): string {
  return Object.entries(known).reduce(
    (all, [name, value]) => all.replace(new RegExp(`\\$(?:${name}\\b|\\{${name}\\})`, 'g'), value),
    text,
  )
}
