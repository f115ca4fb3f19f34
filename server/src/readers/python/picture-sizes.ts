/** Pictures that are read from their files and made smaller again for every epoch. */
import { classAt, functionAt, resultAt } from '../../python/definition-places.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import { onlyReturn, returnsOf } from '../../python/returns.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { passedExpression, textIn } from '../../values/argument.js'
import { writtenList } from '../../values/written-list.js'
import { assignedTo, datasetWork } from '../pytorch/dataset-work.js'
import { decodesPictures, pictureReader } from '../pytorch/datasets.js'
import { codeText, evidenceAt, trainsAnywhere } from '../pytorch/evidence.js'
import { usesAny, usesAround } from '../pytorch/library-uses.js'
import { feedsByName } from '../pytorch/loader-use.js'
import { isDrawn } from './drawn-samples.js'

const compose = /^(torchvision\.transforms(\.v2|\.transforms)?|albumentations)\.(Compose|Sequential)$/
const resize =
  /^(torchvision\.transforms(\.v2|\.transforms)?\.(Resize|Scale)|albumentations\.(Resize|LongestMaxSize|SmallestMaxSize))$/
/** What gives the same each time. */
const fixed =
  /^torchvision\.transforms(\.v2|\.transforms)?\.(ToTensor|ToPILImage|PILToTensor|ToImage|Grayscale|CenterCrop)$|^albumentations\.(CenterCrop|ToGray)$/
/** What does the same to a picture of any size, drawn or not: the step that makes it smaller can come first. */
const anySize =
  /^torchvision\.transforms(\.v2|\.transforms)?\.(Random(Horizontal|Vertical)Flip|ColorJitter|RandomGrayscale|RandomInvert|Normalize|ConvertImageDtype|ToDtype)$|^albumentations\.((Horizontal|Vertical)?Flip|ColorJitter|HueSaturationValue|Random(Brightness|Contrast|BrightnessContrast|Gamma)|RGBShift|ChannelShuffle|InvertImg|Normalize|ToFloat)$/
/** What makes a picture of a camera small, after it was read from its file. */
export const shrinks =
  /^(cv2\.resize|skimage\.transform\.(resize|rescale)|torchvision\.transforms(\.v2)?\.functional\.resize)$/
/** Data sets whose files hold pictures of at most 96 pixels: whatever size a program asks for, mostly makes them larger. */
const smallPictures =
  /(?<![a-z])(fer[-_ ]?2013|fer[-_]?plus|ck\+?[-_]?48|svhn|stl[-_]?10|gtsrb|eurosat|(patch[-_]?)?camelyon[-_]?patch|pcam|tiny[-_]?image[-_]?net|omniglot)(?![a-z])/i

/** The program names a data set of small pictures. */
export function namesSmallPictures({ code, path }: PythonModule): boolean {
  return smallPictures.test(code) || smallPictures.test(path)
}

/** Methods of a picture that give a picture. */
const keepsPicture = /^(convert|copy|transpose|astype)$/

/** A step of a pipeline, and the module that it stands in. */
export interface ShrinkingStep {
  call: Call
  python: PythonModule
}

/** What is assigned more often goes on from what it was. */
const mostBranches = 4

