/** The files that code loads configurations from. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { Followed } from './configured-path.js'
import { bindingsOf } from './names.js'
import { onlyPassed } from './only-passed.js'
import { isRootOfOption, rootOfOption } from './option-files.js'
import type { Binding } from './scope.js'

/** Functions that give back what a file, or its text, holds. */
export const loaders = new Set([
  'omegaconf.OmegaConf.load',
  'yaml.safe_load',
  'yaml.load',
  'yaml.full_load',
  'yaml.unsafe_load',
  'json.load',
  'json.loads',
  'orjson.loads',
  'simplejson.load',
  'tomllib.load',
  'tomllib.loads',
  'tomli.load',
  'tomli.loads',
  'toml.load',
  'toml.loads',
  'ruamel.yaml.YAML.load',
  'ruamel.yaml.safe_load',
  'ruamel.yaml.load',
  'hjson.load',
  'json5.load',
  'commentjson.load',
  'rtoml.load',
  'mmengine.load',
  'box.Box.from_yaml',
  'box.Box.from_json',
  'box.Box.from_toml',
  'box.ConfigBox.from_yaml',
  'munch.Munch.fromYAML',
  'munch.Munch.fromJSON',
])

const opening = new Set([
  'open',
  'io.open',
  'pathlib.Path',
  'codecs.open',
  'os.path.abspath',
  'os.path.expanduser',
  'str',
])
const configurationFile = /\.(ya?ml|json|toml|cfg|conf|config|ini)$/i

/** Classes whose objects read INI files. */
export const parsers = new Set([
  'configparser.ConfigParser',
  'configparser.RawConfigParser',
  'configparser.SafeConfigParser',
])

/** A path as written, the root of what an option names, or the parameter of the function that is followed which holds it. */
export type LoadedFile = string | { parameter: string; otherwise?: string }

/** The path that a value is, if it is one of a file that is looked for. */
type NamedBy = (value: unknown) => string | null

/** The file behind `'x.yaml'`, `open('x.yaml')`, `f` of `with open('x.yaml') as f`, `Path('x.yaml').read_text()`. */
export function fileLoadedFrom(
  analysis: Analysis,
  expr: Expr,
  followed: Followed | null = null,
  depth = 0,
  named: NamedBy = asFile,
): LoadedFile | null {
  if (depth > 8) return null
  const inner = (part: Expr | undefined): LoadedFile | null =>
    part === undefined ? null : fileLoadedFrom(analysis, part, followed, depth + 1, named)
  if (expr.type === 'name') {
    const bindings = bindingsOf(analysis, expr.id, expr.start)
    const binding = bindings.length === 1 ? bindings[0]! : null
    if (binding?.kind === 'with' && binding.value !== null) return inner(binding.value)
    const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
    if (owner !== null && owner.func === followed?.func)
      return passed(analysis, expr.id, owner, followed, depth)
    // `train(args.config)`, where `train` opens what it is given.
    const handed = binding?.kind === 'param' ? onlyPassed(analysis, expr) : null
    if (handed !== null) return fileLoadedFrom(analysis, handed, followed, depth + 1, named)
    if (bindings.length > 1)
      return oneOf(bindings.map((one) => boundFile(analysis, one, followed, depth, named)))
  }
  const value = analysis.definition(expr)
  if (value.type === 'call') {
    const name = analysis.nameOf(value.callee)
    if (name !== null && opening.has(name)) return inner(value.args[0]?.value)
    if (name === 'os.environ.get' || name === 'os.getenv') return inner(value.args[1]?.value)
    // What stands before it leads to a folder of this machine; the project's folders are searched.
    if (name === 'os.path.join')
      return (
        wholePath(analysis, value, named) ??
        below(
          value.args.slice(0, -1).map((one) => one.value),
          inner(value.args.at(-1)?.value),
        )
      )
    if (
      value.callee.type === 'attribute' &&
      /^(open|read_text|read_bytes|read|resolve|absolute|expanduser|as_posix)$/.test(value.callee.attr)
    )
      return inner(value.callee.value)
    if (value.callee.type === 'attribute' && value.callee.attr === 'with_name')
      return inner(value.args[0]?.value)
  }
  // `root / path if relative else path`
  if (value.type === 'conditional') return oneOf([inner(value.then), inner(value.otherwise)])
  if (value.type === 'binary' && value.op === '/') return below(partsOf(value.left), inner(value.right))
  if (value !== expr && value.type === 'name') return inner(value)
  if (value.type === 'constant') return named(value.value)
  const option = rootOfOption(analysis, value)
  if (option !== null) return option
  if (analysis.complete) {
    const folded = analysis.fold(value)
    if (folded.state === 'known') return named(folded.value)
  }
  return null
}

