/** Terragrunt: files that apply a module of the project with values of their own (`inputs`). */
import { at, entries, items, textWithTemplates } from '../config/access.js'
import type { HclFile } from '../config/hcl-module.js'
import type { ConfigNode } from '../config/node.js'
import { folderOf, join, parents } from '../link/paths.js'

export interface Application {
  /** Folder of the module. */
  folder: string
  root: ConfigNode
  /** Of the file itself, then of those that it includes. */
  inputs: HclFile[]
  /** Files that it reads, by the local that holds what they say. */
  reads: { name: string; file: HclFile }[]
}

type RootOf = (path: string) => ConfigNode | undefined

/** Null: the module that it applies is not one of the project. */
export function applicationOf(
  path: string,
  rootOf: RootOf,
  modules: ReadonlySet<string>,
): Application | null {
  const root = rootOf(path)
  if (root === undefined) return null
  const included = items(at(root, 'include')).flatMap((one) => {
    const file = fileAt(path, textWithTemplates(at(one, 'path')) ?? because(at(one, 'path')), rootOf)
    return file === undefined ? [] : [file]
  })
  const files = [{ path, root }, ...included]
  const source = files
    .map((one) => textWithTemplates(at(items(at(one.root, 'terraform'))[0], 'source')))
    .find((one) => one !== undefined)
  const folder = source === undefined ? undefined : moduleAt(folderOf(path), source, modules)
  if (folder === undefined) return null
  const inputs = files.flatMap((one) => {
    const node = at(one.root, 'inputs')
    return node === undefined ? [] : [{ path: one.path, root: node }]
  })
  const reads = items(at(root, 'locals')).flatMap((block) =>
    entries(block).flatMap(({ key, value }) => {
      const called = /^read_terragrunt_config\((.*)\)$/.exec(because(value) ?? '')?.[1]
      const file = called === undefined ? undefined : fileAt(path, called, rootOf)
      return file === undefined ? [] : [{ name: key, file }]
    }),
  )
  return { folder, root, inputs, reads }
}

function because(node: ConfigNode | undefined): string | undefined {
  return node?.kind === 'unknown' ? node.because : undefined
}

/** `find_in_parent_folders("env.hcl")`, `"${dirname(find_in_parent_folders())}/_envcommon/eks.hcl"`, `"../env.hcl"` */
function fileAt(path: string, written: string | undefined, rootOf: RootOf): HclFile | undefined {
  if (written === undefined) return undefined
  const own = folderOf(path)
  const [, , name] = /^(\$\{)?find_in_parent_folders\((?:"([\w./-]+)")?[^)]*\)\}?$/.exec(written) ?? []
  const above = parents(own)
  const within = (folders: readonly string[], file: string): HclFile | undefined => {
    for (const folder of folders) {
      const found = join(folder, file)
      const root = found === path ? undefined : rootOf(found)
      if (root !== undefined) return { path: found, root }
    }
    return undefined
  }
  if (name !== undefined) return within(above, name)
  if (/^(\$\{)?find_in_parent_folders\(\)\}?$/.test(written))
    return within(above, 'terragrunt.hcl') ?? within(above, 'root.hcl')
  const rest = written.replace(/^"|"$/g, '').replace(/^\$\{.*\}\/?/, '')
  return /^[\w./-]+\.hcl$/.test(rest) ? within([own, ...above], rest) : undefined
}

/** The module of the project that `source` means; undefined: none, or several could be meant. */
function moduleAt(folder: string, source: string, modules: ReadonlySet<string>): string | undefined {
  const path = source.replace(/\?.*$/, '').replace(/\/\//g, '/')
  if (/^\.\.?\//.test(path)) {
    const found = join(folder, path)
    return modules.has(found) ? found : undefined
  }
  const last = /[^:]\/\/([^?]+)/.exec(source)?.[1] ?? /\}\/?([\w./-]+)$/.exec(path)?.[1]
  const tail = last?.split('/').filter((part) => part !== '' && part !== '.' && part !== '..')
  if (tail === undefined || tail.length === 0) return undefined
  const wanted = tail.join('/')
  const fitting = [...modules].filter((one) => one === wanted || one.endsWith(`/${wanted}`))
  return fitting.length === 1 ? fitting[0] : undefined
}
