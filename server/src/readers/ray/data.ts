/**
 * Data sets of Ray that a training loop goes through in each epoch: what is lazy is read and transformed again each time. Source:
 * Ray 2.34, `Dataset.materialize` and "Ray Data internals".
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { passedExpression, textArgument } from '../../values/argument.js'
import { callSite, methodPlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { append, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimPreparedAgain } from '../prepared-again.js'
import { passesOf } from '../python/preprocessing.js'
import { codeText, trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'

export const rayDataReader = defineReader({
  name: 'ray-data',
  languages: ['python'],
  triggers: ['iter_torch_batches', 'iter_batches', 'iter_tf_batches', 'iter_rows'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const repeated of repeatedIn(python)) claimRepeated(python, repeated, claims)
  },
  change: materialize,
})

const iterates = /^iter_(torch_batches|batches|tf_batches|rows)$/
const transforms = /^(map|map_batches|flat_map|filter)$/
const reads = /^ray\.data\.read_\w+$/
/** The part of a data set that a worker goes through. */
const shard = /^ray\.(train|air)\.(session\.)?get_dataset_shard$/
const keeps = /^(materialize|cache|write_\w+)$/
/** Puts the samples in another order in each epoch, as long as nothing keeps them behind it. */
const shuffles = /^(random_shuffle|randomize_block_order)$/
/** Whatever it does, it may be drawn anew. */
const drawn = /random(?!_?(seed|state))|augment|noise|jitter|mixup|cutmix|\baug/i

interface Repeated {
  loop: Loop
  /** The last step of the data set that does the same each time. */
  last: Call
  /** Steps that transform it. */
  steps: Call[]
}

function repeatedIn(python: PythonModule): Repeated[] {
  const found: Repeated[] = []
  for (const call of python.calls) {
    if (!iterates.test(call.method) || call.expr.callee.type !== 'attribute') continue
    const loop = [...call.loops].reverse().find(({ role }) => role === 'epoch')
    const given = loop === undefined ? null : python.callOf(call.expr.callee.value)
    if (loop === undefined || given === null || loop.calls.includes(given)) continue
    const end = shard.test(given.name ?? '') ? handedOver(python, given) : given
    if (end === null) continue
    const whole = chainOf(python, end)
    if (whole === null || whole.some(({ method }) => keeps.test(method))) continue
    const shuffled = whole.findIndex(({ method }) => shuffles.test(method))
    const chain = shuffled < 0 ? whole : whole.slice(0, shuffled)
    const last = chain.at(-1)!
    const steps = chain.filter(({ method }) => transforms.test(method))
    if (steps.length === 0 || steps.some((step) => isDrawn(python, step))) continue
    if (!found.some((one) => one.last === last)) found.push({ loop, last, steps })
  }
  return found
}

/** What a worker is given of a data set that its trainer is handed: `TorchTrainer(loop, datasets={'train': data})`; null: not seen. */
function handedOver(python: PythonModule, given: Call): Call | null {
  const name = python.argument(given, 'dataset_name', 0)
  const key = name.state === 'absent' ? 'train' : textArgument(name)
  const trainers = python.calls.filter(({ expr }) => expr.args.some((one) => one.name === 'datasets'))
  const [trainer, another] = trainers
  if (trainer === undefined || another !== undefined || key === null) return null
  const datasets = passedExpression(python.argument(trainer, 'datasets'))
  const data = datasets === null ? null : passedExpression(python.entry(datasets, key))
  return data === null ? null : python.callOf(python.result(data))
}

/** From the call that reads on; null: it does not begin with one. */
function chainOf(python: PythonModule, last: Call): Call[] | null {
  const chain: Call[] = []
  for (let call: Call | null = last; call !== null && chain.length < 20; ) {
    chain.unshift(call)
    if (reads.test(call.name ?? '')) return chain
    const { callee }: Call['expr'] = call.expr
    call = callee.type === 'attribute' ? python.callOf(callee.value) : null
  }
  return null
}

/** What the function of a step draws, as far as it stands here; one that is not seen may. */
function isDrawn(python: PythonModule, step: Call): boolean {
  const given =
    step.expr.args.find((one) => one.name === 'fn' || one.name === 'fn_constructor') ?? step.expr.args[0]
  if (given === undefined) return true
  const func = python.functionOf(given.value) ?? python.classOf(given.value)
  if (func === null && given.value.type !== 'lambda') return true
  const { start, end } = func?.node ?? given.value
  const text = codeText(python, start, end)
  // Constants of the module that it calls: `PRE(row)`.
  const used = python.statements.filter(
    (one) =>
      one.type === 'assign' &&
      one.targets.some((target) => target.type === 'name' && new RegExp(`\\b${target.id}\\b`).test(text)),
  )
  return [text, ...used.map((one) => codeText(python, one.start, one.end))].some((one) => drawn.test(one))
}

function claimRepeated(python: PythonModule, { loop, last, steps }: Repeated, claims: ClaimBuilder): void {
  claimPreparedAgain(claims, {
    keeper: 'materialize',
    key: 'map',
    steps: steps.map((one) => ({ what: shownAs(one), location: claims.locate(methodPlace(one)) })),
    epochs: passesOf(python, loop),
    overlapped: true,
    place: methodPlace(last),
    site: callSite(last),
    scope: last.function?.qualified ?? '',
    evidence: trainingEvidence(python),
    apart: 'materialize',
  })
}

function shownAs({ method, expr }: Call): string {
  const [first] = expr.args
  return first?.value.type === 'name' ? `${method}(${first.value.id})` : `${method}(…)`
}

function materialize(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the call is no longer in the file' }
  return changeOf('Keep the transformed data in the memory of the cluster (.materialize())', [
    append(facts, call, '.materialize()'),
  ])
}
