/**
 * `.torchxconfig`: what components are given where `torchx run` leaves an option out (`[component:dist.ddp]`). Source:
 * torchx/runner/config.py of TorchX 0.7. The command reads it in the folder that it is started in; code does not.
 */
import type { ShellCommand, ShellFacts, ShellWord } from '../../config/shell-facts.js'
import { torchxRun } from '../../link/torchx.js'
import { type Configured, configuredAt } from '../../text/configured.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { FragmentFacts } from '../reader.js'

const file = '.torchxconfig'
const options = ['gpu', 'h', 'cpu', 'j', 'max_retries', 'num_replicas', 'env', 'script', 'm']

/** The commands of a script, with the options of its `torchx run` that stand in the project's file. */
export function withTorchxDefaults(facts: FragmentFacts, claims: ClaimBuilder): ShellFacts | undefined {
  const { shell } = facts
  if (shell === undefined || !shell.commands.some(isTorchx)) return shell
  claims.namesFile(file, true)
  const defaults = facts.named?.[file]
  if (defaults === undefined) return shell
  return {
    ...shell,
    commands: shell.commands.map((command) => (isTorchx(command) ? completed(command, defaults) : command)),
  }
}

const isTorchx = ({ words }: ShellCommand): boolean =>
  words.some((word) => /(^|\/)torchx$/.test(word.text ?? ''))

/** Options stand at the component that they complete. */
function completed(command: ShellCommand, defaults: Configured): ShellCommand {
  const { words } = command
  const first = words.findIndex((word) => /(^|\/)torchx$/.test(word.text ?? ''))
  const run = torchxRun(words.slice(first))
  // Where some options cannot be read, what is left out is not known.
  if (run?.complete !== true) return command
  const at = words.findIndex((word) => word.end === run.place.end)
  const component = words[at]
  if (component === undefined) return command
  const word = (text: string | null): ShellWord => ({
    text,
    raw: text ?? '$',
    start: component.start,
    end: component.end,
  })
  const added = options.flatMap((name) => {
    const value = configuredAt(defaults, `component:${component.text}`, name)
    if (value === undefined || lookUp(run.options, name.replace(/_/g, '-')) !== undefined) return []
    const known = value.kind === 'scalar' && value.value !== '' ? String(value.value) : null
    return [word(`--${name}`), word(known)]
  })
  return { ...command, words: [...words.slice(0, at + 1), ...added, ...words.slice(at + 1)] }
}
