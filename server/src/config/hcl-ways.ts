/** The ways in which a Terraform module is applied: once for each environment that keeps its own values, or calls it. */
import { at, number } from './access.js'
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
  return real.flatMap((caller) =>
    ways(caller.module).map((way) => ({ ...module, callers: [{ ...caller, module: way }] })),
  )
}

function byValues(module: HclModule): HclModule[] {
  const folder = folderOfCode(module.files)
  const chosen = module.files.filter(({ path }) => path.endsWith('.tfvars') && !isAutomatic(path, folder))
  if (chosen.length < 2) return [module]
  return chosen.map((one) => ({
    ...module,
    files: module.files.filter((file) => file === one || !chosen.includes(file)),
    chosen: one.path,
  }))
}

/** A file of values that is read wherever the module is applied: not one of another folder with that name. */
export function isAutomatic(path: string, folder: string): boolean {
  return automatic.test(path) && path.slice(0, path.lastIndexOf('/') + 1) === folder
}

/** With the slash at its end. */
export function folderOfCode(files: readonly HclFile[]): string {
  const path = files.find((one) => !one.path.endsWith('.tfvars'))?.path ?? files[0]?.path ?? ''
  return path.slice(0, path.lastIndexOf('/') + 1)
}
