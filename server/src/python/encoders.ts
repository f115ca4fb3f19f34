/** Functions that run a network over what they are given, without gradients, and return what comes out: `embed(model, images)`. */
import { once } from '../text/once.js'
import type { Call, Func, Klass } from './module.js'

const switchedOff = /\b(no_grad|inference_mode)\b/
/** Passes through most of a network. */
const parts =
  /^(forward|features|forward_features|extract_features|encode|encode_(image|text)|get_(image|text)_features)$/
const networks =
  /net\b|model|encode|backbone|trunk|extract|features|forward|clip|dino|bert|vae\b|vit\b|resnet|esm|wav2vec|hubert|whisper|llm\b|^(embed|f|enc)$/i
/** What is measured, made up or compared with, rather than handed on to layers that are trained. */
const otherPurpose =
  /eval|valid|test|predict|generat|sampl|teacher|target|ema|momentum|label|score|metric|loss|reward|reference|noise/i
const draws = /\brandom\.|torch\.(rand|normal|bernoulli)|[aA]ug(ment)?\b|\bdropout\b/

/** `code` of the module: without comments. */
export function isEncoder(module: { code: string }, func: Func): boolean {
  const { code } = module
  const written = ({ start, end }: { start: number; end: number }) => code.slice(start, end)
  const mayBe = once(module, 'switches gradients off', () => switchedOff.test(code))
  if (!mayBe || otherPurpose.test(func.name)) return false
  const params = new Set(func.node.params.map(({ name }) => name))
  const whole = func.node.decorators.some((one) => switchedOff.test(written(one)))
  const isOff = ({ withs }: Call) =>
    whole || withs.some(({ items }) => items.some(({ value }) => switchedOff.test(written(value))))
  const passes = func.calls.filter(({ name, expr: { callee, args }, function: own }) => {
    if (name !== null || args.length === 0 || own !== func) return false
    const network = callee.type === 'attribute' && parts.test(callee.attr) ? callee.value : callee
    if (network.type === 'attribute') return network.value.type === 'name' && network.value.id === 'self'
    return network.type === 'name' && (params.has(network.id) || network !== callee)
  })
  const runsNetwork = passes.some(({ expr: { callee } }) => networks.test(written(callee)))
  return (
    runsNetwork &&
    passes.every((call) => isOff(call) && !call.conditional) &&
    /\breturn\s+\S/.test(written(func.node)) &&
    !draws.test(written(func.node))
  )
}

/** Methods that do so, with a network that the object holds. */
export function encodingMethods(module: { code: string }, klass: Klass): string[] {
  return [...klass.methods].flatMap(([name, method]) => (isEncoder(module, method) ? [name] : []))
}
