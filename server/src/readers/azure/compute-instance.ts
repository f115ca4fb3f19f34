/** Workstations of Azure Machine Learning, SDK v2. Source: azure-ai-ml 1.20, entities/_compute/compute_instance.py. */

import type { Call, PythonModule } from '../../python/module.js'
import { unreadable } from '../../values/operations.js'
import { asNumber, asText } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimMachineRequest, claimType } from '../machine-claims.js'
import { defineReader } from '../reader.js'
import { settingTable } from '../setting-table.js'

const minutesOf = (seconds: number | null): number => Math.max(15, Math.round(Number(seconds) / 60))

const instanceSettings = settingTable('Compute', {
  instanceType: {
    keys: ['size'],
    parse: asText,
    write: (type) => `Standard_${type.replace(/^standard_/i, '')}`,
    title: (_, written) => `Use ${written}`,
  },
  idleStop: {
    keys: ['idle_time_before_shutdown_minutes'],
    parse: (minutes) => (asNumber(minutes) ?? 0) * 60 || null,
    otherwise: null,
    write: minutesOf,
    title: (_, minutes) => `Stop after ${minutes} idle minutes`,
  },
})

export const azureComputeInstanceReader = defineReader({
  name: 'azure-compute-instance',
  title: 'Azure ML, compute instance',
  settings: [instanceSettings],
  languages: ['python'],
  triggers: ['ComputeInstance'],
  shares: true,
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls)
      if (/^azure\.ai\.ml\.(\w+\.)*ComputeInstance$/.test(call.name ?? '')) readInstance(python, call, claims)
  },
  change: (claim, value, facts) => instanceSettings.change(claim, value, facts),
})

function readInstance(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const source = instanceSettings.argumentsOf(python, call, claims)
  const size = instanceSettings.read('instanceType', source)
  if (effective(size.value) === undefined) return
  const place = calleePlace(call)
  const site = callSite(call)
  const compute = claimMachineRequest(claims, python, {
    provider: 'azure',
    interactive: true,
    place,
    site,
    scope: call.function?.qualified ?? '',
  })
  claimType(compute, size.key, size.value)
  const idle = instanceSettings.read('idleStop', source)
  const others = ['idle_time_before_shutdown', 'schedules'].some((key) => isGiven(source.get(key)))
  compute.say('idleStop', idle.key, others ? unreadable(idle.value, 'it is given') : idle.value)
}
