/**
 * Virtual machines of Azure that a command line makes: `az vm create`. They stay until something deallocates them.
 * Source: reference of the Azure CLI (`az vm create`, `az vm auto-shutdown`).
 */
import { stated } from '../../values/operations.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { byHand } from '../change-answer.js'
import { addOptions, commandSite } from '../command-lines/change.js'
import {
  alternativesOf,
  type CloudCommand,
  cloudCommands,
  mayGive,
  optionOf,
  spelledText,
  valuePlace,
} from '../command-lines/cloud-command.js'
import { doesSay } from '../command-lines/printed-text.js'
import {
  claimBought,
  claimChosenType,
  claimMachineRequest,
  claimType,
  servesByName,
  trainsByName,
  workstation,
} from '../machine-claims.js'
import { isAcceleratedType } from '../pool-claims.js'
import { defineReader } from '../reader.js'

const key = 'az vm auto-shutdown'

export const azureVirtualMachineReader = defineReader({
  name: 'azure-virtual-machine',
  shares: true,
  languages: ['shell', 'yaml', 'python'],
  triggers: ['az vm create', '"vm", "create"', "'vm', 'create'"],
  read(facts, context, claims) {
    const text = spelledText(facts)
    for (const one of cloudCommands('az', facts, context, /^vm create\b/)) readMachine(claims, one, text)
  },
  change(claim, _value, facts) {
    if (claim.setting === 'spot')
      return addOptions(claim, facts, 'Buy spot capacity: --priority Spot', [
        '--priority Spot',
        '--eviction-policy Deallocate',
      ])
    const reason =
      'a command of its own stops it at a time of the day: az vm auto-shutdown --time 1900 with its group and name'
    return claim.setting === 'idleStop' ? { reason } : byHand(claim)
  },
})

/** What ends the machine in the same script; shut down from inside, it is billed on. */
const endings = /\bvm\s+(delete|deallocate|auto-shutdown)\b|\bgroup\s+delete\b|\bdeallocate\b/

function readMachine(claims: ClaimBuilder, one: CloudCommand, text: string): void {
  const size = optionOf(one, 'size')
  // Machines without accelerators are cheap, and mostly servers.
  const chosen = alternativesOf(one, size)
  const types = chosen?.texts ?? [size?.value ?? '']
  if (size === undefined || !types.every(isAcceleratedType)) return
  const { head } = one
  const name = optionOf(one, 'name', 'n')?.value ?? 'vm'
  const site = commandSite(one)
  const compute = claimMachineRequest(claims, null, {
    provider: 'azure',
    interactive: workstation.test(name),
    place: head,
    site,
    scope: name,
  })
  const region = optionOf(one, 'location', 'l')?.value
  if (typeof region === 'string') compute.known('region', 'location', region.toLowerCase(), head)
  if (chosen === null) claimType(compute, 'size', stated(claims.origin(valuePlace(size)), types[0]!))
  else claimChosenType(compute, 'size', chosen, head)
  const priority = optionOf(one, 'priority')
  const spot = /^(spot|low)$/i.test(priority?.value ?? '')
  const script = optionOf(one, 'custom-data', 'user-data')
  const words = `${name} ${optionOf(one, 'tags')?.outline ?? ''}`
  if (!workstation.test(name) && trainsByName.test(words) && !servesByName.test(words)) {
    const reserved = optionOf(one, 'capacity-reservation-group') !== undefined
    const plain = priority === undefined ? !mayGive(one, 'priority') : /^regular$/i.test(priority.value ?? '')
    const bought = spot || (plain ? false : null)
    claimBought(compute, { key: 'priority', spot: bought, reserved, place: head, site })
  } else if (spot) compute.known('spot', 'priority', true, head)
  if (script !== undefined || mayGive(one, 'custom-data', 'user-data') || doesSay(text, endings))
    compute.unknown('idleStop', key, 'it may stop by itself', head, { site })
  // What is taken back by the platform hardly runs on for weeks.
  else compute.default('idleStop', key, null, head, { site, overridable: spot })
}
