/** `CreateProcessingJob` and `CreateTransformJob`: machines without a choice of capacity. */

import type { Json } from '../../text/json.js'
import { asCount } from '../../values/parse.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimCluster, claimSaid, evidenceOf, type Key, type Request, textAt } from './request.js'

/** Seconds; a processing job that sets no limit is ended after a day. */
const defaultLimit = 86_400

function start(request: Request, nameKey: string, cluster: Key[]): SubjectBuilder<'Compute'> {
  const { claims, header, job } = request
  const evidence = evidenceOf(request, textAt(request, ...cluster, 'InstanceType'))
  const site = request.site()
  const compute = claims.subject('Compute', { ...site, ...header }, request.scope, evidence, job)
  compute.known('provider', 'SageMaker', 'aws', header, { site })
  compute.known('choosesCapacity', 'SageMaker', false, header, { site })
  compute.known('service', 'SageMaker', false, header, { site })
  compute.known('trials', 'SageMaker', false, header, { site })
  const name = textAt(request, nameKey)
  if (name !== null) compute.known('name', nameKey, name, header)
  claimCluster(compute, request, cluster)
  return compute
}

export function claimProcessingRequest(request: Request): void {
  const compute = start(request, 'ProcessingJobName', ['ProcessingResources', 'ClusterConfig'])
  const limit = ['StoppingCondition', 'MaxRuntimeInSeconds']
  claimSaid(compute, request, 'timeLimit', limit, asCount, defaultLimit)
  claimProgram(request)
}

/** `["python3", "/opt/ml/processing/input/code/prepare.py"]`: the script was uploaded from beside the request. */
function claimProgram(request: Request): void {
  const said = request.read('AppSpecification', 'ContainerEntrypoint')
  const words = said.state === 'known' ? texts(said.value) : null
  if (said.state !== 'known' || words === null || !/^python[\d.]*$/.test(words[0] ?? '')) return
  const path = /^\/opt\/ml\/processing\/input\/(?:.*\/)?([\w.-]+\.py)$/.exec(words[1] ?? '')?.[1]
  if (path === undefined) return
  request.claims.launch(
    {
      id: request.job,
      job: request.job,
      launcher: 'python',
      program: { path, module: null, bases: [''] },
      flags: {},
      positionals: [],
      complete: false,
      environment: {},
      launcherFlags: {},
      processes: 1,
      nodes: null,
      files: [],
    },
    said.place,
  )
}

function texts(value: Json): string[] | null {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? (value as string[]) : null
}

export function claimTransformRequest(request: Request): void {
  start(request, 'TransformJobName', ['TransformResources'])
}
