/**
 * Places in files.
 *
 * Every offset in CostLint is an index into a JavaScript string, that is, a count of UTF-16 code units. Protocol
 * positions (UTF-16) and command-line columns (Unicode code points) are derived where they are shown.
 */

/** A half-open range `[start, end)` of offsets in the text of one fragment (see `source-fragment.ts`). */
export interface Span {
  start: number
  end: number
}

/**
 * A half-open range in a file as its author sees it: offsets into the file's text, or, in a notebook, into the
 * decoded source of the cell with this index (0-based over all cells).
 */
export interface Location {
  /** Path relative to the project's root, with `/` as separator. */
  path: string
  cell: number | null
  start: number
  end: number
}

/** True where both name exactly the same place. */
export function sameLocation(a: Location, b: Location): boolean {
  return a.path === b.path && a.cell === b.cell && a.start === b.start && a.end === b.end
}

/** Whether a path is a folder or lies in it, both as seen from the root, which is '' or '.'. */
export function isWithin(path: string, folder: string): boolean {
  if (folder === '' || folder === '.' || path === folder) return true
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}
