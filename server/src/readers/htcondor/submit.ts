/** Jobs of HTCondor: submit files (`request_gpus`, `executable`, `queue 10`). Source: condor_submit manual, HTCondor 23. */
import { type SubmitFile, type SubmitOption, submitFile } from '../../config/submit-file.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { claimShellLaunch, launchesOf, workOf } from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'

export const htcondorReader = defineReader({
  name: 'htcondor',
  languages: ['ini'],
  // Options are written in any case.
  triggers: ['queue', 'Queue', 'QUEUE'],
  read({ fragment }, context, claims) {
    const file = submitFile(fragment.text)
    const asked = gpusOf(file)
    if (asked !== undefined && file.queue !== null) readJob(claims, context, file, asked)
  },
  change: changeJob,
})

const gpusOf = ({ options }: Pick<SubmitFile, 'options'>): SubmitOption | undefined =>
  options.get('request_gpus') ?? options.get('requestgpus')

const whole = (option: SubmitOption | undefined): number | null =>
  option?.value != null && /^\d+$/.test(option.value) ? Number(option.value) : null

/** In seconds; the last one is a custom of sites, among them CERN. */
const limits = [
  ['allowed_job_duration', 'allowed_job_duration'],
  ['allowed_execute_duration', 'allowed_execute_duration'],
  ['+MaxRuntime', '+maxruntime'],
] as const

/** What only a job with GPUs asks for. */
const ofGpus = /^(request_?gpus|require_gpus|gpus_\w+|cuda_version)$/

const placeOf = ({ start, end }: SubmitOption): Place => ({ start, end })

function readJob(claims: ClaimBuilder, context: ReaderContext, file: SubmitFile, asked: SubmitOption): void {
  const { options, jobs, queue } = file
  const gpus = whole(asked)
  const job = `${claims.path}#htcondor`
  const place = placeOf(asked)
  const compute = claims.subject(
    'Compute',
    place,
    '',
    { role: 'job', accelerator: gpus === 0 ? 'none' : 'gpu', small: null, notebook: false },
    job,
  )
  compute.known('provider', 'HTCondor', 'own cluster', place)
  compute.known('choosesCapacity', 'HTCondor', false, place)
  compute.known('nodes', 'HTCondor', 1, place)
  compute.known('reserved', 'HTCondor', false, place)
  if (gpus === null) compute.unknown('gpus', 'request_gpus', 'a macro or an expression', place)
  else compute.known('gpus', 'request_gpus', gpus, place)
  const cpus = options.get('request_cpus') ?? options.get('requestcpus')
  if (cpus !== undefined && whole(cpus) !== null)
    compute.known('cpus', 'request_cpus', whole(cpus)!, placeOf(cpus))
  for (const [key, name] of limits) {
    const limit = options.get(name)
    if (limit === undefined || whole(limit) === null) continue
    compute.known('timeLimit', key, whole(limit), placeOf(limit))
    break
  }
  const retries = options.get('max_retries')
  if (retries !== undefined && whole(retries) !== null)
    compute.known('retries', 'max_retries', whole(retries), placeOf(retries))
  const name = options.get('batch_name') ?? options.get('jobbatchname')
  if (name?.value != null)
    compute.known('name', 'batch_name', name.value.replace(/^"|"$/g, ''), placeOf(name))
  compute.known('trials', 'queue', jobs === null || jobs > 1, queue!)
  compute.known('limitedBy', 'request_gpus', 'the pool', place)
  const executable = options.get('executable')
  if (executable?.value == null || gpus === 0) return
  const program = executable.value.replace(/^"|"$/g, '')
  const given = options.get('arguments') ?? options.get('args')
  // The new form of arguments stands in double quotes, and quotes as the shell does.
  const words = given === undefined ? '' : given.template.replace(/^"([\s\S]*)"$/, '$1')
  const runner = /\.sh$/.test(program) ? 'bash ' : /\.py$/.test(program) ? 'python ' : ''
  const shell = context.shell(`${runner}${program} ${words}`)
  const at = placeOf(executable)
  const launches = launchesOf(shell.commands, () => claims.locate(at))
  const work = workOf(shell, launches)
  compute.known('service', 'executable', work.service, place)
  if (work.sharing !== null) compute.known('sharing', 'executable', work.sharing, place)
  const around = { job, id: `${job}:run`, place: at }
  for (const launch of launches) claimShellLaunch(claims, launch, around)
  claimScriptCalls(claims, shell.commands, around, () => claims.locate(at))
}

const refersToGpus = /\$\(request_?gpus\b/i

function changeJob(claim: Claim, value: unknown, { fragment, path }: FragmentFacts): Change | Refusal {
  const { options } = submitFile(fragment.text)
  const asked = gpusOf({ options })
  if (claim.setting !== 'gpus' || typeof value !== 'number' || asked === undefined)
    return { reason: `${claim.key} has to be changed by hand here` }
  const write = (start: number, end: number, text: string) =>
    ({ kind: 'replace text', path, fragment: fragment.index, start, end, text }) as const
  if (value > 0)
    return {
      title: `Request ${value} GPU: request_gpus = ${value}`,
      safety: 'unsafe',
      writes: [write(asked.valueStart, asked.end, String(value))],
      imports: [],
    }
  const written = ({ start, end }: SubmitOption): string => fragment.text.slice(start, end)
  const requirements = options.get('requirements')
  if (requirements !== undefined && /gpu|cuda/i.test(written(requirements)))
    return { reason: 'the requirements name GPUs as well: change both by hand' }
  const gone = [...options].filter(([name]) => ofGpus.test(name)).map(([, option]) => option)
  if ([...options.values()].some((one) => !gone.includes(one) && refersToGpus.test(written(one))))
    return { reason: 'other lines refer to request_gpus: change them by hand' }
  return {
    title: 'Ask for no GPU: remove request_gpus',
    safety: 'unsafe',
    writes: gone.map(({ start, end }) => {
      const next = /\r?\n|$/.exec(fragment.text.slice(end))!
      return write(start, end + next.index + next[0].length, '')
    }),
    imports: [],
  }
}
