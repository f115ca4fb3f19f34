/**
 * A machine of Compute Engine that a script makes and runs programs on: `gcloud compute instances create vm`, then `gcloud compute
 * ssh vm --command "python train.py"`.
 */
import type { ShellCommand } from '../../config/shell-facts.js'
import { parseLaunch, parseScriptCall } from '../../link/launch-line.js'
import { type CloudCommand, cloudCommands, optionOf } from '../command-lines/cloud-command.js'
import type { FragmentFacts, ReaderContext } from '../reader.js'

const made = /^compute instances create\b(?!-)/
const reached = /^compute ssh\b/

/** As it is written, without the user: `$(VM)`, `me@train-vm`; null: none is. */
export function machineName(one: CloudCommand): string | null {
  const word = one.positionals.find(({ raw }) => !raw.startsWith('-'))
  return word === undefined ? null : word.raw.replace(/^["']|["']$/g, '').replace(/^[\w.-]+@/, '')
}

export interface OwnMachine {
  job: string
  /** Commands that start a program on it. */
  starts: ShellCommand[]
  /** Another command on it, which may use what it holds; null: there is none. */
  besides: string | null
}

/** Machines that the script makes once and starts programs on, by their names. */
export function ownMachines(facts: FragmentFacts, context: ReaderContext): Map<string, OwnMachine> {
  const machines = new Map<string, OwnMachine>()
  const { path, fragment, shell } = facts
  if (shell === undefined || !fragment.text.includes('instances create')) return machines
  const names = cloudCommands('gcloud', facts, context, made).map(machineName)
  for (const one of cloudCommands('gcloud', facts, context, reached)) {
    const name = machineName(one)
    if (name === null || names.filter((other) => other === name).length !== 1) continue
    const machine = machines.get(name) ?? {
      job: `${path}#gcloud-machine:${fragment.index}:${name}`,
      starts: [],
      besides: null,
    }
    const { words, environment } = one.command
    if (parseLaunch(words, environment, nowhere) !== null) machine.starts.push(one.command)
    else if (parseScriptCall(words, environment, nowhere) !== null)
      machine.besides ??= 'a script on the machine'
    else if (optionOf(one, 'command') === undefined) machine.besides ??= 'somebody who logs in'
    machines.set(name, machine)
  }
  for (const [name, { starts }] of machines) if (starts.length === 0) machines.delete(name)
  return machines
}

const nowhere = () => ({ path: '', cell: null, start: 0, end: 0 })
