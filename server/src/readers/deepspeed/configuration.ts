/**
 * A DeepSpeed configuration: a JSON file, the same as a dictionary in code, or a file that code loads. Keys and defaults:
 * deepspeed/runtime/config.py, precision_config.py, constants.py.
 */
import type { PythonModule } from '../../python/module.js'
import { onlyReturn } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import { type Configured, type ConfiguredPlace, configuredChild } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import {
  configuredArgument,
  fixedArgument,
  knownArgument,
  mayBePassed,
  passedExpression,
} from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Precision } from '../../workload/resource-kinds.js'

/** One section of the configuration (`bf16`) with its switch. */
export interface Section {
  key: string
  state: 'absent' | 'on' | 'off' | 'auto' | 'unknown'
  /** In code: the dictionary of the section and the value of its switch. */
  expr?: Expr
  switch?: Expr
  /** In a file. */
  at?: ConfiguredPlace
  overridable: boolean
}

const sectionKeys = ['bf16', 'bfloat16', 'fp16', 'amp', 'torch_autocast'] as const

/** The format that the sections ask for, and the one that says so. `auto`: a Trainer around it decides; null: not readable. */
export interface Verdict {
  format: Precision | 'auto' | null
  section: Section | null
}

const formats: Record<string, Precision> = {
  bf16: 'bf16-mixed',
  bfloat16: 'bf16-mixed',
  fp16: 'fp16-mixed',
  amp: 'fp16-mixed',
  torch_autocast: 'bf16-mixed',
}

export function verdictOf(sections: Section[]): Verdict {
  const first = (state: Section['state']) => sections.find((one) => one.state === state) ?? null
  const on = first('on')
  if (on !== null) return { format: lookUp(formats, on.key)!, section: on }
  if (first('unknown') !== null) return { format: null, section: null }
  const auto = first('auto')
  return auto === null ? { format: 'fp32', section: first('off') } : { format: 'auto', section: auto }
}

function switchState(value: Json): Section['state'] {
  if (value === 'auto') return 'auto'
  return value === true || value === 1 || value === 'true' ? 'on' : 'off'
}

// Files.

export function sectionsInFile(root: Configured): Section[] {
  return sectionKeys.map((key): Section => {
    const node = configuredChild(root, key)
    const section: Section = { key, state: 'absent', overridable: false }
    if (node === undefined) return section
    section.at = node.at
    if (node.kind !== 'map') return { ...section, state: 'unknown' }
    const enabled = configuredChild(node, 'enabled')
    if (enabled === undefined) return { ...section, state: 'off' }
    if (enabled.kind !== 'scalar') return { ...section, state: 'unknown' }
    return { ...section, state: switchState(enabled.value), at: enabled.at }
  })
}

// Code.

/** Where the configuration of a call is written. */
export type Source =
  | { kind: 'file'; root: Configured }
  | { kind: 'code'; dictionary: Expr }
  | { kind: 'unknown'; because: string }

const deepest = 6

export function sourceOf(python: PythonModule, expr: Expr, depth = 0): Source {
  const unknown: Source = { kind: 'unknown', because: 'the DeepSpeed configuration' }
  if (depth > deepest) return unknown
  const value = python.definition(expr)
  // Changed after it was loaded: each section is asked for with the changes.
  if (!python.isChanged(expr)) {
    const node = python.configured(expr)
    if (node !== null) return node.kind === 'map' ? { kind: 'file', root: node } : unknown
  } else if (value.type === 'call' && python.configured(value) !== null)
    return { kind: 'code', dictionary: expr }
  if (
    value.type === 'dict' ||
    (value.type === 'call' && value.callee.type === 'name' && value.callee.id === 'dict')
  )
    return { kind: 'code', dictionary: expr }
  const path = effective(python.fold(expr))
  if (typeof path === 'string') {
    const root = python.configurationFile(path)
    return root === null ? unknown : { kind: 'file', root }
  }
  // `get_ds_config(args)` of this module.
  const func = value.type === 'call' ? python.functionOf(value.callee) : null
  const returned = func === null ? null : onlyReturn(func)
  return returned === null ? unknown : sourceOf(python, returned, depth + 1)
}

export function sectionsOf(python: PythonModule, source: Source): Section[] | null {
  if (source.kind === 'unknown') return null
  if (source.kind === 'file') return sectionsInFile(source.root)
  return sectionKeys.map((key) => sectionInCode(python, source.dictionary, key))
}

function sectionInCode(python: PythonModule, dictionary: Expr, key: string): Section {
  const given = python.entry(dictionary, key, dictionary.end)
  const section: Section = { key, state: 'absent', overridable: false }
  if (!mayBePassed(given)) return section
  const expr = passedExpression(given)
  const configured = configuredArgument(given)
  if (configured !== null) {
    const enabled = (knownArgument(given) as { enabled?: Json } | null)?.enabled
    const keys = [...(configured.keys ?? []), 'enabled']
    return { ...section, state: switchState(enabled ?? false), at: { ...configured, keys } }
  }
  // A part of a file that cannot be read as a whole.
  if (expr === null || expr === dictionary) return { ...section, state: 'unknown' }
  const enabled = python.entry(expr, 'enabled')
  const value = knownArgument(enabled)
  const found: Section = { ...section, expr }
  if (!mayBePassed(enabled)) return { ...found, state: 'off' }
  if (value === undefined) return { ...found, state: 'unknown' }
  const overridable = fixedArgument(enabled) === undefined
  return { ...found, state: switchState(value), switch: passedExpression(enabled)!, overridable }
}
