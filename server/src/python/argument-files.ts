/**
 * Files that `HfArgumentParser` and its like take arguments from, below the command line or instead of it. Sources:
 * transformers, hf_argparser.py; trl, scripts/utils.py.
 */
import { type Configured, configuredChild } from '../text/configured.js'
import type { Launch } from '../text/launch.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { foldConfigured } from './configured.js'
import { fileLoadedFrom } from './configured-file.js'
import { unknown } from './folded.js'
import type { Call, Folded } from './module.js'

/** Null: there is none. */
export type ArgumentFile = { root: Configured } | { because: string } | null

const parsesLine = /^parse_args_(into_dataclasses|and_config)$/
const parsesFile = /^parse_(json_file|yaml_file|dict)$/

export function argumentFile(analysis: Analysis): ArgumentFile {
  const parses = analysis.calls.some(({ method }) => parsesLine.test(method))
    ? []
    : analysis.calls.filter(({ method }) => parsesFile.test(method))
  for (const call of parses) {
    const own = ownFile(analysis, call)
    if (own !== null) return { root: own }
    if (call.method === 'parse_dict') return { because: 'a dictionary' }
  }
  const launched = analysis.binding === null ? null : ofLaunch(analysis, analysis.binding.launch)
  return launched ?? (parses.length === 0 ? null : { because: 'a file of arguments' })
}

/** What the file gives an argument; null: there is none, or it leaves this one out. */
export function argumentInFile(analysis: Analysis, name: string): Folded | null {
  const file = argumentFile(analysis)
  if (file === null) return null
  if ('because' in file) return unknown(file.because)
  const child = configuredChild(file.root, name)
  return child === undefined ? null : foldConfigured(child, false)
}

/** The file that the code names itself: `parser.parse_json_file('args.json')`; null: it is not known. */
function ownFile(analysis: Analysis, call: Call): Configured | null {
  const given = call.expr.args[0]?.value
  if (given === undefined) return null
  if (call.method === 'parse_dict') return analysis.configured(given)
  const path = fileLoadedFrom(analysis, given)
  return typeof path === 'string' ? analysis.configurationFile(path) : null
}

/** `train.py recipe.yaml`, `--config recipe.yaml`; of several files nobody says which one it is. */
function ofLaunch(analysis: Analysis, launch: Launch): ArgumentFile {
  const flags = ['config', 'config_file']
    .filter((name) => !analysis.ownArguments.some((one) => one.flags.includes(name)))
    .flatMap((name) => lookUp(launch.flags, name) ?? [])
  const named = [...flags, ...launch.positionals]
    .map(({ value }) => value)
    .filter((value) => typeof value !== 'string' || /\.(json|ya?ml|toml|args)$/.test(value))
  if (named.length === 0) return null
  const [only] = named
  const root = named.length === 1 && typeof only === 'string' ? analysis.configurationFile(only) : null
  return root === null ? { because: 'a file of arguments' } : { root }
}
