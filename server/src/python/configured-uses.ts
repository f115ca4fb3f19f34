/** Configuration files that a module names: what the linker has to find for it. */

import type { Expr } from '../syntax/python-ast.js'
import { projectRoot } from '../text/configured.js'
import { lookUp } from '../text/records.js'
import { isSnakefile } from '../text/snakefile.js'
import type { Analysis } from './analysis.js'
import { configFlagUses, rootOfConfigFlag } from './config-flags.js'
import { asFile, fileLoadedFrom, fileParsedBy, loaders, parsers } from './configured-file.js'
import { hydraMains, hydraRoot, nemoMain, parametersOfDvc } from './configured-path.js'
import type { Call, ConfigurationUse } from './module.js'
import { isRootOfOption, keysRead, optionUses, rootOfFlags } from './option-files.js'
import { projectMember } from './project-members.js'

/** Uses without which the name of a file in a module is not that of a configuration. */
const readers = [
  ...[...loaders].filter((name) => name !== 'json.loads'),
  'deepspeed.',
  'transformers.HfArgumentParser',
  'transformers.TrainingArguments',
  'transformers.Seq2SeqTrainingArguments',
  'trl.',
  'lightning.',
  'accelerate.',
  'ultralytics.',
  'zenml.',
]

/** Functions of other modules that load what they are given the name of. */
const loaderName =
  /(load|read|parse|get|open|from)_?(the_)?(config|cfg|conf|settings|params|hparams|args|yaml|json|toml|file)/i

const configurationName = /conf|cfg|deepspeed|ds[._-]|zero|stage|args|param|setting|recipe/i
const mostUses = 50

/** `root / 'configs'`, with a folder that is found while the program runs, mostly the root of the project; undefined: it is something else. */
function belowRoot(path: Expr, text: (expr: Expr) => string | null | undefined): string | undefined {
  const [first, second, ...more] = path.type === 'call' ? path.args.map(({ value }) => value) : []
  // `str(root / 'configs')`, `os.path.join(root, 'configs')`.
  if (first !== undefined && second === undefined) return belowRoot(first, text)
  if (more.length > 0) return undefined
  const [root, below] = path.type === 'binary' && path.op === '/' ? [path.left, path.right] : [first, second]
  if (root?.type !== 'name' || below === undefined || !/root/i.test(root.id)) return undefined
  const folder = text(below)
  return typeof folder === 'string' ? `${projectRoot}${folder}` : undefined
}

/** `root / 'conf' / 'train.yaml'`, `os.path.join('conf', 'train.yaml')`: the strings in it do not name the file by themselves. */
function isJoined(analysis: Analysis, expr: Expr): boolean {
  const value = analysis.definition(expr)
  if (value.type === 'binary') return value.op === '/'
  return value.type === 'call' && /^(join|Path|str)$/.test(analysis.callByExpr.get(value)?.method ?? '')
}

/** `flow.with_options(config_path=path)`: whoever is called loads the file. */
function takesFile({ expr }: Call): boolean {
  return expr.args.some(({ name }) => name === 'config_path' || name === 'config_file')
}

/** A function of the project, however it is called, that loads the file whose name it is given. */
function loadsGivenFile(analysis: Analysis, { expr: { callee, args } }: Call): boolean {
  if (args.length === 0 || (callee.type !== 'name' && callee.type !== 'attribute')) return false
  const found = projectMember(analysis, callee)
  const loads = found === null ? undefined : lookUp(found.summary.loads ?? {}, found.rest)
  return loads?.parameter?.of === 'file'
}

