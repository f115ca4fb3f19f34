/**
 * Accelerators that Ray reserves for a worker or a trial. What runs in it sees all of them, and computes on the first unless its code
 * spreads over them. Sources: Ray 2.40, ScalingConfig.resources_per_worker, tune.with_resources; Ray 1.x, tune.run(resources_per_trial).
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { alone } from '../python/parallelism.js'
import { strangersOf } from '../python/strangers.js'
import { trainingEvidence, trainsAnywhere } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'

const scaling = /^ray\.(train|air)\.(config\.)?ScalingConfig$/
const perTrial = /^ray\.tune\.((trainable\.(util\.)?)?with_resources|(tune\.)?run)$/
/** Trainers whose workers wrap the model for one device. */
const oneEach = /^ray\.train\.(torch|huggingface|lightning)\./

export const rayReservedReader = defineReader({
  name: 'ray-reserved',
  title: 'Ray, accelerators of a worker',
  languages: ['python'],
  triggers: ['resources_per_worker', 'with_resources', 'resources_per_trial'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || !trainsAnywhere(python) || !python.imports.has('torch')) return
    for (const call of python.calls) {
      const asked = resourcesOf(python, call)
      if (asked !== null) claimReserved(python, claims, call, asked)
    }
  },
  change,
})

function resourcesOf(python: PythonModule, call: Call): ArgumentValue | null {
  if (call.name === null) return null
  if (scaling.test(call.name))
    return python.calls.some((one) => oneEach.test(one.name ?? ''))
      ? python.argument(call, 'resources_per_worker')
      : null
  if (!perTrial.test(call.name)) return null
  return call.method === 'run'
    ? python.argument(call, 'resources_per_trial')
    : python.argument(call, 'resources', 1)
}

function claimReserved(python: PythonModule, claims: ClaimBuilder, call: Call, asked: ArgumentValue): void {
  const given = passedExpression(asked)
  const dictionary = given === null ? null : python.definition(given)
  if (dictionary?.type !== 'dict') return
  const entry = dictionary.entries.find(
    ({ key }) => key !== null && /^gpu$/i.test(String(effective(python.fold(key)) ?? '')),
  )
  const count = entry === undefined ? undefined : effective(python.fold(entry.value))
  if (entry === undefined || typeof count !== 'number' || !Number.isInteger(count) || count < 2) return
  if (alone(python, null) !== null || mayBring(python)) return
  const { start, end } = entry.value
  const place = shownWithKey(entry.key, { start, end })
  const parallelism = claims.subject(
    'Parallelism',
    place,
    call.function?.qualified ?? '',
    trainingEvidence(python),
  )
  parallelism.known('reservedEach', scaling.test(call.name ?? '') ? 'worker' : 'trial', count, place, {
    site: { start, end },
  })
}

/** Something beside Ray that is not seen here may use several devices. */
function mayBring(python: PythonModule): boolean {
  return strangersOf(python, python.tree.body).some(
    ({ what, could }) => could.includes('devices') && !/^the module ray(\.|$)/.test(what),
  )
}

function shownWithKey(
  key: Expr | null,
  value: { start: number; end: number },
): { start: number; end: number } {
  return key === null ? value : { start: key.start, end: value.end }
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { fragment, start, end } = claim.site
  if (claim.setting !== 'reservedEach' || facts.python === undefined) return byHand(claim)
  if (!/^\d+(\.0*)?$/.test(facts.python.text.slice(start, end)))
    return { reason: 'the number is not written here' }
  return {
    title: `Reserve ${value === 1 ? 'one GPU' : `${value} GPUs`} for each ${claim.key}`,
    safety: 'unsafe',
    writes: [{ kind: 'replace', path: facts.path, range: { fragment, start, end }, text: String(value) }],
    imports: [],
  }
}
