/**
 * NeMo-Run: jobs of SLURM that a Python program asks for. Source: NeMo-Run 0.6, nemo_run/core/execution/slurm.py
 * (ten minutes, one node, one task of each node where nothing is said).
 */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Json } from '../../text/json.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { secondsOf } from '../slurm/job.js'

const executors = /^nemo_run\.(\w+\.)*SlurmExecutor$/

export const nemoRunReader = defineReader({
  name: 'nemo-run',
  languages: ['python'],
  triggers: ['SlurmExecutor'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const made of python.calls) if (executors.test(made.name ?? '')) readExecutor(python, claims, made)
  },
  change: changeExecutor,
})

function readExecutor(python: PythonModule, claims: ClaimBuilder, made: Call): void {
  const place = calleePlace(made)
  const changed = changedLater(python, made)
  const perNode = python.argument(made, 'gpus_per_node')
  const asked = perNode.state === 'given' || changed.has('gpus_per_node')
  const compute = claims.subject(
    'Compute',
    place,
    scopeOf(made),
    evidenceOfJob(python, asked ? 'gpu' : 'maybe'),
    idAt(claims, 'nemo-run', place),
  )
  compute.known('provider', 'SlurmExecutor', 'own cluster', place)
  compute.known('choosesCapacity', 'SlurmExecutor', false, place)
  compute.known('limitedBy', 'partition', 'the partition', place)
  compute.known('reserved', 'SlurmExecutor', false, place)
  compute.known('service', 'SlurmExecutor', false, place)
  // What runs on it is handed to an experiment, often in another file and several times.
  compute.unknown('trials', 'SlurmExecutor', 'what runs on it is said elsewhere', place)
  const claim = (
    setting: 'gpus' | 'nodes' | 'timeLimit',
    key: string,
    convert: (value: Json) => number | undefined,
    otherwise?: number,
  ): void => {
    if (changed.has(key)) compute.unknown(setting, key, 'assigned after it is made', place)
    else
      claimArgument(compute, setting, key, made, python.argument(made, key), {
        convert,
        ...(otherwise === undefined ? {} : { otherwise }),
        anchor: key,
      })
  }
  // GPUs of each task, and those that `gres` names, are counted by the cluster.
  const counted = ['gpus_per_task', 'gres'].some(
    (key) => python.argument(made, key).state !== 'absent' || changed.has(key),
  )
  if (!asked || (counted && perNode.state !== 'given'))
    compute.unknown('gpus', 'gpus_per_node', 'not given', place)
  else claim('gpus', 'gpus_per_node', asNumber)
  claim('nodes', 'nodes', asNumber, 1)
  claim(
    'timeLimit',
    'time',
    (value) => (typeof value === 'string' ? (secondsOf(value) ?? undefined) : undefined),
    600,
  )
}

/** Attributes that are assigned to the executor: `executor.time = …`. */
function changedLater(python: PythonModule, made: Call): Set<string> {
  const found = new Set<string>()
  const name = made.assignedTo
  if (name === null) return found
  const visit = (statement: Stmt): void => {
    if (statement.type === 'assign')
      for (const target of statement.targets)
        if (target.type === 'attribute' && python.text.slice(target.value.start, target.value.end) === name)
          found.add(target.attr)
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  python.tree.body.forEach(visit)
  return found
}

function changeExecutor(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  const key = claim.site.anchor
  if (call === null || key === undefined || facts.python === undefined) return byHand(claim)
  const write = (title: string, code: string): Change | Refusal => {
    const one = writeArgument(facts, call, key, facts.python!.argument(call, key), code)
    return 'reason' in one
      ? one
      : { title: `${title}: ${key}=${code}`, safety: 'unsafe', writes: [one], imports: [] }
  }
  switch (claim.setting) {
    case 'gpus':
      return write(`Ask for ${value === 1 ? 'one GPU' : `${value} GPUs`}`, String(value))
    case 'nodes':
      return write(`Ask for ${value} node`, String(value))
    case 'timeLimit': {
      const hours = Math.round(Number(value) / 3600)
      return write(`End the job after ${hours} hours`, `"${String(hours).padStart(2, '0')}:00:00"`)
    }
    default:
      return byHand(claim)
  }
}
