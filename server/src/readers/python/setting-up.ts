/** What a program fetches, builds or installs by itself before it trains. */

import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { forEachChild, lastName } from '../../syntax/python-children.js'
import { lookUp } from '../../text/records.js'
import { textIn } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { claimOperation } from '../operation-claims.js'
import { trainingEvidence, trainsAnywhere } from '../pytorch/evidence.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { settingUp } from '../shell/setting-up.js'
import { bucketDownload } from './bucket-downloads.js'
import { commandText, starters } from './started-programs.js'

export const pythonSettingUpReader = defineReader({
  name: 'python-setting-up',
  languages: ['python'],
  triggers: [
    'pip',
    'wget',
    'apt-get',
    'gdown',
    'snapshot_download',
    'urlretrieve',
    'tfds',
    'tensorflow_datasets',
    'kagglehub',
    'get_file',
    'load_dataset',
    'aws s3',
    'gsutil',
    'boto3',
    'google.cloud',
    'download',
  ],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || !trainsAnywhere(python) || python.evidence.role === 'test') return
    const found = python.calls.flatMap((call) => settingUpBy(python, call, context) ?? [])
    for (const kept of [false, true]) {
      const same = found.filter((one) => one.kept === kept)
      const [first] = same
      if (first === undefined) continue
      const at = { start: first.call.expr.start, end: first.call.expr.end }
      claimOperation(claims, {
        kind: 'set up',
        place: 'run',
        key: first.what,
        at,
        site: at,
        scope: first.call.function?.qualified ?? '',
        evidence: trainingEvidence(python),
        places: same.map((one) => ({ what: one.what, node: one.call.expr })),
        weight: kept ? 'slight' : 'ordinary',
        subject: [...new Set(same.map((one) => one.kind))].join(', '),
      })
    }
  },
  change() {
    return {
      reason:
        'do it in the image or the environment that the job starts from, or in a step without accelerators',
    }
  },
})

export interface Found {
  call: Call
  what: string
  kind: string
  /** The library keeps a copy on disk: it is fetched again only where the disk is new. */
  kept: boolean
}

const fetches: Record<string, string> = {
  'huggingface_hub.snapshot_download': 'snapshot_download',
  'datasets.load_dataset': 'load_dataset',
  'tensorflow_datasets.load': 'tfds.load',
  'kagglehub.dataset_download': 'kagglehub.dataset_download',
  'keras.utils.get_file': 'get_file',
}
const fetchesAgain: Record<string, string> = {
  'gdown.download': 'gdown.download',
  'gdown.download_folder': 'gdown.download_folder',
  'wget.download': 'wget.download',
  'urllib.request.urlretrieve': 'urlretrieve',
  'opendatasets.download': 'opendatasets.download',
}
const place = /^(cache_dir|data_dir|data_files|local_dir|path_or_fileobj|streaming)$/

const looks = /^(exists|lexists|isfile|isdir|is_file|is_dir|listdir|glob|access|stat)$/

/** `if cached.exists(): return cached`, above the call in its function. */
function isFoundBefore({ function: func, expr }: Call): boolean {
  return (
    func?.node.body.some(
      (one) =>
        one.type === 'if' &&
        one.end <= expr.start &&
        ['return', 'raise'].includes(one.body.at(-1)?.type ?? '') &&
        looksAtDisk(one.test),
    ) ?? false
  )
}

function looksAtDisk(expr: Expr): boolean {
  let found = false
  const visit = (one: Expr): void => {
    if (one.type === 'call') {
      const { callee } = one
      const name = lastName(callee)
      if (looks.test(name)) found = true
    }
    if (!found) forEachChild(one, visit)
  }
  visit(expr)
  return found
}

/** `own`: a function that somebody else calls. */
export function settingUpBy(
  python: PythonModule,
  call: Call,
  context: ReaderContext,
  own: Func | null = null,
): Found | null {
  const bucket = fromBucket(python, call, own)
  if (bucket !== null) return { call, what: bucket, kind: 'download', kept: false }
  // Behind a look at what is there, or in a function that nothing here calls.
  if (call.name === null || call.conditional || call.loops.length > 0) return null
  const starts = starters.test(call.name)
  const again = lookUp(fetchesAgain, call.name)
  const what = lookUp(fetches, call.name)
  if (!starts && again === undefined && what === undefined) return null
  if (isFoundBefore(call)) return null
  if (call.function !== own && call.function !== null && !isCalled(python, call)) return null
  if (starts) {
    const command = call.expr.args[0]
    const text =
      command === undefined ? null : (ownPython(python, command.value) ?? commandText(python, command.value))
    if (text === null || text.length > 2_000) return null
    for (const one of context.shell(text).commands) {
      const found = settingUp(one)
      if (found !== null && found.kind !== 'unpacking')
        return { call, what: found.what, kind: found.kind, kept: false }
    }
    return null
  }
  if (again !== undefined) return { call, what: again, kind: 'download', kept: false }
  if (what === undefined || call.expr.args.some((one) => one.star > 0 || place.test(one.name ?? '')))
    return null
  const name = call.expr.args[0] === undefined ? null : textIn(python.fold(call.expr.args[0].value))
  // A file or folder of one's own.
  if (
    name === null ||
    /^[./~]|^(json|csv|text|parquet|imagefolder|audiofolder|arrow|pandas|webdataset)$/.test(name)
  )
    return null
  return { call, what: `${what}(${name})`, kind: 'download', kept: true }
}

/** Each file of a folder as well, behind no look at what is there. */
function fromBucket(python: PythonModule, call: Call, own: Func | null): string | null {
  if (call.conditional || call.loops.some(({ role }) => role !== 'other')) return null
  if (call.function !== own && call.function !== null && !isCalled(python, call)) return null
  const found = bucketDownload(python, call)
  return found === null || isFoundBefore(call) ? null : found
}

/** `[sys.executable, '-m', 'pip', …]` as a command. */
function ownPython(python: PythonModule, expr: Expr): string | null {
  const value = python.definition(expr)
  if (value.type !== 'list' || value.items[0] === undefined) return null
  if (python.nameOf(value.items[0]) !== 'sys.executable') return null
  const words = value.items.slice(1).map((item) => {
    const word = effective(python.fold(item))
    return word === undefined ? 'x' : String(word)
  })
  return ['python', ...words].join(' ')
}

function isCalled(analysis: PythonModule, call: Call): boolean {
  if (call.function === null || call.function.class !== null) return false
  const sites = analysis.callSites(call.function)
  return sites?.some((site) => !site.conditional) ?? false
}
