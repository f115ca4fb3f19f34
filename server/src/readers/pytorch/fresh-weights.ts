/** Vision models of torchvision, timm, segmentation_models_pytorch and fastai that start from random weights. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import {
  fixedArgument,
  knownArgument,
  mayBePassed,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import { claimedCall } from '../claim-argument.js'
import { claimFresh, type FreshModel, meansRandom } from '../fresh-model.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { trainingEvidence } from './evidence.js'

export const pytorchFreshWeightsReader = defineReader({
  name: 'pytorch-fresh-weights',
  languages: ['python'],
  triggers: ['torchvision', 'timm', 'segmentation_models_pytorch', 'fastai'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    const evidence = trainingEvidence(python)
    if (evidence.role !== 'training' || evidence.small !== null) return
    const found = python.calls.flatMap((call) => freshModel(python, call) ?? [])
    if (found.length === 0 || meansRandom(python) !== null) return
    // Of one choice between architectures the first is shown.
    const chosen = new Set<string>()
    for (const one of found) {
      const { call } = one
      const choice = `${call.function?.qualified} ${call.assignedTo}`
      if (call.conditional && call.assignedTo !== null) {
        if (chosen.has(choice)) continue
        chosen.add(choice)
      }
      claimFresh(claims, evidence, one)
    }
  },
  change(claim, _value, facts) {
    return change(facts, claimedCall(facts.python, claim.site), claim.key)
  },
})

const torchvisionModels =
  /^torchvision\.models\.(\w+\.)?(resnet\d+|resnext\w+|wide_resnet\w+|vgg\w+|densenet\d+|efficientnet_\w+|mobilenet_\w+|mnasnet\w+|regnet_\w+|convnext_\w+|vit_\w+|swin_\w+|inception_v3|googlenet|alexnet|squeezenet\w+|shufflenet\w+|maxvit_t)$/

function freshModel(python: PythonModule, call: Call): FreshModel | null {
  const name = call.name ?? tabulated(python, call)
  if (name === null) return null
  if (torchvisionModels.test(name)) return torchvisionModel(python, call, name)
  if (name === 'timm.create_model' || name === 'timm.models.create_model') {
    const id = python.argument(call, 'model_name', 0)
    const architecture = textArgument(id)
    if (architecture === null) return null
    if (!isOff(python, call, 'pretrained', 1) || changesArchitecture(python, call)) return null
    const given = passedExpression(python.argument(call, 'pretrained', 1)) !== null
    return {
      call,
      architecture,
      key: 'pretrained',
      given,
      source: 'ImageNet',
    }
  }
  if (/^segmentation_models_pytorch\.(\w+\.)*[A-Z]\w+$/.test(name)) {
    const weights = python.argument(call, 'encoder_weights', 2)
    // Left out, the encoder brings its weights along.
    if (knownArgument(weights) !== null) return null
    return {
      call,
      architecture: call.method,
      key: 'encoder_weights',
      given: true,
      source: 'ImageNet',
    }
  }
  return null
}

/** `networks[name](…)` of a table of constructors: the first of them. */
function tabulated(python: PythonModule, call: Call): string | null {
  const { callee } = call.expr
  if (callee.type !== 'subscript') return null
  const table = python.definition(callee.value)
  if (table.type !== 'dict') return null
  const names = table.entries.map(({ value }) => python.nameOf(value) ?? '')
  return names.length > 0 && names.every((one) => torchvisionModels.test(one)) ? names[0]! : null
}

function isOff(python: PythonModule, call: Call, key: string, position: number | null): boolean {
  const given = python.argument(call, key, position)
  if (!mayBePassed(given)) return true
  const value = fixedArgument(given)
  return value === false || value === null
}

