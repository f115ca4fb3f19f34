/** Online deployments of Azure Machine Learning, SDK v2. Source: azure-ai-ml 1.20, entities/_deployment/online_deployment.py. */

import type { Call, PythonModule } from '../../python/module.js'
import { knownArgument } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { claimEndpoint, claimMachine } from '../endpoint.js'
import { defineReader } from '../reader.js'
import { settingTable } from '../setting-table.js'

const deploymentSettings = settingTable('Serving', {
  minReplicas: {
    keys: ['instance_count'],
    parse: (value) => (value === null ? 1 : asNumber(value)),
    otherwise: 1,
  },
})

export const azureEndpointReader = defineReader({
  name: 'azure-endpoint',
  title: 'Azure ML, endpoint',
  settings: [deploymentSettings],
  languages: ['python'],
  triggers: ['ManagedOnlineDeployment'],
  shares: true,
  read(facts, _context, claims) {
    const { python, fragment } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      if (call.method !== 'ManagedOnlineDeployment' || !isCreated(python, call)) continue
      const serving = claimEndpoint(python, fragment, claims, call, 'Azure ML')
      if (serving === null) continue
      const source = deploymentSettings.argumentsOf(python, call, claims)
      claimMachine(serving, 'instance_type', source.get('instance_type'))
      deploymentSettings.claim(serving, source)
      const scales = /AutoscaleSettings?Resource|autoscale_settings|TargetUtilizationScaleSettings/.test(
        python.text,
      )
      serving.known('autoscaled', 'instance_count', scales, calleePlace(call), { site: callSite(call) })
    }
  },
  change: (claim) => ({
    reason:
      claim.setting === 'minReplicas'
        ? 'the number of instances follows the load by autoscale settings, a resource of their own'
        : 'delete the endpoint with online_endpoints.begin_delete(name) when you are done with it',
  }),
})

/** It is sent to the service, unless it stays on this machine (`local=True`). */
function isCreated(python: PythonModule, made: Call): boolean {
  return python.calls.some((call) => {
    if (call.method !== 'begin_create_or_update' && call.method !== 'create_or_update') return false
    const argument = call.expr.args[0]
    if (argument === undefined || python.callOf(argument.value) !== made) return false
    return knownArgument(python.argument(call, 'local')) !== true
  })
}
