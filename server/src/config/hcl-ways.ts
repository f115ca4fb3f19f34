/** The ways in which a Terraform module is applied: once for each environment that keeps its own values, or calls it. */
import { at, entries, number } from './access.js'
import type { HclFile, HclModule } from './hcl-scope.js'

/** More environments than this are not told apart. */
const most = 6

/** Files of values that Terraform reads by itself, in the folder of the module. */
const automatic = /(^|\/)(terraform\.tfvars|[^/]*\.auto\.tfvars)$/
/** Callers that show how a module is used. */
const shows = /(^|\/)(examples?|tests?|fixtures?)\//

/** The only way where there is one, or where they are too many to tell apart. */
export function waysOf(module: HclModule): HclModule[] {
  const found = ways(module)
  return found.length > most ? [module] : found
}

function ways(module: HclModule): HclModule[] {
  const callers = module.callers.filter(({ block }) => number(at(block, 'count')) !== 0)
  if (callers.length === 0) return module.callers.length > 0 ? [module] : byValues(module)
  const real = callers.filter(({ path }) => !shows.test(path))
  if (real.length === 0) return [module]
  const found: HclModule[] = []
  for (const caller of real) {
    for (const way of ways(caller.module)) found.push({ ...module, callers: [{ ...caller, module: way }] })
    // Callers have callers of their own: all of them together are too many to go through.
    if (found.length > most) break
  }
  return found
}

function byValues(module: HclModule): HclModule[] {
  const folder = folderOfCode(module.files)
  const named = module.files.filter(({ path }) => path.endsWith('.tfvars') && !isAutomatic(path, folder))
  const environments = environmentsOf(named)
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
function environmentsOf(named: readonly HclFile[]): HclFile[][] {
  const folders = new Set(named.map(({ path }) => folderOf(path)))
  const environments = [...folders].flatMap((folder) => {
    const files = named.filter(({ path }) => folderOf(path) === folder)
    const others = files.filter((one) => standsForAnother([one], files))
    const shared = files.filter((one) => !others.includes(one))
    if (others.length > 0) return others.map((one) => [one, ...shared])
    return [...folders].some((below) => below !== folder && below.startsWith(folder)) ? [] : [shared]
  })
  const all = environments.flat()
  return environments.filter((one) => standsForAnother(one, all))
}

/** Another of the files gives one of its variables as well. */
function standsForAnother(own: readonly HclFile[], all: readonly HclFile[]): boolean {
  const variables = new Set(own.flatMap(variablesOf))
  return all.some((other) => !own.includes(other) && variablesOf(other).some((one) => variables.has(one)))
}

function variablesOf({ root }: HclFile): string[] {
  return entries(root).map(({ key }) => key)
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