/** The step of a pipeline of transformations that makes a picture smaller, before anything is drawn that depends on its size. */
export function shrinkingStep(python: PythonModule, pipeline: Expr, depth = 0): ShrinkingStep | null {
  if (pipeline.type === 'subscript') {
    if (depth > 2) return null
    // `transforms[split]`: one of those for training and validation.
    const all = python.definition(pipeline.value)
    const key = textIn(python.fold(pipeline.index))
    const entries = all.type === 'dict' ? all.entries : []
    const meant =
      key === null ? [] : entries.filter((one) => one.key?.type === 'constant' && one.key.value === key)
    const steps = (meant.length === 1 ? meant : entries).map((one) =>
      shrinkingStep(python, one.value, depth + 1),
    )
    return steps.includes(null) ? null : (steps[0] ?? null)
  }
  const made = python.callOf(pipeline)
  if (made === null && depth <= 2) {
    // `if kind == 'cnn': pipeline = …`, `else: pipeline = …`.
    const given =
      pipeline.type === 'name'
        ? python.bindingsOf(pipeline).map(({ kind, value }) => (kind === 'assign' ? value : null))
        : (assignedTo(python, pipeline) ?? [])
    if (given.length > 1 && given.length <= mostBranches) {
      const steps = given.map((value) => (value === null ? null : shrinkingStep(python, value, depth + 1)))
      return steps.includes(null) ? null : steps[0]!
    }
  }
  if (made === null) {
    const place = depth > 2 ? null : standsFor(python, pipeline)
    return place === null ? null : shrinkingStep(place.python, place.expr, depth + 1)
  }
  if (made.name === null) {
    // `get_transforms(train=True)`: whichever pipeline the function returns.
    const maker = depth > 2 ? null : functionAt(python, made.expr.callee)
    if (maker === null) return depth > 2 ? null : appliedByClass(python, made, depth)
    const steps = returnsOf(maker.func).map((one) => shrinkingStep(maker.python, one, depth + 1))
    return steps.includes(null) ? null : (steps[0] ?? null)
  }
  if (resize.test(made.name)) return { call: made, python }
  if (!compose.test(made.name)) return null
  const list = passedExpression(python.argument(made, 'transforms', 0))
  if (list === null || isRearranged(python, list)) return null
  const steps = writtenList(python, list)
  const items = steps === null ? firstItems(python, list) : steps.alone ? null : steps.items
  for (const step of items ?? []) {
    if (isConversion(step)) continue
    const call = python.callOf(step)
    const own = call?.name === null ? ownStep(python, call) : null
    if (own === 'shrinks') return { call: call!, python }
    if (own === 'fixed') continue
    if (call?.name == null) return null
    if (resize.test(call.name)) return { call, python }
    if (!fixed.test(call.name) && !anySize.test(call.name)) return null
  }
  return null
}

/** What a class of the project does with a picture that it is called with; null: something is drawn, or it cannot be seen. */
function ownStep(python: PythonModule, { expr: { callee } }: Call): 'shrinks' | 'fixed' | null {
  const klass = python.classOf(callee)
  const apply = klass?.methods.get('__call__')
  const imported = klass === null ? python.importedClass(callee) : null
  const calls =
    apply !== undefined
      ? [...python.effectsOfFunction(apply).calls]
      : imported?.methods.includes('__call__')
        ? imported.calls
        : null
  const text = klass === null ? '' : codeText(python, klass.node.start, klass.node.end)
  if (calls === null || isDrawn([text, ...calls.map((one) => `${one}()`)].join(' '))) return null
  return calls.some((one) => shrinks.test(one) || one === '.resize') ? 'shrinks' : 'fixed'
}

/** `steps = [Resize(size)]`, `if train: steps += […]`: what it begins with in any case. */
function firstItems(python: PythonModule, list: Expr): readonly Expr[] | null {
  if (list.type !== 'name') return null
  const made = python.bindingsOf(list).filter(({ kind }) => kind !== 'augmented')
  const [only, other] = made
  return only?.kind === 'assign' && only.value?.type === 'list' && other === undefined
    ? only.value.items
    : null
}

/** `steps.insert(0, RandomCrop(512))` */
function isRearranged({ code }: PythonModule, list: Expr): boolean {
  return list.type === 'name' && new RegExp(`\\b${list.id}\\.(insert|reverse|pop)\\(`).test(code)
}

/** `def __call__(self, picture): return self.pipeline(image=picture)['image']`, whichever pipeline the constructor keeps. */
function appliedByClass(python: PythonModule, made: Call, depth: number): ShrinkingStep | null {
  const place = classAt(python, made.expr.callee)
  const apply = place?.klass.methods.get('__call__')
  if (place === null || apply === undefined) return null
  const first = apply.calls.find(
    ({ expr: { callee } }) => isOwn(callee) && place.python.functionOf(callee) === null,
  )
  const kept = first === undefined ? [] : place.python.attributeValues(first.expr.callee)
  const steps = kept.map((one) => (one === null ? null : shrinkingStep(place.python, one, depth + 1)))
  return steps.includes(null) ? null : (steps[0] ?? null)
}

const isOwn = (callee: Expr): boolean =>
  callee.type === 'attribute' && callee.value.type === 'name' && callee.value.id === 'self'

