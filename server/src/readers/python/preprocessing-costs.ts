/** What calls of the libraries that prepare data cost. Canonical names; methods of unknown receivers by their own. */

import type { Call, PythonModule } from '../../python/module.js'
import { readyNetworkRun } from '../../python/ready-networks.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import type { PreprocessingSettings } from '../../workload/resource-kinds.js'

export interface PreparationCost {
  /** As a message calls it: `librosa.feature.mfcc`, `apply(clean, axis=1)`. */
  what: string
  weight: PreprocessingSettings['weight']
  /** It costs something only where a loop goes through many. */
  single: boolean
  /** What it depends on. */
  inputs: Expr[]
  /** What it makes of one row no other row has a part in, and takes long. */
  byRow?: true
  /** A network that nothing trains computes it. */
  network?: true
  /** For each sample: a smaller picture, what a file holds, or the tokens of a text. */
  made?: 'picture' | 'file' | 'text'
  /** Worth it before each pass of a loop, not once at the start of a program. */
  quick?: boolean
}

interface Known {
  names: RegExp
  weight: PreparationCost['weight']
  single?: boolean
}

const known: Known[] = [
  {
    names:
      /^librosa\.(load|stft|istft|cqt|pyin|yin|vqt|resample|feature\.\w+|effects\.(hpss|harmonic|percussive|time_stretch|pitch_shift|trim|split)|beat\.\w+|onset\.\w+)$/,
    weight: 'heavy',
    single: true,
  },
  {
    names: /^(python_speech_features|opensmile|parselmouth|pyworld)\.(\w+\.)*\w+$/,
    weight: 'heavy',
    single: true,
  },
  {
    names:
      /^skimage\.feature\.(hog|local_binary_pattern|graycomatrix|greycomatrix)$|^mahotas\.features\.\w+$/,
    weight: 'heavy',
    single: true,
  },
  {
    names:
      /^(cv2\.imread|imageio\.(v2\.|v3\.)?imread|skimage\.io\.imread|PIL\.Image\.open|pydicom\.(dcmread|read_file)|nibabel\.load|SimpleITK\.ReadImage)$/,
    weight: 'heavy',
    single: true,
  },
  {
    names:
      /^nltk\.(tokenize\.)?(word_tokenize|sent_tokenize|pos_tag)$|^nltk\.(tag\.)?pos_tag$|^textblob\.TextBlob$|^langdetect\.detect$/,
    weight: 'heavy',
    single: true,
  },
  { names: /^spacy\.Language\.(__call__|pipe)$/, weight: 'heavy', single: true },
  { names: /^rdkit\.Chem\.(AllChem\.\w+|MolFromSmiles|Descriptors\.\w+)$/, weight: 'heavy', single: true },
  {
    names:
      /^gensim\.models\.(\w+\.)?(Word2Vec|Doc2Vec|FastText|LdaModel|LdaMulticore)$|^gensim\.(\w+\.)*(load_word2vec_format|load_facebook_(model|vectors))$|^gensim\.downloader\.load$/,
    weight: 'dear',
  },
  {
    names: /^(tsfresh\.extract_features|tsfresh\.extract_relevant_features|featuretools\.dfs)$/,
    weight: 'dear',
  },
  {
    names:
      /^pandas\.read_(csv|json|excel|xml|html|table|fwf|sql|sql_query|stata|sas)$|^numpy\.(loadtxt|genfromtxt)$|^sklearn\.datasets\.load_svmlight_files?$|^scipy\.io\.mmread$|^polars\.read_(csv|ndjson|json|excel)$/,
    weight: 'ordinary',
  },
  { names: /^(xgboost\.(\w+\.)?(Quantile)?DMatrix|catboost\.(\w+\.)?Pool)$/, weight: 'ordinary' },
  { names: /^pandas\.(get_dummies|merge|pivot_table|crosstab|merge_asof)$/, weight: 'ordinary' },
]

const fitters =
  /^(sklearn\.(feature_extraction\.text\.(Tfidf|Count)Vectorizer|decomposition\.\w+|manifold\.\w+|impute\.(KNNImputer|IterativeImputer))|umap(\.\w+)?\.UMAP|openTSNE\.TSNE)$/
const slowFitters =
  /TSNE|UMAP|KNNImputer|IterativeImputer|NMF|LatentDirichlet|manifold|DictionaryLearning|KernelPCA/

/** Functions over single values in compiled code. */
const plainFunctions =
  /^(str|int|float|bool|len|numpy\.\w+|pandas\.(to_datetime|to_numeric|Timestamp)|math\.\w+)$/

/** Calls of tokenizers that give numbers for texts. */
const tokenizes = /^(__call__|encode|encode_plus|batch_encode_plus|tokenize|apply_chat_template)$/
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

