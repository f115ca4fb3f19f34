/** Which frozen networks a program runs over the same samples in every epoch. */

import { appliedAttributes, frozenModules } from '../../python/frozen-modules.js'
import type { Call, Folded, Func, Loop, PythonModule } from '../../python/module.js'
import { drawnByMakers, drawsSamples } from '../../python/sample-sources.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import { passedExpression, textIn } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { type CalledNetwork, calledNetwork, unmoved } from './called-networks.js'
import { encoderPasses } from './encoder-passes.js'
import { codeMatches } from './evidence.js'
import { frozenBodies } from './frozen-bodies.js'
import { fromBatch, frozenPasses, keepsContent } from './frozen-passes.js'
import { usesAny } from './library-uses.js'
import { epochLoopOf, epochsOf, openEndedReason } from './loop-facts.js'
import { programEpochs } from './program-epochs.js'

export interface FrozenRun {
  /** As the program calls it: `backbone`, `self.encoder`. */
  name: string
  architecture: string
  /** The forward pass. */
  call: Call
  epochs: Folded
  loop: Loop | null
  /** The module that defines the network, where it is another one. */
  definedIn: string | null
  /** It is none of the network that is trained, whose size says nothing of it. */
  apart: boolean
}

/** Data that is drawn anew for each epoch. */
const augments =
  /\bRandom[A-Z]\w*|RandAugment|AutoAugment|TrivialAugment|AugMix|ColorJitter|GaussianBlur|albumentations|imgaug|kornia|[mM]ix[uU]p|[cC]ut[mM]ix|[cC]utout|augment|spec_?aug|DataCollatorForLanguageModeling|mlm|masked|is_training\s*=\s*True|train_transform|\brandom\.(randint|random|choice|uniform|sample|randrange)|np\.random\.(rand|uniform|choice|normal|permutation)/
/** In a diffusion model the noise comes on top of what the frozen network gives. */
const addsNoise = /_noise\b/
/** Where the samples come from, so that their transforms are in sight. */
const dataSources = [
  'torchvision.transforms.',
  'torchvision.datasets.',
  'torch.utils.data.Dataset',
  'transformers.AutoTokenizer',
  'transformers.BertTokenizer',
  'transformers.DistilBertTokenizer',
  'transformers.BertTokenizerFast',
  'transformers.DistilBertTokenizerFast',
  'transformers.RobertaTokenizer',
  'transformers.RobertaTokenizerFast',
  'torch.utils.data.TensorDataset',
  'sentence_transformers.',
  'open_clip.',
  'clip.',
  'esm.',
  'soundfile.',
  'torchaudio.',
]
/** Attributes that hold a network which was passed to the class; others are tokenizers, augmentations, measures. */
const networkNames =
  /backbone|encoder|extractor|bert|clip|dino|vit\b|resnet|\bvae\b|\b(base_?|pretrained_?)?(model|net)\b/i
const otherPurpose =
  /teacher|target|ema|momentum|critic|disc|percept|lpips|reference|ref_|old|loss|reward|generator|policy|^vgg/i
/** Classes whose features are what another network is held against: no layer above them is trained on them. */
const comparing = /Teacher|Perceptual|LPIPS|Critic|Reward|Loss(?![a-z])/

export function frozenRuns(python: PythonModule): FrozenRun[] {
  return usesAny(python, ['peft.', 'loralib.']) || !seesTheSameSamples(python) ? [] : frozenNetworks(python)
}

/** The same, whether the samples change or not. */
export function frozenNetworks(python: PythonModule): FrozenRun[] {
  const frozen = frozenHere(python)
  const found: FrozenRun[] = []
  const add = (name: string, architecture: string, run: Forward | null, apart = false): void => {
    if (run === null || found.some((one) => one.call === run.call)) return
    if (comparing.test(run.call.function?.class?.node.name ?? '')) return
    const around = run.loop === null ? trainerEpochs(python) : epochsAround(python, run.loop)
    const epochs = around ?? programEpochs(python)
    if (epochs === null) return
    const { call, loop } = run
    found.push({
      name,
      architecture,
      call,
      epochs,
      loop,
      definedIn: definedIn(python, call.expr.callee),
      apart,
    })
  }
  for (const { network, made, run } of frozenPasses(python, frozen))
    if (!network.names.some((name) => otherPurpose.test(name)))
      add(network.name, architectureOf(python, made) ?? network.name, run)
  for (const { name, made, run } of encoderPasses(python, frozen))
    if (!otherPurpose.test(name)) add(name, architectureOf(python, made) ?? name, run, true)
  for (const [name, made] of frozen) {
    // A few layers as they are drawn are no backbone.
    if (otherPurpose.test(name) || ownAttribute(python, made)?.name?.startsWith('torch.nn.')) continue
    if (name.startsWith('self.') && isSingleLayer(python, name.slice('self.'.length))) continue
    const run = name.startsWith('self.') ? inForward(python, name) : insideAnother(python, made)
    add(name, architectureOf(python, made) ?? name, run)
  }
  for (const { name, made, run } of frozenBodies(python))
    add(name, architectureOf(python, made.expr) ?? name, run)
  for (const [callee, { name, expr }] of heldWithoutGradients(python))
    if (!otherPurpose.test(name)) add(name, architectureOf(python, expr) ?? name, inForward(python, callee))
  return found
}

