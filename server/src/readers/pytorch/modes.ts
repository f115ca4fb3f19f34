/** How a PyTorch program is set up to run: debug switches, deterministic kernels, number formats, profilers, attention. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Binding, Claim, Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { writeLaunchValue } from '../write-launch-value.js'
import { writtenAttentions } from './attention.js'
import { readCompileSwitches } from './compile-switch.js'
import { trainsAnywhere } from './evidence.js'
import { isTorchLoop, loopHeader } from './loop.js'
import { hasConvolutions, isRealModel } from './model-evidence.js'
import { stepEvidence } from './operations.js'
import { profilings } from './profiling.js'
import { doubleInputs } from './single-precision.js'
import { type Switch, setsTf32, switchesOf, variables, writtenSwitches } from './switches.js'

export const pytorchModesReader = defineReader({
  name: 'pytorch-modes',
  languages: ['python'],
  triggers: ['torch', 'CUDA_LAUNCH_BLOCKING', 'NCCL_'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined || !trainsAnywhere(python)) return
    const evidence = stepEvidence(python)
    for (const one of switchesOf(python)) claimSwitch(python, one, evidence, claims)
    if (context.binding !== null) readEnvironment(python, context.binding, evidence, claims)
    readProfilers(python, evidence, claims)
    readAttention(python, evidence, claims)
    readProducts(python, evidence, context.versions, claims)
    readCompileSwitches(python, evidence, claims)
  },
  change: changeMode,
})

function claimSwitch(python: PythonModule, one: Switch, evidence: Evidence, claims: ClaimBuilder): void {
  const { statement } = one
  claimOperation(claims, {
    kind: one.kind,
    place: 'run',
    key: one.key,
    at: one.at,
    site: { start: statement.start, end: statement.end, target: { kind: 'switch', name: one.key } },
    scope: scopeOf(python, statement),
    evidence,
    options: { overridable: one.overridable },
    weight: one.weight,
    realModel: isRealModel(python),
    subject: one.kind === 'deterministic kernels' ? slowedBy(python, one.key) : null,
    wantedFor: wantedFor(python, one),
  })
}

/** What deterministic kernels slow down; null: nothing that is known. */
export function slowedBy(python: PythonModule, key: string): string | null {
  if (hasConvolutions(python)) return 'convolutions'
  return /cudnn|benchmark/.test(key) ? null : 'scatter, gather and embeddings'
}

function scopeOf(python: PythonModule, span: { start: number; end: number }): string {
  let scope = ''
  for (const func of python.functions)
    if (func.node.start <= span.start && span.end <= func.node.end) scope = func.qualified
  return scope
}

const science =
  /^(gpytorch|botorch|torchdiffeq|deepxde|pyscf|jax_md|diffrax|torchani|schnetpack|ase|e3nn|mace|nequip|openmm|torchsde|pyro|torch_dftd|torchquad)$/

/** Errors in the entries of a matrix grow with its condition, so the products around these are exact for a reason. */
const factorisations = (
  'linalg.cholesky linalg.cholesky_ex linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh linalg.inv linalg.inv_ex ' +
  'linalg.ldl_factor linalg.lstsq linalg.lu linalg.lu_factor linalg.matrix_exp linalg.pinv linalg.qr linalg.slogdet ' +
  'linalg.solve linalg.solve_triangular linalg.svd linalg.svdvals cholesky cholesky_inverse cholesky_solve inverse ' +
  'logdet lu pca_lowrank pinverse qr slogdet svd svd_lowrank symeig triangular_solve'
)
  .split(' ')
  .map((name) => `torch.${name}`)

/** Why the author may want it; null: nothing says so. */
function wantedFor(python: PythonModule, one: Switch): string | null {
  if (one.kind === 'double precision') {
    const library = [...python.imports].map((name) => name.split('.')[0]!).find((root) => science.test(root))
    if (library !== undefined) return library
    if (
      /\b(PINN|pde|ode|schrodinger|hamiltonian|energy and forces|finite[_ ]element|quantum)\b/i.test(
        python.text,
      )
    )
      return 'numerical work'
    // It goes on where fp32 has no digits left to tell two losses apart.
    if (python.usesHere('torch.optim.LBFGS')) return 'LBFGS'
  }
  if (one.kind === 'debug checks' && /(^|[/_])(debug|profil\w*|bench\w*)/i.test(python.path))
    return 'its name'
  // Exact products are what such a function is for.
  const scope = scopeOf(python, one.statement)
  if (one.kind === 'strict matrix products' && /determin|reproduc|invariant|exact|numeric/i.test(scope))
    return 'its function'
  if (one.kind === 'strict matrix products' && python.usesHere(...factorisations)) return 'factorisations'
  return commented(python, one.statement, reasonFor(one.kind)) ? 'its comment' : null
}

