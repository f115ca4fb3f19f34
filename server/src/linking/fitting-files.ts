/** Which files of a project a program could be meant to train by, where nothing names one. */
import { interpolated } from '../link/hydra.js'
import { type Configured, configuredAt } from '../text/configured.js'
import { valuesWithBases } from './inheriting-files.js'
import type { ProjectFiles } from './project-files.js'

export interface NamedFile {
  path: string
  root: Configured
}

export const configurationFiles = /\.(ya?ml|json|toml)$/i

/** By what they and their folders are called; data come as JSON as well. */
const likely =
  /(conf|cfg|param|setting|recipe|experiment|option|hyper)[^/]*(\/.*)?\.(ya?ml|json|toml)$|train[^/]*\.(ya?ml|toml)$/i
const elsewhere =
  /(^|\/)(\.[^/]+|tests?|node_modules|docs?|k8s|deploy\w*|docker|terraform|package(-lock)?\.json|tsconfig[^/]*|pyproject\.toml)(\/|$)/i
const mostRead = 40

/** A file that says how something is trained says one of these. */
const training = /epoch|batch|^lr$|learning_?rate|max_?steps|num_?workers|optim/i

/** What a file holds, with its references followed; null: nothing, or it has not been read. */
export function namedFile(project: ProjectFiles, path: string): NamedFile | null {
  const values = valuesWithBases(project, path)
  if (values === undefined || values === 'pending' || values === null) return null
  return { path, root: interpolated(values) }
}

/** The nearest folder above the script that holds such files, and all that it holds. */
export function fitting(
  project: ProjectFiles,
  folders: readonly string[],
  keys: readonly (string | number)[][],
): NamedFile[] {
  const paths = project
    .matching(configurationFiles)
    .filter((path) => likely.test(path) && !elsewhere.test(path))
  for (const folder of folders) {
    const below = folder === '' ? paths : paths.filter((path) => path.startsWith(`${folder}/`))
    if (below.length > mostRead) return []
    const found = below
      .flatMap((path) => namedFile(project, path) ?? [])
      .filter(({ root }) => fits(root, keys))
    if (found.length > 0) return found
  }
  return []
}

function fits(root: Configured, keys: readonly (string | number)[][]): boolean {
  if (root.kind !== 'map' || !trains(root, 0)) return false
  const there = keys.filter((path) => configuredAt(root, ...path) !== undefined)
  return there.length * 4 >= keys.length * 3
}

const deepest = 3

function trains(node: Configured, depth: number): boolean {
  if (node.kind !== 'map' || depth >= deepest) return false
  return Object.entries(node.entries).some(([key, child]) => training.test(key) || trains(child, depth + 1))
}