/** `network(pixels)`, of a network with its weights that nothing in the program trains: embeddings of many samples. */
export function embedsWithNetwork(python: PythonModule, call: Call): PreparationCost | null {
  const { expr, function: func } = call
  if (readyNetworkRun(python, expr) === null) return null
  // What measures a network is no preparation.
  if (isTeaching(call)) return null
  if (measures.test(func?.name ?? '')) return null
  const network = expr.callee.type === 'attribute' && call.name === null ? expr.callee.value : expr.callee
  const written = python.text.slice(expr.callee.start, expr.callee.end)
  const names = [network, expr.callee].map(({ start, end }) => python.code.slice(start, end))
  if (names.some((name) => /^[\w.]+$/.test(name) && mayBeTrained(python, name))) return null
  return {
    what: /^[\w.]{1,40}$/.test(written) ? written : 'network',
    weight: 'heavy',
    single: true,
    inputs: expr.args.map((one) => one.value),
    byRow: true,
    network: true,
  }
}

/** In a loop that trains another network: it sees other samples each time. */
export function isTeaching({ loops }: Call): boolean {
  return loops.some(({ role, effects }) => role === 'train' || effects.backward || effects.optimizerStep)
}

const measures = /eval|valid|test|predict|generat|sampl|score|metric|fid|infer|forward|step|demo|plot|show/i
const looksOnly = /^(print|DataParallel|summary|compile|next|len|type|isinstance|str|repr|info)$/

/** Its weights are given to an optimizer, or it is handed to something that may train it. */
function mayBeTrained(python: PythonModule, name: string): boolean {
  const known = once(python, 'networks that may be trained', () => new Map<string, boolean>())
  const trained = known.get(name) ?? looksTrained(python, name)
  known.set(name, trained)
  return trained
}

