/** Reads a file of assignments as a configuration: what each name holds, and what is inherited. */

import type { CallExpr, Expr, Import, Stmt } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Configured, ConfiguredPlace } from '../text/configured.js'
import type { ConfiguredModule, ConfiguredStep } from '../text/configured-module.js'
import type { Json } from '../text/json.js'
import type { Span } from '../text/location.js'
import { define } from '../text/records.js'
import { locate, type SourceFragment } from '../text/source-fragment.js'
import type { PythonModule } from './module.js'
import { certainReturn } from './returns.js'

/** Values in one file; a file with more is data. */
const mostValues = 5_000
const deepest = 60

/** Null: the file holds a program, or nothing of that kind. */
export function configurationModule(python: PythonModule, fragment: SourceFragment): ConfiguredModule | null {
  if (python.isEntry || python.classes.length > 0) return null
  const reader = new ModuleReader(python, fragment)
  reader.statements(python.tree.body)
  const { module, count } = reader
  if (count > mostValues) return null
  const holds = module.steps.some((step) => step.kind === 'import' || 'value' in step)
  return holds || module.bases !== null ? module : null
}

/** What `get_config` of a file for ml_collections puts into the object that it returns; null: the file has none. */
export function configurationFunction(
  python: PythonModule,
  fragment: SourceFragment,
): { module: ConfiguredModule; name: string } | null {
  const func = python.functions.find(({ qualified }) => qualified === 'get_config')
  const returned = func === undefined ? null : certainReturn(func)
  if (func === undefined || returned === null) return null
  const reader = new ModuleReader(python, fragment)
  reader.statements(func.node.body)
  const name = returned.type === 'name' ? returned.id : reader.given(returned)
  return name === null || reader.count > mostValues ? null : { module: reader.module, name }
}

/** What nothing in code is called. */
const whole = '<returned>'

class ModuleReader {
  readonly module: ConfiguredModule = { bases: [], steps: [] }
  count = 0

  constructor(
    private readonly python: PythonModule,
    private readonly fragment: SourceFragment,
  ) {}

  statements(body: readonly Stmt[]): void {
    for (const statement of body) this.statement(statement)
  }

  /** `return {'epochs': 90}`, as if it had a name; null: it is nothing with keys. */
  given(expr: Expr): string | null {
    const value = this.convert(expr, 0)
    if (value.kind !== 'map') return null
    this.add({ kind: 'set', keys: [whole], value })
    return whole
  }

  private statement(statement: Stmt): void {
    switch (statement.type) {
      case 'assign':
        for (const target of statement.targets) this.assign(target, statement.value)
        return
      case 'augassign':
        this.unclear(statement.target)
        return
      case 'expr':
        if (statement.value.type === 'call') this.call(statement.value)
        return
      case 'import':
        this.imported(statement)
        return
      case 'with':
        // `with read_base():`
        this.statements(statement.body)
        return
      case 'if':
      case 'for':
      case 'while':
        this.perhaps([...statement.body, ...statement.orelse])
        return
      case 'try':
        this.perhaps([...statement.body, ...statement.orelse, ...statement.finally])
        return
      case 'delete':
        for (const child of statement.children) this.unclear(child)
    }
  }

  /** Code that may or may not run, once or several times. */
  private perhaps(body: readonly Stmt[]): void {
    for (const statement of body) {
      if (statement.type === 'assign') for (const target of statement.targets) this.unclear(target)
      else if (statement.type === 'augassign') this.unclear(statement.target)
      else if (statement.type === 'expr' && statement.value.type === 'call') {
        const { callee } = statement.value
        if (callee.type === 'attribute') this.unclear(callee.value)
      } else if ('body' in statement && statement.type !== 'function' && statement.type !== 'class')
        this.perhaps(statement.body)
    }
  }

  private unclear(target: Expr): void {
    const keys = pathOf(target)
    if (keys !== null) this.add({ kind: 'unclear', keys })
  }

  private assign(target: Expr, value: Expr | null): void {
    if (value === null) return
    const keys = pathOf(target)
    if (keys === null) {
      if (target.type === 'tuple' || target.type === 'list')
        for (const item of target.items) this.unclear(item)
      return
    }
    if (keys.length === 1 && keys[0] === '_base_') this.module.bases = this.bases(value)
    else this.add({ kind: 'set', keys, value: this.convert(value, 0) })
  }

  private add(step: ConfiguredStep): void {
    if (this.count <= mostValues) this.module.steps.push(step)
  }

  private bases(value: Expr): string[] | null {
    const folded = this.python.fold(value)
    if (folded.state === 'unknown') return null
    const { value: named } = folded
    const all = Array.isArray(named) ? named : [named]
    return all.every((one): one is string => typeof one === 'string') ? all : null
  }

  /** `model.backbone.update(dict(…))`; every other call of a method may change what it is called on. */
  private call({ callee, args }: CallExpr): void {
    if (callee.type !== 'attribute') return
    const keys = pathOf(callee.value)
    if (keys === null) return
    const [first] = args
    if (callee.attr === 'update' && args.length === 1 && first?.name === null && first.star === 0)
      this.add({ kind: 'merge', keys, value: this.convert(first.value, 0) })
    else if (callee.attr === 'update' && args.every((one) => one.name !== null && one.star === 0))
      this.add({
        kind: 'merge',
        keys,
        value: this.keywords(args, { start: callee.start, end: callee.end }, 0),
      })
    else this.add({ kind: 'unclear', keys })
  }

