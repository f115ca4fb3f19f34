/** A module that nothing starts by itself runs in the programs that use it: what they have, and it has not, is around it. */
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import type { ResourceKind } from '../workload/resource-kinds.js'

interface Input {
  entries: ReadonlySet<string>
  importedBy(path: string): string[]
}

/** How far a module may be from a program along imports, and by how many programs it is asked for at most: more hardly agree. */
const mostImports = 5
const mostPrograms = 8
/** What programs have more of than this tells nothing of one module, and would be handed to each of them. */
const mostViews = 200

const kinds = ['Training', 'InputPipeline', 'Network', 'Dataset'] as const satisfies ResourceKind[]

/** Fills in `Run.around`. `runs`: of each file, by path. */
export function lookAround(runs: ReadonlyMap<string, readonly Run[]>, input: Input): void {
  const programs = [...runs].flatMap(([path, [first]]) =>
    first !== undefined && isProgram(first, path, input) ? [path] : [],
  )
  const using = usersOf(programs, input)
  const had = new Map<string, SubjectView[]>()
  for (const [module, users] of using) {
    const own =
      runs.get(module)?.filter((run) => isByItself(run, module) && !isProgram(run, module, input)) ?? []
    if (own.length === 0 || users.length > mostPrograms) continue
    const theirs = users.flatMap((path) => {
      const known = had.get(path) ?? worthKnowing(runs.get(path)!)
      had.set(path, known)
      return known.length > mostViews ? [] : known
    })
    for (const run of own) {
      const has = new Set<ResourceKind>(run.subjects.map(({ subject }) => subject.kind))
      const lacking = onlyOnce(theirs.filter(({ subject }) => !has.has(subject.kind)))
      if (lacking.length > 0) run.around = lacking
    }
  }
}

function worthKnowing(runs: readonly Run[]): SubjectView[] {
  const all = runs.slice(0, mostPrograms).flatMap(({ subjects }) => subjects)
  return onlyOnce(
    all.filter(({ subject: { kind, evidence } }) => asked.has(kind) && evidence.role !== 'test'),
  )
}

const asked = new Set<ResourceKind>(kinds)

/** What programs share is there once, in each way in which it was read. */
function onlyOnce(views: readonly SubjectView[]): SubjectView[] {
  const seen = new Map<string, Set<unknown>>()
  return views.filter(({ subject, settings }) => {
    const before = seen.get(subject.id) ?? new Set()
    seen.set(subject.id, before)
    return !before.has(settings) && before.add(settings)
  })
}

function isByItself({ job, script }: Run, path: string): boolean {
  return script === path && job.id === null && job.launch === null && job.compute === null
}

/** It is started, and it trains, by itself or through its modules. */
function isProgram({ job, subjects }: Run, path: string, { entries }: Input): boolean {
  if (job.launch === null && !entries.has(path)) return false
  const program = subjects.find(
    ({ subject }) => subject.kind === ('Program' satisfies ResourceKind) && subject.location.path === path,
  ) as SubjectView<'Program'> | undefined
  if (program === undefined || program.subject.evidence.role === 'test') return false
  return effective(program.settings.startsTraining) === true
}

/** By module: programs that reach it along imports, up to one more than are asked. */
function usersOf(programs: readonly string[], { importedBy }: Input): Map<string, string[]> {
  const users = new Map<string, string[]>()
  for (const program of programs) {
    const seen = new Set([program])
    let level = [program]
    for (let depth = 0; depth < mostImports && level.length > 0; depth++) {
      const next: string[] = []
      for (const path of level)
        for (const module of importedBy(path)) {
          const list = users.get(module) ?? []
          if (seen.has(module) || list.length > mostPrograms) continue
          seen.add(module)
          users.set(module, [...list, program])
          next.push(module)
        }
      level = next
    }
  }
  return users
}
