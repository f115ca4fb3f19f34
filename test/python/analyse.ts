/** What the tests of the Python analysis share: text in, analysis and its parts out. */
import assert from 'node:assert/strict'
import { createNodeHost } from '../../server/src/host/node/host.js'
import { Analysis } from '../../server/src/python/analysis.js'
import type { Call, Folded, ModuleSummary } from '../../server/src/python/module.js'
import { loadGrammars } from '../../server/src/syntax/parser.js'
import type { Expr } from '../../server/src/syntax/python-ast.js'
import { pythonTree } from '../../server/src/syntax/python-tree.js'
import type { Json } from '../../server/src/text/json.js'
import type { Binding, Launch } from '../../server/src/workload/claim.js'

const grammars = createNodeHost()
  .grammarSource()
  .then((source) => loadGrammars(source, ['python']))

export interface Around {
  path?: string
  notebook?: boolean
  /** Other modules of the project by the name that is used in the import; their text. */
  modules?: Record<string, string>
  importers?: ModuleSummary[]
  binding?: Binding
}

export async function analyse(text: string, around: Around = {}): Promise<Analysis> {
  const importedByName = new Map<string, ModuleSummary>()
  for (const [name, source] of Object.entries(around.modules ?? {})) {
    const path = `${name.replace(/^\.+/, '').replaceAll('.', '/')}.py`
    importedByName.set(
      name,
      new Analysis(path, source, pythonTree(source, await grammars), false).describe().summary(),
    )
  }
  return new Analysis(
    around.path ?? 'train.py',
    text,
    pythonTree(text, await grammars),
    around.notebook ?? false,
    { importedByName, importers: around.importers ?? [] },
    around.binding ?? null,
  ).describe()
}

/** The value of the last assignment to a name, folded where it stands. */
export function valueOfName(analysis: Analysis, name: string): Folded {
  const assigned = [...analysis.statements]
    .reverse()
    .find((one) => one.type === 'assign' && one.targets[0]?.type === 'name' && one.targets[0].id === name)
  assert.ok(assigned?.type === 'assign' && assigned.value !== null, `no assignment to ${name}`)
  return analysis.fold(assigned.value)
}

/** Folds `expression` at the end of `text`. */
export async function fold(text: string, expression: string, around: Around = {}): Promise<Folded> {
  return valueOfName(await analyse(`${text}\nanswer = ${expression}\n`, around), 'answer')
}

/** The value of an expression, or why it is unknown. */
export async function value(text: string, expression: string, around: Around = {}): Promise<Json> {
  const folded = await fold(text, expression, around)
  return folded.state === 'known' ? folded.value : `? ${folded.because}`
}

export async function isUnknown(text: string, expression: string, around: Around = {}): Promise<void> {
  const folded = await fold(text, expression, around)
  assert.equal(folded.state, 'unknown', `${expression} is ${JSON.stringify(folded)}`)
}

export function callNamed(analysis: Analysis, method: string): Call {
  const call = analysis.calls.find((one) => one.method === method)
  assert.ok(call !== undefined, `no call of ${method}`)
  return call
}

/** An argument of the first call of `method` as short text. */
export function argument(
  analysis: Analysis,
  method: string,
  keyword: string,
  position: number | null = null,
): Json {
  const found = analysis.argument(callNamed(analysis, method), keyword, position)
  if (found.state === 'absent') return 'absent'
  if (found.state === 'unknown') return `? ${found.because}`
  return found.folded.state === 'known' ? found.folded.value : 'given'
}

export function sourceOf(analysis: Analysis, expr: Expr): string {
  return analysis.text.slice(expr.start, expr.end)
}

const nowhere = { path: 'job.sh', cell: null, start: 0, end: 0 }

/** A launch that gives these flags and variables. */
export function launch(
  flags: Record<string, string | boolean | null>,
  more: { complete?: boolean; environment?: Record<string, string> } = {},
): Binding {
  const values = (given: Record<string, string | boolean | null>) =>
    Object.fromEntries(
      Object.entries(given).map(([name, each]) => [name, { value: each, location: nowhere }]),
    )
  const bound: Launch = {
    id: 'job.sh#0',
    reader: 'shell',
    job: null,
    location: nowhere,
    launcher: 'python',
    program: { path: 'train.py', module: null, bases: [''] },
    flags: values(flags) as Launch['flags'],
    positionals: [],
    complete: more.complete ?? true,
    environment: values(more.environment ?? {}) as Launch['environment'],
    launcherFlags: {},
    processes: 1,
    nodes: 1,
    files: [],
  }
  return { launch: bound, settings: [] }
}
