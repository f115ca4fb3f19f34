/** JAX: one `Training` for each hand-written loop whose step takes gradients and applies updates. */

import { takesGradients } from '../../python/functional-steps.js'
import { carriedStep } from '../../python/graph-steps.js'
import type { Loop, PythonModule } from '../../python/module.js'
import { noteSmall } from '../../text/evidence.js'
import { once } from '../../text/once.js'
import { CallSource } from '../../values/call-source.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { strangersOf } from '../python/strangers.js'
import { demonstration } from '../pytorch/demonstration.js'
import { claimEndless, endlessBecause } from '../pytorch/endless.js'
import { codeMatches, codeText, trainingEvidence } from '../pytorch/evidence.js'
import { claimRun, claimSteps, leavesSteps, loopHeader, wholeRunOf } from '../pytorch/loop.js'
import { openEndedReason, runLoopOf } from '../pytorch/loop-facts.js'
import { switchedOffByFile } from '../pytorch/lowering.js'
import { isMeasurement } from '../pytorch/model-evidence.js'
import { readSaving, readTracking } from '../pytorch/records.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { claimUnread } from '../reads-back.js'
import { claimExtractions, isStepCall, type StepDialect } from '../step-extraction.js'
import { changeJax } from './changes.js'
import { keptOnProcessor } from './device.js'
import { fullFormatGiven } from './given-format.js'
import {
  heavyLayers,
  heavyNetworkElsewhere,
  type Library,
  layersLibrary,
  layersWithoutFormat,
  networkElsewhere,
} from './layers.js'

export const jaxReader = defineReader({
  name: 'jax',
  languages: ['python'],
  // A loop may take its step from another module.
  triggers: ['jax', 'JAX', 'optax', 'flax', 'equinox', 'haiku'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || isMeasurement(python.path)) return
    const evidence = jaxEvidence(python, context)
    const loops = python.loops.filter((loop) => isJaxLoop(loop) || isJaxRun(python, loop))
    loops.forEach((loop, index) => {
      readLoop(python, loop, index === 0, evidence, claims)
      claimExtractions(python, loop, dialect, evidence, heavyLayers(python), claims)
    })
    if (loops.length > 0 || evidence.role === 'training' || isImportedForTraining(python))
      readDoublePrecision(python, evidence, context, claims)
  },
  change: changeJax,
})

/** A program that takes gradients imports it, for what it sets. */
function isImportedForTraining({ importers, programs }: PythonModule): boolean {
  return [...importers, ...programs].some(({ uses }) => uses.some((use) => takesGradients(use)))
}

