/** A job that is given a script of the project as a file: what that starts is the job's. */
import type { NamedText } from '../text/named-text.js'
import type { ClaimBuilder, Place } from '../workload/builder.js'
import { bareLaunch } from './bare-launch.js'
import type { ReaderContext } from './reader.js'
import { claimJobOperations, type JobMachine } from './shell/job-operations.js'
import { launchesOf, type Work, workOf } from './shell/launches.js'

export interface ScriptFile {
  script: NamedText
  /** Where the job names it. */
  place: Place
  job: string
  nodes: number | null
  /** What is put into the script before it runs. */
  variables?: Record<string, string | null>
  machine: JobMachine | null
}

export function claimScriptFile(claims: ClaimBuilder, context: ReaderContext, file: ScriptFile): Work {
  const { script, place, job, nodes, variables } = file
  const program = { path: script.path, module: null, bases: [''] }
  const shell = { arguments: [], ...(variables === undefined ? {} : { variables }) }
  claims.launch({ ...bareLaunch({ id: job, job, launcher: 'bash', program }), nodes, shell }, place)
  const facts = context.shell(script.text)
  const launches = launchesOf(facts.commands, () => claims.locate(place))
  if (file.machine !== null)
    claimJobOperations(claims, context, facts, launches, { ...file.machine, job }, script.text, () => place)
  return workOf(facts, launches)
}