/** `lambda picture: picture.convert('RGB')`. */
function isConversion(step: Expr): boolean {
  if (step.type !== 'lambda' || step.body.type !== 'call') return false
  const { callee } = step.body
  return callee.type === 'attribute' && callee.value.type === 'name' && keepsPicture.test(callee.attr)
}

/** A pipeline of another module, or what a parameter is where nothing is passed for it. */
function standsFor(python: PythonModule, expr: Expr): { python: PythonModule; expr: Expr } | null {
  if (expr.type === 'name') {
    const [binding, other] = python.bindingsOf(expr)
    if (binding?.kind === 'param' && other === undefined && binding.value !== null)
      return { python, expr: binding.value }
  }
  if (expr.type !== 'name' && expr.type !== 'attribute') return null
  const place = resultAt(python, expr)
  return place.expr === expr ? null : place
}

/** A picture that is read from its file here: `Image.open(path).convert('RGB')`, `np.array(read(path))`; `parts`: or a part of it. */
export function isReadPicture(python: PythonModule, expr: Expr, parts = false, depth = 0): boolean {
  const inner = (one: Expr) => isReadPicture(python, one, parts, depth + 1)
  const value = python.definition(expr)
  if (depth > 7) return false
  if (value.type === 'name') {
    // `image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)` follows on the line that reads it.
    const before = python.bindingsOf(value)
    return (
      before.length > 0 &&
      before.length < 4 &&
      before.every(({ kind, value: given }) => /^(assign|with)$/.test(kind) && given !== null && inner(given))
    )
  }
  // All of it, with its colours in another order, or a part: `picture[top:bottom, left:right]`.
  if (value.type === 'subscript') {
    const index = python.code.slice(value.index.start, value.index.end)
    return (wholePicture.test(index) || (parts && partOfPicture.test(index))) && inner(value.value)
  }
  if (value.type !== 'call') return false
  const name = python.nameOf(value.callee)
  const [first] = value.args
  if (name !== null && samePicture.test(name)) return first !== undefined && inner(first.value)
  if (name !== null) return pictureReader.test(name)
  const { callee } = value
  if (callee.type === 'attribute' && isStillPicture(callee.attr, parts) && inner(callee.value)) return true
  const own = parts ? python.functionOf(callee) : null
  const passed = own === null ? [] : givesBack(own).map((name) => argumentFor(python, value, own, name))
  if (passed.some((one) => one !== null && inner(one))) return true
  const reader = functionAt(python, callee)
  const returned = reader === null ? null : onlyReturn(reader.func)
  return returned !== null && isReadPicture(reader!.python, returned, parts, depth + 2)
}

/** `crop` cuts out a part, which is a picture as well. */
const isStillPicture = (method: string, parts: boolean): boolean =>
  (parts && method === 'crop') || keepsPicture.test(method)

/** Parameters of which a function gives back all or a part: `return picture.crop(box)`. */
function givesBack(func: Func): string[] {
  return returnsOf(func).flatMap((returned) => {
    let root = returned
    while (root.type === 'call' && root.callee.type === 'attribute' && isStillPicture(root.callee.attr, true))
      root = root.callee.value
    const { type } = root
    return type === 'name' && func.node.params.some(({ name }) => name === root.id) ? [root.id] : []
  })
}

function argumentFor(
  python: PythonModule,
  made: CallExpr,
  { node, class: klass }: Func,
  name: string,
): Expr | null {
  const call = python.callAt(made)
  const position = node.params.findIndex((one) => one.name === name)
  const shift = klass !== null && /^(self|cls)$/.test(node.params[0]?.name ?? '') ? 1 : 0
  return call === null ? null : passedExpression(python.argument(call, name, position - shift))
}

/** The same picture for another library. */
const samePicture =
  /^(cv2\.cvtColor|numpy\.(array|asarray|ascontiguousarray|float32|uint8)|PIL\.Image\.fromarray)$/
const partOfPicture = /^[^,:]*:[^,:]*,[^,:]*:[^,:]*(,\s*(:|\.\.\.)\s*)?$/
const wholePicture = /^\s*(:|\.\.\.)\s*,(\s*:\s*,)?\s*(::-1|:3)\s*$/

/** The name of what is passed, with the words that it is asked by. */
function wordsOf(expr: Expr): string {
  if (expr.type === 'subscript') return expr.index.type === 'constant' ? `${expr.index.value}` : ''
  if (expr.type !== 'call') return lastName(expr)
  const words = expr.args.flatMap(({ value }) => (value.type === 'constant' ? [`${value.value}`] : []))
  return [lastName(expr.callee), ...words].join(' ')
}

