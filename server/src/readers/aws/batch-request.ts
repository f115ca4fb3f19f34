/**
 * Definitions of AWS Batch jobs that a program registers through boto3, and jobs that it sends with values of their own. Source: boto3
 * 1.35, Batch.Client.register_job_definition, submit_job: no time limit and one attempt by default; jobs that are sent may set both as well.
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { CallSource } from '../../values/call-source.js'
import { convert, orDefault, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber, asText } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Key } from '../../values/source.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { claimContainerInCode } from '../container-in-code.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'

/** Of a definition, whoever registers it. */
export const definitionSettings = settingTable('Compute', {
  timeLimit: {
    keys: [['timeout', 'attemptDurationSeconds']],
    parse: asQuotedNumber,
    otherwise: null,
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

/** What describes the container, by method. */
const containers = {
  register_job_definition: 'containerProperties',
  submit_job: 'containerOverrides',
} as const
type Method = keyof typeof containers

export const awsBatchRequestReader = defineReader({
  name: 'aws-batch-request',
  title: 'AWS Batch, boto3',
  leads: true,
  settings: [definitionSettings],
  languages: ['python'],
  triggers: Object.keys(containers),
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.methodCalls('register_job_definition'))
      readJob(python, claims, call, 'register_job_definition')
    for (const call of python.methodCalls('submit_job')) readJob(python, claims, call, 'submit_job')
  },
  change: (claim, value, facts) =>
    claim.setting === 'gpus'
      ? fewerGpus(claim, value, facts)
      : definitionSettings.change(claim, value, facts),
})

const requirement = /\{[^{}]*["'](?:type|value)["']\s*:\s*["']GPU["'][^{}]*\}/g

/** Its number in the list of requirements, which goes where none is needed: the service takes no zero. */
function fewerGpus({ site }: Claim, value: unknown, { python, path }: FragmentFacts): Change | Refusal {
  const call = claimedCall(python, site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  const text = python.text.slice(call.expr.start, call.expr.end)
  const [found, another] = [...text.matchAll(requirement)]
  if (found === undefined || another !== undefined) return { reason: 'the number is not written here' }
  const start = call.expr.start + found.index
  const end = start + found[0].length
  const replaced = (from: number, to: number, by: string, title: string): Change => ({
    title,
    safety: 'unsafe',
    writes: [{ kind: 'replace', path, range: { fragment: site.fragment, start: from, end: to }, text: by }],
    imports: [],
  })
  if (value === 0) {
    const before = /\n[ \t]*$|[ \t]*$/.exec(python.text.slice(0, start))![0].length
    const after = /^\s*,(?=\s*\n)|^\s*,[ \t]*/.exec(python.text.slice(end))?.[0].length ?? 0
    return replaced(start - before, end + after, '', 'Ask for no GPU: remove it from resourceRequirements')
  }
  const written = /(["']value["']\s*:\s*["'])\d+(["'])/.exec(found[0])
  if (written === null) return { reason: 'the number is not written here' }
  const by = found[0].replace(written[0], `${written[1]}${value}${written[2]}`)
  return replaced(start, end, by, `Ask for ${value === 1 ? 'one GPU' : `${value} GPUs`}`)
}

function readJob(python: PythonModule, claims: ClaimBuilder, call: Call, method: Method): void {
  const source = new CallSource(python, call, claims)
  const container = containers[method]
  const sent = method === 'submit_job'
  // Several nodes, Kubernetes and ECS are described in other arguments.
  if (source.argument(container).state !== 'given') return
  const command = source.argument(container, 'command')
  // What is not said of a job that is sent, its definition says.
  if (sent && (command.state !== 'given' || source.argument('jobDefinition').state !== 'given')) return
  const place = calleePlace(call)
  const requirements = source.get(container, 'resourceRequirements')
  const gpus =
    sent && requirements.state === 'absent'
      ? unreadable(requirements, 'its definition says how many')
      : gpusOf(source, container)
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
  const name = sent ? 'jobName' : 'jobDefinitionName'
  compute.say('name', name, convert(source.get(name), asText))
  compute.say('gpus', 'resourceRequirements', gpus)
  if (!sent) definitionSettings.claim(compute, source)
  else if (isGiven(source.get('timeout'))) definitionSettings.claim(compute, source, {}, ['timeLimit'])
  claimContainerInCode(python, claims, {
    image: source.argument(container, 'image'),
    command,
    args: { state: 'absent' },
    job,
    id: `${job}:0`,
    nodes: 1,
  })
}

/** `resourceRequirements=[{'type': 'GPU', 'value': '4'}]`. */
function gpusOf(source: CallSource, container: string): Given<number> {
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