export function configurationUses(analysis: Analysis): ConfigurationUse[] {
  const found = new Map<string, ConfigurationUse>()
  const text = (expr: Expr | undefined): string | null | undefined => {
    if (expr === undefined) return undefined
    const folded = analysis.fold(expr)
    return folded.state === 'known' && (typeof folded.value === 'string' || folded.value === null)
      ? folded.value
      : undefined
  }
  const hydra = (args: Call['expr']['args'], launched: boolean): void => {
    const given = (name: string, position: number): Expr | undefined =>
      (args.find((arg) => arg.name === name) ?? args.filter((arg) => arg.name === null)[position])?.value
    const [path, file] = [given('config_path', 0), given('config_name', 1)]
    const written = path === undefined ? null : text(path)
    const folder = written === undefined && path !== undefined ? belowRoot(path, text) : written
    const name = file === undefined ? null : text(file)
    if (folder === undefined || name === undefined) return
    found.set(hydraRoot, { kind: 'hydra', folder, name, ...(launched ? { launched } : {}) })
  }
  for (const func of analysis.functions) {
    for (const decorator of func.node.decorators) {
      const main = decorator.type === 'call' ? (analysis.nameOf(decorator.callee) ?? '') : ''
      if (decorator.type === 'call' && hydraMains.has(main)) hydra(decorator.args, main.startsWith(nemoMain))
    }
  }
  const initialized = analysis.callsTo('hydra.initialize', 'hydra.experimental.initialize')[0]
  const composed = analysis.callsTo('hydra.compose', 'hydra.experimental.compose')[0]
  if (!found.has(hydraRoot) && initialized !== undefined && composed !== undefined) {
    const folder = initialized.expr.args.find((one) => one.name === 'config_path') ?? initialized.expr.args[0]
    const name = composed.expr.args.find((one) => one.name === 'config_name') ?? composed.expr.args[0]
    const path = folder === undefined ? null : text(folder.value)
    const file = name === undefined ? null : text(name.value)
    if (path !== undefined && file !== undefined && file !== null)
      found.set(hydraRoot, { kind: 'hydra', folder: path, name: file })
  }
  const loadsHere =
    analysis.usesHere(...loaders, 'ruamel.yaml.') || analysis.imported.some((one) => one.loads !== undefined)
  const read = loadsHere && analysis.binding === null ? keysRead(analysis) : new Map<string, never>()
  for (const use of optionUses(analysis, read)) found.set(rootOfFlags(use.flags), use)
  for (const use of configFlagUses(analysis)) found.set(rootOfConfigFlag(use.flag), use)
  const file = (path: string | null): void => {
    if (path !== null && path.length < 300 && !found.has(path) && found.size < mostUses)
      found.set(path, { kind: 'file', path })
  }
  for (const folder of modelFolders(analysis, text)) {
    const path = `${folder.replace(/(?<!\/)\/+$/, '')}/${modelConfiguration}`
    if (found.size < mostUses) found.set(path, { kind: 'file', path, exact: true })
  }
  for (const root of read.keys()) file(asFile(root))
  for (const call of analysis.callsTo(...loaders)) {
    const first = call.expr.args[0]
    const path = first === undefined ? null : fileLoadedFrom(analysis, first.value)
    if (typeof path === 'string' && !isRootOfOption(path)) file(path)
  }
  for (const call of analysis.callsTo(...parsers)) {
    const path = fileParsedBy(analysis, call.expr)
    if (typeof path === 'string') file(path)
  }
  if (analysis.callsTo('dvc.api.params_show').length > 0) file(parametersOfDvc)
  const loads =
    isSnakefile(analysis.path) ||
    readers.some((name) => analysis.usesHere(name)) ||
    analysis.calls.some(
      (call) => loaderName.test(call.method) || takesFile(call) || loadsGivenFile(analysis, call),
    )
  if (!loads) return [...found.values()]
  const below = (expr: Expr | null): void => {
    const path = expr === null || !isJoined(analysis, expr) ? null : fileLoadedFrom(analysis, expr)
    if (typeof path === 'string' && !isRootOfOption(path)) file(path)
  }
  for (const { node } of analysis.functions) for (const one of node.params) below(one.default)
  for (const { expr } of analysis.calls) for (const { value } of expr.args) below(value)
  const anyJson = analysis.usesHere('deepspeed.')
  const named = new Set([...found.values()].flatMap((use) => (use.kind === 'hydra' ? [use.name] : [])))
  for (const value of analysis.strings) {
    if (named.has(value)) continue
    // Data comes as JSON as well.
    if (anyJson || !/\.json$/i.test(value) || configurationName.test(value)) file(asFile(value))
  }
  return [...found.values()]
}

/** What a folder with a model of transformers says of its layers. */
const modelConfiguration = 'config.json'

/** Folders that models of transformers are loaded from: `from_pretrained('./models/small')`. */
function modelFolders(
  analysis: Analysis,
  text: (expr: Expr | undefined) => string | null | undefined,
): string[] {
  if (!analysis.usesHere('transformers.')) return []
  return analysis.calls.flatMap((call) => {
    if (call.method !== 'from_pretrained' || call.name?.startsWith('transformers.') !== true) return []
    const path = text(call.expr.args.find(({ name }) => name === null)?.value)
    return typeof path === 'string' && /^\.{1,2}\//.test(path) ? [path] : []
  })
}
