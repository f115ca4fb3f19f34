/** Modules that a program imports by a text: `importlib.import_module(f'configs.{args.config}')`, `Config.fromfile(args.config)`. */
import type { Expr, PythonTree, Stmt } from '../syntax/python-ast.js'
import { blocksOf, forEachChild, forEachExpression, lastName } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import { targetOf } from './import-targets.js'
import { nameOf } from './names.js'

/** Words without which a module names none. */
const words = ['import_module', 'fromfile', 'LazyConfig']

export function mayNameModules(text: string): boolean {
  return words.some((word) => text.includes(word))
}

/** Only what settings are called: a program may choose its networks in the same way. */
const settings = /(conf|cfg|setting|param|option|recipe|experiment)\w*\.?(\*|\w+)?$/i

/** As imports: 'configs.base'; 'configs.*' where a part of the text is not written out. */
export function namedModules(tree: PythonTree): string[] {
  const calls: (Expr & { type: 'call' })[] = []
  const collect = (expr: Expr): void => {
    if (expr.type === 'call') calls.push(expr)
    forEachChild(expr, collect)
  }
  const visit = (block: readonly Stmt[]): void => {
    for (const statement of block) {
      forEachExpression(statement, collect)
      for (const inner of blocksOf(statement)) visit(inner)
    }
  }
  visit(tree.body)
  const defaults = new Map<string, string>()
  for (const { callee, args } of calls) {
    if (callee.type !== 'attribute' || callee.attr !== 'add_argument') continue
    const otherwise = textOf(args.find(({ name }) => name === 'default')?.value)
    for (const { value, name } of args) {
      const flag = name === null ? textOf(value) : null
      if (flag !== null && otherwise !== null)
        defaults.set(flag.replace(/^-+/, '').replaceAll('-', '_'), otherwise)
    }
  }
  const found = new Set<string>()
  for (const { callee, args } of calls) {
    const called = lastName(callee)
    if (called !== 'import_module' && called !== 'fromfile' && called !== 'load') continue
    const [given] = args
    const text = given === undefined ? null : beginningOf(given.value, defaults)
    for (const spec of text === null ? [] : specsOf(text)) if (settings.test(spec)) found.add(spec)
  }
  return [...found]
}

function textOf(expr: Expr | undefined): string | null {
  return expr?.type === 'constant' && typeof expr.value === 'string' ? expr.value : null
}

/** What a text begins with, as far as it is written out; '*' where more follows. */
function beginningOf(expr: Expr, defaults: ReadonlyMap<string, string>): string | null {
  switch (expr.type) {
    case 'constant':
      return textOf(expr)
    case 'fstring': {
      const [first] = expr.parts
      if (typeof first !== 'string') return null
      return expr.parts.length === 1 ? first : `${first}*`
    }
    case 'binary': {
      const left = expr.op === '+' ? beginningOf(expr.left, defaults) : null
      return left === null || left.endsWith('*') ? left : `${left}*`
    }
    case 'attribute':
      return defaults.get(expr.attr) ?? null
    default:
      return null
  }
}

function specsOf(text: string): string[] {
  const path = text.replace(/^\.\//, '')
  if (!/^[\w./-]+\*?$/.test(path)) return []
  const isOpen = path.endsWith('*')
  const spec = specOf(isOpen ? path.slice(0, -1) : path)
  const folder = spec.slice(0, Math.max(spec.lastIndexOf('.'), 0))
  const others = folder === '' ? [] : [`${folder}.*`]
  return isOpen ? others : [spec, ...others]
}

/** 'configs/base.py' as 'configs.base'. */
function specOf(path: string): string {
  return path.endsWith('.py') ? path.slice(0, -3).replace(/^\.\//, '').replaceAll('/', '.') : path
}

const readsFile = /(^(mmcv|mmengine)\.(.*\.)?Config\.fromfile|\.LazyConfig\.load)$/

function mayName({ importedByName, tree, text }: Analysis): boolean {
  return importedByName.size > 0 && once(tree, 'may name modules', () => mayNameModules(text))
}

/** The module that a call gives; null: none, or its name is not known. */
export function namedModule(analysis: Analysis, expr: Expr): { target: string; overridable: boolean } | null {
  if (expr.type !== 'call' || !analysis.complete || !mayName(analysis)) return null
  const { callee, args } = expr
  const name = nameOf(analysis, callee)
  if (name === null) return null
  if (name === 'getattr') {
    const whole = args[0] === undefined ? null : namedModule(analysis, analysis.definition(args[0].value))
    const attribute = textOf(args[1]?.value)
    return whole === null || attribute === null ? null : { ...whole, target: `${whole.target}.${attribute}` }
  }
  if (name !== 'importlib.import_module' && !readsFile.test(name)) return null
  const [given] = args
  if (given === undefined || given.star > 0) return null
  const folded = analysis.fold(given.value)
  if (folded.state === 'unknown' || typeof folded.value !== 'string') return null
  const target = specOf(folded.value.replace(/^\.\//, ''))
  return analysis.importedByName.has(target) ? { target, overridable: folded.overridable } : null
}

/** The same for what begins with such a module: `import_module(name).Config`. */
export function throughNamedModule(
  analysis: Analysis,
  expr: Expr,
): { target: string; overridable: boolean } | null {
  if (!mayName(analysis)) return null
  const parts: string[] = []
  let root = expr
  while (root.type === 'attribute') {
    parts.unshift(root.attr)
    root = root.value
  }
  if (root.type === 'name' && targetOf(analysis, root) === null) root = analysis.definition(root)
  const module = namedModule(analysis, root)
  return module === null ? null : { ...module, target: [module.target, ...parts].join('.') }
}