function torchvisionModel(python: PythonModule, call: Call, name: string): FreshModel | null {
  const weights = python.argument(call, 'weights')
  const old = python.argument(call, 'pretrained')
  // The first argument of older versions is `pretrained`.
  if (call.expr.args.some((one) => one.name === null || one.star > 0)) return null
  if (!isOff(python, call, 'weights', null) || !isOff(python, call, 'pretrained', null)) return null
  // A backbone inside a module that gets its weights from outside.
  if (mayBePassed(python.argument(call, 'weights_backbone'))) return null
  const classes = python.argument(call, 'num_classes')
  const count = passedExpression(classes)
  if ((count === null && mayBePassed(classes)) || knownArgument(classes) === 1000) return null
  // A thousand classes without another layer: ImageNet itself, or features of random weights.
  if (!mayBePassed(classes) && !replacesHead(python, call)) return null
  const key = passedExpression(old) === null ? 'weights' : 'pretrained'
  return {
    call,
    architecture: name.slice(name.lastIndexOf('.') + 1),
    key,
    given: [weights, old].some((one) => passedExpression(one) !== null),
    source: 'ImageNet',
  }
}

function changesArchitecture(python: PythonModule, call: Call): boolean {
  const classes = python.argument(call, 'num_classes')
  if (knownArgument(classes) === 1000) return true
  return (
    !mayBePassed(classes) ||
    call.expr.args.some(
      (one) =>
        one.name === 'in_chans' ||
        one.name === 'checkpoint_path' ||
        one.name === 'features_only' ||
        one.star > 0,
    )
  )
}

/** `model.fc = nn.Linear(…)` further down. */
function replacesHead(python: PythonModule, call: Call): boolean {
  const name = call.assignedTo
  if (name === null) return false
  const head = new RegExp(
    `(^|[^\\w.])${name.replace(/[.]/g, '\\.')}\\.(fc|classifier|head|heads)(\\.\\w+|\\[-?\\d+\\])*\\s*=[^=]`,
  )
  return head.test(python.code.slice(call.expr.end))
}

// Changes.

/** The last layer, by family. */
const heads: [RegExp, string][] = [
  [/^(resnet|resnext|wide_resnet|shufflenet|googlenet|regnet)/, 'fc'],
  [/^(vgg|alexnet|mobilenet|efficientnet|convnext|mnasnet)/, 'classifier[-1]'],
  [/^densenet/, 'classifier'],
  [/^vit_/, 'heads.head'],
  [/^swin_/, 'head'],
]

function change(facts: FragmentFacts, call: Call | null, key: string): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const value = key === 'weights' ? "'DEFAULT'" : key === 'encoder_weights' ? "'imagenet'" : 'True'
  const writes: Write[] = [{ kind: 'set keyword', path, call: range, name: key, value }]
  const imports: Change['imports'] = []
  const classes = call.expr.args.find((one) => one.name === 'num_classes')
  if (call.name === null && classes !== undefined)
    return { reason: 'trained weights come with a layer for 1000 classes, which has to be replaced then' }
  if (torchvisionModels.test(call.name ?? '') && classes !== undefined) {
    // Trained weights come with a layer for 1000 classes.
    const head = heads.find(([family]) => family.test(call.method))?.[1]
    const { statement } = call
    if (
      head === undefined ||
      call.assignedTo === null ||
      statement.type !== 'assign' ||
      statement.value !== call.expr
    )
      return { reason: 'use pretrained weights, and another last layer' }
    const last = `${call.assignedTo}.${head}`
    const layer = nameFor(python.tree, 'torch.nn', 'Linear', {
      path,
      fragment: fragment.index,
      offset: call.expr.start,
    })
    if (layer.import !== null) imports.push({ path, fragment: fragment.index, module: 'torch', name: null })
    const made = layer.import === null ? layer.text : 'torch.nn.Linear'
    writes.push(
      { kind: 'remove keyword', path, call: range, name: 'num_classes' },
      {
        kind: 'insert lines',
        path,
        where: 'after',
        statement: { fragment: fragment.index, start: statement.start, end: statement.end },
        lines: [
          `${last} = ${made}(${last}.in_features, ${python.text.slice(classes.value.start, classes.value.end)})`,
        ],
      },
    )
  }
  return { title: `Start from pretrained weights (${key}=${value})`, safety: 'unsafe', writes, imports }
}