/** A parameter, or what is assigned where that is None. */
function boundFile(
  analysis: Analysis,
  { kind, value, unpack, name, at }: Binding,
  followed: Followed | null,
  depth: number,
  named: NamedBy,
): LoadedFile | null {
  if (kind === 'assign' && unpack === null && value !== null)
    return fileLoadedFrom(analysis, value, followed, depth + 1, named)
  const owner = kind === 'param' ? analysis.parameterOwner({ at }) : null
  return owner === null || followed === null || owner.func !== followed.func
    ? null
    : passed(analysis, name, owner, followed, depth)
}

/** What a parameter names counts before what stands in for it. */
function oneOf(files: readonly (LoadedFile | null)[]): LoadedFile | null {
  const named = new Set(files.filter((one) => typeof one === 'string'))
  const parameters = files.flatMap((one) => (one === null || typeof one === 'string' ? [] : [one]))
  // The file beside a checkpoint is the one that the program has begun with.
  const file = [...named].find(isRootOfOption) ?? (named.size > 1 ? undefined : [...named][0])
  const [parameter] = parameters
  if (parameter === undefined) return file ?? null
  return file === undefined || parameters.some((one) => one.parameter !== parameter.parameter)
    ? parameter
    : { ...parameter, otherwise: file }
}

/** `config/train.yaml` of `ROOT / 'config' / 'train.yaml'`: with the folders that are written out. */
function below(folders: readonly Expr[], file: LoadedFile | null): LoadedFile | null {
  if (typeof file !== 'string' || isRootOfOption(file)) return file
  let path = file
  for (const folder of [...folders].reverse()) {
    const name = folder.type === 'constant' ? folder.value : null
    if (typeof name !== 'string' || !/^[\w.-]+(\/[\w.-]+)*$/.test(name)) break
    path = `${name}/${path}`
  }
  return path
}

/** The parts of `ROOT / 'config'`. */
function partsOf(expr: Expr): Expr[] {
  return expr.type === 'binary' && expr.op === '/' ? [...partsOf(expr.left), expr.right] : [expr]
}

/** `os.path.join('configs', args.config)`, as far as all of it is known. */
function wholePath(analysis: Analysis, expr: CallExpr, named: NamedBy): string | null {
  const folded = analysis.complete ? analysis.fold(expr) : null
  const path = folded?.state === 'known' ? named(folded.value) : null
  return path === null || /^(?:[/~]|[A-Za-z]:)/.test(path) ? null : path
}

/** `parser = ConfigParser()`, then `parser.read('settings.ini')`; null: it reads none, or several. */
export function fileParsedBy(
  analysis: Analysis,
  made: CallExpr,
  followed: Followed | null = null,
): LoadedFile | null {
  const call = analysis.callByExpr.get(made)
  if (call === undefined || call.assignedTo === null) return null
  const reads = analysis.calls.filter(
    ({ method, expr: { callee }, function: func }) =>
      method === 'read' &&
      callee.type === 'attribute' &&
      analysis.code.slice(callee.value.start, callee.value.end) === call.assignedTo &&
      func === call.function,
  )
  const given = reads.length === 1 ? reads[0]!.expr.args[0]?.value : undefined
  const listed = given?.type === 'list' || given?.type === 'tuple' ? given.items : [given]
  const [only] = listed
  return only === undefined || listed.length !== 1 ? null : fileLoadedFrom(analysis, only, followed)
}

function passed(
  analysis: Analysis,
  name: string,
  { func, position }: { func: Followed['func']; position: number },
  { call, outer }: Followed,
  depth: number,
): LoadedFile | null {
  if (call === null) return { parameter: name }
  if (call.args.some((one) => one.star > 0)) return null
  const given =
    call.args.find((one) => one.name === name) ?? call.args.filter((one) => one.name === null)[position]
  const value = given?.value ?? func.node.params.find((one) => one.name === name)?.default ?? null
  return value === null
    ? null
    : fileLoadedFrom(analysis, value, given === undefined ? null : outer, depth + 1)
}

/** Start scripts have these names, whatever language is in them. */
const scriptFile = /\.(sh|bash|tpl|tftpl)$/

export function asScript(value: unknown): string | null {
  return typeof value === 'string' && scriptFile.test(value) ? value : null
}

export function asFile(value: unknown): string | null {
  return typeof value === 'string' && configurationFile.test(value) ? value : null
}
