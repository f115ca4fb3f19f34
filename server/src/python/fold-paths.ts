/**
 * Paths of files, as texts. Where the file of the module lies nobody knows before it runs, so it is named as seen from its own
 * folder: `Path(__file__).parent / 'grid.yaml'` is 'grid.yaml', `Path(__file__).parents[1]` is '..'.
 */
import type { Json } from '../text/json.js'

/** What begins at the root stands for itself. */
export function joinedPath(parts: readonly string[]): string {
  const whole = parts
    .filter((part, index) => part !== '' && (part !== '.' || index === parts.length - 1))
    .reduce((path, part) => (path === '' || part.startsWith('/') ? part : `${path}/${part}`), '')
  return whole.replace(/\/{2,}/g, '/')
}

/** `__file__` in the module with this path. */
export function ownFile(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function parentOf(path: string): string {
  if (path === '.' || path === '') return '..'
  if (path === '..' || path.endsWith('/..')) return `${path}/..`
  const at = path.replace(/(?<!\/)\/+$/, '').lastIndexOf('/')
  return at < 0 ? '.' : at === 0 ? '/' : path.slice(0, at)
}

/** As many folders above as anybody counts. */
const mostParents = 6

/** `path.parent`, `path.parents`; undefined: it is no path, or something else of one. */
export function pathAttribute(path: Json, attribute: string): Json | undefined {
  if (typeof path !== 'string') return undefined
  if (attribute === 'parent') return parentOf(path)
  if (attribute !== 'parents') return undefined
  const parents: string[] = []
  for (let above = parentOf(path); parents.length < mostParents; above = parentOf(above)) parents.push(above)
  return parents
}

/** `path.joinpath(…)`, `path.with_name(…)`; undefined: it does not fold. */
export function pathMethod(path: Json, method: string, args: readonly Json[]): Json | undefined {
  const parts = args.filter((part) => typeof part === 'string')
  if (typeof path !== 'string' || parts.length < args.length) return undefined
  const [first] = parts
  switch (method) {
    // The same file, whichever way it is written.
    case 'absolute':
    case 'resolve':
    case 'expanduser':
    case 'as_posix':
      return path
    case 'joinpath':
      return joinedPath([path, ...parts])
    case 'with_name':
      return first === undefined ? undefined : joinedPath([parentOf(path), first])
    case 'with_suffix':
      return first === undefined ? undefined : path.replace(/(?<=[^/])\.[^./]*$|$/, first)
    default:
      return undefined
  }
}

/** Functions of `os.path` that give a path of one. */
export function pathFunction(name: string, args: readonly Json[]): Json | undefined {
  const [path] = args
  if (typeof path !== 'string') return undefined
  switch (name) {
    case 'os.path.abspath':
    case 'os.path.realpath':
    case 'os.path.normpath':
    case 'os.path.expanduser':
      return path
    case 'os.path.dirname':
      return parentOf(path)
    default:
      return undefined
  }
}
