/** Published networks that are frozen but for their heads: `model.features`, `model.bert`, `if 'fc' not in name`. */
import { gradientSwitch, headNames } from '../../python/frozen-modules.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr, For, If } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import { passedExpression } from '../../values/argument.js'
import { trainerCalls } from '../huggingface/trainers.js'
import { unmoved } from './called-networks.js'
import { fromBatch } from './frozen-passes.js'

export interface FrozenBody {
  /** What is frozen, as the program writes it: `model.features`, `model`. */
  name: string
  /** The call that makes the network. */
  made: Call
  /** The pass through the network, or the Trainer that is given it. */
  run: { call: Call; loop: Loop | null }
}

/** Everything before the head, as torchvision and transformers call it; what an `encoder` is given is mostly embedded before it. */
const bodies =
  /^(features|backbone|base_model|transformer|conv_?net|bert|roberta|distilbert|albert|electra|deberta|camembert|longformer|vit|deit|beit|swin|convnext|resnet|dinov2|clip|wav2vec2|hubert|wavlm|audio_spectrogram_transformer|videomae)$/
const published =
  /^torchvision\.models\.|^timm\.create_model$|^transformers\.\w*For\w*(Classification|Answering|Choice)\.from_pretrained$/
/** Methods of transformers that freeze all but the head. */
const freezing = /^freeze_base_model$/

export function frozenBodies(python: PythonModule): FrozenBody[] {
  return frozenParts(python).flatMap(({ network, name }) => {
    const made = unmoved(python.definition(network))
    const call = made.type === 'call' ? python.callOf(made) : null
    if (call === null || !published.test(call.name ?? '')) return []
    const run = passOf(python, network)
    return run === null ? [] : [{ name, made: call, run }]
  })
}

/** Networks with the name of what is frozen in them; none where anything else is switched. */
function frozenParts(python: PythonModule): { network: Expr; name: string }[] {
  const found: { network: Expr; name: string }[] = []
  for (const { node } of python.loops) {
    const owner = node.type === 'for' ? ownerOf(node) : null
    if (owner === null || node.type !== 'for') continue
    const [only] = node.body
    if (only === undefined || node.body.length > 1) return []
    if (only.type === 'if') {
      if (owner.type !== 'name' || !freezesBody(node, only)) return []
      found.push({ network: owner, name: owner.id })
      continue
    }
    const on = gradientSwitch(only)
    // The head is trained anyway.
    if (on === true && owner.type === 'attribute' && headNames.test(owner.attr)) continue
    if (on !== false) return []
    if (owner.type === 'attribute' && owner.value.type === 'name' && bodies.test(owner.attr))
      found.push({ network: owner.value, name: python.text.slice(owner.start, owner.end) })
  }
  for (const { method, expr } of python.calls) {
    const { callee } = expr
    if (!freezing.test(method) || callee.type !== 'attribute' || callee.value.type !== 'name') continue
    found.push({ network: callee.value, name: callee.value.id })
  }
  return found
}

/** `for name, weight in model.named_parameters()`, `for weight in model.features.parameters()`. */
function ownerOf({ iterable }: For): Expr | null {
  return iterable.type === 'call' &&
    iterable.args.length === 0 &&
    iterable.callee.type === 'attribute' &&
    /^(named_)?parameters$/.test(iterable.callee.attr)
    ? iterable.callee.value
    : null
}

/** `if 'fc' not in name: weight.requires_grad = False`, and whatever is switched on otherwise. */
function freezesBody({ target }: For, { test, body, orelse }: If): boolean {
  const name = target.type === 'tuple' && target.items[0]?.type === 'name' ? target.items[0].id : null
  const others = orelse.map(gradientSwitch)
  return (
    name !== null &&
    body.length === 1 &&
    gradientSwitch(body[0]!) === false &&
    others.every((on) => on === true) &&
    isOutsideHead(test, name)
  )
}

function isOutsideHead(test: Expr, name: string): boolean {
  if (test.type === 'unary' && test.op === 'not') {
    const words = wordsIn(test.operand, name)
    return words?.every((one) => headNames.test(one)) === true
  }
  if (test.type === 'binary' && test.op === 'and')
    return isOutsideHead(test.left, name) && isOutsideHead(test.right, name)
  if (test.type === 'binary' && test.op === 'not in') {
    const word = wordOf(test.left)
    return isName(test.right, name) && word !== null && headNames.test(word)
  }
  const words = wordsIn(test, name)
  return words?.every((one) => bodies.test(one)) === true
}

/** Words that a name is asked for: `'fc' in name`, `name.startswith('bert')`, `name.startswith(('fc', 'head'))`; null: something else. */
function wordsIn(test: Expr, name: string): string[] | null {
  if (test.type === 'binary' && test.op === 'in') {
    const word = wordOf(test.left)
    // `distilbert.transformer` comes after `distilbert.embeddings`.
    return isName(test.right, name) && word !== null && word !== 'transformer' ? [word] : null
  }
  if (test.type !== 'call' || test.callee.type !== 'attribute' || test.callee.attr !== 'startswith')
    return null
  const given = test.args[0]?.value
  if (!isName(test.callee.value, name) || given === undefined) return null
  const words = (given.type === 'tuple' ? given.items : [given]).map(wordOf)
  return words.every((one) => one !== null) ? words : null
}

/** 'fc' of `'fc.'`. */
function wordOf(expr: Expr): string | null {
  return expr.type === 'constant' && typeof expr.value === 'string'
    ? expr.value.replace(/\.(weight|bias)?$/, '')
    : null
}

const isName = (expr: Expr, name: string): boolean => expr.type === 'name' && expr.id === name

/** Where a training loop calls it with the batch, or the Trainer that gets it. */
function passOf(python: PythonModule, network: Expr): FrozenBody['run'] | null {
  if (network.type !== 'name') return null
  const isIt = (expr: Expr | null): boolean => expr?.type === 'name' && expr.id === network.id
  const trainer = trainerCalls(python).find((call) =>
    isIt(passedExpression(python.argument(call, 'model', 0))),
  )
  if (trainer !== undefined) return { call: trainer, loop: null }
  for (const loop of python.loops) {
    if (loop.role !== 'train' || loop.node.type !== 'for') continue
    const batch = new Set(namesIn(loop.node.target))
    const call = loop.calls.find(
      ({ expr: { callee, args } }) =>
        isIt(callee) && args.length > 0 && args.every(({ value }) => fromBatch(python, value, batch, loop)),
    )
    if (call !== undefined) return { call, loop }
  }
  return null
}
