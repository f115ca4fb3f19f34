/**
 * Virtual machines of Azure that a command line makes: `az vm create`. They stay until something deallocates them.
 * Source: reference of the Azure CLI (`az vm create`, `az vm auto-shutdown`).
 */
import { stated } from '../../values/operations.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { commandSite } from '../command-lines/change.js'
import { type CloudCommand, cloudCommands, optionOf, valuePlace } from '../command-lines/cloud-command.js'
import { doesSay } from '../command-lines/printed-text.js'
import { claimMachineRequest, claimType, workstation } from '../machine-claims.js'
import { isAcceleratedType } from '../pool-claims.js'
import { defineReader } from '../reader.js'

const key = 'az vm auto-shutdown'

export const azureVirtualMachineReader = defineReader({
  name: 'azure-virtual-machine',
  languages: ['shell', 'yaml'],
  triggers: ['az vm create'],
  read(facts, context, claims) {
    const { text } = facts.fragment
    for (const one of cloudCommands('az', facts, context, /^vm create\b/)) readMachine(claims, one, text)
  },
  change: (claim) => ({
    reason:
      claim.setting === 'idleStop'
        ? 'a command of its own stops it at a time of the day: az vm auto-shutdown --time 1900 with its group and name'
        : `${claim.key} has to be changed by hand here`,
  }),
})

/** What ends the machine in the same script; shut down from inside, it is billed on. */
const endings = /\bvm\s+(delete|deallocate|auto-shutdown)\b|\bgroup\s+delete\b|\bdeallocate\b/

function readMachine(claims: ClaimBuilder, one: CloudCommand, text: string): void {
  const size = optionOf(one, 'size')
  // Machines without accelerators are cheap, and mostly servers.
  if (typeof size?.value !== 'string' || !isAcceleratedType(size.value)) return
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
  claimType(compute, 'size', stated(claims.origin(valuePlace(size)), size.value))
  const spot = /^(spot|low)$/i.test(optionOf(one, 'priority')?.value ?? '')
  const script = optionOf(one, 'custom-data', 'user-data')
  if (spot) compute.known('spot', 'priority', true, head)
  if (script !== undefined || !one.complete || doesSay(text, endings))
    compute.unknown('idleStop', key, 'it may stop by itself', head, { site })
  // Who stops it by hand is not in the script.
  else compute.default('idleStop', key, null, head, { site, overridable: true })
}
