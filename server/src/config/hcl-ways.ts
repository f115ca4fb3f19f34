/** The ways in which a Terraform module is applied: once for each environment that keeps its own values, or calls it. */
import { at, entries, items, map, number } from './access.js'
import type { HclCaller, HclFile, HclModule } from './hcl-module.js'

/** More environments than this are not told apart. */
const most = 6

/** Files of values that Terraform reads by itself, in the folder of the module. */
const automatic = /(^|\/)(terraform\.tfvars|[^/]*\.auto\.tfvars)$/
/** Callers that show how a module is used. */
const shows = /(^|\/)(examples?|tests?|fixtures?)\//

/** The copies that a call of a module makes (`for_each`), by their keys; null: one, or it is not known. */
export type CopiesOf = (call: HclCaller) => readonly string[] | null

/** The only way where there is one, or where they are too many to tell apart. */
export function waysOf(module: HclModule, copiesOf: CopiesOf): HclModule[] {
  const found = ways(module, copiesOf)
  return found.length > most ? [module] : found
}

function ways(module: HclModule, copiesOf: CopiesOf): HclModule[] {
  const callers = module.callers.filter(({ block }) => number(at(block, 'count')) !== 0)
  if (callers.length === 0) return module.callers.length > 0 ? [module] : byValues(module)
  const real = callers.filter(({ path }) => !shows.test(path))
  if (real.length === 0) return [module]
  const found: HclModule[] = []
  for (const caller of real) {
    for (const way of ways(caller.module, copiesOf)) {
      const call = { ...caller, module: way }
      const copies = copiesOf(call)
      if (copies === null || copies.length === 0) found.push({ ...module, callers: [call] })
      else for (const copy of copies) found.push({ ...module, callers: [{ ...call, copy }] })
    }
    // Callers have callers of their own: all of them together are too many to go through.
    if (found.length > most) break
  }
  return found
}

function byValues(module: HclModule): HclModule[] {
  const folder = folderOfCode(module.files)
  const named = module.files.filter(({ path }) => path.endsWith('.tfvars') && !isAutomatic(path, folder))
  const environments = environmentsOf(named, declaredIn(module.files))
  if (environments.length < 2) return [module]
  const apart = new Set(environments.flat())
  return environments.map((own) => ({
    ...module,
    files: module.files.filter((file) => own.includes(file) || !apart.has(file)),
    chosen: own.map(({ path }) => path),
  }))
}

/**
 * The files of values of each environment. Files of one folder that give the same variables stand for one another; what gives other
 * variables than the rest of its folder (`env/dev/network.tfvars`), or lies above the folders of environments, belongs to each of them.
 */
function environmentsOf(named: readonly HclFile[], declared: ReadonlySet<string>): HclFile[][] {
  const variables = new Map(
    named.map((file) => [file, entries(file.root).flatMap(({ key }) => (declared.has(key) ? key : []))]),
  )
  const givenBy = (files: readonly HclFile[]) => new Set(files.flatMap((one) => variables.get(one)!))
  const folders = [...new Set(named.map(({ path }) => folderOf(path)))]
  const environments = folders.flatMap((folder) => {
    const files = named.filter(({ path }) => folderOf(path) === folder)
    const others = sharing(files, (one) => givenBy([one]))
    const rest = files.filter((one) => !others.includes(one))
    if (others.length > 0) return others.map((one) => [one, ...rest])
    return folders.some((below) => below !== folder && below.startsWith(folder)) ? [] : [rest]
  })
  return sharing(environments, givenBy)
}

/** Those that give a variable which another one gives as well. */
function sharing<T>(all: readonly T[], givenBy: (one: T) => ReadonlySet<string>): T[] {
  const counts = new Map<string, number>()
  for (const one of all) for (const name of givenBy(one)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return all.filter((one) => [...givenBy(one)].some((name) => counts.get(name)! > 1))
}

/** What the code asks for: other values are those of a backend, say. */
function declaredIn(files: readonly HclFile[]): Set<string> {
  const code = files.filter(({ path }) => !path.endsWith('.tfvars'))
  const labels = code.flatMap(({ root }) => items(at(root, 'variable')).map((one) => map(one)?.labels?.[0]))
  return new Set(labels.filter((one) => one !== undefined))
}

/** A file of values that is read wherever the module is applied: not one of another folder with that name. */
export function isAutomatic(path: string, folder: string): boolean {
  return automatic.test(path) && folderOf(path) === folder
}

/** With the slash at its end. */
export function folderOfCode(files: readonly HclFile[]): string {
  return folderOf(files.find((one) => !one.path.endsWith('.tfvars'))?.path ?? files[0]?.path ?? '')
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}
