/** What calls of the libraries that prepare data cost. Canonical names; methods of unknown receivers by their own. */
import type { Call, PythonModule } from '../../python/module.js'
import { readyNetworkOf, readyNetworkRun } from '../../python/ready-networks.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import type { PreparationCost } from './preparation-cost.js'
import { tableCost, tableWork } from './table-costs.js'
import { isTokenizing, tokenizes } from './tokenizer-costs.js'

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
        !runsOnly(python, call) &&
        call.expr.args.some(({ value }) => python.code.slice(value.start, value.end) === name),
    )
  )
}

/** A function of the module that trains nothing, as far as its code goes. */
function runsOnly(python: PythonModule, { expr }: Call): boolean {
  const func = python.functionOf(expr.callee)
  if (func === null) return false
  const { trains, backward, optimizerStep, calls } = python.effectsOfFunction(func)
  return !(trains || backward || optimizerStep || [...calls].some((name) => trainsGiven.test(name)))
}

const trainsGiven = /optim|Trainer|(^|\.)(fit|train|named_parameters|parameters)$/

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

const embedder = /^sentence_transformers\.(\w+\.)*SentenceTransformer$/

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
  if (method === 'encode' && isEmbedder(python, call, receiver)) {
    const model = python.text.slice(receiver.start, receiver.end).replace(/[^\w.]/g, '')
    // While it is trained it gives something else each time.
    if (new RegExp(`${model}\\.(fit|train|parameters)\\(`).test(python.code)) return null
    const what = 'SentenceTransformer.encode'
    return { what, weight: 'heavy', single: false, inputs, byRow: true, network: true }
  }
  if (method === 'pipe' && isSpacy(python, receiver))
    return { what: 'nlp.pipe', weight: 'heavy', single: false, inputs, byRow: true }
  return tableCost(python, call, receiver, all)
}

function isEmbedder(python: PythonModule, { receiver }: Call, object: Expr): boolean {
  if (receiver !== null) return embedder.test(receiver)
  const made = readyNetworkOf(python, object)
  return made !== null && embedder.test(python.nameOf(made.callee) ?? '')
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
