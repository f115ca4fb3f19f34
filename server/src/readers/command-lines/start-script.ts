/** The script that a machine runs when it starts, as the command line that makes the machine names it. */
import type { ClaimBuilder } from '../../workload/builder.js'
import { mayEndMachine } from '../machine-claims.js'
import type { ReaderContext } from '../reader.js'
import type { CloudCommand, CloudOption } from './cloud-command.js'
import { doesSay } from './printed-text.js'

/** `--metadata-from-file=startup-script=boot.sh`, `--user-data file://boot.sh`. */
const inFile = /^(?:.*,)?(?:startup-script|user-data)=([^,]+)|^fileb?:\/\/(.+)$/

/** False: there is none, or what it says ends no machine. A script that is none of the project may do anything. */
export function startScriptMayEnd(
  claims: ClaimBuilder,
  context: ReaderContext,
  one: CloudCommand,
  ...names: string[]
): boolean {
  return one.options.some((option) => names.includes(option.name) && mayEnd(claims, context, option))
}

function mayEnd(
  claims: ClaimBuilder,
  context: ReaderContext,
  { name, value, outline }: CloudOption,
): boolean {
  if (name !== 'user-data' && !/startup-script|user-data/.test(outline ?? '')) return false
  if (value === null || /startup-script-url=/.test(value)) return true
  const found = name === 'metadata' ? null : inFile.exec(value)
  const path = (found?.[1] ?? found?.[2])?.replace(/^\.\//, '')
  if (path === undefined) return doesSay(value, mayEndMachine)
  claims.namesText({ path })
  const text = context.textOf(path)?.text
  return text === undefined || doesSay(text, mayEndMachine)
}