/** `layer.in_features`: it is one layer, in the place of which another one stands somewhere in a network (LoRA). */
function isSingleLayer({ code }: PythonModule, attribute: string): boolean {
  const last = attribute.slice(attribute.lastIndexOf('.') + 1)
  const given = new RegExp(`\\bself\\.${last}[ \\t]*=[ \\t]*(\\w+)[ \\t]*\\n`).exec(code)?.[1]
  const names = given === undefined ? last : `(?:${last}|${given})`
  const sizes = 'in_features|out_features|in_channels|out_channels|kernel_size|weight|bias'
  return new RegExp(`(?<!\\w)${names}\\.(${sizes})\\b`).test(code)
}

/** The transforms of the samples are in sight, and none makes something else of one each time. */
function seesTheSameSamples(python: PythonModule): boolean {
  // Who only tries the network out draws what it likes.
  const users = [...python.importers, ...python.programs]
  const training = users.filter((one) => one.evidence?.role === 'training' || one.trainsOn !== undefined)
  const around = [...python.imported, ...(training.length > 0 ? training : users)]
  if (!usesAny(python, dataSources) && !around.some(({ samples }) => samples === 'read')) return false
  if (codeMatches(python, augments) || codeMatches(python, drawnByMakers)) return false
  if (around.some(({ uses, samples }) => samples === 'drawn' || uses.some(drawsSamples))) return false
  const train = python.loops.find((loop) => loop.role === 'train')
  const reason = train === undefined ? null : openEndedReason(python, train)
  if (reason !== null && reason !== 'diffusion') return false
  return reason !== null || !codeMatches(python, addsNoise)
}

const trainsWeights = /requires_grad_\(\s*(True)?\s*\)|requires_grad\s*=(?!\s*False)|unfreeze/

/** With those that another module of the project freezes. */
function frozenHere(python: PythonModule): Map<string, Expr> {
  const frozen = frozenModules(python, python.code)
  // What is frozen elsewhere may be trained here all the same.
  if (frozen.size === 0 && codeMatches(python, trainsWeights)) return frozen
  for (const [name, bindings] of python.moduleBindings) {
    const last = bindings.at(-1)
    if (last === undefined || bindings.length > 1 || frozen.has(name)) continue
    if (last.kind !== 'import' || last.target === null) continue
    const found = python.projectTarget(last.target)
    if (found?.summary.frozen?.includes(found.rest) === true)
      frozen.set(name, { type: 'name', id: name, start: python.text.length, end: python.text.length })
  }
  for (const { assignedTo, statement } of python.calls) {
    if (assignedTo === null || frozen.has(assignedTo)) continue
    if (statement.type !== 'assign' || statement.value === null || statement.targets.length > 1) continue
    const made = unmoved(statement.value)
    if (made.type !== 'call' || !isFrozenElsewhere(python, made)) continue
    const target = statement.targets[0]!
    const others = python.statements.filter(
      (one) =>
        one !== statement &&
        one.type === 'assign' &&
        one.targets.some(({ start, end }) => python.text.slice(start, end) === assignedTo),
    )
    if (others.length === 0) frozen.set(assignedTo, { ...target, start: statement.end, end: statement.end })
  }
  return frozen
}

function isFrozenElsewhere(python: PythonModule, { callee }: CallExpr): boolean {
  return (python.importedFunction(callee) ?? python.importedClass(callee))?.frozen === true
}

/** The module of the project that defines the network of an expression; null: none is seen. */
function definedIn(python: PythonModule, expr: Expr): string | null {
  const made = unmoved(python.definition(expr))
  const target = made.type === 'call' ? python.targetOf(made.callee) : null
  return target === null ? null : (python.projectTarget(target)?.summary.path ?? null)
}

/** What a class calls without gradients in its forward pass, and nowhere with them: `self.encoder`, `self.vae.encode`. */
function heldWithoutGradients(python: PythonModule): Map<string, CalledNetwork> {
  const held = new Map<string, CalledNetwork>()
  const trained = new Set<string>()
  for (const call of python.calls) {
    const { callee } = call.expr
    if (call.function?.class == null || callee.type !== 'attribute') continue
    const network = calledNetwork(python, call)
    if (network === null || !network.name.startsWith('self.')) continue
    const { name, expr } = network
    if (!call.withs.some(({ items }) => items.some(({ value }) => switchesGradientsOff(python, value))))
      trained.add(name)
    else if (
      call.function.name === 'forward' &&
      !call.conditional &&
      (networkNames.test(name) || architectureOf(python, expr) !== null)
    )
      held.set(python.text.slice(callee.start, callee.end), network)
  }
  return new Map([...held].filter(([, { name }]) => !trained.has(name)))
}

