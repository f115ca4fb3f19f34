/** What calls of tokenizers cost. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import type { PreparationCost } from './preparation-cost.js'

/** Calls of tokenizers that give numbers for texts. */
export const tokenizes = /^(__call__|encode|encode_plus|batch_encode_plus|tokenize|apply_chat_template)$/
const tokenizerClass = /^(transformers|tokenizers)\.(\w+\.)*\w*Tokenizer(Fast)?$/

/** `BertTokenizer` goes through a text letter by letter in Python; `AutoTokenizer` takes the compiled one where there is one. */
export const slowTokenizer = /^transformers\.(\w+\.)*(?!Auto)\w+Tokenizer(\.\w+)?$/

/** `tokenizer(texts)`, `self.tokenizer.encode_plus(text)`; null: it is none. */
export function tokenizing(python: PythonModule, call: Call): PreparationCost | null {
  const { expr, receiver, method } = call
  const [first] = expr.args
  if (first === undefined || call.name !== null || generates(python, call)) return null
  const called = receiver ?? python.typeOf(expr.callee)
  if (called === null) {
    if (!isTokenizingCall(call)) return null
  } else if (!tokenizerClass.test(called) || (receiver !== null && !tokenizes.test(method))) return null
  const what = python.text.slice(expr.callee.start, expr.callee.end)
  return {
    what: /^[\w.]{1,40}$/.test(what) ? what : 'tokenizer',
    weight: 'heavy',
    single: isOneText(python, first.value),
    inputs: expr.args.map((one) => one.value),
    byRow: true,
    quick: true,
  }
}

/** A tokenizer that is handed in, by what it is asked for: only these take such arguments. */
function isTokenizingCall({ method, expr: { args, callee } }: Call): boolean {
  if (/^(batch_)?encode_plus$/.test(method)) return true
  if (!/tokeni[sz]er$/i.test(lastName(callee)) && !tokenizes.test(method)) return false
  return args.some((one) => tokenizerArguments.test(one.name ?? ''))
}

const tokenizerArguments =
  /^(truncation|add_special_tokens|pad_to_max_length|return_token_type_ids|return_attention_mask|return_offsets_mapping)$/

/** Texts for a model that then writes on: beside that, cutting them into words takes no time. */
function generates(python: PythonModule, { function: func }: Call): boolean {
  return func !== null && /\.generate\(/.test(python.code.slice(func.node.start, func.node.end))
}

/** By its name in a summary: `transformers.BertTokenizer.encode_plus`. */
export function isTokenizing(name: string): boolean {
  const cut = name.lastIndexOf('.')
  return cut > 0 && tokenizerClass.test(name.slice(0, cut)) && tokenizes.test(name.slice(cut + 1))
}

/** A text rather than many of them. */
function isOneText(python: PythonModule, expr: Expr): boolean {
  if (expr.type === 'fstring' || expr.type === 'constant') return true
  const value = python.definition(expr)
  if (value.type === 'constant' || value.type === 'fstring' || value.type === 'binary') return true
  if (value.type === 'call') return python.nameOf(value.callee) === 'str'
  const name = lastName(expr)
  return /^(\w+_)?(text|prompt|sentence|question|query|message|string|line|word|s|t|x|example|title)$/i.test(
    name,
  )
}
