/** `torch.nn.DataParallel`: one process that drives several GPUs. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal } from '../../edit/write.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import {
  fixedValue,
  knownArgument,
  mayBePassed,
  passedExpression,
  passedPlace,
  textIn,
  whyUnreadable,
} from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { branchesOf } from '../branches.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { trainingEvidence, trainsAnywhere } from './evidence.js'
import { usesOf } from './wrapped-uses.js'

export const dataParallelReader = defineReader({
  name: 'pytorch-data-parallel',
  languages: ['python'],
  triggers: ['DataParallel'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    // Several networks that are wrapped in one place are one decision.
    const decided = new Set<Func | null>()
    for (const call of python.callsTo('torch.nn.DataParallel'))
      if (!decided.has(call.function) && readWrapper(python, call, context, claims))
        decided.add(call.function)
  },
  change: changeWrapper,
})

const better = ['torch.nn.parallel.DistributedDataParallel', 'torch.distributed.', 'torch.distributed.fsdp.']
const several =
  /device_count|\bn_?gpus?\b|num_?gpus?|\bngpu\b|multi_?gpu|world_size|len\(\s*[\w.]*(gpu|device)/i

/** `args.gpu_ids`, `','.join(devices)`. */
const listed = /(gpu|device)(s|_?ids)\b|\bjoin\(/i

/** Whether the wrapper is used, as far as the code tells. */
function readWrapper(
  python: PythonModule,
  call: Call,
  context: ReaderContext,
  claims: ClaimBuilder,
): boolean {
  const place = calleePlace(call)
  const site = callSite(call)
  const parallelism = claims.subject(
    'Parallelism',
    place,
    call.function?.qualified ?? '',
    trainingEvidence(python),
  )
  if (wrapsToLoad(python, call)) {
    parallelism.unknown('method', 'DataParallel', 'it restores the names of saved weights', place, {
      site,
    })
    return false
  }
  if (isUnwrapped(python, call)) {
    parallelism.unknown('method', 'DataParallel', 'the next line takes the wrapper off', place, { site })
    return false
  }
  if (holdsNoWeights(python, call)) {
    parallelism.unknown('method', 'DataParallel', 'what it wraps learns nothing', place, { site })
    return false
  }
  if (usesOf(python, call) === 'none') {
    parallelism.unknown('method', 'DataParallel', 'nothing runs in the wrapper', place, { site })
    return false
  }
  let overridable = false
  for (const { condition, holds } of branchesOf(python, call)) {
    const folded = python.fold(condition)
    const value = effective(folded)
    if (value === undefined || Boolean(value) === holds) continue
    // Switched off by an option's default, or never reached.
    if (fixedValue(folded) !== undefined) {
      parallelism.unknown('method', 'DataParallel', 'it is not reached', place, { site })
      return false
    }
    overridable = true
  }
  const devices = python.argument(call, 'device_ids', 1)
  const [listed, expr, at] = [knownArgument(devices), passedExpression(devices), passedPlace(devices)]
  const count = Array.isArray(listed) ? listed.length : expr?.type === 'list' ? expr.items.length : null
  const list = expr === null || count !== null ? null : listedSomewhere(python, call, expr)
  // Only what it is started with tells whether there are several.
  if (list === 'open') overridable = true
  parallelism.known('method', 'DataParallel', 'data-parallel', place, { site, overridable })
  if (count !== null && at !== null) {
    parallelism.known('devices', 'device_ids', count, at, { site })
  } else if (list === 'unknown') {
    parallelism.unknown('devices', 'device_ids', 'a list from elsewhere', place, { site })
  } else if (expr === null && mayBePassed(devices)) {
    parallelism.unknown('devices', 'device_ids', whyUnreadable(devices) ?? '**kwargs', place, { site })
  } else {
    const key = 'CUDA_VISIBLE_DEVICES'
    const visible = visibleDevices(python, context)
    // Where the list is asked for its length, fewer than two leave the wrapper out.
    const asked = list === 'counted' || list === 'open'
    if (visible === 'unknown' && !asked)
      parallelism.unknown('devices', key, 'a device from elsewhere', place, { site })
    else if (typeof visible === 'number') parallelism.known('devices', key, visible, place, { site })
  }
  const trains = trainsWrapped(python) && usesOf(python, call) !== 'evaluations'
  parallelism.known('purpose', 'DataParallel', trains ? 'training' : 'inference', place, { site })
  parallelism.known('fallback', 'DataParallel', python.uses(...better), place, { site })
  return true
}

type Listed = 'several' | 'counted' | 'open' | 'unknown'

/**
 * How many a list from elsewhere holds where the wrapper is used: `counted` where a helper that makes it is told a number of two
 * or more (`device, device_ids = self._prepare(config['n_gpu'])`), `open` where it is told an unknown one; `unknown` also where
 * nobody asks for its length.
 */
function listedSomewhere(python: PythonModule, call: Call, expr: Expr): Listed {
  if (several.test(python.code.slice(expr.start, expr.end))) return 'several'
  if (expr.type !== 'name') return 'unknown'
  // `if len(device_ids) > 1:` around it.
  const asks = new RegExp(`\\blen\\(\\s*${expr.id}\\s*\\)\\s*>\\s*1`)
  const asked = branchesOf(python, call).some(
    ({ condition: { start, end }, holds }) => holds && asks.test(python.code.slice(start, end)),
  )
  if (!asked) return 'unknown'
  const [binding, another] = python.bindingsOf(expr)
  const made = another === undefined ? binding?.value : null
  if (made?.type !== 'call') return 'open'
  const counts = made.args.map(({ value }) => effective(python.fold(value)))
  // `'0,1'` lists them.
  if (counts.some((one) => (typeof one === 'string' ? /\d\s*,\s*\d/.test(one) : Number(one) > 1)))
    return 'counted'
  return counts.length > 0 && counts.every((one) => one === undefined) ? 'open' : 'unknown'
}

/** `model.load_state_dict(…)` right after it, in code that does not train: a wrapped model was saved with its wrapper. */
function wrapsToLoad(analysis: PythonModule, call: Call): boolean {
  const name = call.assignedTo
  const { function: func } = call
  if (name === null) return false
  if (func !== null && analysis.effectsOfFunction(func).backward) return false
  if (analysis.loops.some((loop) => loop.role === 'train' && loop.function === func)) return false
  return analysis.methodCalls('load_state_dict').some(
    ({ expr, function: where }) =>
      where === func &&
      expr.start > call.expr.end &&
      expr.callee.type === 'attribute' &&
      expr.callee.value.type === 'name' &&
      expr.callee.value.id === name &&
      // Later the name may stand for a network without the wrapper.
      !analysis.bindingsOf(expr.callee.value).some(({ at }) => at > call.expr.end && at < expr.start),
  )
}

/** `model = DataParallel(model)`, then `model = model.module`: nothing ever runs in the wrapper. */
function isUnwrapped(analysis: PythonModule, call: Call): boolean {
  const name = call.assignedTo
  const next = analysis.statements[analysis.statements.indexOf(call.statement) + 1]
  if (name === null || next?.type !== 'assign' || next.value?.type !== 'attribute') return false
  const target = next.targets[0]
  const { attr, value } = next.value
  return (
    attr === 'module' &&
    analysis.text.slice(value.start, value.end) === name &&
    target !== undefined &&
    analysis.text.slice(target.start, target.end) === name
  )
}

/** A memory, a queue or a loss computes next to nothing. */
function holdsNoWeights(python: PythonModule, call: Call): boolean {
  const [wrapped] = call.expr.args
  if (wrapped === undefined) return false
  const { start, end } = wrapped.value
  const made = python.definition(wrapped.value)
  const words = [python.code.slice(start, end), made.type === 'call' ? (lastName(made.callee) ?? '') : '']
  return words.some((one) =>
    /(memory_?bank|queue|(?<![a-z]|with_)loss|criterion|augment\w*|transforms?)(module)?$/i.test(one),
  )
}

/** A program that does not train by itself evaluates, whoever borrows a function of it. */
function trainsWrapped(python: PythonModule): boolean {
  return python.evidence.role === 'training' || (!python.isEntry && trainsAnywhere(python))
}

/** Number of devices that `CUDA_VISIBLE_DEVICES` leaves visible; null where it is not set. */
export function visibleDevices(python: PythonModule, context: ReaderContext): number | 'unknown' | null {
  const bound = context.binding?.launch.environment.CUDA_VISIBLE_DEVICES
  if (bound !== undefined) return typeof bound.value === 'string' ? count(bound.value) : 'unknown'
  const written = python.environmentWrites().get('CUDA_VISIBLE_DEVICES')
  if (written === undefined) return null
  const value = textIn(written.folded)
  if (value !== null) return count(value)
  const text = python.code.slice(written.value.start, written.value.end)
  return several.test(text) || listed.test(text) ? null : 'unknown'
}

function count(devices: string): number {
  return devices.split(',').filter((one) => one.trim() !== '' && one.trim() !== '-1').length
}

/** A sketch: one process for each GPU also changes the loaders, the saving and the launch line. */
function changeWrapper(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the wrapper is no longer in the file' }
  if (claim.setting !== 'method' || value !== 'distributed') return byHand(claim)
  const use = { path, fragment: fragment.index, offset: call.expr.start }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const wrapper = nameFor(python.tree, 'torch.nn.parallel', 'DistributedDataParallel', use)
  const group = nameFor(python.tree, 'torch.distributed', 'init_process_group', use)
  const device = nameFor(python.tree, 'torch.cuda', 'set_device', use)
  const imports: Import[] = [wrapper.import, group.import, device.import].filter((one) => one !== null)
  imports.push({ path, fragment: fragment.index, module: 'os', name: null })
  const { statement } = call
  return {
    title:
      'One process per GPU with DistributedDataParallel, started by torchrun (give each loader a DistributedSampler)',
    safety: 'display',
    writes: [
      {
        kind: 'insert lines',
        path,
        where: 'before',
        statement: { fragment: fragment.index, start: statement.start, end: statement.end },
        lines: [
          `${group.text}("nccl")`,
          'local_rank = int(os.environ["LOCAL_RANK"])',
          `${device.text}(local_rank)`,
        ],
      },
      { kind: 'rename callee', path, call: range, to: wrapper.text },
      { kind: 'set keyword', path, call: range, name: 'device_ids', value: '[local_rank]' },
    ],
    imports,
  }
}