  private imported({ from, level, module, names }: Import): void {
    if (!from) return
    const written = `${'.'.repeat(level)}${module ?? ''}`
    const all = names.some(({ name }) => name === '*')
    this.add({
      kind: 'import',
      module: written,
      names: all ? null : names.map(({ name, alias }): [string, string] => [name, alias ?? name]),
    })
  }

  private at(span: Span): ConfiguredPlace {
    return { location: locate(this.python.path, this.fragment, span), document: 0, keys: [] }
  }

  private convert(expr: Expr, depth: number): Configured {
    const at = this.at(shownPart(expr))
    if (++this.count > mostValues || depth > deepest) return { kind: 'unknown', because: 'a long file', at }
    switch (expr.type) {
      case 'constant':
        return { kind: 'scalar', value: expr.value, at }
      case 'list':
      case 'tuple': {
        const items = expr.items.map((item) => this.convert(item, depth + 1))
        const starred = expr.items.some((item) => item.type === 'starred')
        return { kind: 'list', items, at, ...(starred ? { open: 'a list that is spread' } : {}) }
      }
      case 'dict': {
        const entries: Record<string, Configured> = {}
        let open: string | undefined
        for (const { key, value } of expr.entries) {
          const name = key?.type === 'constant' ? key.value : null
          if (typeof name === 'string' || typeof name === 'number')
            define(entries, String(name), this.convert(value, depth + 1))
          else open = 'a key that cannot be read'
        }
        return { kind: 'map', entries, at, ...(open === undefined ? {} : { open }) }
      }
      case 'call':
        return this.converted(expr, depth)
      case 'name':
      case 'attribute': {
        const keys = pathOf(expr)
        if (keys !== null) return { kind: 'unknown', because: 'a name', text: keys.join('.'), at }
        const file = libraryFile(expr)
        if (file !== null)
          return file === 'other' ? { kind: 'unknown', because: 'a file', at } : fromLibrary(file, at)
      }
    }
    return this.folded(expr, at)
  }

  /** `dict(…)`, `L(Model)(…)`, `OmegaConf.create({…})`. */
  private converted(expr: CallExpr, depth: number): Configured {
    const { callee, args } = expr
    const at = this.at(shownPart(expr))
    const name = callee.type === 'name' ? callee.id : callee.type === 'attribute' ? callee.attr : null
    const [first] = args
    if (name === 'dict' || name === 'ConfigDict') {
      if (args.length === 1 && first?.name === null && first.star === 0)
        return this.convert(first.value, depth + 1)
      return this.keywords(args, shownPart(expr), depth)
    }
    if (name === 'create' || name === 'DictConfig')
      return first === undefined ? { kind: 'map', entries: {}, at } : this.convert(first.value, depth + 1)
    if (callee.type === 'call' && callee.args.length === 1) {
      const made = this.keywords(args, shownPart(expr), depth)
      const target = callee.args[0]!.value
      const written = pathOf(target)?.join('.') ?? ''
      if (made.kind === 'map')
        define(made.entries, '_target_', { kind: 'scalar', value: written, at: this.at(target) })
      return made
    }
    return this.folded(expr, at)
  }

  private keywords(args: CallExpr['args'], span: Span, depth: number): Configured {
    const entries: Record<string, Configured> = {}
    let open: string | undefined
    for (const { name, star, value } of args) {
      if (name !== null && star === 0) define(entries, name, this.convert(value, depth + 1))
      else open = 'an argument that is spread'
    }
    return { kind: 'map', entries, at: this.at(span), ...(open === undefined ? {} : { open }) }
  }

  private folded(expr: Expr, at: ConfiguredPlace): Configured {
    const folded = this.python.fold(expr)
    return folded.state === 'known' && isPlain(folded.value)
      ? { kind: 'scalar', value: folded.value, at }
      : { kind: 'unknown', because: 'an expression', at }
  }
}

/** The part of a library's own file in `model_zoo.get_config('common/train.py').train`; null: something else. */
function libraryFile(expr: Expr): { file: string; part: string } | 'other' | null {
  if (expr.type !== 'attribute' || expr.value.type !== 'call') return null
  const { callee, args } = expr.value
  const name = lastName(callee)
  if (name !== 'get_config') return null
  const file = args[0]?.value
  return file?.type === 'constant' && typeof file.value === 'string'
    ? { file: file.value, part: expr.attr }
    : 'other'
}

/** What it holds is not seen; which file it is, its reader may know. */
function fromLibrary({ file, part }: { file: string; part: string }, at: ConfiguredPlace): Configured {
  const named: Configured = { kind: 'scalar', value: `${file}:${part}`, at }
  return { kind: 'map', entries: { _file_: named }, at, open: 'a file outside of the project' }
}

/** A block is shown by its beginning. */
function shownPart(expr: Expr): Span {
  if (expr.type === 'call') return { start: expr.start, end: expr.callee.end }
  return expr.type === 'dict' ? { start: expr.start, end: expr.start + 1 } : expr
}

function isPlain(value: Json): boolean {
  return value === null || typeof value !== 'object'
}

/** `a.b['c']` as its keys; null: something else. */
function pathOf(expr: Expr): string[] | null {
  if (expr.type === 'name') return [expr.id]
  if (expr.type === 'attribute') {
    const base = pathOf(expr.value)
    return base === null ? null : [...base, expr.attr]
  }
  if (expr.type === 'subscript' && expr.index.type === 'constant') {
    const base = pathOf(expr.value)
    return base === null ? null : [...base, String(expr.index.value)]
  }
  return null
}
