/** Programs that throw away, or do not look for, what libraries keep of their downloads and preparations. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { byName } from '../../text/by-name.js'
import { knownArgument, passedPlace, textIn } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { claimUncached, type Uncached } from '../claim-uncached.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'

/** Arguments that ask for a new download or preparation, by what takes them. Canonical names. */
const asked: readonly {
  names: RegExp
  key: string
  value: (given: unknown, written: string) => boolean
  does: string
}[] = [
  {
    names: /^(torch_geometric\.(\w+\.)*\w+|dgl\.data\.(\w+\.)*\w+|tdc\.\w+(\.\w+)*|moleculenet\.\w+)$/,
    key: 'force_reload',
    value: (given) => given === true,
    does: 'preparing the data set',
  },
  {
    names:
      /^(transformers|diffusers|sentence_transformers|timm|peft|tokenizers|huggingface_hub|datasets|open_clip|kagglehub|fastai|spacy|nltk|modelscope)\.(\w+\.)*\w+$/,
    key: 'force_download',
    value: (given) => given === true,
    does: 'the download',
  },
  {
    names: /^torch\.hub\.(load|load_state_dict_from_url|help|list)$/,
    key: 'force_reload',
    value: (given) => given === true,
    does: 'the download',
  },
  {
    names: /^deepchem\.molnet\.load_\w+$/,
    key: 'reload',
    value: (given) => given === false,
    does: 'featurising the molecules',
  },
  {
    names: /^tensorflow_datasets\.(\w+\.)*(DownloadConfig|load|builder)$/,
    key: 'download_mode',
    value: (_given, written) =>
      /REUSE_CACHE_IF_EXISTS|FORCE_REDOWNLOAD|force_redownload|reuse_cache_if_exists/.test(written),
    does: 'preparing the data set',
  },
  {
    names: /^(keras|tensorflow\.keras)\.utils\.get_file$/,
    key: 'force_download',
    value: (given) => given === true,
    does: 'the download',
  },
  {
    names: /^clearml\.Dataset\.get$/,
    key: 'overwrite_current_copy',
    value: (given) => given === true,
    does: 'the download',
  },
]

const askedBy = byName((name) => asked.filter(({ names }) => names.test(name)))

/** Another one at each start. */
const fresh =
  /\b(uuid\.?\w*|uuid[14]|time\.time\w*|datetime\.(datetime\.)?(now|utcnow)|random\.\w+|secrets\.\w+|os\.getpid|get_random_string|tempfile\.(mkdtemp|mkstemp|mktemp|\w*TemporaryFile)|mkdtemp|TemporaryDirectory)\b/