/** A module that the program imports makes everything compute in float64. */
function doubleByImport({ imported }: PythonModule): boolean {
  return imported.some(({ code }) => code !== undefined && /jax_enable_x64['"]\s*,\s*True/.test(code.text))
}

export function isJaxLoop(loop: Loop): boolean {
  return (
    loop.role === 'train' &&
    !/^(eval(uate)?|valid(ate|ation)?|test)(_|$)/i.test(loop.function?.name ?? '') &&
    differentiates(loop)
  )
}

/** A loop over epochs whose steps another module takes, or the compiled program itself: `jax.lax.scan(step, state, batches)`. */
function isJaxRun(python: PythonModule, loop: Loop): boolean {
  return differentiates(loop) && leavesSteps(python, loop)
}

const differentiates = ({ effects }: Loop): boolean =>
  [...effects.calls].some((name) => takesGradients(name) || name === carriedStep)

const dialect: StepDialect = {
  computes: (analysis, call) => isStepCall(analysis, call),
  libraries: /^(jax|optax|flax|equinox|chex)\./,
  readers: /^(jax\.(device_get|block_until_ready)|numpy\.(asarray|array|mean|float32))$/,
  attributes: null,
  readLess: 'keep the metrics of the steps in a list and read them together after every 50 of them',
}

/** JAX runs on the accelerator that it was installed for. */
export function jaxEvidence(python: PythonModule, context: ReaderContext): Evidence {
  const evidence = trainingEvidence(python)
  noteSmall(evidence, toyData(python))
  const environment = context.binding?.launch.environment
  const platform = environment?.JAX_PLATFORMS?.value ?? environment?.JAX_PLATFORM_NAME?.value
  if (keptOnProcessor(python, context.binding)) evidence.accelerator = 'cpu'
  else if (platform === 'tpu' || asksForTpu(python)) evidence.accelerator = 'tpu'
  else if (
    platform === 'cuda' ||
    platform === 'gpu' ||
    codeMatches(python, /jax\.devices\(\s*['"](gpu|cuda)/) ||
    // What is spread over several devices has accelerators.
    python.uses('jax.pmap', 'jax.device_put_replicated', 'flax.jax_utils.replicate')
  )
    evidence.accelerator = 'gpu'
  else evidence.accelerator = 'maybe'
  return evidence
}

function toyData(python: PythonModule): string | null {
  return once(python, 'jax toy data', () => {
    const named =
      /['"](?:[\w.-]+\/)*(mnist|fashion_mnist|cifar10|cifar100|iris|binarized_mnist|kmnist)(:[\d.*]+|_|\.np[yz])?['"]/.exec(
        codeText(python),
      )
    if (named !== null) return named[1]!
    const drawn = python.callsTo('jax.random.normal', 'jax.random.uniform')
    const data = drawn.some(
      (call) =>
        call.assignedTo !== null &&
        /^(xs?|X|data|inputs?|targets?|ys?|samples?|x_train)$/.test(call.assignedTo),
    )
    return data ? 'random data' : null
  })
}

function readLoop(
  python: PythonModule,
  loop: Loop,
  first: boolean,
  common: Evidence,
  claims: ClaimBuilder,
): void {
  const header = loopHeader(loop)
  const evidence = { ...common, role: common.role === 'test' ? ('test' as const) : ('training' as const) }
  const outer = wholeRunOf(python, loop)
  noteSmall(evidence, demonstration(python, loop, outer))
  const training = claims.subject('Training', header, loop.function?.qualified ?? '', evidence)
  if (common.accelerator !== 'cpu') training.known('automaticDevice', 'device', true, header)
  // Where its steps are in another module, the format is told there.
  const stepsHere = loop.role === 'train' || python.calls.some(({ name }) => takesGradients(name))
  if (first && stepsHere) readPrecision(python, loop, training)
  const reason = openEndedReason(python, loop)
  if (reason !== null) training.known('openEnded', reason, reason, header)
  if (reason === 'reinforcement learning') training.known('boundBy', reason, 'an environment', header)
  if (codeMatches(python, /jax\.(hessian|jvp|hvp|jacfwd|jacrev)|grad\(\s*(jax\.)?grad\(/))
    training.known('secondOrder', 'jax.grad', true, header)
  const compiled = codeMatches(python, /\b(jit|pmap|shard_map|pjit|filter_jit)\b/)
  if (compiled) training.known('compiled', 'jax.jit', true, header)
  const endless = endlessBecause(python, outer ?? loop)
  if (endless !== null) claimEndless(training, endless, loopHeader(outer ?? loop))
  if (outer === null) claimSteps(python, loop, training)
  else claimRun(python, outer, training)
  const run = outer ?? runLoopOf(python, loop)
  if (run === null) return
  readSaving(python, run, training)
  readTracking(python, run, training)
  claimUnread(python, training, loopHeader(run))
}

/** The optimiser's moments in a short format change nothing of how layers compute. */
function lowers(python: PythonModule): boolean {
  return once(python, 'jax lowering', () =>
    lowering.test(codeText(python).replace(/\b[mn]u_dtype\b[^\n]*/g, '')),
  )
}

const lowering =
  /bfloat16|float16|\bbf16\b|\bfp16\b|half_precision|\bjmp\b|mixed_precision|enable_x64|float64|loss_scale|DynamicScale/

/** `tf.config.set_visible_devices([], 'TPU')` takes it from another library. */
function asksForTpu(python: PythonModule): boolean {
  return once(python, 'jax on a TPU', () => {
    const text = codeText(python).replace(/set_visible_devices\([^)]*\)/g, (hidden) =>
      ' '.repeat(hidden.length),
    )
    return [...text.matchAll(new RegExp(onTpu, 'gi'))].some(({ index }) => isWanted(python, index + 1))
  })
}

/** No test stands around it, nor is it what is asked: `if 'TPU_NAME' in os.environ:` also runs where there is none. */
function isWanted(python: PythonModule, at: number): boolean {
  return python.reach(at).state === 'always' && python.statementAt(at)?.type !== 'if'
}

/** A module that is called `mamba_tpu` says nothing of where it runs. */
const onTpu = /(^|[^a-z_])tpus?([^a-z]|$)|(^|[^a-z])(colab|use|on|is|has|num|cloud)_tpus?([^a-z]|$)/i

/** Where layers of the file compute in the format of their inputs. On TPUs matrix products are short by themselves. */
function readPrecision(python: PythonModule, loop: Loop, training: SubjectBuilder<'Training'>): void {
  if (doubleByImport(python)) {
    training.unknown(
      'precision',
      'jax_enable_x64',
      'an imported module computes in float64',
      loopHeader(loop),
    )
    return
  }
  // A file of the project says no to the short format that the program has, or names the full one.
  const off =
    switchedOffByFile(python, training.locator, /bfloat16|float16/) ??
    fullFormatGiven(python, training.locator)
  if (off !== null) {
    // Whoever gives a network that is not in sight a short format has one that is worth it.
    if (heavyLayers(python) || networkElsewhere(python) !== null || networkUnseen(python))
      training.say('precision', off.key, off.value)
    return
  }
  const elsewhere = heavyNetworkElsewhere(python)
  if (elsewhere !== null && !lowers(python)) {
    const { key, remedy } = formats[elsewhere.library]
    const header = loopHeader(loop)
    const reason = remedy(`of ${elsewhere.path} `)
    const site = { ...header, target: { kind: 'refused' as const, reason } }
    training.default('precision', key, 'fp32', header, { site })
    training.known('onlyShortFormat', key, 'bf16', header)
  }
  if (!heavyLayers(python)) return
  const library = layersLibrary(python)
  const { key, remedy } = formats[library]
  const layers = library === 'flax' ? layersWithoutFormat(python) : []
  const place = layers[0] === undefined ? loopHeader(loop) : calleePlace(layers[0])
  const site =
    library !== 'flax'
      ? { ...loopHeader(loop), target: { kind: 'refused' as const, reason: remedy('') } }
      : layers[0] === undefined
        ? loopHeader(loop)
        : callSite(layers[0], { kind: 'call', role: 'layers' })
  const around = [...python.importers, ...python.imported].flatMap((module) => module.uses)
  if (
    (library === 'flax' && layers.length === 0) ||
    lowers(python) ||
    around.some((use) => /bfloat16|float16|^jmp\.|mixed_precision/.test(use))
  )
    training.unknown('precision', key, 'the format is set in the program', place, { site })
  else {
    training.default('precision', key, 'fp32', place, { site })
    training.known('onlyShortFormat', key, 'bf16', place)
  }
}

/** No network is in sight, and a module that may hold one is not in the project. */
function networkUnseen(python: PythonModule): boolean {
  const near = [python, ...python.imported].some(({ imports }) =>
    [...imports].some((name) => /^(flax\.(linen|nnx)|haiku|equinox)(\.|$)/.test(name)),
  )
  return (
    !near &&
    strangersOf(python, python.tree.body).some(({ could }) => /accelerator|devices/.test(could.join()))
  )
}

/** How layers are told to compute in 16 bits. Haiku and Equinox have no argument for it. */
const formats: Record<Library, { key: string; remedy(of: string): string }> = {
  flax: {
    key: 'dtype=jnp.bfloat16',
    remedy: (of) => `give the layers ${of}\`dtype=jnp.bfloat16\``,
  },
  haiku: {
    key: 'hk.mixed_precision.set_policy',
    remedy: (of) => `set a policy of jmp for the modules ${of}with \`hk.mixed_precision.set_policy\``,
  },
  equinox: {
    key: 'astype(jnp.bfloat16)',
    remedy: (of) =>
      `cast the arrays of the model ${of}and its inputs to bfloat16 in the loss, and keep the weights that the optimiser updates in float32`,
  },
}

const science =
  /^(diffrax|jax_md|optimistix|jaxopt|blackjax|numpyro|brax|netket|jax_cfd|e3nn_jax|dinosaur)(\.|$)/

function readDoublePrecision(
  python: PythonModule,
  evidence: Evidence,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  // What is cast is computed in the format that it is cast to.
  if (codeMatches(python, /float32|bfloat16/)) return
  const library = [...python.imports].find((name) => science.test(name))
  const numerical = /\b(PINN|pde|ode|hamiltonian|quantum|physics|finite[_ ]element)\b/i.test(python.text)
  const wantedFor = library?.split('.')[0] ?? (numerical ? 'numerical work' : null)
  const common = {
    kind: 'double precision' as const,
    place: 'run' as const,
    evidence: { ...evidence, role: evidence.role === 'test' ? evidence.role : ('training' as const) },
    wantedFor,
  }
  for (const call of python.callsTo('jax.config.update')) {
    const source = new CallSource(python, call, claims, { positions: { name: 0, val: 1 } })
    const value = source.get('val')
    if (effective(source.get('name')) !== 'jax_enable_x64' || effective(value) !== true) continue
    claimOperation(claims, {
      ...common,
      key: 'jax_enable_x64',
      at: callSite(call),
      site: callSite(call, { kind: 'switch', name: 'jax_enable_x64' }),
      scope: call.function?.qualified ?? '',
      options: { channel: value.channel, overridable: value.overridable },
    })
  }
  const written = python.environmentWrites().get('JAX_ENABLE_X64')
  if (written !== undefined && /^(1|true)$/i.test(String(effective(written.folded)))) {
    const at = { start: written.statement.start, end: written.statement.end }
    claimOperation(claims, {
      ...common,
      key: 'JAX_ENABLE_X64',
      at,
      site: { ...at, target: { kind: 'refused', reason: 'remove the line that sets it' } },
      scope: '',
      options: { overridable: written.fallback },
    })
  }
  const given = context.binding?.launch.environment.JAX_ENABLE_X64
  if (typeof given?.value === 'string' && /^(1|true)$/i.test(given.value)) {
    const at = { start: 0, end: Math.min(1, python.text.length) }
    claimOperation(claims, {
      ...common,
      key: 'JAX_ENABLE_X64',
      at,
      site: { ...at, target: { kind: 'refused', reason: 'it is set by the launch: change it there' } },
      scope: '',
      options: { channel: 'launch environment', location: given.location },
    })
  }
}
