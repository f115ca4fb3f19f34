/** What calls of the libraries that prepare data cost. Canonical names; methods of unknown receivers by their own. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { moduleText } from '../pytorch/evidence.js'

export interface PreparationCost {
  /** As a message calls it: `librosa.feature.mfcc`, `apply(clean, axis=1)`. */
  what: string
  /** `heavy`: it decodes, parses, or goes row by row in Python; `ordinary`: over a table in compiled code. */
  weight: 'heavy' | 'ordinary'
  /** It costs something only where a loop goes through many. */
  single: boolean
  /** What it depends on. */
  inputs: Expr[]
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
  { names: /^rdkit\.Chem\.(AllChem\.\w+|MolFromSmiles|Descriptors\.\w+)$/, weight: 'heavy', single: true },
  {
    names:
      /^gensim\.models\.(\w+\.)?(Word2Vec|Doc2Vec|FastText|LdaModel|LdaMulticore)$|^gensim\.models\.KeyedVectors\.load_word2vec_format$/,
    weight: 'heavy',
  },
  {
    names: /^(tsfresh\.extract_features|tsfresh\.extract_relevant_features|featuretools\.dfs)$/,
    weight: 'heavy',
  },
  {
    names:
      /^pandas\.read_(csv|json|excel|xml|html|table|fwf|sql|sql_query|stata|sas)$|^numpy\.(loadtxt|genfromtxt)$/,
    weight: 'ordinary',
  },
  { names: /^pandas\.(get_dummies|merge|pivot_table|crosstab|merge_asof)$/, weight: 'ordinary' },
]

const fitters =
  /^(sklearn\.(feature_extraction\.text\.(Tfidf|Count)Vectorizer|decomposition\.\w+|manifold\.\w+|impute\.(KNNImputer|IterativeImputer))|umap(\.\w+)?\.UMAP|openTSNE\.TSNE)$/
const slowFitters =
  /TSNE|UMAP|KNNImputer|IterativeImputer|NMF|LatentDirichlet|manifold|DictionaryLearning|KernelPCA/

/** Functions over single values in compiled code. */
const plainFunctions =
  /^(str|int|float|bool|len|numpy\.\w+|pandas\.(to_datetime|to_numeric|Timestamp)|math\.\w+)$/

export function preparationCost(analysis: PythonModule, call: Call): PreparationCost | null {
  const { name, expr, method } = call
  const inputs = expr.args.map((one) => one.value)
  // A look at a few rows.
  if (expr.args.some((one) => one.name === 'nrows' || one.name === 'chunksize')) return null
  if (name !== null) {
    const found = known.find(({ names }) => names.test(name))
    if (found !== undefined) {
      if (/\.(read_\w+|loadtxt|genfromtxt)$/.test(name) && inputs.length === 0) return null
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
      inputs,
    }
  }
  if (method === 'encode' && call.receiver === 'sentence_transformers.SentenceTransformer') {
    const model = analysis.text.slice(receiver.start, receiver.end).replace(/[^\w.]/g, '')
    // While it is trained it gives something else each time.
    if (new RegExp(`${model}\\.(fit|train|parameters)\\(`).test(moduleText(analysis))) return null
    return { what: 'SentenceTransformer.encode', weight: 'heavy', single: false, inputs }
  }
  if (method === 'pipe' && isSpacy(analysis, receiver))
    return { what: 'nlp.pipe', weight: 'heavy', single: false, inputs }
  return tableCost(analysis, call, receiver, all)
}

/** `nlp(text)` with a pipeline of spaCy. */
export function parsesText(analysis: PythonModule, call: Call): PreparationCost | null {
  const { callee, args } = call.expr
  if (callee.type !== 'name' || args.length === 0 || !isSpacy(analysis, callee)) return null
  return { what: `${callee.id}()`, weight: 'heavy', single: true, inputs: args.map((one) => one.value) }
}

