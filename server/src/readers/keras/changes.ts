/** How Keras spells a change. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, PythonRange, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Import as ImportStmt, Stmt } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { addCallback } from '../add-callback.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { isSetByLaunch } from '../launch-flag.js'
import type { FragmentFacts } from '../reader.js'
import { fitPosition, isFirstKeras } from './fits.js'
import { fitForKernel } from './recurrent.js'
import { stoppingSettings } from './settings.js'

export function changeKeras(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (isSetByLaunch(claim)) return { reason: 'the value comes from the launch' }
  const { python } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  if (claim.setting === 'precision') return changePolicy(python, claim, value, facts)
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the call is no longer in the file' }
  if (claim.setting === 'kind' && claim.site.target?.kind === 'argument') return fitForKernel(python, facts)
  if (claim.site.target?.kind === 'switch') {
    const keyword = call.method === 'set_floatx' ? 'value' : 'policy'
    const given = python.argument(call, keyword, 0)
    const quote = python.text[passedExpression(given)?.start ?? 0] === "'" ? "'" : '"'
    const written = writeArgument(facts, call, keyword, given, `${quote}float32${quote}`)
    return 'reason' in written
      ? written
      : { title: 'Compute in float32', safety: 'unsafe', writes: [written], imports: [] }
  }
  switch (claim.setting) {
    case 'earlyStopping':
      return addEarlyStopping(python, call, value, facts)
    case 'stoppingGap':
      return handOver(python, claim, call, facts)
    case 'patience':
    case 'stopDirection':
      return stoppingSettings.change(claim, value, facts)
    default:
      return byHand(claim)
  }
}

const policies: Record<string, string> = { 'bf16-mixed': 'mixed_bfloat16', 'fp16-mixed': 'mixed_float16' }

export function changePolicy(
  python: PythonModule,
  claim: Claim,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const policy = lookUp(policies, String(value))
  if (policy === undefined) return { reason: 'only mixed precision is offered' }
  const title = `Compute in ${policy === 'mixed_bfloat16' ? 'bf16' : 'fp16'} with fp32 weights (set_global_policy("${policy}"))`
  if (claim.site.target?.kind === 'call') {
    const call = claimedCall(python, claim.site)
    if (call === null) return { reason: 'the call is no longer in the file' }
    const written = writeArgument(facts, call, 'policy', python.argument(call, 'policy', 0), `"${policy}"`)
    if ('reason' in written) return written
    return { title, safety: 'unsafe', writes: [written, ...fullPrecisionHead(python, facts)], imports: [] }
  }
  if (isFirstKeras(python) || usesRemoved(python)) return { reason: 'this version of Keras has no policies' }
  const at = importOf(python.tree.body)
  if (at === null) return { reason: 'the program imports Keras in another module' }
  const { path, fragment } = facts
  const name = nameFor(python.tree, kerasPackage(python, 'mixed_precision'), 'set_global_policy', {
    path,
    fragment: fragment.index,
    offset: at.end,
  })
  const lines = ['', `${name.text}("${policy}")`]
  const statement: PythonRange = { fragment: fragment.index, start: at.start, end: at.end }
  return {
    // The last layer of a network that is made in another file would compute in 16 bits as well.
    title: makesLayers(python) ? title : `${title}, and give its last layer dtype="float32"`,
    safety: makesLayers(python) ? 'unsafe' : 'display',
    writes: [
      { kind: 'insert lines', path, where: 'after', statement, lines },
      ...fullPrecisionHead(python, facts),
    ],
    imports: name.import === null ? [] : [name.import],
  }
}

/** What TensorFlow 2.4 took away, which brought the policies. */
function usesRemoved(python: PythonModule): boolean {
  return [...python.imports].some((name) =>
    /\.multi_gpu_model$|^(tensorflow\.)?keras\.backend\.tensorflow_backend/.test(name),
  )
}

