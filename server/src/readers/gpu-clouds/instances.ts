/** Instances with GPUs that scripts and programs rent by the hour (vast.ai, RunPod): they run until somebody destroys them. */
import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
import type { ShellCommand } from '../../config/shell-facts.js'
import type { PythonModule } from '../../python/module.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { claimMachineRequest, claimType } from '../machine-claims.js'
import { defineReader } from '../reader.js'
import { claimEnding } from '../skipped-ending.js'
import { type Cloud, clouds, endingIn, mutationIn, withoutComments } from './clouds.js'
import { endsWithBlock, podEndings, podRequests } from './pod-requests.js'

export const rentedInstancesReader = defineReader({
  name: 'gpu-clouds',
  languages: ['shell', 'python'],
  triggers: [
    ...[
      'vastai',
      'runpodctl',
      'create_pod',
      'terminate_pod',
      'stop_pod',
      'gpuTypeIds',
      'podFindAndDeployOnDemand',
    ],
    ...[
      'podRentInterruptable',
      'instance-operations',
      'instance_type_name',
      'launch_pod',
      'start_pod',
      'deploy_pod',
    ],
    ...['vast', 'VastAI'],
  ],
  shares: true,
  read({ shell, python, fragment }, _context, claims) {
    if (shell !== undefined)
      for (const command of shell.commands) readCommand(claims, command, withoutComments(fragment.text))
    if (python !== undefined) readProgram(claims, python)
    if (python?.evidence.role !== 'test')
      claimEnds(claims, python?.code ?? withoutComments(fragment.text), fragment.text)
  },
  change() {
    return { reason: 'end the instance in the script that it starts with, once its work is done' }
  },
})

function readCommand(claims: ClaimBuilder, command: ShellCommand, text: string): void {
  const words = command.words.map((word) => word.text ?? word.raw)
  const spelled = words.join(' ')
  const cloud = clouds.find(({ starts }) => starts.test(spelled))
  if (cloud === undefined || command.unreachable || /\s(-h|--help|--explain)\b/.test(spelled)) return
  const place: Place = { start: command.words[0]!.start, end: command.words[2]?.end ?? command.end }
  const after = (flag: RegExp) => {
    const at = words.findIndex((word) => flag.test(word.split('=')[0]!))
    return at < 0 ? undefined : (words[at]!.split('=')[1] ?? words[at + 1])
  }
  const count = cloud.flags === null ? null : (after(cloud.flags.count) ?? '1')
  claimInstance(claims, null, {
    cloud,
    place,
    scope: '',
    count: count !== null && /^\d+$/.test(count) ? Number(count) : null,
    model: cloud.flags === null ? undefined : after(cloud.flags.model),
    text,
  })
}

/** In shell and in Python: what it ends may have been started by another file. */
function claimEnds(claims: ClaimBuilder, code: string, text: string): void {
  for (const cloud of clouds) {
    const said = endingIn(cloud, code)
    const start = said === null ? -1 : text.indexOf(said)
    if (said === null || start < 0) continue
    claims.extend('Compute').known('endsMachines', said, cloud.name, { start, end: start + said.length })
    return
  }
}

/** Machines of one program whose end is looked for: all of its calls are compared with each. */
const mostFollowed = 30

function readProgram(claims: ClaimBuilder, python: PythonModule): void {
  if (python.evidence.role === 'test') return
  const requests = podRequests(python)
  const scopes = new Map<string, number>()
  for (const [index, { cloud, made, place, count, model }] of requests.entries()) {
    const scope = made.function?.qualified ?? ''
    const before = scopes.get(scope) ?? 0
    scopes.set(scope, before + 1)
    const bySdk = cloud.library !== null && made.name === cloud.library.creates
    const compute = claimInstance(claims, python, {
      cloud: bySdk ? { ...cloud, ending: 'runpod.terminate_pod()' } : cloud,
      place,
      scope: before === 0 ? scope : `${scope}.${before}`,
      count,
      model,
      text: python.code,
    })
    if (cloud.client.test(made.method) && endsWithBlock(python, made))
      compute.known('endedBy', 'with', 'its block', place)
    if (index < mostFollowed)
      claimEnding(
        compute,
        python,
        made,
        podEndings(python, cloud, made),
        place,
        mutationIn(cloud, python.code),
      )
  }
}

interface Asked {
  cloud: Cloud
  place: Place
  scope: string
  /** Null: some, but how many is not known. */
  count: number | null
  model: string | undefined
  text: string
}

function claimInstance(
  claims: ClaimBuilder,
  python: PythonModule | null,
  asked: Asked,
): SubjectBuilder<'Compute'> {
  const { cloud, place, scope, count } = asked
  const facts = { provider: 'other', interactive: false, place, site: place, scope } as const
  const compute = claimMachineRequest(claims, python, facts)
  compute.known('gpuCloud', cloud.name, cloud.name, place)
  const type = asked.model === undefined ? undefined : instance(asked.model)
  if (type !== undefined)
    claimType(compute, 'instance_type_name', { ...claims.origin(place), state: 'known', value: asked.model! })
  else if (count !== null) compute.known('gpus', 'gpus', count, place)
  else compute.say('gpus', 'gpus', { ...claims.origin(place), state: 'range', low: 1, high: null })
  const model = asked.model === undefined ? undefined : gpu(asked.model.replace(/^NVIDIA (GeForce )?/, ''))
  if (type === undefined && model !== undefined) compute.known('gpuModel', 'gpus', model.name, place)
  const end = endingIn(cloud, asked.text)
  if (end !== null) compute.known('endedBy', end, end, place)
  compute.default('idleStop', cloud.ending, null, place)
  return compute
}
