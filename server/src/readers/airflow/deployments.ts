/**
 * Models that each run of a DAG deploys: `DeployModelOperator` adds one to an endpoint of Vertex AI, with machines of its own;
 * the one before keeps its machines until it is undeployed, whatever the traffic split says. Source: airflow.providers.google
 * 10, operators/vertex_ai/endpoint_service.py; Vertex AI, "Deploy a model to an endpoint".
 */
import type { PythonModule } from '../../python/module.js'
import { CallSource } from '../../values/call-source.js'
import { calleePlace } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimAttached, claimMachine } from '../endpoint.js'
import type { Dag } from './dags.js'
import { scheduleKeys } from './names.js'

/** Others have operators of the same name, among them DataRobot. */
const deploys = /^airflow\.providers\.google\..*\.DeployModelOperator$/
const machine = ['deployed_model', 'dedicated_resources', 'machine_spec']

export function claimDeployments(python: PythonModule, claims: ClaimBuilder, dag: Dag): void {
  // Something in the program takes models away again.
  if (!isScheduled(python, claims, dag) || /undeploy|DeleteEndpoint/i.test(python.code)) return
  for (const { kind, call, name } of dag.tasks) {
    if (call === null || !deploys.test(call.name ?? '')) continue
    const source = new CallSource(python, call, claims)
    const place = calleePlace(call)
    const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
    const serving = claims.subject('Serving', place, name, evidence)
    serving.known('platform', kind, 'Vertex AI', place)
    serving.known('managedBy', kind, 'vertex', place)
    serving.known('purpose', kind, 'repeated', place)
    serving.known('tornDown', kind, false, place)
    const type = source.get(...machine, 'machine_type')
    if (!isGiven(type)) continue
    claimMachine(serving, 'machine_type', type)
    const count = source.get(...machine, 'accelerator_count')
    claimAttached(serving, 'accelerator_type', source.get(...machine, 'accelerator_type'), count)
  }
}

function isScheduled(python: PythonModule, claims: ClaimBuilder, { call }: Dag): boolean {
  const source = new CallSource(python, call, claims)
  return scheduleKeys.some((key) => {
    const given = source.get(key)
    const value = effective(given)
    return isGiven(given) && value !== null && value !== '@once' && value !== '@never'
  })
}
