/**
 * NeMo-Run: jobs of SLURM that a Python program asks for. Source: NeMo-Run 0.6, nemo_run/core/execution/slurm.py
 * (ten minutes, one node, one task of each node where nothing is said).
 */

import type { Call, PythonModule } from '../../python/module.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Json } from '../../text/json.js'
import { CallSource } from '../../values/call-source.js'
import { unreadable } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Key, Locator } from '../../values/source.js'
import { type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { defineReader } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { secondsOf } from '../slurm/job.js'

const executors = /^nemo_run\.(\w+\.)*SlurmExecutor$/

const hoursOf = (seconds: number | null): number => Math.round(Number(seconds) / 3600)

const executorSettings = settingTable('Compute', {
  gpus: {
    keys: ['gpus_per_node'],
    parse: asNumber,
    write: Number,
    title: (count, _, key) => `Request ${count === 1 ? 'one GPU' : `${count} GPUs`}: ${key}=${count}`,
  },
  nodes: {
    keys: ['nodes'],
    parse: asNumber,
    otherwise: 1,
    write: Number,
    title: (count, _, key) => `Request ${count} node: ${key}=${count}`,
  },
  timeLimit: {
    keys: ['time'],
    parse: (time) => (typeof time === 'string' ? (secondsOf(time) ?? undefined) : undefined),
    otherwise: 600,
    write: (seconds) => `${String(hoursOf(seconds)).padStart(2, '0')}:00:00`,
    title: (seconds, time, key) => `End the job after ${hoursOf(seconds)} hours: ${key}="${time}"`,
  },
})

export const nemoRunReader = defineReader({
  name: 'nemo-run',
  title: 'NeMo-Run',
  settings: [executorSettings],
  languages: ['python'],
  triggers: ['SlurmExecutor'],
  shares: true,
  read(facts, _context, claims) {
    const python = facts.python!
    for (const made of python.calls) if (executors.test(made.name ?? '')) readExecutor(python, claims, made)
  },
  change: (claim, value, facts) => executorSettings.change(claim, value, facts),
})

function readExecutor(python: PythonModule, claims: ClaimBuilder, made: Call): void {
  const place = calleePlace(made)
  const changed = changedLater(python, made)
  const source = new ExecutorSource(python, made, claims, changed)
  const perNode = source.expression('gpus_per_node') !== null
  const asked = perNode || changed.has('gpus_per_node')
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
  // GPUs of each task, and those that `gres` names, are counted by the cluster.
  const counted = ['gpus_per_task', 'gres'].some((key) => isGiven(source.get(key)))
  if (!asked || (counted && !perNode)) compute.unknown('gpus', 'gpus_per_node', 'not given', place)
  else executorSettings.claim(compute, source, {}, ['gpus'])
  executorSettings.claim(compute, source, {}, ['nodes', 'timeLimit'])
}

class ExecutorSource extends CallSource {
  constructor(
    python: PythonModule,
    made: Call,
    locator: Locator,
    private readonly changed: ReadonlySet<string>,
  ) {
    super(python, made, locator)
  }

  override get(...path: Key[]): Given<Json> {
    const given = super.get(...path)
    return this.changed.has(String(path[0])) ? unreadable(given, 'assigned after it is made') : given
  }
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
