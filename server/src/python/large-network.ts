/** Networks whose training takes long also on a small data set, by what they are called and by their images. */
import type { Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import type { Call } from './module.js'

/** From about 80 million parameters, or a hundred layers. */
const largeName = new RegExp(
  `(^|[/_.-])(${[
    '(vit|deit3?|beit(v2)?|dinov2|dinov3|clip[-_]?vit|mae[-_]?vit)[-_]?(b|base|l|large|h|huge|g|giant)(?![a-z])\\w*',
    // `model.eval()` is none of them.
    'eva(02)?[-_](b|base|l|large|g|giant)(?![a-z])\\w*',
    '(swin(v2)?|convnext(v2)?|coatnet|maxvit)[-_]?(b|base|l|large|h|huge|xl|xlarge)(?![a-z])\\w*',
    '(res[-_]?net|res[-_]?next|preact[-_]?res[-_]?net|wide[-_]?res[-_]?net)[-_]?(101|110|152|164|200|269|1001)(?!\\d)\\w*',
    '(tf[-_])?efficientnet(v2)?[-_]?(b[5-7]|l|m|xl)(?![a-z])\\w*|densenet[-_]?(161|201|264)|regnet[-_]?[xy][-_]?(16|32|64|128)gf',
  ].join('|')})`,
  'i',
)

/** What brings networks that are made for photographs. */
const photographic = ['torchvision.models.', 'timm.', 'transformers.', 'open_clip.', 'torch.hub.']
const resizing = /^(Resize|RandomResizedCrop|CenterCrop|RandomCrop)$/
/** Pixels of a side: a step over such images costs as much as one over photographs. */
const photograph = 160

/** 'ViT-L_16', 'images of 224 pixels'; null: nothing says so. */
export function largeNetwork(analysis: Analysis): string | null {
  // `--model_type`, with `ViT-L_16` as its default.
  for (const { name, default: otherwise } of analysis.programArguments) {
    const chosen =
      otherwise !== null && /model|arch|backbone|encoder|^net/i.test(name)
        ? textOf(analysis, otherwise)
        : null
    if (chosen !== null && largeName.test(chosen)) return chosen
  }
  const { methods, texts } = once(analysis.tree, 'names of large networks', () => namesIn(analysis))
  for (const call of methods || texts ? analysis.calls : []) {
    const made = largeCall(analysis, call, texts)
    if (made !== null) return made
  }
  if (!analysis.usesHere(...photographic)) return null
  for (const call of analysis.calls) {
    if (!resizing.test(call.method) || !/^(torchvision|albumentations)\./.test(call.name ?? '')) continue
    const side = sideOf(analysis, call.expr.args[0]?.value)
    if (side !== null && side >= photograph) return `images of ${side} pixels`
  }
  return null
}

/** Where the text of a module names one at all. */
function namesIn({ calls, strings }: Analysis): { methods: boolean; texts: boolean } {
  return {
    methods: calls.some(({ method }) => largeName.test(method)),
    texts: strings.some((text) => largeName.test(text)),
  }
}

/** `resnet152()`, `create_model('vit_large_patch16_224')`. `texts`: some text of the module names one. */
function largeCall(analysis: Analysis, { method, expr }: Call, texts: boolean): string | null {
  if (largeName.test(method)) return method
  for (let index = 0; texts && index < Math.min(expr.args.length, 4); index++) {
    const { name, value } = expr.args[index]!
    if (name !== null && !/model|arch|backbone|encoder|name|variant/i.test(name)) continue
    const text = textOf(analysis, value)
    if (text !== null && largeName.test(text)) return text
  }
  return null
}

/** As it is written: evidence is asked for before values can be folded. */
function textOf(analysis: Analysis, expr: Expr): string | null {
  const value = analysis.definition(expr)
  return value.type === 'constant' && typeof value.value === 'string' ? value.value : null
}

function sideOf(analysis: Analysis, size: Expr | undefined): number | null {
  if (size === undefined) return null
  const written = analysis.definition(size)
  const side = written.type === 'tuple' || written.type === 'list' ? written.items[0] : written
  const value = side === undefined ? undefined : analysis.definition(side)
  return value?.type === 'constant' && typeof value.value === 'number' ? value.value : null
}
