/** What calls on tables cost, of pandas and its kin: grouping, joining, functions that are applied to each row. */
import type { Call, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import type { PreparationCost } from './preparation-cost.js'

/** Functions over single values in compiled code. */
const plainFunctions =
  /^(str|int|float|bool|len|numpy\.\w+|pandas\.(to_datetime|to_numeric|Timestamp)|math\.\w+)$/

const tableMethods = /^\.(groupby|merge|pivot_table|rolling|resample|agg|shift|melt|explode)$/
const slowTableMethods = /^\.(apply|progress_apply|parallel_apply|iterrows|itertuples|applymap)$/

/** A function of a module with pandas that does several things to tables; null: it does not. */
export function tableWork(
  python: PythonModule,
  callee: Expr,
  calls: readonly string[],
): PreparationCost['weight'] | null {
  const module = python.projectMember(callee)?.summary
  if (module?.imports.some((name) => /^(pandas|cudf|modin|polars)(\.|$)/.test(name)) !== true) return null
  const steps = calls.filter((name) => tableMethods.test(name)).length
  const slow = calls.some((name) => slowTableMethods.test(name))
  if (steps + Number(slow) < 2) return null
  return slow ? 'heavy' : 'ordinary'
}

const usesTables = (python: PythonModule): boolean =>
  [...python.imports].some((name) => /^(pandas|cudf|modin|polars)(\.|$)/.test(name))

export function tableCost(
  python: PythonModule,
  call: Call,
  receiver: Expr,
  inputs: Expr[],
): PreparationCost | null {
  if (!usesTables(python)) return null
  const { method, expr } = call
  const found = (weight: PreparationCost['weight'], what = method, byRow = false): PreparationCost => ({
    what,
    weight,
    single: false,
    inputs,
    ...(byRow ? { byRow: true as const } : {}),
  })
  // A column's values one by one; what changes them by a table of words is quick.
  if (/^(map|progress_map|parallel_map)$/.test(method)) {
    const [first] = expr.args
    const column = isColumn(receiver) || isTable(python, receiver)
    return column && analyses(python, first?.value) ? found('heavy', named(python, call), true) : null
  }
  if (/^(progress_apply|parallel_apply)$/.test(method))
    return found('heavy', named(python, call), isColumn(receiver) && analyses(python, expr.args[0]?.value))
  if (method === 'apply') {
    // Modules of PyTorch, transforms of tf.data and others have an `apply` too.
    if (call.receiver !== null && !/^(pandas|cudf|modin)\./.test(call.receiver)) return null
    if (call.receiver === null && !isTable(python, receiver) && !isColumn(receiver)) return null
    const [first] = expr.args
    if (first === undefined) return null
    const rows = expr.args.some(
      (one) =>
        one.name === 'axis' &&
        one.value.type === 'constant' &&
        (one.value.value === 1 || one.value.value === 'columns'),
    )
    const func = python.nameOf(first.value)
    if (!rows && func !== null && plainFunctions.test(func)) return null
    if (first.value.type === 'constant') return null
    const looks = analyses(python, first.value)
    const weight = rows || looks || worksOnText(python, first.value) ? 'heavy' : 'ordinary'
    const quick = onlyFormats(python, first.value) ? { quick: true } : {}
    return {
      ...found(weight, named(python, call), (rows || isColumn(receiver)) && looks),
      ...quick,
    }
  }
  if (/^(iterrows|itertuples)$/.test(method)) return found('heavy', `${method}()`)
  if (call.receiver !== null && !/^(pandas|polars|cudf|modin)\./.test(call.receiver)) return null
  if (/^(transform|agg|aggregate)$/.test(method) && isGrouped(python, receiver)) {
    const [first] = expr.args
    // A function in Python is called for each group.
    const slow =
      first?.value.type === 'lambda' || (first !== undefined && python.functionOf(first.value) !== null)
    return slow ? found('heavy', `groupby().${method}`) : null
  }
  if (
    /^(groupby|group_by|group_by_dynamic|pivot_table|pivot|unpivot|melt|explode|rolling|resample|join_asof|upsample|sort_values)$/.test(
      method,
    ) ||
    (/^(with_columns|select|join)$/.test(method) && movesRows(python, call)) ||
    (method === 'merge' && expr.args.length > 0 && isTable(python, receiver))
  )
    return isTable(python, receiver) ? found('ordinary') : null
  return null
}

/** Of polars: a join of two tables, or columns of which each value is made of several rows. */
function movesRows({ code }: PythonModule, { method, expr }: Call): boolean {
  if (method === 'join') return expr.args.some(({ name }) => name === 'on' || name === 'left_on')
  return /\.(over|rolling_\w+|map_elements|shift|rank|cum_\w+|ewm_\w+)\(/.test(
    code.slice(expr.callee.end, expr.end),
  )
}

/** `df.groupby(…)`, `df.groupby(…)['amount']`, and names for them. */
function isGrouped(python: PythonModule, expr: Expr): boolean {
  const value = python.definition(expr)
  if (value.type === 'subscript' || value.type === 'attribute') return isGrouped(python, value.value)
  return value.type === 'call' && value.callee.type === 'attribute' && value.callee.attr === 'groupby'
}

/** `train_df`, `frame.text`, or what a function of pandas gave. */
function isTable(python: PythonModule, expr: Expr): boolean {
  if (expr.type === 'subscript' || expr.type === 'attribute') return isTable(python, expr.value)
  if (expr.type === 'call') return makesTable(python, expr, new Set())
  if (expr.type !== 'name') return false
  if (tableName.test(expr.id)) return true
  return isMadeTable(python, expr, new Set())
}

/** What the name was assigned comes from pandas: `orders = pd.read_csv(…)`, then `orders = orders.merge(…)`. */
function isMadeTable(python: PythonModule, name: Expr & { type: 'name' }, seen: Set<Expr>): boolean {
  return python.bindingsOf(name).some(({ value, unpack }) => {
    if (unpack !== null || value?.type !== 'call' || seen.has(value) || seen.size > mostAssignments)
      return false
    seen.add(value)
    return makesTable(python, value, seen)
  })
}

const makers =
  /^(polars\.((read|scan)_\w+|DataFrame|LazyFrame|from_\w+|concat)|pandas\.(read_\w+|DataFrame|concat|merge|merge_asof|get_dummies|pivot_table|json_normalize))$/

/** `pd.read_csv(…)`, `pd.concat(parts).dropna()`, `orders.sort_values('day')`. */
function makesTable(python: PythonModule, call: CallExpr, seen: Set<Expr>): boolean {
  let expr: Expr = call
  while (expr.type === 'attribute' || expr.type === 'subscript' || expr.type === 'call') {
    if (expr.type === 'call' && makers.test(python.nameOf(expr.callee) ?? '')) return true
    expr = expr.type === 'call' ? expr.callee : expr.value
  }
  return expr.type === 'name' && isMadeTable(python, expr, seen)
}

/** That a table is followed back through. */
const mostAssignments = 100

const tableName =
  /(^|_)(df|frame|data|train|test|valid|val|table|x|features?|texts?|corpus|sample|all)(_|\d|$)|df$/i

/** `threads['text']`. */
function isColumn(expr: Expr): boolean {
  return expr.type === 'subscript' && expr.index.type === 'constant' && typeof expr.index.value === 'string'
}

const textWork =
  /\bre\.|\.split\(|\.lower\(|stem|lemma|token|nlp\(|stopword|BeautifulSoup|\bclean|normali|\bfor\b/

/** The function goes through the characters or words of a text. */
function worksOnText(python: PythonModule, expr: Expr): boolean {
  const code = codeOf(python, expr)
  if (code === null) return expr.type === 'name' && /clean|token|stem|lemma|prepro|parse/i.test(expr.id)
  return textWork.test(code)
}

const analysis =
  /\bnlp\(|lemma|stem(mer)?\b|pos_tag|word_tokenize|BeautifulSoup|TextBlob|langdetect|\bChem\.|librosa|imread|Image\.open/i

/** The function has a library look at each value: milliseconds, where cutting a text into words takes microseconds. */
function analyses(python: PythonModule, expr: Expr | undefined): boolean {
  if (expr === undefined) return false
  const code = codeOf(python, expr)
  if (code !== null) return analysis.test(code)
  return python.importedFunction(expr)?.calls.some((one) => analysesByName.test(one)) === true
}

/** The same in a function of another module, by what it calls. */
const analysesByName =
  /^(spacy\.Language|nltk\.(\w+\.)*(pos_tag|word_tokenize|sent_tokenize|WordNetLemmatizer|\w*Stemmer)|bs4\.BeautifulSoup|textblob\.TextBlob|langdetect\.detect|rdkit\.Chem)\b|^librosa\./

const fillsIn = /\.format\(|\.format_map\(|\bf['"]|['"] ?% ?[(\w]/
const wordsOnly =
  /^(format|format_map|join|strip|lstrip|rstrip|lower|upper|title|capitalize|replace|startswith|endswith|get|isinstance|str|int|float|round|len|bool|isna|isnull|notna|notnull)$/

/** The function puts the values of a row into a text and does nothing else: microseconds, also for a long prompt. */
function onlyFormats(python: PythonModule, expr: Expr): boolean {
  const node = python.functionOf(expr)?.node ?? (expr.type === 'lambda' ? expr : null)
  const code = codeOf(python, expr)
  if (node === null || code === null || !fillsIn.test(code) || /\b(for|while)\b/.test(code)) return false
  return python.calls
    .filter((call) => call.expr.start >= node.start && call.expr.end <= node.end)
    .every(({ method }) => wordsOnly.test(method))
}

/** Of a function of this module; null: it is none. */
function codeOf(python: PythonModule, expr: Expr): string | null {
  const node = python.functionOf(expr)?.node ?? (expr.type === 'lambda' ? expr : null)
  return node === null ? null : python.code.slice(node.start, Math.min(node.end, node.start + 3000))
}

function named(python: PythonModule, call: Call): string {
  const [first] = call.expr.args
  const text = first === undefined ? '' : python.text.slice(first.start, first.end)
  const rows = call.expr.args.some((one) => one.name === 'axis')
  const shown = /^[\w.]{1,30}$/.test(text) ? text : '…'
  return `${call.method}(${shown}${rows ? ', axis=1' : ''})`
}