/** `torch.no_grad()`, whatever the module is asked for. */
function switchesGradientsOff(python: PythonModule, expr: Expr): boolean {
  const call = expr.type === 'call' ? python.callOf(expr) : null
  return (
    call !== null &&
    call.expr.args.length === 0 &&
    (call.name === 'torch.no_grad' || call.name === 'torch.inference_mode')
  )
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
  // `torch.hub.load('facebookresearch/dinov2', args.arch)`
  if (made.name === 'torch.hub.load') {
    const id = passedExpression(analysis.argument(made, 'model', 1))
    return (id === null ? null : textIn(analysis.fold(id))) ?? 'network of torch.hub'
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

const wholePasses =
  /^(encode|encode_(image|text)|forward_features|get_(image|text)_features|extract_features)$/

/** `self.backbone(x)` in `forward`, of what `forward` is given. */
function inForward(analysis: PythonModule, name: string): Forward | null {
  const trainsHere =
    analysis.classes.some(({ methods }) => methods.has('training_step')) ||
    analysis.loops.some(({ role }) => role === 'train')
  const runs = analysis.calls.filter(({ expr: { callee, args } }) => {
    const part =
      callee.type === 'attribute' && trainsHere && wholePasses.test(callee.attr) ? callee.value : callee
    return (
      args.length > 0 && [callee, part].some(({ start, end }) => analysis.text.slice(start, end) === name)
    )
  })
  for (const call of runs) {
    const func = call.function
    if (func === null || func.class === null) continue
    // What is made and what it should be like: a loss that compares features.
    if (runs.some((other) => other !== call && other.function === func)) continue
    const { args } = call.expr
    // `layers=[33]` is the same for all samples.
    const given = args.filter(({ value }) => effective(analysis.fold(value)) === undefined)
    if (given.length === 0 || !given.every(({ value }) => isInput(analysis, value, func))) continue
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
    return expr.callee.type === 'attribute' && keepsContent.test(expr.callee.attr) && inner(expr.callee.value)
  // `{key: value.to(device) for key, value in batch.items()}`
  if (expr.type === 'comprehension') {
    const [clause, ...others] = expr.clauses
    const items = clause?.iterable
    const over = items?.type === 'call' && items.callee.type === 'attribute' ? items.callee.value : items
    return over !== undefined && others.length === 0 && inner(over)
  }
  if (expr.type !== 'name') return false
  const made = analysis.definition(expr)
  if (made !== expr) return inner(made)
  const position = func.node.params.findIndex(({ name }) => name === expr.id)
  if (position === -1) {
    // `images, labels = batch`
    const isMadeOfIt = ({ value }: { value: Expr | null }): boolean =>
      value !== null && value.start <= expr.start && expr.end <= value.end
    const binding = analysis
      .bindingsOf(expr)
      .filter((one) => !isMadeOfIt(one))
      .at(-1)
    // `for images, labels in self.train_loader`
    if (binding?.kind === 'loop') return isOfBatch(analysis, expr)
    // What the batch becomes on the device keeps its name.
    return binding?.kind === 'assign' && binding.value !== null && inner(binding.value)
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

/** It is what a loop that trains or measures takes from its loader. */
function isOfBatch({ loops }: PythonModule, expr: Expr & { type: 'name' }): boolean {
  return loops.some(
    ({ role, node }) =>
      (role === 'train' || role === 'evaluate') &&
      node.type === 'for' &&
      node.start <= expr.start &&
      expr.end <= node.end &&
      namesIn(node.target).includes(expr.id),
  )
}

/** `model.backbone` is frozen, and the class of `model`, here or elsewhere, calls it with what it is given. */
function insideAnother(python: PythonModule, frozen: Expr): Forward | null {
  const train = python.loops.find((one) => one.role === 'train') ?? null
  if (frozen.type === 'name') return asHanded(python, frozen, train)
  if (frozen.type !== 'attribute' || frozen.value.type !== 'name') return null
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

/** `Classifier(bert)`, which keeps what it is handed as `self.bert` and applies it. */
function asHanded(python: PythonModule, frozen: Expr & { type: 'name' }, loop: Loop | null): Forward | null {
  const func = python.calls.find(({ expr }) => expr.start <= frozen.start && frozen.end <= expr.end)?.function
  for (const site of python.calls) {
    const klass = python.classOf(site.expr.callee)
    const [init, forward] = ['__init__', 'forward'].map((name) => klass?.methods.get(name))
    if (init === undefined || forward === undefined || (func != null && site.function !== func)) continue
    const params = init.node.params.slice(1)
    const param = params.find(({ name }, position) => {
      const given = passedExpression(python.argument(site, name, position))
      return given?.type === 'name' && given.id === frozen.id
    })
    if (param === undefined) continue
    const kept = init.node.body.flatMap((one) =>
      one.type === 'assign' && one.value?.type === 'name' && one.value.id === param.name ? one.targets : [],
    )
    const applied = appliedAttributes(python, forward)
    const call = forward.calls.find(({ expr: { callee } }) =>
      kept.some(
        (target) =>
          target.type === 'attribute' &&
          applied.includes(target.attr) &&
          python.text.slice(target.start, target.end) === python.text.slice(callee.start, callee.end),
      ),
    )
    if (call !== undefined) return { call, loop }
  }
  return null
}

// Epochs.

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