/** What a comment says that gives a reason; what a switch is for anyway is none. */
function reasonFor(kind: Switch['kind']): RegExp {
  switch (kind) {
    case 'deterministic kernels':
      return /numeric|accura|debug|work-?around|hang|deadlock/i
    case 'debug checks':
      return /precision|numeric|accura|work-?around|hang|deadlock/i
    default:
      return /precision|numeric|reproduc|accura|determinis|exact|debug|work-?around|hang|deadlock/i
  }
}

/** Lines above a statement without a blank one between them: a comment there speaks of all that follows it. */
const mostLines = 8

/** A comment that gives a reason, on the line or above the group of lines that it belongs to. */
function commented(python: PythonModule, span: { start: number; end: number }, reason: RegExp): boolean {
  let above = python.text.lastIndexOf('\n', span.start)
  for (let line = 0; line < mostLines && above > 0; line++) {
    const before = python.text.lastIndexOf('\n', above - 1)
    if (python.text.slice(before + 1, above).trim() === '') break
    above = before
  }
  const line = python.text.indexOf('\n', span.end)
  return python.tree.comments.some(
    (comment) =>
      comment.start > above &&
      comment.end <= (line < 0 ? python.text.length : line) &&
      reason.test(comment.text),
  )
}

/** Variables that the launch sets. */
function readEnvironment(
  python: PythonModule,
  binding: Binding,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  for (const [name, given] of Object.entries(binding.launch.environment)) {
    const row = lookUp(variables, name)
    if (row === undefined || typeof given.value !== 'string' || !row.when.test(given.value)) continue
    // Each variable stands at a place of its own, so that none hides another.
    const at = { start: Object.keys(variables).indexOf(name), end: python.text.length }
    claimOperation(claims, {
      kind: row.kind,
      place: 'run',
      key: `${name}=${given.value}`,
      at,
      site: { ...at, target: { kind: 'launch value', text: row.harmless } },
      scope: '',
      evidence,
      options: { channel: 'launch environment', location: given.location },
      weight: row.weight,
      realModel: isRealModel(python),
    })
  }
}

function readProfilers(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const { call, key, steps } of profilings(python)) {
    claimOperation(claims, {
      kind: 'profile',
      place: 'step',
      key,
      at: calleePlace(call),
      site: callSite(call, { kind: 'call', role: steps ? 'profiler of steps' : 'profiler' }),
      scope: call.function?.qualified ?? '',
      evidence,
      weight: 'ordinary',
    })
  }
}

function readAttention(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const { softmax, func, className } of writtenAttentions(python)) {
    claimOperation(claims, {
      kind: 'eager attention',
      place: 'step',
      key: className,
      at: { start: softmax.start, end: softmax.end },
      site: { start: func.node.start, end: func.node.end },
      scope: func.qualified,
      evidence,
      weight: 'slight',
    })
  }
}

/** Nobody turns TF32 on, so fp32 products run on the slow units: the default since torch 1.12. */
function readProducts(
  python: PythonModule,
  evidence: Evidence,
  versions: Record<string, string>,
  claims: ClaimBuilder,
): void {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(versions.torch ?? '2.0') ?? []
  if (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 12)) return
  if (setsTf32(python) || python.uses('.fit', 'transformers.Trainer')) return
  const loop = python.loops.find((one) => isTorchLoop(python, one))
  if (loop === undefined) return
  const header = loopHeader(loop)
  // One character on, since another operation may start with the loop.
  claimOperation(claims, {
    kind: 'strict matrix products',
    place: 'run',
    key: 'torch.set_float32_matmul_precision',
    at: header,
    site: { ...header, target: { kind: 'loop' } },
    scope: loop.function?.qualified ?? '',
    evidence,
    byDefault: true,
  })
}

const gone: Refusal = { reason: 'the code is no longer in the file' }

function changeMode(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  if (isConfigured(claim, facts)) return writeConfigured(claim, true, facts)
  const { target } = claim.site
  const { python, path, fragment } = facts
  if (target?.kind === 'launch value') {
    const word = target.text
    const written = writeLaunchValue(claim, word, facts)
    const name = claim.key.split('=')[0]
    return 'reason' in written
      ? written
      : { title: `Set ${name} to ${word}`, safety: 'unsafe', writes: [written], imports: [] }
  }
  if (python === undefined) return gone
  if (target?.kind === 'switch') return changeSwitch(python, target.name, claim, facts)
  if (target?.kind === 'loop') return allowTf32(python, facts)
  if (target?.kind === 'call') {
    const call = python.callAt(claim.site)
    if (call === null) return gone
    if (call.name !== 'torch.profiler.profile')
      return { reason: 'profile with torch.profiler, which has a schedule' }
    const schedule = nameFor(python.tree, 'torch.profiler', 'schedule', {
      path,
      fragment: fragment.index,
      offset: call.expr.start,
    })
    return {
      title: 'Record three steps only (schedule)',
      safety: target.role === 'profiler of steps' ? 'unsafe' : 'display',
      writes: [
        {
          kind: 'set keyword',
          path,
          call: { fragment: fragment.index, start: call.expr.start, end: call.expr.end },
          name: 'schedule',
          value: `${schedule.text}(wait=5, warmup=2, active=3, repeat=1)`,
        },
      ],
      imports: schedule.import === null ? [] : [schedule.import],
    }
  }
  return {
    reason:
      'write it as torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=…, dropout_p=…, is_causal=…)',
  }
}

