/** Which calls train a fastai learner, and what made the learner. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr, Import } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { mayBePassed } from '../../values/argument.js'
import { passedCallbacks } from '../callback-list.js'

const second =
  /^fastai2(\.|$)|^fastai(\.\w+)*\.all$|^fastai\.(learner|collab|callback|data|interpret|optimizer)(\.|$)/
const first = /^fastai\.(vision|text|tabular|basic_train|basic_data|callbacks(\.\w+)*|train|datasets)$/
/** The courses of 2017 and 2018: another interface with the same names. */
const zeroth =
  /^fastai\.(conv_learner|structured|nlp|column_data|imports|sgdr|plots|dataset|transforms|lm_rnn)$/

/** Names as they are written, before several spellings become one. */
function writtenModules(python: PythonModule): string[] {
  return python.tree.body
    .filter((statement): statement is Import => statement.type === 'import')
    .flatMap(({ from, module, names }) => (from ? [module ?? ''] : names.map(({ name }) => name)))
}

/** The major version that the imports tell; null: no fastai, or one before version 1. */
export function fastaiVersion(python: PythonModule): 1 | 2 | null {
  return once(python, 'fastai version', () => {
    const modules = writtenModules(python).filter((name) => /^fastai2?(\.|$)/.test(name))
    if (modules.length === 0 || modules.some((name) => zeroth.test(name))) return null
    if (modules.some((name) => second.test(name))) return 2
    return modules.some((name) => first.test(name)) ? 1 : 2
  })
}

/** Every name of the library is there without an import of its own. */
export function importsEverything(python: PythonModule): boolean {
  return python.tree.body.some(
    (statement) =>
      statement.type === 'import' &&
      statement.from &&
      /^fastai2?\.(\w+\.)*all$/.test(statement.module ?? '') &&
      statement.names.some(({ name }) => name === '*'),
  )
}

/** Methods that lay out the learning rate over all epochs. */
export const plannedMethods = /^(fit_one_cycle|fine_tune|fit_flat_cos|fit_sgdr)$/
const makers = /(^|[._])(Learner|GANLearner|[a-z_]*learner)$/

export interface Fit {
  call: Call
  /** The call that made the learner; null: it is made elsewhere. */
  maker: Call | null
}

export function fastaiFits(python: PythonModule): Fit[] {
  if (fastaiVersion(python) === null) return []
  return once(python, 'fastai fits', () => {
    const fits: Fit[] = []
    for (const call of python.calls) {
      const { callee } = call.expr
      if (callee.type !== 'attribute') continue
      const planned = plannedMethods.test(call.method)
      if (!planned && call.method !== 'fit') continue
      const maker = makerOf(python, callee.value)
      const named = /learn/i.test(python.text.slice(callee.value.start, callee.value.end))
      if (maker === null && !(planned ? call.name === null : named)) continue
      fits.push({ call, maker })
    }
    return fits
  })
}

/** `vision_learner(…)` behind the name of a learner, and behind `.to_fp16()` and the like. */
function makerOf(python: PythonModule, receiver: Expr): Call | null {
  let value = python.definition(receiver)
  for (let depth = 0; depth < 4 && value.type === 'call'; depth++) {
    const call = python.callOf(value)
    if (call === null) return null
    const { callee } = value
    const written = python.text.slice(callee.start, callee.end)
    if (makers.test(call.name ?? written)) return call
    if (callee.type !== 'attribute') return null
    value = python.definition(callee.value)
  }
  return null
}

/** Learners over pictures and texts do much matrix work; tables and look-ups do not. */
export function doesMatrixWork(python: PythonModule, maker: Call): boolean {
  if (/(vision|cnn|unet|text_classifier|language_model)_learner$|^GANLearner$/.test(maker.method)) return true
  if (/(tabular|collab)_learner$/.test(maker.method)) return false
  const given = python.text.slice(maker.expr.callee.end, maker.expr.end)
  return /resnet|densenet|efficientnet|convnext|unet|vit_|swin|timm/i.test(given) || python.uses('timm.')
}

/** Data that the library brings along for its lessons. */
const lessons =
  /URLs\.(\w*(SAMPLE|TINY|MNIST\w*|CIFAR\w*)|PETS|FLOWERS|IMAGENETTE\w*|IMAGEWOOF\w*|HUMAN_NUMBERS|ML_\w+|BIWI\w*|SIIM_SMALL|IMDB|CAMVID|PASCAL_2007|CALTECH_101)\b/

export function lessonData(python: PythonModule): string | null {
  return once(python, 'fastai lesson', () => lessons.exec(python.text)?.[0] ?? null)
}

/** The callbacks of a call: none, a list for each argument that carries them, or null where they cannot be read. */
export function callbacksOf(python: PythonModule, call: Call): (Expr[] | null)[] {
  const given = python.argument(call, 'cbs')
  return mayBePassed(given) ? [passedCallbacks(python, given)?.items ?? null] : []
}
