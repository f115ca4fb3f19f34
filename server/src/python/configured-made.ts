/** Which configuration a call makes: what loads, parses, merges, composes, wraps and fills it. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { configuredAt } from '../text/configured.js'
import type { Json } from '../text/json.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { containerPath } from './attribute-containers.js'
import { pathOfProject } from './configured-calls.js'
import { classParsers, filled, structuring } from './configured-classes.js'
import { madeOfNamedModule } from './configured-elsewhere.js'
import { fileLoadedFrom, fileParsedBy, type LoadedFile, loaders, parsers } from './configured-file.js'
import { pathLookedUp } from './configured-lookups.js'
import {
  argumentOf,
  type ConfiguredPath,
  configuredPath,
  type Followed,
  fileMark,
  hydraRoot,
  parametersOfDvc,
} from './configured-path.js'
import { throughComprehension } from './filled-objects.js'
import { unknown } from './folded.js'
import { namedModule, throughNamedModule } from './named-modules.js'
import { plainWord } from './plain-word.js'

/** Functions that give back what they are handed, in another class. */
const wrappers = new Set([
  'omegaconf.OmegaConf.to_container',
  'omegaconf.OmegaConf.to_object',
  'omegaconf.OmegaConf.create',
  'omegaconf.OmegaConf.structured',
  'omegaconf.DictConfig',
  'dict',
  'vars',
  'easydict.EasyDict',
  'munch.Munch',
  'munch.munchify',
  'munch.DefaultMunch.fromDict',
  'box.Box',
  'box.ConfigBox',
  'box.DDBox',
  'box.SBox',
  'addict.Dict',
  'attrdict.AttrDict',
  'dotmap.DotMap',
  'ml_collections.ConfigDict',
  'ml_collections.FrozenConfigDict',
  'copy.deepcopy',
  'copy.copy',
  'dataclasses.asdict',
  'attr.asdict',
  'attrs.asdict',
])

const namespaces = new Set([
  'types.SimpleNamespace',
  'argparse.Namespace',
  'easydict.EasyDict',
  'box.Box',
  'box.ConfigBox',
  'munch.Munch',
])

const merges = new Set(['omegaconf.OmegaConf.merge', 'omegaconf.OmegaConf.unsafe_merge'])

export function pathOfCall(
  analysis: Analysis,
  expr: CallExpr,
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  const { callee, args } = expr
  const named = namedModule(analysis, expr) ?? throughNamedModule(analysis, callee)
  if (named !== null) return madeOfNamedModule(analysis, named)
  const name = analysis.nameOf(callee)
  const first = args[0]
  const inner = (part: Expr): ConfiguredPath | null => configuredPath(analysis, part, depth + 1, followed)
  const lookedUp = pathLookedUp(analysis, expr, depth, followed)
  if (lookedUp !== null) return lookedUp
  if (name === null && first !== undefined && isLoadedByObject(analysis, callee))
    return fileRoot(analysis, first.value, followed)
  if (name === null) return pathOfProject(analysis, expr, depth, followed)
  if (name === 'hydra.compose' || name === 'hydra.experimental.compose') {
    const overrides = args.find((one) => one.name === 'overrides') ?? args[1]
    return composed(analysis, overrides?.value)
  }
  if (name === 'dvc.api.params_show')
    return first === undefined
      ? { root: parametersOfDvc, keys: [] }
      : fileRoot(analysis, first.value, followed)
  if (/^omegaconf\.OmegaConf\.from_(cli|dotlist)$/.test(name))
    return { root: null, keys: [], commandLine: true }
  if (parsers.has(name)) return rootOf(fileParsedBy(analysis, expr, followed))
  if (first === undefined) return containerPath(analysis, expr)
  if (loaders.has(name)) return fileRoot(analysis, first.value, followed)
  if (merges.has(name)) return merged(args.map(({ value, star }) => (star > 0 ? null : inner(value))))
  if (namespaces.has(name) && first.star === 2)
    return inner(throughComprehension(first.value)) ?? containerPath(analysis, expr)
  if (name === 'omegaconf.OmegaConf.structured' && analysis.classOf(first.value) !== null)
    return filled(analysis, first.value, expr, { root: null, keys: [] })
  const parsedClass = lookUp(classParsers, name)
  if (parsedClass !== undefined) {
    const klass = argumentOf(expr, ...parsedClass)
    return klass === null ? null : filled(analysis, klass, expr, { root: null, keys: [], commandLine: true })
  }
  const made = lookUp(structuring, name)
  if (made !== undefined) {
    const klass = argumentOf(expr, ...made.klass)
    const data = argumentOf(expr, ...made.data)
    return klass === null || data === null ? null : filled(analysis, klass, expr, inner(data))
  }
  const whole = first.star === 0 && first.name === null
  const wrapped = wrappers.has(name) && whole && (name !== 'dict' || args.length === 1)
  return (wrapped ? inner(throughComprehension(first.value)) : null) ?? containerPath(analysis, expr)
}

/** `yaml = YAML(typ='safe')`, then `yaml.load(file)`. */
function isLoadedByObject(analysis: Analysis, callee: Expr): boolean {
  return (
    callee.type === 'attribute' &&
    callee.attr === 'load' &&
    analysis.typeOf(callee.value) === 'ruamel.yaml.YAML'
  )
}

/** What Hydra composes with overrides that are written out; null: some of them are not known. */
function composed(analysis: Analysis, given: Expr | undefined): ConfiguredPath | null {
  const folded = given === undefined ? null : analysis.complete ? analysis.fold(given) : unknown('overrides')
  const words = folded === null ? [] : folded.state === 'known' ? folded.value : null
  if (!Array.isArray(words)) return null
  const overrides: Record<string, Json> = {}
  const root = analysis.configurations.get(hydraRoot)?.root
  for (const word of words) {
    const [, key, value] = typeof word === 'string' ? (/^\+{0,2}([\w.]+)=(.*)$/s.exec(word) ?? []) : []
    // Another file of a group brings more than this key.
    if (key === undefined || (root !== undefined && configuredAt(root, key)?.kind === 'map')) return null
    define(overrides, key, plainWord(value!))
  }
  return { root: hydraRoot, keys: [], ...(words.length === 0 ? {} : { overrides }) }
}

export function fileRoot(analysis: Analysis, file: Expr, followed: Followed | null): ConfiguredPath | null {
  return rootOf(fileLoadedFrom(analysis, file, followed))
}

function rootOf(path: LoadedFile | null): ConfiguredPath | null {
  if (path === null) return null
  if (typeof path === 'string') return { root: path, keys: [] }
  const { parameter, otherwise } = path
  return { root: `${fileMark}${parameter}${otherwise === undefined ? '' : `\0${otherwise}`}`, keys: [] }
}

/** The last has the last word. */
function merged(paths: (ConfiguredPath | null)[]): ConfiguredPath | null {
  let found: ConfiguredPath | null = null
  for (const path of paths) {
    if (path === null) return null
    found = found === null ? path : over(path, found)
  }
  return found
}

function over(path: ConfiguredPath, base: ConfiguredPath): ConfiguredPath {
  return { ...path, under: path.under === undefined ? base : over(path.under, base) }
}

export function isEmptyNamespace(analysis: Analysis, { callee, args }: CallExpr): boolean {
  return args.length === 0 && namespaces.has(analysis.nameOf(callee) ?? '')
}
