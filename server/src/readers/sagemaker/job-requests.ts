/** `CreateProcessingJob` and `CreateTransformJob`: machines without a choice of capacity. */
import { convert } from '../../values/operations.js'
import { asText } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { SettingTable } from '../setting-table.js'
import { claimMachine } from './machine.js'
import { evidenceOf, type Request } from './request.js'
import { processingSettings, transformSettings } from './request-settings.js'

/** A job with its name and machines. */
export function claimJob(
  request: Request,
  facts: { name: string; trials: boolean; choosesCapacity: boolean; source?: Request['source'] },
  table: SettingTable<'Compute'>,
): SubjectBuilder<'Compute'> {
  const { claims, header, job, site } = request
  const { source = request.source } = facts
  const machine = table.read('instanceType', source)
  const evidence = evidenceOf(request, effective(machine.value))
  const compute = claims.subject('Compute', { ...site, ...header }, request.scope, evidence, job)
  compute.known('provider', 'SageMaker', 'aws', header, { site })
  compute.known('choosesCapacity', 'SageMaker', facts.choosesCapacity, header, { site })
  compute.known('service', 'SageMaker', false, header, { site })
  compute.known('trials', 'HyperParameterTuningJobConfig', facts.trials, header, { site })
  compute.say('name', facts.name, convert(request.source.get(facts.name), asText))
  claimMachine(compute, machine)
  table.claim(
    compute,
    source,
    {},
    table.settings.filter((one) => one !== 'instanceType'),
  )
  return compute
}

export function claimProcessingRequest(request: Request): void {
  const facts = { name: 'ProcessingJobName', trials: false, choosesCapacity: false }
  claimJob(request, facts, processingSettings)
  claimProgram(request)
}

export function claimTransformRequest(request: Request): void {
  const facts = { name: 'TransformJobName', trials: false, choosesCapacity: false }
  claimJob(request, facts, transformSettings)
}

/** `["python3", "/opt/ml/processing/input/code/prepare.py"]`: the script was uploaded from beside the request. */
function claimProgram({ claims, source, job }: Request): void {
  const entry = source.get('AppSpecification', 'ContainerEntrypoint')
  const words = effective(entry)
  if (!Array.isArray(words) || !/^python[\d.]*$/.test(String(words[0]))) return
  const path = /^\/opt\/ml\/processing\/input\/(?:.*\/)?([\w.-]+\.py)$/.exec(String(words[1]))?.[1]
  if (path === undefined) return
  claims.launchOf(
    {
      id: job,
      job,
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
    entry,
  )
}
