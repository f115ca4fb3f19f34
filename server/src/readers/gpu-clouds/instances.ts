/** Instances with GPUs that scripts and programs rent by the hour (vast.ai, RunPod): they run until somebody destroys them. */
import { gpu } from '../../catalog/gpus.js'
import type { ShellCommand } from '../../config/shell-facts.js'
import type { PythonModule } from '../../python/module.js'
import { numberArgument, textArgument } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { claimMachineRequest } from '../machine-claims.js'
import { defineReader } from '../reader.js'
import { type Cloud, clouds, endingIn, withoutComments } from './clouds.js'

export const rentedInstancesReader = defineReader({
  name: 'gpu-clouds',
  languages: ['shell', 'python'],
  triggers: ['vastai', 'runpodctl', 'runpod.create_pod', 'terminate_pod', 'stop_pod'],
  shares: true,
  read({ shell, python, fragment }, _context, claims) {
    if (shell !== undefined)
      for (const command of shell.commands) readCommand(claims, command, withoutComments(fragment.text))
    if (python !== undefined) readProgram(claims, python)
    if (python?.evidence.role !== 'test')
      claimEnding(claims, python?.code ?? withoutComments(fragment.text), fragment.text)
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
function claimEnding(claims: ClaimBuilder, code: string, text: string): void {
  for (const cloud of clouds) {
    const said = endingIn(cloud, code)
    const start = said === null ? -1 : text.indexOf(said)
    if (said === null || start < 0) continue
    claims.extend('Compute').known('endsMachines', said, cloud.name, { start, end: start + said.length })
    return
  }
}

function readProgram(claims: ClaimBuilder, python: PythonModule): void {
  const cloud = clouds.find(({ name }) => name === 'runpod')!
  for (const call of python.callsTo('runpod.create_pod')) {
    const given = python.argument(call, 'gpu_count')
    claimInstance(claims, python, {
      cloud: { ...cloud, ending: 'runpod.terminate_pod()' },
      place: calleePlace(call),
      scope: call.function?.qualified ?? '',
      count: numberArgument(given) ?? (given.state === 'absent' ? 1 : null),
      model: textArgument(python.argument(call, 'gpu_type_id', 2)) ?? undefined,
      text: python.text,
    })
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

function claimInstance(claims: ClaimBuilder, python: PythonModule | null, asked: Asked): void {
  const { cloud, place, scope, count } = asked
  const facts = { provider: 'other', interactive: false, place, site: place, scope } as const
  const compute = claimMachineRequest(claims, python, facts)
  compute.known('gpuCloud', cloud.name, cloud.name, place)
  if (count !== null) compute.known('gpus', 'gpus', count, place)
  else compute.say('gpus', 'gpus', { ...claims.origin(place), state: 'range', low: 1, high: null })
  const model = asked.model === undefined ? undefined : gpu(asked.model.replace(/^NVIDIA (GeForce )?/, ''))
  if (model !== undefined) compute.known('gpuModel', 'gpus', model.name, place)
  const end = endingIn(cloud, asked.text)
  if (end !== null) compute.known('endedBy', end, end, place)
  compute.default('idleStop', cloud.ending, null, place)
}
