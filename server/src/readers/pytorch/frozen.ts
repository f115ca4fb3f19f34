/** Backbones whose weights are frozen, and which are run over the same samples in every epoch all the same. */

import type { Change, Refusal } from '../../edit/write.js'
import { appliedAttributes, frozenModules } from '../../python/frozen-modules.js'
import type { Call, Folded, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { numberIn, passedExpression, textIn } from '../../values/argument.js'
import { foldedValue } from '../../values/folded-value.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Claim } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { codeMatches, moduleText, trainingEvidence, trainsAnywhere } from './evidence.js'
import { epochLoopOf, epochsOf, openEndedReason } from './loop-facts.js'
import { usesAny } from './once.js'

export const pytorchFrozenReader = defineReader({
  name: 'pytorch-frozen',
  languages: ['python'],
  triggers: ['requires_grad'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test' || !trainsAnywhere(python)) return
    for (const found of frozenRuns(python)) {
      const at = calleePlace(found.call)
      const operation = claimOperation(claims, {
        kind: 'frozen features',
        place: 'epoch',
        key: found.name,
        at,
        site: callSite(found.call),
        scope: found.call.function?.qualified ?? '',
        evidence: trainingEvidence(python),
        subject: found.architecture,
      })
      const { epochs } = found
      if (numberIn(epochs) !== null)
        operation.say('times', 'epochs', convert(foldedValue(epochs, at, at, claims), asNumber))
    }
  },
  change: sketch,
})

interface FrozenRun {
  /** As the program calls it: `backbone`, `self.encoder`. */
  name: string
  architecture: string
  /** The forward pass. */
  call: Call
  epochs: Folded
  loop: Loop | null
}

/** Data that is drawn anew for each epoch. */
const augments =
  /\bRandom[A-Z]\w*|RandAugment|AutoAugment|TrivialAugment|AugMix|ColorJitter|GaussianBlur|albumentations|imgaug|kornia|[mM]ix[uU]p|[cC]ut[mM]ix|[cC]utout|augment|spec_?aug|_noise\b|create_transform|DataCollatorForLanguageModeling|mlm|masked|is_training\s*=\s*True|train_transform|\brandom\.(randint|random|choice|uniform|sample|randrange)|np\.random\.(rand|uniform|choice|normal|permutation)/
const augmentingUse = /Random|Augment|ColorJitter|albumentations|imgaug|kornia|create_transform|mixup|cutmix/i
/** Where the samples come from, so that their transforms are in sight. */
const dataSources = [
  'torchvision.transforms.',
  'torchvision.datasets.',
  'torch.utils.data.Dataset',
  'transformers.AutoTokenizer',
  'transformers.BertTokenizer',
  'transformers.DistilBertTokenizer',
  'torch.utils.data.TensorDataset',
]
const otherPurpose =
  /teacher|target|ema|momentum|vae|critic|disc|percept|lpips|reference|ref_|old|loss|reward|generator|policy|^vgg/i

function frozenRuns(python: PythonModule): FrozenRun[] {
  const frozen = frozenHere(python)
  if (frozen.size === 0 || usesAny(python, ['peft.', 'loralib.'])) return []
  if (
    codeMatches(python, augments) ||
    [...python.imported, ...python.importers, ...python.programs].some((module) =>
      module.uses.some((use) => augmentingUse.test(use)),
    )
  )
    return []
  if (!usesAny(python, dataSources)) return []
  const train = python.loops.find((loop) => loop.role === 'train')
  if (train !== undefined && openEndedReason(python, train) !== null) return []
  const found: FrozenRun[] = []
  for (const [name, made] of frozen) {
    if (otherPurpose.test(name)) continue
    const architecture = architectureOf(python, made) ?? name
    const run = name.startsWith('self.')
      ? inForward(python, name)
      : (inLoop(python, name) ?? insideAnother(python, made))
    if (run === null || found.some((one) => one.call === run.call)) continue
    const epochs =
      run.loop === null ? (trainerEpochs(python) ?? programEpochs(python)) : epochsAround(python, run.loop)
    if (epochs !== null) found.push({ name, architecture, call: run.call, epochs, loop: run.loop })
  }
  return found
}

const trainsWeights = /requires_grad_\(\s*(True)?\s*\)|requires_grad\s*=(?!\s*False)|unfreeze/

/** With those that another module of the project freezes. */
function frozenHere(python: PythonModule): Map<string, Expr> {
  const frozen = frozenModules(python, moduleText(python))
  // What is frozen elsewhere may be trained here all the same.
  if (frozen.size === 0 && codeMatches(python, trainsWeights)) return frozen
  for (const [name, bindings] of python.moduleBindings) {
    const last = bindings.at(-1)
    if (last === undefined || bindings.length > 1 || frozen.has(name)) continue
    const expr: Expr = { type: 'name', id: name, start: python.text.length, end: python.text.length }
    if (last.kind === 'import' && last.target !== null) {
      const found = python.projectTarget(last.target)
      if (found?.summary.frozen?.includes(found.rest) === true) frozen.set(name, expr)
    } else if (last.kind === 'assign' && last.value !== null && last.unpack === null) {
      const made = unmoved(last.value)
      if (made.type !== 'call') continue
      const maker = python.importedFunction(made.callee) ?? python.importedClass(made.callee)
      if (maker?.frozen === true) frozen.set(name, expr)
    }
  }
  return frozen
}

/** `make().to(device)` without the moves. */
function unmoved(expr: Expr): Expr {
  return expr.type === 'call' &&
    expr.callee.type === 'attribute' &&
    /^(to|cuda|cpu|eval|half)$/.test(expr.callee.attr)
    ? unmoved(expr.callee.value)
    : expr
}

function architectureOf(analysis: PythonModule, expr: Expr): string | null {
  let made = analysis.callOf(expr) ?? ownAttribute(analysis, expr)
  // `resnet50(…).to(device)`.
  for (
    let depth = 0;
    depth < 4 && made !== null && /^(cuda|to|eval|half|requires_grad_)$/.test(made.method);
    depth++
  ) {
    const { callee } = made.expr
    made =
      callee.type === 'attribute' && callee.value.type === 'call'
        ? (analysis.callAt(callee.value) ?? null)
        : null
  }
  if (made === null) return null
  if (made.method === 'from_pretrained' || made.method === 'create_model') {
    const [id] = made.expr.args
    return id === undefined ? null : textIn(analysis.fold(id.value))
  }
  return /^(torchvision\.models|timm|torch\.hub)\./.test(made.name ?? '') ? made.method : null
}

/** The call that `self.x` was assigned. */
function ownAttribute(analysis: PythonModule, expr: Expr): Call | null {
  if (expr.type !== 'attribute') return null
  const text = analysis.text.slice(expr.start, expr.end)
  return analysis.calls.find((call) => call.assignedTo === text && call.name !== null) ?? null
}

// The forward pass.

interface Forward {
  call: Call
  /** The loop that trains; null: a trainer of a library runs it. */
  loop: Loop | null
}

/** `backbone(images)` in the step. */
function inLoop(analysis: PythonModule, name: string): Forward | null {
  for (const call of analysis.calls) {
    const { callee, args } = call.expr
    if (analysis.text.slice(callee.start, callee.end) !== name || args.length === 0) continue
    const loop = [...call.loops].reverse().find((one) => one.role === 'train')
    if (loop === undefined || loop.node.type !== 'for') continue
    const batch = new Set(namesIn(loop.node.target))
    if (!args.every((one) => fromBatch(analysis, one.value, batch, loop))) continue
    // The whole model is frozen but for a head that was put on it.
    if (!hasNewHead(analysis, name) && !feedsAnother(analysis, call, loop)) continue
    return { call, loop }
  }
  return null
}

function namesIn(expr: Expr): string[] {
  if (expr.type === 'name') return [expr.id]
  if (expr.type === 'tuple' || expr.type === 'list') return expr.items.flatMap(namesIn)
  return expr.type === 'starred' ? namesIn(expr.value) : []
}

/** What the loader gave, moved to another device at most. */
function fromBatch(
  analysis: PythonModule,
  expr: Expr,
  batch: ReadonlySet<string>,
  loop: Loop,
  depth = 0,
): boolean {
  if (depth > 4) return false
  if (expr.type === 'subscript') return fromBatch(analysis, expr.value, batch, loop, depth + 1)
  if (expr.type === 'call') {
    if (
      expr.callee.type !== 'attribute' ||
      !/^(to|cuda|float|half|view|reshape|squeeze|unsqueeze)$/.test(expr.callee.attr)
    )
      return false
    return fromBatch(analysis, expr.callee.value, batch, loop, depth + 1)
  }
  if (expr.type !== 'name') return false
  const made = analysis.definition(expr)
  if (made === expr) return batch.has(expr.id)
  if (made.start < loop.node.start || made.end > loop.node.end) return false
  return fromBatch(analysis, made, batch, loop, depth + 1) || (made.type === 'name' && batch.has(made.id))
}

function hasNewHead(analysis: PythonModule, name: string): boolean {
  const head = new RegExp(
    `(^|[^\\w.])${name.replace(/[.]/g, '\\.')}\\.(fc|classifier|head|heads|last_linear)(\\.\\w+|\\[-?\\d+\\])?\\s*=[^=]`,
  )
  return head.test(moduleText(analysis))
}

/** Its result goes into another module. */
function feedsAnother(analysis: PythonModule, call: Call, loop: Loop): boolean {
  // `features = backbone(images).pooler_output`.
  const { statement } = call
  const target = statement.type === 'assign' ? statement.targets[0] : undefined
  const direct =
    statement.type === 'assign' && statement.value !== null && rootOf(statement.value) === call.expr
  const result = direct && target?.type === 'name' ? target.id : null
  const body = analysis.code.slice(loop.node.start, loop.node.end)
  if (result !== null)
    return new RegExp(`\\w+\\(\\s*${result}\\b`).test(body.slice(call.expr.end - loop.node.start))
  return analysis.calls.some(
    (one) =>
      one !== call && one.name === null && one.expr.args.some((argument) => argument.value === call.expr),
  )
}

function rootOf(expr: Expr): Expr {
  return expr.type === 'attribute' || expr.type === 'subscript' ? rootOf(expr.value) : expr
}

/** `self.backbone(x)` in `forward`, of what `forward` is given. */
function inForward(analysis: PythonModule, name: string): Forward | null {
  for (const call of analysis.calls) {
    const func = call.function
    if (func === null || func.class === null) continue
    const { callee, args } = call.expr
    if (analysis.text.slice(callee.start, callee.end) !== name || args.length === 0) continue
    if (!args.every(({ value }) => isInput(analysis, value, func))) continue
    const loop = analysis.loops.find((one) => one.role === 'train') ?? null
    return { call, loop }
  }
  return null
}

/** What a trainer or a loop hands to the module, as it comes: a sample of the data, or a part of it. */
function isInput(analysis: PythonModule, expr: Expr, func: Func, depth = 0): boolean {
  if (depth > 6) return false
  const inner = (part: Expr): boolean => isInput(analysis, part, func, depth + 1)
  if (expr.type === 'subscript') return inner(expr.value)
  if (expr.type === 'call')
    return (
      expr.callee.type === 'attribute' &&
      /^(to|cuda|float|half|view|reshape|squeeze|unsqueeze)$/.test(expr.callee.attr) &&
      inner(expr.callee.value)
    )
  if (expr.type !== 'name') return false
  const made = analysis.definition(expr)
  if (made !== expr) return inner(made)
  const position = func.node.params.findIndex(({ name }) => name === expr.id)
  if (position === -1) {
    // `images, labels = batch`
    const binding = analysis.bindingsOf(expr).at(-1)
    return (
      binding?.kind === 'assign' && binding.value !== null && binding.unpack !== null && inner(binding.value)
    )
  }
  if (/^(forward|training_step)$/.test(func.name)) return true
  const sites = analysis.calls.filter(
    ({ function: caller, expr: { callee } }) =>
      caller !== null &&
      caller !== func &&
      caller.class === func.class &&
      callee.type === 'attribute' &&
      callee.attr === func.name &&
      callee.value.type === 'name' &&
      callee.value.id === 'self',
  )
  return (
    sites.length > 0 &&
    sites.every((site) => {
      const given = passedExpression(analysis.argument(site, expr.id, position - 1))
      return given !== null && isInput(analysis, given, site.function!, depth + 1)
    })
  )
}

/** `model.backbone` is frozen, and the class of `model`, here or elsewhere, calls it with what it is given. */
function insideAnother(python: PythonModule, frozen: Expr): Forward | null {
  if (frozen.type !== 'attribute' || frozen.value.type !== 'name') return null
  const train = python.loops.find((one) => one.role === 'train') ?? null
  const klass = python.instanceClass(frozen.value)
  if (klass !== null) {
    const forward = klass.methods.get('forward')
    const call = forward?.calls.find(
      ({ expr: { callee } }) =>
        callee.type === 'attribute' &&
        callee.attr === frozen.attr &&
        callee.value.type === 'name' &&
        callee.value.id === 'self',
    )
    const applied = forward === undefined ? [] : appliedAttributes(python, forward)
    return call === undefined || !applied.includes(frozen.attr) ? null : { call, loop: train }
  }
  const made = unmoved(python.definition(frozen.value))
  const imported = made.type === 'call' ? python.importedClass(made.callee) : null
  if (imported?.applies?.includes(frozen.attr) !== true || train === null || train.node.type !== 'for')
    return null
  const name = frozen.value.id
  const batch = new Set(namesIn(train.node.target))
  const call = train.calls.find(
    ({ expr: { callee, args } }) =>
      callee.type === 'name' &&
      callee.id === name &&
      args.length > 0 &&
      args.every((one) => fromBatch(python, one.value, batch, train)),
  )
  return call === undefined ? null : { call, loop: train }
}

// Epochs.

/** Of the programs that train what this module defines, where they agree. */
function programEpochs(python: PythonModule): Folded | null {
  const known = [...python.importers, ...python.programs].flatMap((module) => module.epochs ?? [])
  const [first] = known
  if (first === undefined || known.some(({ value }) => value !== first.value)) return null
  return {
    state: 'known',
    value: first.value,
    channel: 'code',
    overridable: known.some((one) => one.overridable),
  }
}

function epochsAround(python: PythonModule, loop: Loop): Folded | null {
  const outer = epochLoopOf(python, loop)
  return outer === null ? null : (epochsOf(outer)?.trips ?? null)
}

/** Of a trainer of a library. */
function trainerEpochs(python: PythonModule): Folded | null {
  for (const call of python.calls) {
    const keyword =
      call.name === 'lightning.pytorch.Trainer'
        ? 'max_epochs'
        : /^transformers\.(Seq2Seq)?TrainingArguments$/.test(call.name ?? '')
          ? 'num_train_epochs'
          : null
    if (keyword === null) continue
    const given = python.argument(call, keyword)
    const epochs = passedExpression(given)
    if (epochs !== null) return python.fold(epochs)
  }
  return null
}

/** Embeds the data before the first epoch; the loop is for the author to change. */
function sketch(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  const found =
    python === undefined
      ? undefined
      : frozenRuns(python).find(({ call }) => call.expr.start === claim.site.start)
  if (python === undefined || found === undefined) return { reason: 'the call is no longer in the file' }
  const refusal = {
    reason: 'embed the data once before the first epoch, and train the head on the embeddings',
  }
  const { loop, call } = found
  if (
    loop === null ||
    loop.node.type !== 'for' ||
    found.name.startsWith('self.') ||
    hasNewHead(python, found.name)
  )
    return refusal
  const outer = epochLoopOf(python, loop)
  const { target, iterable } = loop.node
  if (
    outer === null ||
    target.type !== 'tuple' ||
    iterable.type !== 'name' ||
    outer.function !== loop.function
  )
    return refusal
  const textOf = ({ start, end }: Expr) => python.text.slice(start, end)
  const batch = new Set(namesIn(target))
  if (
    !call.expr.args.every(
      ({ value }) =>
        [...textOf(value).matchAll(/\b[a-z_]\w*/gi)].some(([name]) => batch.has(name)) &&
        python.definition(value) === value,
    )
  )
    return refusal
  const rest = target.items.slice(1).map(textOf).join(', ')
  return {
    title: 'Embed the data once before the first epoch',
    safety: 'display',
    writes: [
      {
        kind: 'insert lines',
        path,
        where: 'before',
        statement: { fragment: facts.fragment.index, start: outer.node.start, end: outer.node.end },
        lines: [
          '# Train on these in the loop below, in a new order for each epoch.',
          'with torch.inference_mode():',
          `    embedded = [(${textOf(call.expr)}, ${rest}) for ${textOf(target)} in ${textOf(iterable)}]`,
        ],
      },
    ],
    imports: [],
  }
}