function changeSwitch(
  python: PythonModule,
  key: string,
  claim: Claim,
  facts: FragmentFacts,
): Change | Refusal {
  const { path, fragment } = facts
  const found = writtenSwitches(python).find(
    (one) =>
      one.key === key && one.statement.start === claim.site.start && one.statement.end === claim.site.end,
  )
  if (found === undefined) return gone
  const { remedy, statement } = found
  if ('reason' in remedy) return remedy
  // Inputs and constants are mostly made in the same format, and have to follow.
  const exact = found.kind === 'deterministic kernels'
  const safety =
    found.kind === 'double precision' || exact || isContradicted(python, statement.start)
      ? 'display'
      : 'unsafe'
  // Whoever asked for it knows whether it was meant.
  const condition = exact ? ', if runs need not repeat bit by bit' : ''
  if ('remove' in remedy) {
    const inputs =
      safety === 'display' && setsDefault.test(key) && !isContradicted(python, statement.start)
        ? doubleInputs(python, statement)
        : null
    if (inputs !== null) return trainSingle(key, statement, inputs, facts)
    return {
      title: `Remove ${key}${condition}`,
      safety,
      writes: [
        {
          kind: 'remove statement',
          path,
          statement: { fragment: fragment.index, start: statement.start, end: statement.end },
        },
      ],
      imports: [],
    }
  }
  const { start, end } = remedy.at
  return {
    title:
      remedy.write === ''
        ? `Remove ${key.slice(key.lastIndexOf('.'))}`
        : `Set it to ${remedy.write}${condition}`,
    safety,
    writes: [{ kind: 'replace', path, range: { fragment: fragment.index, start, end }, text: remedy.write }],
    imports: [],
  }
}

const setsDefault = /^set_default_(dtype|tensor_type)\(/

/** The default goes, and what the program reads is made single as well. */
function trainSingle(
  key: string,
  statement: { start: number; end: number },
  inputs: readonly Call[],
  { path, fragment: { index } }: FragmentFacts,
): Change {
  return {
    title: `Train in fp32: remove ${key}${inputs.length === 0 ? '' : ', and make what is read float()'}`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'remove statement',
        path,
        statement: { fragment: index, start: statement.start, end: statement.end },
      },
      ...inputs.map(({ expr: { end } }) => ({
        kind: 'replace' as const,
        path,
        range: { fragment: index, start: end, end },
        text: '.float()',
      })),
    ],
    imports: [],
  }
}

/** `# Disable TF32` above the statement, or above the lines that it follows on: it would say the contrary of what stands below it. */
function isContradicted({ text, tree }: PythonModule, start: number): boolean {
  let line = text.lastIndexOf('\n', start - 1) + 1
  for (let lines = 0; line > 0 && lines < linesBelow; lines++) {
    const above = text.lastIndexOf('\n', line - 2) + 1
    const written = text.slice(above, line).trim()
    if (written === '') return false
    const comment = tree.comments.find((one) => one.start >= above && one.end <= line)
    if (comment !== undefined && written.startsWith('#')) return switchesOff.test(comment.text)
    line = above
  }
  return false
}

/** Statements that one comment speaks of. */
const linesBelow = 4
const switchesOff =
  /\b(disabl|deactivat|turn(s|ed|ing)? off|switch(es|ed|ing)? off|avoid|without\b|no\b|not\b|never\b)/i

/** Behind the imports, at module level. */
function allowTf32(python: PythonModule, facts: FragmentFacts): Change | Refusal {
  const { path, fragment } = facts
  const last = python.tree.body.filter((one) => one.type === 'import').at(-1)
  if (last === undefined) return { reason: 'the file has no imports to put it behind' }
  const name = nameFor(python.tree, 'torch', 'set_float32_matmul_precision', {
    path,
    fragment: fragment.index,
    offset: last.end,
  })
  if (name.import !== null)
    return { reason: 'torch is imported in another way: set it where the program starts' }
  return {
    title: 'Let fp32 matrix products use TF32',
    safety: 'unsafe',
    writes: [
      {
        kind: 'insert lines',
        path,
        where: 'after',
        statement: { fragment: fragment.index, start: last.start, end: last.end },
        lines: ['', `${name.text}("high")`],
      },
    ],
    imports: [],
  }
}
