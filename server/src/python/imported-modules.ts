/** What the import statements of a piece of code bring, and from where. */
import type { Import, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'
import { once } from '../text/once.js'
import type { Call, ModuleSummary, PythonModule } from './module.js'

export interface ImportedModule extends Span {
  /** As written, one leading dot for each level: 'torch.nn', '..data'. */
  module: string
  /** The name that a `from` takes out of it, '*' for all of them; null: the module itself. */
  name: string | null
  /** The module of the project that it is; null: a library, or a file that is not here. */
  summary: ModuleSummary | null
}

/** In the order of the text, those in functions and branches included. */
export function importedModules(python: PythonModule, code: readonly Stmt[]): readonly ImportedModule[] {
  if (code !== python.tree.body) return modulesIn(python, code)
  return once(python, 'imported modules', () => modulesIn(python, code))
}

function modulesIn(python: PythonModule, code: readonly Stmt[]): ImportedModule[] {
  const found: ImportedModule[] = []
  const visit = (statement: Stmt): void => {
    if (statement.type === 'import') found.push(...modulesOf(python, statement))
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  code.forEach(visit)
  return found
}

function modulesOf(python: PythonModule, statement: Import): ImportedModule[] {
  const { start, end } = statement
  const from = `${'.'.repeat(statement.level)}${statement.module ?? ''}`
  return statement.names.map(({ name }) => {
    const module = statement.from ? from : name
    const whole = !statement.from || name === '*'
    const summary = python.projectTarget(whole ? module : below(module, name))?.summary
    return {
      module,
      name: statement.from ? name : null,
      summary: summary ?? folderOfProject(python, whole ? module : below(module, name)),
      start,
      end,
    }
  })
}

/** A folder without a file of its own, of which the code imports modules as well: `import src`. */
function folderOfProject(python: PythonModule, module: string): ModuleSummary | null {
  const inside = `${module}.`
  for (const [spec, summary] of python.importedByName) if (spec.startsWith(inside)) return summary
  return null
}

function below(module: string, name: string): string {
  return module.endsWith('.') ? module + name : `${module}.${name}`
}

/** Calls of what a module that is not read gives. */
export function callsInto(python: PythonModule, { module }: ImportedModule): Call[] {
  const inside = module.endsWith('.') ? module : `${module}.`
  const calls = once(python, 'calls by imports', () => callsByImports(python)).get(rootOf(inside)) ?? []
  return calls.flatMap(({ call, target }) => (target.startsWith(inside) ? [call] : []))
}

/** Calls of what is imported, by the first word of the import: a module has many of both. */
function callsByImports(python: PythonModule): ReadonlyMap<string, { call: Call; target: string }[]> {
  const found = new Map<string, { call: Call; target: string }[]>()
  for (const call of python.calls) {
    const target = python.targetOf(call.expr.callee)
    if (target === null) continue
    const root = rootOf(target)
    const known = found.get(root)
    if (known === undefined) found.set(root, [{ call, target }])
    else known.push({ call, target })
  }
  return found
}

function rootOf(target: string): string {
  const dot = target.indexOf('.')
  return dot < 0 ? target : target.slice(0, dot)
}
