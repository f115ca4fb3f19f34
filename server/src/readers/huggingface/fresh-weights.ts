/** Transformers, bare or for classification and the like, whose weights are not loaded: `from_config(…)`, `BertModel(config)`. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { fixedArgument, passedCall, passedExpression } from '../../values/argument.js'
import { claimedCall } from '../claim-argument.js'
import { claimFresh, meansRandom } from '../fresh-model.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'

/** A network without a head, or a class of the project around one. */
const backbone = /^transformers\.(\w+\.)*(?!PreTrained)\w+Model$/
const ownClass = /^transformers\.(\w+\.)*\w*PreTrainedModel$/

const tasks =
  /For(SequenceClassification|TokenClassification|QuestionAnswering|ImageClassification|AudioClassification|MultipleChoice)/

export const huggingfaceFreshWeightsReader = defineReader({
  name: 'huggingface-fresh-weights',
  languages: ['python'],
  triggers: [
    'from_config',
    'ForSequenceClassification',
    'ForTokenClassification',
    'ForImageClassification',
    'ForQuestionAnswering',
    'Config.from_pretrained',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    const evidence = trainingEvidence(python)
    if (evidence.role !== 'training' || evidence.small !== null) return
    for (const call of python.calls) {
      const id = freshFrom(python, call)
      if (id === null || meansRandom(python) !== null || takesWeights(python)) continue
      if (evidence.accelerator === 'none') evidence.accelerator = 'maybe'
      claimFresh(claims, evidence, {
        call,
        architecture: id,
        key: /\.from_config$/.test(call.name ?? '') ? 'from_config' : 'config',
        given: true,
        source: 'a large corpus',
      })
    }
  },
  change: load,
})

/** The id whose configuration is taken without its weights. */
function freshFrom(python: PythonModule, call: Call): string | null {
  if (!isTrained(call.name ?? '') && !isOwnModel(python, call)) return null
  const config = passedCall(python, python.argument(call, 'config', 0))
  if (config === null || !/^transformers\.(\w+\.)*\w*Config\.from_pretrained$/.test(config.name ?? ''))
    return null
  // Another size than the weights have.
  if (
    config.expr.args.some(
      (one) =>
        one.star > 0 ||
        /hidden_size|layers|heads|vocab|intermediate|max_position|n_embd|d_model/.test(one.name ?? ''),
    )
  )
    return null
  const given = python.argument(config, 'pretrained_model_name_or_path', 0)
  const id = fixedArgument(given)
  if (typeof id === 'string') return id
  const expr = passedExpression(given)
  return expr === null ? null : python.text.slice(expr.start, expr.end)
}

function isTrained(name: string): boolean {
  if (backbone.test(name)) return true
  return name.startsWith('transformers.') && tasks.test(name) && /(\.from_config|For\w+)$/.test(name)
}

/** `Autoencoder(config)`, a `PreTrainedModel` of the project that makes `EsmModel(config)` for itself. */
function isOwnModel(python: PythonModule, call: Call): boolean {
  const { callee } = call.expr
  const own = python.classOf(callee)
  if (own !== null) {
    if (!own.bases.some((base) => ownClass.test(base))) return false
    const called = [...own.methods.values()].flatMap((one) => [...python.effectsOfFunction(one).calls])
    return called.some((one) => backbone.test(one))
  }
  const imported = python.importedClass(callee)
  return (
    imported?.bases.some((base) => ownClass.test(base)) === true &&
    imported.calls.some((one) => backbone.test(one))
  )
}

/** Weights are loaded in another place of the program. */
function takesWeights(python: PythonModule): boolean {
  return python.calls.some((call) =>
    /^transformers\.(\w+\.)*(Auto)?\w*(Model|For[A-Z])\w*\.from_pretrained$/.test(call.name ?? ''),
  )
}

function load(
  claim: { site: { start: number; end: number } },
  _value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const { callee, args } = call.expr
  if (callee.type !== 'attribute' || callee.attr !== 'from_config' || args.length !== 1)
    return { reason: 'load it with `from_pretrained`' }
  const given = python.argument(call, 'config', 0)
  const config = passedCall(python, given)
  const id = config?.expr.args.find(
    (one) => one.name === null || one.name === 'pretrained_model_name_or_path',
  )
  const expr = passedExpression(given)
  if (expr === null || id === undefined) return { reason: 'load it with `from_pretrained`' }
  const textOf = ({ start, end }: { start: number; end: number }) => python.text.slice(start, end)
  const model = textOf(callee.value)
  return {
    title: `Load the weights (from_pretrained)`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace',
        path,
        range: { fragment: fragment.index, start: call.expr.start, end: call.expr.end },
        text: `${model}.from_pretrained(${textOf(id.value)}, config=${textOf(expr)})`,
      },
    ],
    imports: [],
  }
}
