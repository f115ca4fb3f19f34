/**
 * Web services of Azure Machine Learning, SDK v1, in a container of their own. On a cluster of Kubernetes they take a part of what is
 * there. Source: azureml-core 1.57, core/model.py, core/webservice/aci.py.
 */

import type { Call, PythonModule } from '../../python/module.js'
import { passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimEndpoint, endEndpoint } from '../endpoint.js'
import { defineReader } from '../reader.js'

/** Calls that deploy, with the position of the configuration. */
const deploying: [RegExp, number][] = [
  [/^azureml\.core\.(\w+\.)?Model\.deploy$/, 4],
  [/^azureml\.core\.(\w+\.)?Webservice\.deploy$/, 4],
  [/^azureml\.core\.(\w+\.)?Webservice\.deploy_from_model$/, 4],
  [/^azureml\.core\.(\w+\.)?Webservice\.deploy_from_image$/, 3],
]

export const azureWebserviceReader = defineReader({
  name: 'azure-webservice',
  title: 'Azure ML SDK v1, web service',
  languages: ['python'],
  triggers: ['AciWebservice'],
  shares: true,
  read(facts, _context, claims) {
    const { python, fragment } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      if (!runsInContainer(python, call)) continue
      const serving = claimEndpoint(python, fragment, claims, call, 'Azure Container Instances')
      if (serving === null) continue
      const place = calleePlace(call)
      serving.known('gpus', 'deploy_configuration', 0, place)
      serving.known('minReplicas', 'deploy_configuration', 1, place)
      serving.known('autoscaled', 'deploy_configuration', false, place, { site: callSite(call) })
    }
  },
  change(claim, value, facts) {
    const call = claimedCall(facts.python, claim.site)
    if (call === null || claim.setting !== 'tornDown' || value !== true) return byHand(claim)
    return endEndpoint(facts, call, (name) => `${name}.delete()`)
  },
})

function runsInContainer(python: PythonModule, call: Call): boolean {
  const position = deploying.find(([name]) => name.test(call.name ?? ''))?.[1]
  if (position === undefined) return false
  const passed = passedExpression(python.argument(call, 'deployment_config', position))
  const configuration = passed === null ? null : python.callOf(python.result(passed))
  return /(^|\.)AciWebservice\.deploy_configuration$/.test(configuration?.name ?? '')
}