function makesLayers(python: PythonModule): boolean {
  return python.calls.some(({ name }) =>
    /^keras\.(layers|Sequential|models\.Sequential|applications)\b/.test(name ?? ''),
  )
}

/** The last of the imports at the top, which the policy has to follow and the model has to come after. */
function importOf(body: Stmt[]): Stmt | null {
  const isKeras = (statement: ImportStmt): boolean =>
    /^(keras|tf_keras|tensorflow)(\.|$)/.test(statement.module ?? '') ||
    (!statement.from && statement.names.some(({ name }) => /^(keras|tf_keras|tensorflow)(\.|$)/.test(name)))
  let last: Stmt | null = null
  for (const statement of body) {
    if (statement.type === 'import' && isKeras(statement)) last = statement
    else if (last !== null && statement.type === 'import') last = statement
    else if (last !== null) break
  }
  return last
}

/** A softmax over 16 bits loses small probabilities: the last layer stays in fp32, as the guide of Keras asks for. */
function fullPrecisionHead(python: PythonModule, facts: FragmentFacts): Write[] {
  const writes: Write[] = []
  for (const call of python.calls) {
    if (call.name !== 'keras.layers.Dense' && call.name !== 'keras.layers.Activation') continue
    const activation = python.argument(call, 'activation', call.name.endsWith('Dense') ? 1 : 0)
    const value = knownArgument(activation)
    if (value !== 'softmax' && value !== 'sigmoid') continue
    if (value === 'sigmoid' && !isSingle(python, call)) continue
    if (mayBePassed(python.argument(call, 'dtype'))) continue
    writes.push({
      kind: 'set keyword',
      path: facts.path,
      call: { fragment: facts.fragment.index, start: call.expr.start, end: call.expr.end },
      name: 'dtype',
      value: '"float32"',
    })
  }
  return writes
}

/** `Dense(1, activation="sigmoid")` ends a model; a gate of many units does not. */
function isSingle(python: PythonModule, call: Call): boolean {
  return knownArgument(python.argument(call, 'units', 0)) === 1
}

/** The package that the file already imports Keras from. */
function kerasPackage(python: PythonModule, submodule: string): string {
  const imports = [...python.imports]
  const from = (name: RegExp) => imports.some((one) => name.test(one))
  const root = from(/^tf_keras(\.|$)/)
    ? 'tf_keras'
    : from(/^tensorflow\.keras(\.|$)/) || !from(/^keras(\.|$)/)
      ? 'tensorflow.keras'
      : 'keras'
  return `${root}.${submodule}`
}

function addEarlyStopping(
  python: PythonModule,
  call: Call,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const { path, fragment } = facts
  const name = nameFor(python.tree, kerasPackage(python, 'callbacks'), 'EarlyStopping', {
    path,
    fragment: fragment.index,
    offset: call.expr.start,
  })
  const imports: Import[] = name.import === null ? [] : [name.import]
  const patience = (value as { patience?: number }).patience ?? 5
  const best = isFirstKeras(python) ? '' : ', restore_best_weights=True'
  const code = `${name.text}(monitor="val_loss", patience=${patience}${best})`
  const write = addCallback(python, call, code, facts, fitPosition(call, 'callbacks'))
  if ('reason' in write) return write
  return {
    title: 'End the run when val_loss stalls (EarlyStopping)',
    safety: 'unsafe',
    writes: [write],
    imports,
  }
}

/** Hands over the callback that was made and forgotten. */
function handOver(python: PythonModule, claim: Claim, call: Call, facts: FragmentFacts): Change | Refusal {
  const { target } = claim.site
  if (target?.kind !== 'callback') return byHand(claim)
  const write = addCallback(python, call, target.name, facts, fitPosition(call, 'callbacks'))
  if ('reason' in write) return write
  return { title: `Pass ${target.name} to ${call.method}()`, safety: 'unsafe', writes: [write], imports: [] }
}
