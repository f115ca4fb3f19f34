/**
 * Files that may start or import a given one, found by its name in their bytes, before anything is parsed: launch files
 * and launchers by the name of the file or module, Python modules by their import statements.
 */

import type { ModuleIndex } from '../link/modules.js'
import { baseName, folderOf, join, parents } from '../link/paths.js'
import { searchedFolders } from '../link/search-path.js'
import { languageOf } from '../text/language.js'
import { lowerBound } from '../text/sorted.js'

/** Candidates of either kind that are looked into, the nearest first. */
const mostLaunchFiles = 4_000
const mostModules = 2_000
/** A script that starts another one is looked for as well, so often. */
const rounds = 3
/** Files found; so many names mean that the name is a word of everyday. */
const mostFound = 200

export interface NamingFiles {
  paths: string[]
  /** No other file of the project names it. */
  complete: boolean
}

export interface SearchedProject {
  /** Sorted. */
  files: readonly string[]
  exists: (path: string) => boolean
  /** Bytes as letters; undefined: it cannot be read, or is too large for one who names others. */
  textOf: (path: string) => Promise<string | undefined>
  modules: ModuleIndex
  /** Commands that the project installs for a module, by its path. */
  commandsOf: (path: string) => string[]
}

export async function filesNaming(path: string, project: SearchedProject): Promise<NamingFiles> {
  const launchFiles = nearestFirst(path, project.files, (one) => !isPython(one), mostLaunchFiles)
  const modules = nearestFirst(path, project.files, isPython, mostModules)
  const found = new Set<string>()
  let complete = launchFiles.complete && modules.complete
  let names = [namesOf(path, project)]
  for (let round = 0; round < rounds && names.length > 0; round++) {
    const current = names
    const launches = (text: string, from: string): boolean =>
      current.some((one) => isNamedIn(text, from, one, project.exists))
    const starts = (text: string, from: string): boolean =>
      current.some(({ file }) => text.includes(file)) ||
      // Who imports it matters of the file itself only.
      (round === 0 && imports(text, from, path, project.modules))
    const news: string[] = []
    for (const [candidates, names] of [
      [launchFiles.paths, launches],
      [modules.paths, starts],
    ] as const) {
      for (const candidate of candidates) {
        if (candidate === path || found.has(candidate)) continue
        const text = await project.textOf(candidate)
        if (text !== undefined && names(text, candidate)) news.push(candidate)
      }
    }
    for (const one of news) found.add(one)
    if (found.size > mostFound) return { paths: [...found].slice(0, mostFound), complete: false }
    // What starts a container is found by the name of its image, which nobody looks for here.
    if (news.some((one) => languageOf(one) === 'dockerfile')) complete = false
    names = news.map((one) => namesOf(one, project))
  }
  return { paths: [...found], complete: complete && names.length === 0 }
}

function isPython(path: string): boolean {
  return path.endsWith('.py') || path.endsWith('.ipynb')
}

interface Names {
  /** Its own. */
  folder: string
  /** 'train.py' */
  file: string
  /** 'train': after `-m`. */
  stem: string
  /** 'project.train' */
  dotted: string | undefined
  commands: string[]
}

function namesOf(path: string, { commandsOf }: SearchedProject): Names {
  const folder = folderOf(path)
  const name = baseName(path)
  const inPackage = /^__(main|init)__\.py$/.test(name)
  const stem = inPackage ? baseName(folder) : name.replace(/\.[^.]+$/, '')
  const above = inPackage ? folderOf(folder) : folder
  return {
    folder,
    file: inPackage ? `${stem}/${name}` : name,
    stem,
    dotted: path.endsWith('.py') && above !== '' ? `${baseName(above)}.${stem}` : undefined,
    commands: path.endsWith('.py') ? commandsOf(path) : [],
  }
}

function isNamedIn(text: string, from: string, names: Names, exists: (path: string) => boolean): boolean {
  const { folder, file, stem, dotted, commands } = names
  if (dotted !== undefined && text.includes(dotted)) return true
  if (commands.some((command) => text.includes(command))) return true
  // A file of this name beside it is meant, unless the folder is named too.
  const home = folderOf(from)
  const twin = home !== folder && exists(join(home, file))
  if (text.includes(file)) return !twin || text.includes(baseName(folder))
  return stem !== '' && text.includes(stem) && /-m[\w"',\s\]]/.test(text)
}

/** True where an import statement leads to the module at `target`. */
function imports(text: string, from: string, target: string, modules: ModuleIndex): boolean {
  const stem = baseName(target.replace(/(\/__init__)?\.py$/, ''))
  if (!target.endsWith('.py') || !text.includes(stem)) return false
  const searched = searchedFolders(text)
  const leads = (spec: string): boolean =>
    spec.includes(stem) && modules.resolve(spec, from, searched) === target
  for (const [, list] of text.matchAll(/^[ \t]*import[ \t]+([\w., \t]+)/gm))
    if (list!.split(',').some((one) => leads(one.trim().split(/\s/)[0]!))) return true
  const froms = /^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]*(\([^)]*|[^\n]*)/gm
  for (const [, base, list] of text.matchAll(froms)) {
    if (leads(base!)) return true
    const between = base!.endsWith('.') ? '' : '.'
    for (const [name] of list!.matchAll(/[A-Za-z_]\w*/g)) if (leads(`${base}${between}${name}`)) return true
  }
  return false
}

/** Paths that pass, those first that share most folders with `path`. `complete`: none was left out. */
function nearestFirst(
  path: string,
  files: readonly string[],
  passes: (path: string) => boolean,
  most: number,
): { paths: string[]; complete: boolean } {
  const taken = new Set<string>()
  for (const folder of [folderOf(path), ...parents(folderOf(path))]) {
    const prefix = folder === '' ? '' : `${folder}/`
    for (let index = lowerBound(files, (one) => one < prefix); index < files.length; index++) {
      const one = files[index]!
      if (!one.startsWith(prefix)) break
      if (!passes(one) || taken.has(one)) continue
      if (taken.size >= most) return { paths: [...taken], complete: false }
      taken.add(one)
    }
  }
  return { paths: [...taken], complete: true }
}
