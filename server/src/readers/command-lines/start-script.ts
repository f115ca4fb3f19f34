/** The script that a machine runs when it starts, as the command line that makes the machine names it. */
import type { ClaimBuilder } from '../../workload/builder.js'
import { mayEndMachine } from '../machine-claims.js'
import type { ReaderContext } from '../reader.js'
import { type CloudCommand, optionOf } from './cloud-command.js'

/** `--metadata-from-file=startup-script=boot.sh`, `--user-data file://boot.sh`. */
const inFile = /^(?:.*,)?startup-script=([^,]+)|^file:\/\/(.+)$/

/** False: there is none, or what it says ends no machine. A file that is none of the project may do anything. */
export function startScriptMayEnd(
  claims: ClaimBuilder,
  context: ReaderContext,
  one: CloudCommand,
  ...names: string[]
): boolean {
  const option = optionOf(one, ...names)
  if (
    option === undefined ||
    !/startup-script|^file:|user-data/.test(`${option.name} ${option.outline ?? ''}`)
  )
    return false
  const found = inFile.exec(option.value ?? '')
  const path = found?.[1] ?? found?.[2]
  if (path === undefined || option.name === 'metadata')
    return option.value === null || mayEndMachine.test(option.value)
  claims.namesText({ path: path.replace(/^\.\//, '') })
  const text = context.textOf(path.replace(/^\.\//, ''))?.text
  return text === undefined || mayEndMachine.test(text)
}
