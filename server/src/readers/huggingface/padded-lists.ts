/** Tokenizers that are given all texts of a data set at once: what they pad, they pad before it is known which texts share a batch. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf, expressionsOf, namesIn } from '../../syntax/python-children.js'
import { trainsAnywhere } from '../pytorch/evidence.js'

/** What runs once, before the training. */
const early =
  /^(__init__|setup|prepare_data|prepare\w*|load\w*|get\w*|make\w*|build\w*|create\w*|main|train\w*|run\w*|fit\w*|tokeni[sz]e\w*|encode\w*|preprocess\w*)$/
const manyTexts =
  /(^|_)(x|text|train|sentence|review|corpus|doc(ument)?|question|answer|context|title|tweet|comment|prompt|input|source|target|quer(y|ie)|passage|article|headline|summar(y|ie)|post|message|utterance|premise|hypothes[ie]s|sequence)s?(_|$|\d)/i
const evaluated = /(^|[^a-z])(val(id(ation)?)?|dev|tests?|eval|pred(ict(ion)?s?)?|infer)([^a-z]|$)/i
const oneText = /(^|_)(text|sentence|review|question|title|tweet|prompt|quer(y)|passage|message|input_text)$/i

/** `train_encodings = tokenizer(train_texts, padding=True)`, also where a function or a data set does so once. */
export function takesWholeList(python: PythonModule, call: Call): boolean {
  return trainsAnywhere(python) && takesAllTexts(python, call)
}

/** The same, wherever its texts are used. */
export function takesAllTexts(python: PythonModule, call: Call): boolean {
  const [texts] = call.expr.args
  if (texts === undefined || texts.star !== 0 || !isOfWholePasses(call)) return false
  if (fillsDataSet(python, call)) return !isEvaluation(python, call)
  if (!runsOnce(python, call.function) || isEvaluation(python, call)) return false
  return isMany(python, texts.value)
}

/** `rows = tokenizer(texts, padding=True)`, then `TensorDataset(rows['input_ids'], labels)`: whatever it is given, it is all of it. */
function fillsDataSet(python: PythonModule, { assignedTo, function: func, expr }: Call): boolean {
  if (assignedTo === null || !/^\w+$/.test(assignedTo)) return false
  return python.calls.some(
    (one) =>
      one.method === 'TensorDataset' &&
      one.function === func &&
      one.expr.start > expr.end &&
      one.expr.args.some(({ value }) => namesIn(value).includes(assignedTo)),
  )
}

const stores = /\b(torch|np|numpy)\.save\w*\(|\.save_to_disk\(|\.to_parquet\(|\b(pickle|joblib)\.dump\(/
const predicts = /\.generate\(|\.logits\b|no_grad|\.eval\(\)|pipeline\(/

/** A program that prepares the data of a training, stores it and runs no network on it. */
export function storesTrainingData(python: PythonModule): boolean {
  const { code } = python
  return !trainsAnywhere(python) && stores.test(code) && /train/i.test(code) && !predicts.test(code)
}

/** Not for each batch. */
const isOfWholePasses = ({ loops }: Call): boolean => loops.every(({ role }) => role === 'epoch')

function runsOnce(python: PythonModule, func: Func | null): boolean {
  if (func === null) return true
  if (!early.test(func.name)) return false
  const [sites, outside] = [python.callSites(func) ?? [], python.outsideCalls(func)]
  if (!isCalledRarely(python, func)) return false
  return isCalledByItself.test(func.name) || sites.length + outside.length > 0
}

/** Of a data set or a data module. */
const isCalledByItself = /^(__init__|setup|prepare_data)$/

const ofBatch = /batch|collat|step|forward|__getitem__|__call__|__iter__/i

/** No call of it, nor of the functions that call it, comes with each batch. */
function isCalledRarely(python: PythonModule, func: Func, depth = 0): boolean {
  const [sites, outside] = [python.callSites(func), python.outsideCalls(func)]
  if (sites === null || outside.some(({ looped }) => looped)) return false
  return sites.every((site) => {
    const by = site.function
    if (!isOfWholePasses(site) || ofBatch.test(by?.name ?? '') || isInLambda(site)) return false
    return by === null || by === func || depth > 4 || isCalledRarely(python, by, depth + 1)
  })
}

/** Who is handed it says how often: `collate_fn=lambda rows: encode(rows)`. */
function isInLambda({ statement, expr }: Call): boolean {
  const isIn = (part: Expr): boolean =>
    part.start <= expr.start &&
    expr.end <= part.end &&
    (part.type === 'lambda' || childrenOf(part).some(isIn))
  return expressionsOf(statement).some(isIn)
}

function isEvaluation(python: PythonModule, { statement, expr, function: func }: Call): boolean {
  const written =
    statement.type === 'assign'
      ? statement.targets.map((one) => python.text.slice(one.start, one.end)).join(' ')
      : ''
  const given = expr.args[0]!.value
  return evaluated.test(
    `${written} ${python.text.slice(given.start, given.end)} ${func?.name ?? ''}`.replaceAll('_', ' '),
  )
}

/** `frame.text.tolist()`, `list(texts)`, `train_texts`. */
function isMany(python: PythonModule, expr: Expr): boolean {
  if (expr.type === 'call') {
    const { callee, args } = expr
    if (callee.type === 'attribute') return /^(tolist|to_list)$/.test(callee.attr)
    return (
      callee.type === 'name' && callee.id === 'list' && args.length === 1 && isMany(python, args[0]!.value)
    )
  }
  if (expr.type === 'attribute')
    return expr.attr === 'values' || (manyTexts.test(expr.attr) && !oneText.test(expr.attr)) || isColumn(expr)
  if (expr.type === 'subscript') return isColumn(expr)
  // `[row.text for row in rows]`
  if (expr.type === 'comprehension')
    return expr.value === undefined && !/batch/i.test(namesIn(expr).join(' '))
  if (expr.type !== 'name') return false
  const value = python.definition(expr)
  if (value.type === 'list') return false
  if (value !== expr && value.type !== 'name') return value.type === 'comprehension' || isMany(python, value)
  return manyTexts.test(expr.id) && !oneText.test(expr.id)
}

/** `frame['text']`, `data['train']['text']`. */
function isColumn(expr: Expr): boolean {
  const names = namesIn(expr)
  return (
    !names.some((name) => /batch|row|item|example|sample/i.test(name)) &&
    (expr.type !== 'subscript' || expr.index.type === 'constant') &&
    names.some((name) => /(^|_)(df|frame|data(set|frame)?|table|train\w*|ds)$/i.test(name))
  )
}