/** Folders in which libraries keep what they download and prepare. */
const cacheFolder =
  /\.cache\b|hf_home|hf_datasets_cache|hf_cache|huggingface|torch_home|processed_dir|\bprocessed\b|\bcache_?(dir|path|folder|root)\b|CACHE_?(DIR|PATH|FOLDER|ROOT)?\b|['"][\w./~-]*\bcache[\w./-]*['"]/i

export const thrownAwayCachesReader = defineReader({
  name: 'thrown-away-caches',
  languages: ['python'],
  triggers: [
    'force_reload',
    'force_download',
    'reload=False',
    'download_mode',
    'cleanup_cache_files',
    'new_fingerprint',
    'cache_dir',
    'rmtree',
    'rm -rf',
    'overwrite_current_copy',
    '.clear(',
  ],
  read({ python }, _context, claims) {
    if (python === undefined) return
    const evidence = trainingEvidence(python)
    // Also of a module that training imports, which clears as soon as it is.
    if (evidence.role !== 'test')
      for (const call of python.callsTo(...memories)) {
        const found = emptied(python, call)
        if (found !== null) claimUncached(claims, evidence, '', found)
      }
    if (evidence.role !== 'training' && evidence.role !== 'tuning') return
    for (const call of python.calls) {
      if (call.conditional) continue
      const found = askedAnew(python, call) ?? cleared(python, call) ?? keptNowhere(python, call)
      if (found !== null) claimUncached(claims, evidence, call.function?.qualified ?? '', found)
    }
  },
  change: changeThrownAway,
})

function askedAnew(python: PythonModule, call: Call): Uncached | null {
  if (call.name === null) return null
  for (const { key, value, does } of askedBy(call.name)) {
    const given = python.argument(call, key)
    const place = passedPlace(given)
    if (place === null) continue
    if (!value(knownArgument(given), python.text.slice(place.start, place.end))) continue
    return atArgument(call, key, place, `${does} (\`${lastPart(call.name)}\`)`, `\`${key}\` asks for it`)
  }
  return null
}

const lastPart = (name: string): string => {
  const parts = name.split('.')
  return parts.slice(/^from_/.test(parts.at(-1)!) ? -2 : -1).join('.')
}

function atArgument(
  call: Call,
  key: string,
  place: Place,
  transformation: string,
  because: string,
): Uncached {
  return { key, transformation, because, place, site: callSite(call, { kind: 'argument', name: key }) }
}

const memories = ['joblib.Memory', 'joblib.memory.Memory']

/** `memory = Memory('/cache')`, `memory.clear()`: nothing of what its functions have kept outlives the start. */
function emptied(python: PythonModule, { assignedTo: memory, function: around }: Call): Uncached | null {
  if (memory === null || around !== null) return null
  const isOwn = (call: Call, method: string) =>
    call.method === method &&
    call.expr.callee.type === 'attribute' &&
    call.expr.callee.value.type === 'name' &&
    call.expr.callee.value.id === memory
  const clear = python.calls.find((one) => isOwn(one, 'clear') && one.function === null && !one.conditional)
  const kept = python.functions.find(({ node }) =>
    node.decorators.some(({ start, end }) => python.text.slice(start, end).startsWith(`${memory}.cache`)),
  )
  if (clear === undefined || kept === undefined || clear.loops.length > 0) return null
  // What somebody starts by hand to begin anew is no import.
  const byHand = python.statements.some(
    (one) =>
      one.type === 'if' &&
      one.start < clear.statement.start &&
      clear.statement.end <= one.end &&
      python.code.slice(one.test.start, one.test.end).includes('__name__'),
  )
  if (byHand) return null
  const { start, end } = clear.statement
  return {
    key: 'clear()',
    transformation: `\`${kept.name}\``,
    because: `\`${shortened(python.text.slice(start, end))}\` empties its cache`,
    place: calleePlace(clear),
    site: { start, end, target: { kind: 'statement' } },
  }
}

/** `data.cleanup_cache_files()` and `shutil.rmtree(cache)` before what would have looked there. */
function cleared(python: PythonModule, call: Call): Uncached | null {
  const emptiesFolder =
    call.name === 'shutil.rmtree' || call.name === 'os.system' || /^subprocess\./.test(call.name ?? '')
  if (!emptiesFolder && call.method !== 'cleanup_cache_files') return null
  const written = python.text.slice(call.expr.start, call.expr.end)
  const at = (transformation: string): Uncached => ({
    key: `${call.method}()`,
    transformation,
    because: `\`${shortened(written)}\` throws away what was kept`,
    place: calleePlace(call),
    site: callSite(call, { kind: 'refused', reason: 'take it out, where nothing else needs the room' }),
  })
  if (call.method === 'cleanup_cache_files' && call.name === null && python.uses('datasets.')) {
    const later = python
      .methodCalls('map')
      .some(({ expr, loops }) => expr.start > call.expr.end && loops.length === 0)
    return later ? at('every `map` of the data set') : null
  }
  if (!emptiesFolder || !isBeforeTraining(python, call)) return null
  const [first] = call.expr.args
  if (first === undefined) return null
  const path = pathText(python, first.value)
  if (call.name !== 'shutil.rmtree' && !/\brm\s+-\w*r|['"]rm['"]/.test(path)) return null
  return cacheFolder.test(path) && !ofTools.test(path) && isReadLater(python, call, path)
    ? at('downloading and preparing the data')
    : null
}

const shortened = (text: string): string =>
  (text.length > 60 ? `${text.slice(0, 57)}…` : text).replace(/\s+/g, ' ')

/** As it is written, with what the names in it stand for. */
function pathText(python: PythonModule, expr: Expr): string {
  const folded = textIn(python.fold(expr))
  const made = python.definition(expr)
  return [
    folded ?? '',
    python.text.slice(expr.start, expr.end),
    python.text.slice(made.start, made.end),
  ].join(' ')
}

/** Where libraries keep downloads by themselves, rather than a folder of the project's own. */
const ofLibraries = /\.cache\b|hf_(home|datasets_cache|cache)|huggingface|torch_home|processed/i
/** What compilers and other tools keep. */
const ofTools = /triton|inductor|pycache|pytest|pip\b|wandb|matplotlib|numba|cuda_?cache|jax_?cache|xla/i

/** The program takes data or weights afterwards that such a folder would have held. */
function isReadLater(python: PythonModule, call: Call, path: string): boolean {
  const names = [...path.matchAll(/\b[A-Za-z_]\w*\b/g)]
    .map(([word]) => word)
    .filter((word) => word.length > 4)
  return python.calls.some(
    ({ name, method, expr }) =>
      expr.start > call.expr.end &&
      ((ofLibraries.test(path) &&
        (/^(datasets\.load_dataset|torch_geometric\.datasets\.\w+|huggingface_hub\.\w+|tensorflow_datasets\.load)$/.test(
          name ?? '',
        ) ||
          method === 'from_pretrained')) ||
        (!makesFolder.test(method) &&
          expr.args.some(({ value }) => names.includes(python.text.slice(value.start, value.end))))),
  )
}

/** What is told a folder to make it anew, or to look for it. */
const makesFolder = /^(makedirs|mkdir|exists|isdir|is_dir|rmtree|print|info|debug|join|Path)$/

/** At the start of the program, not when it has ended. */
function isBeforeTraining(python: PythonModule, call: Call): boolean {
  if (call.loops.length > 0 || /clean|tear|finish|exit|del/i.test(call.function?.name ?? '')) return false
  return !python.calls.some(
    ({ expr, function: func, method }) =>
      func === call.function && expr.end < call.expr.start && /^(train|fit)$/.test(method),
  )
}

const folders = new Set(['cache_dir', 'new_fingerprint', 'data_home', 'root'])

/** `load_dataset(…, cache_dir=tempfile.mkdtemp())`, `map(…, new_fingerprint=uuid4().hex)`. */
function keptNowhere(python: PythonModule, call: Call): Uncached | null {
  if (!call.expr.args.some(({ name }) => name !== null && folders.has(name))) return null
  for (const key of folders) {
    if (!call.expr.args.some(({ name }) => name === key)) continue
    const given = python.argument(call, key)
    const place = passedPlace(given)
    if (place === null || given.state !== 'given') continue
    if (!isFresh(python, given.expr)) continue
    if (key === 'new_fingerprint')
      return atArgument(call, key, place, `\`${call.method}\``, `\`${key}\` is another one each time`)
    if (!keepers.test(call.name ?? '') && call.method !== 'from_pretrained') continue
    const does =
      call.method === 'from_pretrained' ? 'downloading the weights' : 'downloading and preparing the data'
    return atArgument(call, key, place, does, `\`${key}\` is a new folder each time`)
  }
  return null
}

/** What keeps its downloads in the folder that it is told. */
const keepers =
  /^(datasets\.load_dataset\w*|huggingface_hub\.\w+|monai\.data\.(PersistentDataset|LMDBDataset|CacheNTransDataset)|torchvision\.datasets\.\w+|torchaudio\.datasets\.\w+|torch_geometric\.datasets\.\w+|sklearn\.datasets\.fetch_\w+|timm\.create_model)$/

function isFresh(python: PythonModule, expr: Expr, depth = 0): boolean {
  if (depth > 4) return false
  if (fresh.test(python.text.slice(expr.start, expr.end))) return true
  if (expr.type !== 'name') return false
  return python
    .bindingsOf(expr)
    .some(
      ({ value, kind }) =>
        (kind === 'assign' || kind === 'with') && value !== null && isFresh(python, value, depth + 1),
    )
}

function changeThrownAway(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (claim.site.target?.kind === 'statement') {
    const { start, end } = claim.site
    return {
      title: 'Keep what is cached: do not empty it at the start',
      safety: 'unsafe',
      writes: [{ kind: 'remove statement', path, statement: { fragment: fragment.index, start, end } }],
      imports: [],
    }
  }
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the call is no longer in the file' }
  const { target } = claim.site
  if (target?.kind !== 'argument') return { reason: 'take it out, where nothing else needs the room' }
  if (target.name === 'cache_dir' || target.name === 'data_home' || target.name === 'root')
    return { reason: 'give it a folder that outlives the run' }
  return {
    title: `Use what is kept (no ${target.name})`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'remove keyword',
        path,
        call: { fragment: fragment.index, start: call.expr.start, end: call.expr.end },
        name: target.name,
      },
    ],
    imports: [],
  }
}
