/**
 * Steps of pipelines of SDK v2 that run a component of the project: `load_component(source='train.yml')`, called in a
 * function under `@pipeline`. Source: azure-ai-ml 1.22, entities/_load_functions.py and dsl/_pipeline_decorator.py.
 */

import { folderOf, join } from '../../link/paths.js'
import type { Call, PythonModule } from '../../python/module.js'
import { textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { stated } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { idAt, jobRole, scopeOf } from '../job-in-code.js'
import { defineReader } from '../reader.js'
import { changeCommand } from './command-change.js'
import { commandSettings } from './command-settings.js'
import { laterCall, useOf } from './command-use.js'
import { claimComponent, claimJob, componentJob, mostCalls } from './job-claims.js'

const loaders = /^azure\.ai\.ml\.(\w+\.)*load_component$/

export const azureComponentReader = defineReader({
  name: 'azure-component-step',
  leads: true,
  languages: ['python'],
  triggers: ['load_component'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls.filter((one) => loaders.test(one.name ?? '')).slice(0, mostCalls))
      readComponent(python, claims, call)
  },
  change: changeCommand,
})

function readComponent(python: PythonModule, claims: ClaimBuilder, call: Call): void {
  const source = ['source', 'path', 'yaml_file']
    .map((key, index) => textArgument(python.argument(call, key, index === 0 ? 0 : null)))
    .find((value) => value !== null)
  if (typeof source !== 'string' || !/^[\w./-]+\.ya?ml$/.test(source) || source.startsWith('/')) return
  const use = useOf(python, call)
  if (use.steps === 0 && !use.submitted) return
  const { target } = use
  if (target.kind === 'local') return
  const place = calleePlace(call)
  const id = idAt(claims, 'component', place)
  const { small, notebook } = python.evidence
  const compute = claimJob(claims, {
    place,
    scope: scopeOf(call),
    id,
    name:
      call.assignedTo === null
        ? null
        : { key: 'load_component', value: stated(claims.origin(place), call.assignedTo) },
    target,
    targetKey: 'compute',
    targetPlace: use.place ?? place,
    size: null,
    role: jobRole(python),
    small,
    notebook,
  })
  compute.known('trials', 'sweep', use.swept && !use.submitted, place)
  // `step.resources = …`, `step.limits = …`; the component itself may say more.
  const resources = use.assigned.has('resources')
  if (resources) compute.unknown('nodes', 'instance_count', 'it is set afterwards', place)
  const limits = laterCall(python, use, 'set_limits')
  if (limits !== null)
    commandSettings.claim(compute, new CallSource(python, limits, claims), {}, ['timeLimit'])
  else compute.unknown('timeLimit', 'limits', 'the step may set it', place, { site: callSite(call) })
  claimComponent(claims, id, componentJob(join(folderOf(claims.path), source)), null, place)
}
