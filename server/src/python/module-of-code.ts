/** Modules of the project, read again from the code that their summaries keep. */
import { quickTree } from '../syntax/quick-statements.js'
import { analyse } from './analyse.js'
import type { KeptCode, ModuleSummary, PythonModule } from './module.js'

/** Characters of code whose modules are kept: a library has hundreds of them, and few are asked for again. */
const mostCharacters = 600_000

/** What somebody still holds is not made a second time: places are told apart by the objects that stand for them. */
const known = new WeakMap<KeptCode, WeakRef<PythonModule> | null>()

/** In the order in which they were made. */
const kept = new Map<KeptCode, PythonModule>()
let characters = 0

/** Null: it cannot be parsed by itself. */
export function moduleOfCode(code: KeptCode): PythonModule | null {
  const before = known.get(code)
  const held = before?.deref()
  if (before === null || held !== undefined) return held ?? null
  const tree = quickTree(code.text)
  const importedByName = new Map(Object.entries(code.imported).map(([name, one]) => [name, summaryOf(one)]))
  const made =
    tree === null ? null : analyse(code.path, code.text, tree, false, { importedByName, importers: [] })
  known.set(code, made === null ? null : new WeakRef(made))
  if (made !== null) {
    kept.set(code, made)
    characters += code.text.length
  }
  return made
}

/** Only between two files: while one is read, all that it asked for stays. */
export function letGoOfModules(): void {
  if (characters <= mostCharacters) return
  for (const code of kept.keys()) {
    kept.delete(code)
    characters -= code.text.length
    if (characters <= mostCharacters / 2) return
  }
}

/** As much of its summary as its code tells by itself. */
function summaryOf(code: KeptCode): ModuleSummary {
  return {
    path: code.path,
    constants: code.constants ?? {},
    functions: {},
    classes: Object.fromEntries(
      Object.entries(code.bases).map(([name, bases]) => [name, { bases, methods: [], calls: [] }]),
    ),
    reexports: code.reexports ?? {},
    uses: [],
    imports: [],
    isEntry: false,
    code,
  }
}
