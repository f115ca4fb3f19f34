/**
 * Definitions of AWS Batch jobs that a program registers through boto3. Source: boto3 1.35, Batch.Client.register_job_definition:
 * no time limit and one attempt by default; jobs that are sent may set both as well.
 */
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { CallSource } from '../../values/call-source.js'
import { convert, orDefault, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber, asText } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Key } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimContainerInCode } from '../container-in-code.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { defineReader } from '../reader.js'
import { settingTable } from '../setting-table.js'

const definitionSettings = settingTable('Compute', {
  timeLimit: {
    keys: [['timeout', 'attemptDurationSeconds']],
    parse: asQuotedNumber,
    otherwise: null,
    openDefault: true,
    write: Number,
    title: (seconds) => `End each attempt after ${Number(seconds) / 3600} hours: timeout`,
  },
  retries: {
    keys: [['retryStrategy', 'attempts']],
    parse: (value) => {
      const attempts = asQuotedNumber(value)
      return attempts === undefined ? undefined : Math.max(0, attempts - 1)
    },
    otherwise: 0,
    write: (retries) => Number(retries) + 1,
    title: (_, attempts) => `Attempt it ${attempts} times at most: attempts`,
  },
})

const method = 'register_job_definition'

export const awsBatchRequestReader = defineReader({
  name: 'aws-batch-request',
  title: 'AWS Batch, boto3',
  leads: true,
  settings: [definitionSettings],
  languages: ['python'],
  triggers: [method],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.methodCalls(method)) readDefinition(python, claims, call)
  },
  change: (claim, value, facts) => definitionSettings.change(claim, value, facts),
})

const container = 'containerProperties'

function readDefinition(python: PythonModule, claims: ClaimBuilder, call: Call): void {
  const source = new CallSource(python, call, claims)
  // Several nodes, Kubernetes and ECS are described in other arguments.
  if (source.argument(container).state !== 'given') return
  const place = calleePlace(call)
  const gpus = gpusOf(source)
  const count = effective(gpus)
  const job = idAt(claims, 'batch', place)
  const accelerator = count === undefined ? 'maybe' : count > 0 ? 'gpu' : 'cpu'
  const compute = claims.subject('Compute', place, scopeOf(call), evidenceOfJob(python, accelerator), job)
  compute.known('provider', method, 'aws', place)
  // The environment of the queue decides on spot.
  compute.known('choosesCapacity', method, false, place)
  compute.known('service', method, false, place)
  compute.known('trials', method, false, place)
  compute.known('nodes', method, 1, place)
  compute.say('name', 'jobDefinitionName', convert(source.get('jobDefinitionName'), asText))
  compute.say('gpus', 'resourceRequirements', gpus)
  definitionSettings.claim(compute, source)
  const [image, command] = [source.argument(container, 'image'), source.argument(container, 'command')]
  claimContainerInCode(python, claims, {
    image,
    command,
    args: { state: 'absent' },
    job,
    id: `${job}:0`,
    nodes: 1,
  })
}

/** `resourceRequirements=[{'type': 'GPU', 'value': '4'}]`. */
function gpusOf(source: CallSource): Given<number> {
  const path: Key[] = [container, 'resourceRequirements']
  const all = source.get(...path)
  const length = source.lengthOf(...path)
  if (all.state === 'absent') return stated(all, 0)
  if (length === null) return unreadable(all, 'a number that is not readable')
  for (let index = 0; index < length; index++) {
    if (effective(source.get(...path, index, 'type')) !== 'GPU') continue
    const given = source.get(...path, index, 'value')
    const value = asQuotedNumber((effective(given) ?? null) as Json)
    return value === undefined
      ? unreadable(given, 'a number that is not readable')
      : orDefault(stated(given, value), 1)
  }
  return stated(all, 0)
}