/** What goes through a data set again and again; an estimator that is fitted takes features of it once. */
const loading = [
  'torch.utils.data.DataLoader',
  'torch.optim.',
  'lightning.',
  'transformers.',
  'fastai.',
  'ignite.',
  'accelerate.',
]

/**
 * The first pipeline that is handed to a data set of pictures in files and makes each of them smaller; `at`: what tells so in
 * this module.
 */
export function shrunkByDataSet(python: PythonModule): { at: Call; step: ShrinkingStep } | null {
  if (!trainsAnywhere(python) || !(usesAny(python, loading) || usesAround(python, loading))) return null
  for (const call of python.calls) {
    if (call.expr.args.length === 0) continue
    // What an evaluation reads is little beside what the training does.
    // What a module tries out where its file is started trains nothing.
    if (evidenceAt(python, call).role !== 'training') continue
    const { statement } = call
    const [target] = statement.type === 'assign' && statement.value === call.expr ? statement.targets : []
    // `data['valid'] = Pictures(…)`
    const names = [
      call.assignedTo,
      call.function?.class?.name,
      target && python.text.slice(target.start, target.end),
    ]
    if (names.some((name) => feedsByName(name ?? '') === 'evaluation')) continue
    for (const [position, { name, value, star }] of call.expr.args.entries()) {
      if (star !== 0 || !/^(name|call|attribute|subscript)$/.test(value.type)) continue
      if (name !== null && isUnused(python, call, name)) continue
      // `evaluation_transform`, `transforms_for('valid')`
      if (feedsByName(wordsOf(value)) === 'evaluation') continue
      const step = shrinkingStep(python, value)
      if (step === null || step.call === call) continue
      if (readsPictures(python, call.expr) || handsToPictures(python, call, name ?? position))
        return { at: step.python === python ? step.call : call, step }
    }
  }
  return givenLater(python)
}

function readsPictures(python: PythonModule, data: Expr): boolean {
  const work = datasetWork(python, data)
  return work?.work === 'decode' && work.decoder !== null && decodesPictures.test(work.decoder)
}

/** `make_loaders(folder, pipeline)`: a function of the project that hands it to the data set that it makes. */
function handsToPictures(python: PythonModule, call: Call, argument: string | number): boolean {
  const maker = functionAt(python, call.expr.callee)
  if (maker === null) return false
  const { params } = maker.func.node
  const own = /^(self|cls)$/.test(params[0]?.name ?? '') ? 1 : 0
  const given = typeof argument === 'string' ? argument : params[argument + own]?.name
  return maker.func.calls.some(
    ({ expr, assignedTo }) =>
      expr.args.some(({ value }) => value.type === 'name' && value.id === given) &&
      feedsByName(assignedTo ?? '') !== 'evaluation' &&
      readsPictures(maker.python, expr),
  )
}

/** `train_set.dataset.transform = pipeline`, after the data set was made and split. */
function givenLater(python: PythonModule): { at: Call; step: ShrinkingStep } | null {
  for (const statement of python.statements) {
    const [target] = statement.type === 'assign' ? statement.targets : []
    if (statement.type !== 'assign' || statement.value === null || target?.type !== 'attribute') continue
    if (!/^transforms?$/.test(target.attr)) continue
    let data = target.value
    while (data.type === 'attribute' && data.attr === 'dataset') data = data.value
    if (data.type !== 'name' || data.id === 'self' || feedsByName(data.id) === 'evaluation') continue
    const step = shrinkingStep(python, statement.value)
    if (step?.python !== python || evidenceAt(python, step.call).role !== 'training') continue
    if (readsPictures(python, data)) return { at: step.call, step }
  }
  return null
}

/** The data set only holds what it is given under this name: making a sample does not call it. */
function isUnused(python: PythonModule, { expr }: Call, parameter: string): boolean {
  const klass = python.importedClass(expr.callee)
  if (klass?.items === undefined) return false
  const attribute = Object.entries(klass.holds ?? {}).find(([, { name }]) => name === parameter)?.[0]
  return attribute !== undefined && !klass.items.includes(`.${attribute}`)
}
