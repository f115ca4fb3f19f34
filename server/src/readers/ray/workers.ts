/**
 * Accelerators that a program of Ray asks for by their kind: the cluster starts machines that have them. Sources: Ray 2.40,
 * ScalingConfig (`accelerator_type`, `num_workers`, `resources_per_worker`), ray.util.accelerators.
 */
import { gpu } from '../../catalog/gpus.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { fixedArgument, isLeftOut, passedExpression, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { evidenceOfJob, idAt } from '../job-in-code.js'
import { defineReader } from '../reader.js'

const scaling = /^ray\.(train|air)\.(config\.)?ScalingConfig$/

export const rayWorkersReader = defineReader({
  name: 'ray-workers',
  title: 'Ray, workers that name their accelerator',
  leads: true,
  languages: ['python'],
  triggers: ['accelerator_type'],
  read({ python }, _context, claims) {
    for (const call of python!.calls) if (scaling.test(call.name ?? '')) readWorkers(python!, claims, call)
  },
  change(claim, value, facts): Change | Refusal {
    const call = claimedCall(facts.python, claim.site)
    if (call === null || claim.setting !== 'gpus' || claim.key !== 'num_workers' || value === 0)
      return byHand(claim)
    const given = facts.python!.argument(call, claim.key)
    return changeOf(`Start ${value === 1 ? 'one worker' : `${value} workers`}: num_workers=${value}`, [
      writeArgument(facts, call, claim.key, given, String(value)),
    ])
  },
})

/** `'A100-80G'`, or the name of the constant that stands for it; null: it cannot be read. */
function labelOf(python: PythonModule, call: Call): string | null {
  const given = python.argument(call, 'accelerator_type')
  const expr = passedExpression(given)
  const name = expr === null ? null : python.nameOf(expr)
  return textArgument(given) ?? (name !== null && constants.test(name) ? name.replace(constants, '') : null)
}

const constants = /^ray\.util\.accelerators\.(accelerators\.)?/

function readWorkers(python: PythonModule, claims: ClaimBuilder, call: Call): void {
  const label = labelOf(python, call)
  // 'A100-80G' of Ray is the 'A100-80GB' of all others.
  const model = label === null ? undefined : gpu(label.replace(/(\d)G$/, '$1GB'))
  // Without `resources_per_worker` a worker that uses a GPU has one.
  const each = isLeftOut(python.argument(call, 'resources_per_worker'))
  if (model === undefined || !each || fixedArgument(python.argument(call, 'use_gpu')) !== true) return
  const place = calleePlace(call)
  const job = idAt(claims, 'ray', place)
  const compute = claims.subject(
    'Compute',
    place,
    call.function?.qualified ?? '',
    evidenceOfJob(python, 'gpu'),
    job,
  )
  compute.known('provider', 'ScalingConfig', 'other', place)
  compute.known('service', 'ScalingConfig', false, place)
  compute.known('gpuModel', 'accelerator_type', model.name, place)
  const workers = convert(new CallSource(python, call, claims).get('num_workers'), asNumber)
  compute.say('gpus', 'num_workers', workers)
  claims.launch(
    {
      id: job,
      job,
      launcher: 'ray',
      everyNode: false,
      program: { path: python.path, module: null, bases: [] },
      flags: {},
      positionals: [],
      complete: true,
      environment: {},
      launcherFlags: {},
      // A worker for each accelerator.
      processes: 0,
      nodes: null,
      files: [],
    },
    place,
  )
}
