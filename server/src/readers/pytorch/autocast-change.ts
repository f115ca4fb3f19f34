/**
 * Puts the forward pass of a hand-written loop under autocast. bf16 is one wrapped block; fp16 also needs a gradient
 * scaler around the backward pass and the step, which is written as a sketch.
 */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { isOptimizerStep, lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { preferredQuote } from '../../values/python-literal.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { rangeOf, refuse } from '../change-answer.js'
import { isOnLaunchLine, passOption } from '../launch-flag.js'
import type { FragmentFacts } from '../reader.js'
import { isBefore } from '../versions.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { functionAround, isOnProcessor, onCuda } from './autocast-device.js'
import { hasBf16Units } from './bf16-units.js'
import { boundInLoop, type ForwardBlock, forwardBlock, holdsCall, reachedFunctions } from './forward-block.js'
import { callsIn } from './hot-code.js'
import { turnOnByLaunch } from './launched-switch.js'
import { usesAny, usesAround } from './library-uses.js'
import { epochLoopOf, sparseRefusal, takesSecondOrder } from './loop-facts.js'
import { switchedOffLowering, switchOfLowering } from './lowering.js'
import { isMeasurement } from './model-evidence.js'
import { backToFull, outputsOf, tensorsIn } from './out-of-bf16.js'
import { recursByHand } from './recurrence-by-hand.js'
import { refusedBecause, refusedLoss } from './refused-losses.js'

export function changePrecision(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  if (isConfigured(claim, facts)) return writeConfigured(claim, true, facts)
  if (isOnLaunchLine(claim)) return passOption(claim, facts)
  const format = value === 'bf16-mixed' ? 'bf16' : value === 'fp16-mixed' ? 'fp16' : null
  if (format === null) return refuse('only bf16 and fp16 can be written around a loop')
  const launched = turnOnByLaunch(claim, format, facts)
  if (launched !== undefined) return launched
  if (python === undefined || claim.setting !== 'precision') return refuse('this is not written in Python')
  const { start, end } = claim.site
  const refused = refusedLoss(
    python,
    python.loops.find(({ node }) => node.start === start && node.end === end),
  )
  if (refused !== null) {
    return refuse(refusedBecause(refused))
  }
  // Each of its threads begins with the default format: pytorch/pytorch#43102, #63416.
  if (format === 'bf16' && python.uses('torch.nn.DataParallel'))
    return refuse(
      'the threads of DataParallel compute in fp16 also where bf16 is asked for, without a scaler',
    )
  if (claim.site.target?.kind === 'call') return switchOn(claim, format, facts, python)
  if (isMeasurement(facts.path)) return refuse('it measures the training, which has to change first')
  // Wrapped whole, such a step computes wrong gradients, or asks for kernels that do not exist.
  if (takesSecondOrder(python))
    return refuse('gradients of gradients lose too much in 16 bits: put only the network under autocast')
  const sparse = sparseRefusal(python)
  if (sparse !== null) return refuse(sparse)
  if (usesAny(python, lacking) || usesAround(python, lacking))
    return refuse('Fourier transforms and linear algebra have no bf16 kernels: keep these parts in fp32')
  if (format === 'bf16' && (usesAny(python, boxes) || usesAround(python, boxes)))
    return refuse('bf16 rounds the corners of boxes by up to eight pixels of a thousand: fp16 keeps them')
  if (python.usesHere(...perSample))
    return refuse(
      'gradients of single samples (Opacus) are not computed under autocast: keep the step in fp32',
    )
  if (isBefore(facts.versions, ['torch'], firstAutocast))
    return refuse(`torch.autocast came with torch ${firstAutocast}, and this project uses an older one`)
  if (claim.site.target?.kind === 'step') return wrapStep(claim, format, facts, python)
  const loop = python.loops.find(
    (one) => one.node.start === claim.site.start && one.node.end === claim.site.end,
  )
  if (loop === undefined) return refuse('the loop is no longer in the file')
  const existing = switchOfLowering(python) ?? switchedOffLowering(python)
  if (existing !== null) return refuse(`the program has a switch for it: it is on if ${existing}`)
  const block = forwardBlock(python, loop.node.body, () => reachedFunctions(python, loop))
  if ('reason' in block) return block
  if (isOnProcessor(python, block.first)) return onProcessor
  return format === 'bf16' ? wrapBf16(facts, python, block) : sketchFp16(facts, python, loop, block)
}

const firstAutocast = '1.10'

/** Its hooks compute the gradient of each sample from activations and gradients, which then differ in their formats. */
const perSample = ['opacus.']

/** Anchors, proposals and targets take the format of the features: eight bits hold the numbers up to 256. */
const boxes = [
  'torchvision.models.detection.',
  'torchvision.ops.nms',
  'torchvision.ops.batched_nms',
  'torch.ops.torchvision.',
]

/** What autocast neither converts nor can compute in 16 bits. */
const lacking = ['torch.fft.', 'torch.linalg.']

const onProcessor: Refusal = { reason: 'it computes on the processor unless it is told otherwise' }

/** A function that an engine calls for each batch. */
function wrapStep(
  claim: Claim,
  format: 'bf16' | 'fp16',
  facts: FragmentFacts,
  python: PythonModule,
): Change | Refusal {
  const { start, end } = claim.site
  const step = python.functions.find(({ node }) => node.start === start && node.end === end)
  if (step === undefined) return refuse('the step is no longer in the file')
  const block = forwardBlock(python, step.node.body, () => [])
  if ('reason' in block) return block
  if (isOnProcessor(python, block.first)) return onProcessor
  return format === 'bf16'
    ? wrapBf16(facts, python, block)
    : refuse('fp16 needs a gradient scaler that outlives the step')
}

/** `autocast(enabled=False)`: the switch itself. */
function switchOn(
  claim: Claim,
  format: 'bf16' | 'fp16',
  facts: FragmentFacts,
  python: PythonModule,
): Change | Refusal {
  const call = python.callAt(claim.site)
  if (call === null) return refuse('the autocast block is no longer in the file')
  const argument = python.argument(call, 'enabled')
  const enabled = passedExpression(argument)
  if (enabled === null) return refuse(setElsewhere)
  const { path } = facts
  const set = (one: Call, name: string, value: string): Write => ({
    kind: 'set keyword',
    path,
    call: rangeOf(facts, one.expr),
    name,
    value,
  })
  // Where the value stands that the program has set apart to be changed.
  const own = enabled.type === 'constant' ? null : writeArgument(facts, call, 'enabled', argument, 'True')
  if (own !== null && ('reason' in own || own.kind !== 'replace')) return refuse(setElsewhere)
  const writes = [own ?? set(call, 'enabled', 'True')]
  const imports: Import[] = []
  // The scaler goes on with it.
  const follows = own !== null && scalers(python).some((one) => isSwitchedBy(python, one, enabled))
  if (!follows && !mayBePassed(python.argument(call, 'dtype'))) {
    // On a GPU it computes in fp16 by itself, whose gradients vanish without a scaler.
    if (format === 'bf16') {
      const use = { path, fragment: facts.fragment.index, offset: call.expr.start }
      const bf16 = nameFor(python.tree, 'torch', 'bfloat16', use)
      writes.push(set(call, 'dtype', bf16.text))
      if (bf16.import !== null) imports.push(bf16.import)
    } else {
      const found = scalers(python)
      if (found.length === 0) return refuse('fp16 needs a gradient scaler around the backward pass')
      for (const scaler of found) {
        const given = passedExpression(python.argument(scaler, 'enabled'))
        if (given === null) continue
        if (given.type !== 'constant') return refuse('the switch of its gradient scaler is set elsewhere')
        if (given.value === false) writes.push(set(scaler, 'enabled', 'True'))
      }
    }
  }
  return { title: 'Switch autocast on', safety: 'unsafe', writes, imports }
}

const setElsewhere = 'its switch is set elsewhere: turn that on, or pass it on the launch line'

const scalers = (python: PythonModule): Call[] => python.calls.filter(({ method }) => method === 'GradScaler')

/** `GradScaler(enabled=cfg.amp)` beside `autocast(enabled=self.cfg.amp)`. */
function isSwitchedBy(python: PythonModule, scaler: Call, enabled: Expr): boolean {
  const given = passedExpression(python.argument(scaler, 'enabled'))
  return given !== null && given.type !== 'constant' && lastName(given) === lastName(enabled)
}

interface Header {
  header: string
  imports: Import[]
  /** What has to stand before the loop. */
  before: Write[]
}

function autocastHeader(
  facts: FragmentFacts,
  python: PythonModule,
  { first, last }: ForwardBlock,
  dtype: 'bfloat16' | 'float16',
): Header {
  const use = { path: facts.path, fragment: facts.fragment.index, offset: first.start }
  const autocast = nameFor(python.tree, 'torch', 'autocast', use)
  const format = nameFor(python.tree, 'torch', dtype, use)
  const quote = preferredQuote(python.text)
  const block = { start: first.start, end: last.end }
  const onDevice = onCuda(python, block, use, quote)
  const units = dtype === 'bfloat16' && facts.card === undefined ? hasBf16Units(python.tree, use) : null
  const tests = [onDevice?.test, units?.text].filter((one) => one !== undefined)
  const imports = [autocast.import, format.import, onDevice?.import ?? null, ...(units?.imports ?? [])]
  const given = [`${quote}cuda${quote}`, `dtype=${format.text}`]
  const before: Write[] = []
  const loop = units === null ? null : loopToAskBefore(python, block, onDevice?.device ?? null)
  if (loop === null) {
    if (tests.length > 0) given.push(`enabled=${tests.join(' and ')}`)
  } else {
    // Asked once, and the line of the block stays short.
    const statement = rangeOf(facts, loop.node)
    before.push({
      kind: 'insert lines',
      path: facts.path,
      where: 'before',
      statement,
      lines: [`${switchName} = ${tests.join(' and ')}`],
    })
    given.push(`enabled=${switchName}`)
  }
  return {
    header: `with ${autocast.text}(${given.join(', ')}):`,
    imports: imports.filter((one) => one !== null),
    before,
  }
}

const switchName = 'use_bf16'

/** The loop over batches around a block of one function, with that over epochs; null: there is none, or what is asked is not known before it. */
function loopToAskBefore(python: PythonModule, block: Span, device: Expr | null): Loop | null {
  if (new RegExp(`\\b${switchName}\\b`).test(python.code)) return null
  const func = functionAround(python, block)
  const around = python.loops.filter(
    ({ node, function: own }) => own === func && node.start <= block.start && block.end <= node.end,
  )
  const isAsked = ({ node }: Loop): boolean =>
    device === null ||
    !boundInLoop(node).includes(python.text.slice(device.start, device.end).replace(/\..*$/s, ''))
  const open = around.reverse()
  const bound = open.findIndex((loop) => !isAsked(loop))
  const before = bound < 0 ? open : open.slice(0, bound)
  return before.filter(({ role }) => role === 'epoch').at(-1) ?? before[0] ?? null
}

function wrapBf16(facts: FragmentFacts, python: PythonModule, block: ForwardBlock): Change {
  const span = { start: block.first.start, end: block.last.end }
  const wrapped = block.around.slice(block.around.indexOf(block.first), block.around.indexOf(block.last) + 1)
  const outputs = outputsOf(python, wrapped)
  const { header, imports, before } = autocastHeader(facts, python, block, 'bfloat16')
  const tensors = tensorsIn(python, wrapped, outputs)
  const body = functionAround(python, span)?.node.body ?? python.tree.body
  const slow = recursByHand(python)
  return {
    title: `Run the forward pass under bf16 autocast${slow ? ', if its steps get faster by it' : ''}`,
    safety: slow ? 'display' : 'unsafe',
    writes: [
      ...before,
      {
        kind: 'wrap block',
        path: facts.path,
        first: rangeOf(facts, block.first),
        last: rangeOf(facts, block.last),
        header,
      },
      ...backToFull(facts, python, { bound: outputs, tensors }, body, block.last.end),
    ],
    imports,
  }
}

function sketchFp16(
  facts: FragmentFacts,
  python: PythonModule,
  loop: Loop,
  block: ForwardBlock,
): Change | Refusal {
  const { path } = facts
  const { header, imports } = autocastHeader(facts, python, block, 'float16')
  const { callee } = block.backward.expr
  const step = stepAfter(python, block)
  if (step === null || callee.type !== 'attribute' || callee.value.type !== 'name') {
    return refuse('the step of the optimiser is not in the same block as the backward pass')
  }
  const quote = preferredQuote(python.text)
  const outer = outermost(
    epochLoopOf(python, loop)?.function === loop.function ? (epochLoopOf(python, loop) ?? loop) : loop,
  )
  const optimizer = python.text
    .slice(step.call.expr.callee.start, step.call.expr.callee.end)
    .replace(/\.step$/, '')
  // Before 2.3 the scaler of `torch.cuda.amp` was the only one.
  const old = isBefore(facts.versions, ['torch'], '2.3')
  const scaler = nameFor(python.tree, old ? 'torch.cuda.amp' : 'torch.amp', 'GradScaler', {
    path,
    fragment: facts.fragment.index,
    offset: outer.node.start,
  })
  const writes: Write[] = [
    {
      kind: 'insert lines',
      path,
      where: 'before',
      statement: rangeOf(facts, outer.node),
      lines: [`scaler = ${scaler.text}(${old ? '' : `${quote}cuda${quote}`})`],
    },
    {
      kind: 'wrap block',
      path,
      first: rangeOf(facts, block.first),
      last: rangeOf(facts, block.last),
      header,
    },
    { kind: 'replace', path, range: rangeOf(facts, callee.value), text: `scaler.scale(${callee.value.id})` },
    { kind: 'replace', path, range: rangeOf(facts, step.call.expr), text: `scaler.step(${optimizer})` },
    {
      kind: 'insert lines',
      path,
      where: 'after',
      statement: rangeOf(facts, step.statement),
      lines: ['scaler.update()'],
    },
  ]
  const clip = block.list.find(
    (one) =>
      one.start > block.backwardStatement.start &&
      holdsCall(one, (call) => /^clip_grad_(norm|value)_?$/.test(lastIdentifier(call.callee))),
  )
  if (clip !== undefined) {
    writes.push({
      kind: 'insert lines',
      path,
      where: 'before',
      statement: rangeOf(facts, clip),
      lines: [`scaler.unscale_(${optimizer})`],
    })
  }
  return {
    title: 'Run the forward pass under fp16 autocast, with a gradient scaler',
    safety: 'display',
    writes,
    imports: scaler.import === null ? imports : [...imports, scaler.import],
  }
}

function outermost(loop: Loop): Loop {
  let current = loop
  while (current.parent !== null && current.parent.role === 'epoch') current = current.parent
  return current
}

function stepAfter(analysis: PythonModule, block: ForwardBlock): { statement: Stmt; call: Call } | null {
  const from = block.list.indexOf(block.backwardStatement)
  for (const statement of block.list.slice(from + 1)) {
    if (statement.type !== 'expr') continue
    const call = callsIn(analysis, statement.value).find((one) => isOptimizerStep(analysis, one))
    if (call !== undefined) return { statement, call }
  }
  return null
}