function isSpacy(analysis: PythonModule, expr: Expr): boolean {
  const made = analysis.callOf(expr)
  // A pipeline that is trained gives something else each time.
  return made?.name === 'spacy.load' && !/\.update\(/.test(moduleText(analysis))
}

const usesTables = (analysis: PythonModule): boolean =>
  [...analysis.imports].some((name) => /^(pandas|cudf|modin|polars)(\.|$)/.test(name))

function tableCost(
  analysis: PythonModule,
  call: Call,
  receiver: Expr,
  inputs: Expr[],
): PreparationCost | null {
  if (!usesTables(analysis)) return null
  const { method, expr } = call
  const found = (weight: PreparationCost['weight'], what = method) => ({
    what,
    weight,
    single: false,
    inputs,
  })
  if (/^(progress_apply|parallel_apply)$/.test(method)) return found('heavy', named(analysis, call))
  if (method === 'apply') {
    // Modules of PyTorch, transforms of tf.data and others have an `apply` too.
    if (call.receiver !== null && !/^(pandas|cudf|modin)\./.test(call.receiver)) return null
    if (call.receiver === null && !isTable(analysis, receiver) && !isColumn(receiver)) return null
    const [first] = expr.args
    if (first === undefined) return null
    const rows = expr.args.some(
      (one) =>
        one.name === 'axis' &&
        one.value.type === 'constant' &&
        (one.value.value === 1 || one.value.value === 'columns'),
    )
    const func = analysis.nameOf(first.value)
    if (!rows && func !== null && plainFunctions.test(func)) return null
    if (first.value.type === 'constant') return null
    return found(rows || worksOnText(analysis, first.value) ? 'heavy' : 'ordinary', named(analysis, call))
  }
  if (/^(iterrows|itertuples)$/.test(method)) return found('heavy', `${method}()`)
  if (call.receiver !== null && !/^(pandas|cudf|modin)\./.test(call.receiver)) return null
  if (
    /^(groupby|pivot_table|rolling|resample)$/.test(method) ||
    (method === 'merge' && expr.args.length > 0 && isTable(analysis, receiver))
  )
    return isTable(analysis, receiver) ? found('ordinary') : null
  return null
}

/** `train_df`, `frame.text`, or what a function of pandas gave. */
function isTable(analysis: PythonModule, expr: Expr): boolean {
  if (expr.type === 'subscript' || expr.type === 'attribute') return isTable(analysis, expr.value)
  if (expr.type !== 'name') return false
  if (tableName.test(expr.id)) return true
  return /^pandas\.(read_\w+|DataFrame|concat|merge)$/.test(analysis.callOf(expr)?.name ?? '')
}

const tableName =
  /(^|_)(df|frame|data|train|test|valid|val|table|x|features?|texts?|corpus|sample|all)(_|\d|$)|df$/i

/** `threads['text']`. */
function isColumn(expr: Expr): boolean {
  return expr.type === 'subscript' && expr.index.type === 'constant' && typeof expr.index.value === 'string'
}

const textWork =
  /\bre\.|\.split\(|\.lower\(|stem|lemma|token|nlp\(|stopword|BeautifulSoup|\bclean|normali|\bfor\b/

/** The function goes through the characters or words of a text. */
function worksOnText(analysis: PythonModule, expr: Expr): boolean {
  const func = analysis.functionOf(expr)
  const node = func?.node ?? (expr.type === 'lambda' ? expr : null)
  if (node === null) return expr.type === 'name' && /clean|token|stem|lemma|prepro|parse/i.test(expr.id)
  return textWork.test(analysis.text.slice(node.start, Math.min(node.end, node.start + 3000)))
}

function named(analysis: PythonModule, call: Call): string {
  const [first] = call.expr.args
  const text = first === undefined ? '' : analysis.text.slice(first.start, first.end)
  const rows = call.expr.args.some((one) => one.name === 'axis')
  const shown = /^[\w.]{1,30}$/.test(text) ? text : '…'
  return `${call.method}(${shown}${rows ? ', axis=1' : ''})`
}
