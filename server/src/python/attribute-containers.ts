/**
 * Objects of libraries that hold whatever is assigned to their attributes: `cfg = EasyDict()`, then `cfg.train.epochs = 90`.
 * What they hold are the fields of a configuration without a file.
 */
import type { CallExpr, Expr, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import type { ConfiguredPath } from './configured-path.js'
import type { FieldValues } from './field-values.js'
import { unknown } from './folded.js'
import type { Folded } from './module.js'
import { isDict } from './operators.js'
import { scopeAt } from './scope.js'
import { foldWritten } from './written-places.js'

const classes = new Set([
  'easydict.EasyDict',
  'types.SimpleNamespace',
  'argparse.Namespace',
  'ml_collections.ConfigDict',
  'ml_collections.FrozenConfigDict',
  'ml_collections.config_dict.ConfigDict',
  'ml_collections.config_dict.config_dict.ConfigDict',
  'yacs.config.CfgNode',
  'fvcore.common.config.CfgNode',
  'omegaconf.OmegaConf.create',
  'omegaconf.DictConfig',
  'munch.Munch',
  'munch.DefaultMunch',
  'munch.munchify',
  'munch.DefaultMunch.fromDict',
  'box.Box',
  'box.ConfigBox',
  'addict.Dict',
  'dotmap.DotMap',
])
/** Their keywords are options of the class. */
const optioned = /\.(CfgNode|ConfigDict|FrozenConfigDict|OmegaConf\.create|DictConfig)$/
/** What reads a file or the command line into such an object. */
const merging = [
  '.merge_from_file',
  '.merge_from_list',
  '.merge_from_other_cfg',
  '.merge_update',
  '.update_from_flattened_dict',
]

const mostFields = 500
const deepest = 6

const remembered = new WeakMap<Analysis, Map<CallExpr, ConfiguredPath | null>>()
/** Assignments that made the object what it is. */
const ownWrites = new WeakMap<FieldValues, Set<Expr>>()

/** Null: the call makes no such object, or what it begins with is not known. */
export function containerPath(analysis: Analysis, expr: CallExpr): ConfiguredPath | null {
  const name = analysis.nameOf(expr.callee)
  if (name === null || !classes.has(name) || !analysis.complete) return null
  const kept = remembered.get(analysis) ?? new Map<CallExpr, ConfiguredPath | null>()
  remembered.set(analysis, kept)
  const before = kept.get(expr)
  if (before !== undefined) return before
  // It may hold itself.
  kept.set(expr, null)
  const path = isMergedOver(analysis) ? null : made(analysis, expr, name)
  kept.set(expr, path)
  return path
}

/** A file or the command line is read into such objects here or nearby: what they are made with need not hold. */
export function isMergedOver(analysis: Analysis): boolean {
  if (!analysis.uses(...merging)) return false
  const around = [...analysis.importers, ...analysis.imported]
  if (around.some(({ uses }) => merging.some((one) => uses.includes(one)))) return true
  // `if args.cfg: cfg.merge_from_file(args.cfg)` where no file is asked for.
  return analysis.calls.some((call) => {
    if (!merging.includes(`.${call.method}`)) return false
    const reach = analysis.reach(call.expr.start)
    return reach.state === 'always' || (reach.state === 'sometimes' && reach.byDefault !== false)
  })
}

/** The same where nobody asks for it, but could. */
export function mayBeMergedOver(analysis: Analysis): Pick<ConfiguredPath, 'overridable'> {
  return analysis.uses(...merging) ? { overridable: true } : {}
}

/** The target of an assignment that fills the object whose fields these are. */
export function isOwnWrite(values: FieldValues | undefined, target: Expr): boolean {
  return values !== undefined && ownWrites.get(values)?.has(target) === true
}

function made(analysis: Analysis, expr: CallExpr, name: string): ConfiguredPath | null {
  const values = new Map<string, Folded>()
  if (!fromArguments(analysis, expr, optioned.test(name), values)) return null
  const writes = new Set<Expr>()
  const statement = analysis.callByExpr.get(expr)?.statement
  const names = new Set(
    statement?.type === 'assign' && statement.value === expr
      ? statement.targets.flatMap((target) => dotted(target) ?? [])
      : [],
  )
  if (names.size > 0) fill(analysis, expr, names, values, writes)
  ownWrites.set(values, writes)
  return { root: null, keys: [], fields: { from: 0, values }, ...mayBeMergedOver(analysis) }
}

/** A dictionary that holds more than plain values: what is known of it. Null: nothing is. */
export function dictionaryPath(analysis: Analysis, expr: Expr & { type: 'dict' }): ConfiguredPath | null {
  const kept = dictionaries.get(analysis) ?? new Map<Expr, ConfiguredPath | null>()
  dictionaries.set(analysis, kept)
  const before = kept.get(expr)
  if (before !== undefined) return before
  // It may refer to itself.
  kept.set(expr, null)
  const values = new Map<string, Folded>()
  put(analysis, '', expr, values, 0)
  const path: ConfiguredPath | null =
    values.size === 0 ? null : { root: null, keys: [], fields: { from: 0, values } }
  kept.set(expr, path)
  return path
}

/** One object for one dictionary, so that what is written to it is found. */
const dictionaries = new WeakMap<Analysis, Map<Expr, ConfiguredPath | null>>()

/** `EasyDict(lr=0.1)`, `OmegaConf.create({'lr': 0.1})`. */
function fromArguments(
  analysis: Analysis,
  { args }: CallExpr,
  hasOptions: boolean,
  values: Map<string, Folded>,
): boolean {
  for (const { name, star, value } of args) {
    const whole =
      (name === null && star === 0) || star === 2 || /^(initial_dictionary|init_dict)$/.test(name ?? '')
    if (whole) {
      const written = analysis.definition(value)
      if (written.type === 'dict') put(analysis, '', written, values, 0)
      else {
        const folded = analysis.fold(value)
        if (folded.state === 'unknown' || !isDict(folded.value)) return false
        for (const [key, inner] of Object.entries(folded.value)) values.set(key, { ...folded, value: inner })
      }
    } else if (star > 0) return false
    else if (!hasOptions && name !== null) put(analysis, name, value, values, 0)
  }
  return true
}

/** Sets a field, and what a dictionary or another such object holds below it. */
function put(
  analysis: Analysis,
  field: string,
  expr: Expr,
  values: Map<string, Folded>,
  depth: number,
): void {
  if (values.size >= mostFields || depth > deepest) return
  if (field !== '')
    for (const key of [...values.keys()]) if (key === field || key.startsWith(`${field}.`)) values.delete(key)
  const prefix = field === '' ? '' : `${field}.`
  const value = analysis.definition(expr)
  if (value.type === 'dict') {
    for (const { key, value: item } of value.entries) {
      const name = key === null ? undefined : analysis.fold(key)
      if (name?.state === 'known') put(analysis, `${prefix}${String(name.value)}`, item, values, depth + 1)
    }
    return
  }
  const inner = value.type === 'call' ? containerPath(analysis, value) : null
  if (inner === null) {
    if (field !== '') values.set(field, foldWritten(analysis, expr))
    return
  }
  for (const [key, one] of inner.fields?.values ?? []) values.set(`${prefix}${key}`, one)
}

/** `cfg.train.epochs = 90`, `cfg['lr'] = 0.1` behind the call that made it, in the same function or module. */
function fill(
  analysis: Analysis,
  expr: CallExpr,
  names: Set<string>,
  values: Map<string, Folded>,
  writes: Set<Expr>,
): void {
  const scope = scopeAt(analysis.scopes, expr.start)
  const body = scope.node?.type === 'function' ? scope.node.body : analysis.tree.body
  const visit = (statement: Stmt, certain: boolean): void => {
    if (statement.type === 'function' || statement.type === 'class') return
    if (statement.type === 'assign' && statement.start > expr.start)
      assign(analysis, statement, certain, names, values, writes)
    for (const block of blocksOf(statement)) for (const inner of block) visit(inner, false)
  }
  for (const statement of body) visit(statement, true)
}

function assign(
  analysis: Analysis,
  statement: Stmt & { type: 'assign' },
  certain: boolean,
  names: Set<string>,
  values: Map<string, Folded>,
  writes: Set<Expr>,
): void {
  const { value } = statement
  for (const target of statement.targets) {
    if (target.type === 'name') {
      // `cfg = __C`: another name of it.
      if (value?.type === 'name' && names.has(value.id) && certain) names.add(target.id)
      else names.delete(target.id)
      continue
    }
    // Another object takes its place.
    names.delete(dotted(target) ?? '')
    const keys = keysBelow(target, names)
    if (keys === null) continue
    writes.add(target)
    const field = keys.join('.')
    if (value === null || !certain) values.set(field, unknown('it is set under a condition'))
    else put(analysis, field, value, values, 0)
  }
}

/** `cfg`, `cfg.TRAIN`; null: more than names. */
function dotted(expr: Expr): string | null {
  if (expr.type === 'name') return expr.id
  const above = expr.type === 'attribute' ? dotted(expr.value) : null
  return above === null || expr.type !== 'attribute' ? null : `${above}.${expr.attr}`
}

/** The keys from one of these names down to the target; null: it stands for something else. */
function keysBelow(target: Expr, names: ReadonlySet<string>): string[] | null {
  const keys: string[] = []
  let current = target
  for (;;) {
    if (keys.length > 0 && names.has(dotted(current) ?? '')) return keys.reverse()
    if (current.type === 'attribute') keys.push(current.attr)
    else if (current.type === 'subscript' && current.index.type === 'constant')
      keys.push(String(current.index.value))
    else return null
    current = current.value
  }
}
