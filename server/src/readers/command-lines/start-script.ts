/** The script that a machine runs when it starts, as the command line that makes the machine names it. */
import type { NamedText } from '../../text/named-text.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { mayEndMachine, servingScript } from '../machine-claims.js'
import type { ReaderContext } from '../reader.js'
import { claimScriptFile } from '../script-file.js'
import { trainsAtStart } from '../shell/failures.js'
import { claimJobOperations, claimSetUpPhase, type JobMachine } from '../shell/job-operations.js'
import { claimShellLaunch, launchesOf, type Work, workOf } from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'
import type { CloudCommand, CloudOption } from './cloud-command.js'
import { doesSay } from './printed-text.js'

export interface StartScript {
  /** Where the command names it, or where it is written. */
  place: Place
  text: string
  /** It stands in a file of its own. */
  file?: NamedText
}

/** `--metadata-from-file=startup-script=boot.sh`, `--user-data file://boot.sh`. */
const inFile = /^(?:.*,)?(?:startup-script|user-data)=([^,]+)|^fileb?:\/\/(.+)$/

/** Undefined: the option is about no start script; null: it cannot be read. */
function readScript(
  claims: ClaimBuilder,
  context: ReaderContext,
  { name, value: known, outline, place }: CloudOption,
): StartScript | null | undefined {
  if (name !== 'user-data' && !/startup-script|user-data/.test(outline ?? '')) return undefined
  // A script that is written out, with names and addresses from outside.
  const value = known ?? (outline?.startsWith('#!') === true && outline.includes('\n') ? outline : null)
  if (value === null || /startup-script-url=/.test(value)) return null
  const found = name === 'metadata' ? null : inFile.exec(value)
  const path = (found?.[1] ?? found?.[2])?.replace(/^\.\//, '')
  if (path === undefined) {
    const text = name === 'metadata' ? value.replace(/^[\s\S]*?startup-script=/, '') : value
    return { place, text }
  }
  claims.namesText({ path })
  const file = context.textOf(path)
  return file === undefined ? null : { place, text: file.text, file }
}

/** False: there is none, or what it says ends no machine. A script that is none of the project may do anything. */
export function startScriptMayEnd(
  claims: ClaimBuilder,
  context: ReaderContext,
  one: CloudCommand,
  ...names: string[]
): boolean {
  return one.options.some((option) => {
    if (!names.includes(option.name)) return false
    const script = readScript(claims, context, option)
    return script !== undefined && (script === null || doesSay(script.text, mayEndMachine))
  })
}

/** The start script of a machine that trains by itself; null: it starts no training that can be read. */
export function trainingScript(
  claims: ClaimBuilder,
  context: ReaderContext,
  one: CloudCommand,
  ...names: string[]
): StartScript | null {
  for (const option of one.options) {
    const script = names.includes(option.name) ? readScript(claims, context, option) : null
    if (script == null) continue
    const { commands } = context.shell(script.text)
    if (
      trainsAtStart(
        commands,
        launchesOf(commands, () => claims.locate(script.place)),
      )
    )
      return script
  }
  return null
}

/** What the script starts are programs of the job. */
export function claimStartScript(
  claims: ClaimBuilder,
  context: ReaderContext,
  { file, place, text }: StartScript,
  job: string,
  machine: JobMachine,
): Work {
  if (file !== undefined)
    return claimScriptFile(claims, context, { script: file, place, job, nodes: 1, machine })
  const facts = context.shell(text)
  const launches = launchesOf(facts.commands, () => claims.locate(place))
  claimJobOperations(claims, context, facts, launches, { ...machine, job }, text, () => place)
  for (const [index, launch] of launches.entries())
    claimShellLaunch(claims, launch, { job, id: `${job}:${index}`, place, folder: null })
  const inside = { job, id: job, place, folder: null }
  claimScriptCalls(claims, facts.commands, inside, () => claims.locate(place))
  return workOf(facts, launches)
}

/** What the script of a machine fetches that is made anew for each piece of work. */
export function claimSetUpAtStart(
  claims: ClaimBuilder,
  context: ReaderContext,
  one: CloudCommand,
  machine: JobMachine,
  ...names: string[]
): void {
  for (const option of one.options) {
    const script = names.includes(option.name) ? readScript(claims, context, option) : null
    if (script == null || servingScript.test(script.text)) continue
    claimSetUpPhase(claims, context.shell(script.text), machine, () => script.place)
  }
}