function looksTrained(python: PythonModule, name: string): boolean {
  const written = name.replace(/\./g, '\\.')
  return (
    new RegExp(
      `(?<![\\w.])${written}\\.(train|fit|named_parameters|backward|trainable_variables)\\b|optim[\\s\\S]{0,200}(?<![\\w.])${written}\\.parameters\\(`,
    ).test(python.code) ||
    python.calls.some(
      (call) =>
        !looksOnly.test(call.method) &&
        call.expr.args.some(({ value }) => python.code.slice(value.start, value.end) === name),
    )
  )
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

/** Something is drawn, or looked up where results are kept. */
const drawsOrKeeps =
  /random|augment|noise|jitter|shuffle|sample$|choice|permutation|(^|\.)(exists|isfile|is_file|lru_cache|cache)$|^(joblib|pickle|torch|numpy)\.(load|dump|save)|to_(pickle|parquet|feather)$|^functools\.cache/i

const keepsMade =
  /(^|\.)(exists|isfile|is_file)$|lru_cache|^(joblib|pickle|torch|numpy)\.(load|dump|save)|to_(pickle|parquet|feather)$|^functools\.cache/
/** Gigabytes of words with their vectors. */
const loadsVectors =
  /^gensim\.(\w+\.)*(load_word2vec_format|load_facebook_(model|vectors))$|^gensim\.downloader\.load$/
const weights = ['dear', 'heavy'] as const

/** More than data is made, which may have to be new each time; `datasets` keeps what it makes. */
const makesMore =
  /^(torch\.(optim|nn|utils\.data)|accelerate|keras|lightning|deepspeed|datasets)\.|Model\w*\.from_pretrained$|\.(parameters|cuda|fit|prepare)$/

/** A function of another module that prepares data; null: it does not, or not the same each time. */
export function preparesElsewhere(python: PythonModule, call: Call): PreparationCost | null {
  if (call.name !== null || call.expr.callee.type === 'call') return null
  const imported =
    python.functionOf(call.expr.callee) === null ? python.importedFunction(call.expr.callee) : null
  if (imported === null || imported.trains || imported.backward || imported.remembered === true) return null
  // What is drawn beside it changes nothing of what a large file holds.
  const large = imported.calls.filter((name) => loadsVectors.test(name))
  const drawn = imported.calls.some((name) => drawsOrKeeps.test(name))
  if (drawn && (large.length === 0 || imported.calls.some((name) => keepsMade.test(name)))) return null
  const costs: Pick<Known, 'weight' | 'single'>[] = (drawn ? large : imported.calls).flatMap(
    (name) => costByName(name) ?? [],
  )
  const tables = drawn ? null : tableWork(python, call.expr.callee, imported.calls)
  if (tables !== null) costs.push({ weight: tables })
  if (costs.length === 0 || imported.calls.some((name) => makesMore.test(name))) return null
  return {
    what: call.method,
    weight: weights.find((one) => costs.some(({ weight }) => weight === one)) ?? 'ordinary',
    single: !imported.repeats && costs.every(({ single }) => single === true),
    inputs: call.expr.args.map((one) => one.value),
  }
}

const tableMethods = /^\.(groupby|merge|pivot_table|rolling|resample|agg|shift|melt|explode)$/
const slowTableMethods = /^\.(apply|progress_apply|parallel_apply|iterrows|itertuples|applymap)$/

/** A function of a module with pandas that does several things to tables; null: it does not. */
function tableWork(
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

const embedder = /^sentence_transformers\.(\w+\.)*SentenceTransformer$/

/** By its name in a summary: `transformers.BertTokenizer.encode_plus`. */
export function isTokenizing(name: string): boolean {
  const cut = name.lastIndexOf('.')
  return cut > 0 && tokenizerClass.test(name.slice(0, cut)) && tokenizes.test(name.slice(cut + 1))
}

function costByName(name: string): Known | undefined {
  const cut = name.lastIndexOf('.')
  const [owner, method] = [name.slice(0, Math.max(cut, 0)), name.slice(cut + 1)]
  if (isTokenizing(name)) return { names: tokenizes, weight: 'heavy', single: true }
  if (method === 'encode' && embedder.test(owner)) return { names: embedder, weight: 'heavy' }
  if (method === 'fit_transform' && fitters.test(owner))
    return { names: fitters, weight: slowFitters.test(owner) ? 'heavy' : 'ordinary' }
  return known.find(({ names }) => names.test(name))
}

export function preparationCost(python: PythonModule, call: Call): PreparationCost | null {
  const { name, expr, method } = call
  const inputs = expr.args.map((one) => one.value)
  // A look at a few rows.
  if (expr.args.some((one) => one.name === 'nrows' || one.name === 'chunksize')) return null
  if (name !== null) {
    const found = known.find(({ names }) => names.test(name))
    if (found !== undefined) {
      if (
        /\.(read_\w+|loadtxt|genfromtxt)$/.test(name) &&
        (inputs.length === 0 || isWritten(python, inputs[0]!))
      )
        return null
      return {
        what: name.replace(/^pandas\./, 'pd.').replace(/^numpy\./, 'np.'),
        weight: found.weight,
        single: found.single ?? false,
        inputs,
      }
    }
  }
  if (expr.callee.type !== 'attribute') return null
  const receiver = expr.callee.value
  const all = [receiver, ...inputs]
  if (method === 'fit_transform' && call.receiver !== null && fitters.test(call.receiver)) {
    const what = call.receiver.slice(call.receiver.lastIndexOf('.') + 1)
    return {
      what: `${what}.fit_transform`,
      weight: slowFitters.test(what) ? 'heavy' : 'ordinary',
      single: false,
      inputs: all,
    }
  }
  if (method === 'encode' && call.receiver === 'sentence_transformers.SentenceTransformer') {
    const model = python.text.slice(receiver.start, receiver.end).replace(/[^\w.]/g, '')
    // While it is trained it gives something else each time.
    if (new RegExp(`${model}\\.(fit|train|parameters)\\(`).test(python.code)) return null
    return { what: 'SentenceTransformer.encode', weight: 'heavy', single: false, inputs, byRow: true }
  }
  if (method === 'pipe' && isSpacy(python, receiver))
    return { what: 'nlp.pipe', weight: 'heavy', single: false, inputs, byRow: true }
  return tableCost(python, call, receiver, all)
}

/** The program writes the file that it reads here: it holds something else each time. */
function isWritten(python: PythonModule, path: Expr): boolean {
  const textOf = ({ start, end }: Expr) => python.text.slice(start, end)
  return python.calls.some(
    ({ method, expr }) =>
      /^(to_(csv|json|excel|html|xml|sql)|savetxt|save)$/.test(method) &&
      expr.args.some(({ value }) => value.type !== 'constant' && textOf(value) === textOf(path)),
  )
}

/** `nlp(text)` with a pipeline of spaCy. */
export function parsesText(python: PythonModule, call: Call): PreparationCost | null {
  const { callee, args } = call.expr
  if (callee.type !== 'name' || args.length === 0 || !isSpacy(python, callee)) return null
  return { what: `${callee.id}()`, weight: 'heavy', single: true, inputs: args.map((one) => one.value) }
}

function isSpacy(python: PythonModule, expr: Expr): boolean {
  const made = python.callOf(expr)
  // A pipeline that is trained gives something else each time.
  return made?.name === 'spacy.load' && !/\.update\(/.test(python.code)
}

const usesTables = (python: PythonModule): boolean =>
  [...python.imports].some((name) => /^(pandas|cudf|modin|polars)(\.|$)/.test(name))

function tableCost(python: PythonModule, call: Call, receiver: Expr, inputs: Expr[]): PreparationCost | null {
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
