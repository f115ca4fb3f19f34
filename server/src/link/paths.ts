/** Paths of the project: relative to the root, `/` as separator, '' for the root itself. */

export function folderOf(path: string): string {
  const cut = path.lastIndexOf('/')
  return cut < 0 ? '' : path.slice(0, cut)
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Every folder above this one, nearest first, the root last. */
export function parents(folder: string): string[] {
  const found: string[] = []
  let current = folder
  while (current !== '') {
    current = folderOf(current)
    found.push(current)
  }
  return found
}

/** `folder/path` with `.` and `..` resolved; undefined segments above the root make the result ''. */
export function join(folder: string, path: string): string {
  const parts: string[] = folder === '' ? [] : folder.split('/')
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

/** Those in the file itself, else those that share the most folders with it: examples stand beside each other in one repository. */
export function nearest<T>(items: readonly T[], path: string, pathOf: (item: T) => string): T[] {
  const here = items.filter((item) => pathOf(item) === path)
  if (here.length > 0) return here
  const own = folderOf(path).split('/')
  const shared = items.map((item) => {
    const other = folderOf(pathOf(item)).split('/')
    const differs = own.findIndex((part, index) => part !== other[index])
    return differs < 0 ? own.length : differs
  })
  const most = Math.max(...shared)
  return items.filter((_item, index) => shared[index] === most)
}

/** The same of items that many places look for. */
export class NearestIndex<T> {
  /** Items of a folder and of all that is below it. */
  private readonly below = new Map<string, T[]>()

  constructor(
    items: readonly T[],
    private readonly pathOf: (item: T) => string,
  ) {
    for (const item of items) {
      const folder = folderOf(pathOf(item))
      for (const above of [folder, ...parents(folder)]) {
        const known = this.below.get(above)
        if (known === undefined) this.below.set(above, [item])
        else known.push(item)
      }
    }
  }

  of(path: string): readonly T[] {
    const folder = folderOf(path)
    for (const above of [folder, ...parents(folder)]) {
      const found = this.below.get(above)
      if (found === undefined) continue
      const here = above === folder ? found.filter((item) => this.pathOf(item) === path) : []
      return here.length > 0 ? here : found
    }
    return []
  }
}
