import type { Json } from './json.js'
import type { SourceFragment } from './source-fragment.js'

/** One cell of a notebook, or the whole text of any other file. */
export interface Part {
  /** 0-based over all cells; null outside notebooks. */
  cell: number | null
  kind: 'code' | 'markdown' | 'file'
  text: string
}

/** A decoded file and the fragments that it holds. */
export interface SourceFile {
  path: string
  /** The file as it is on disk (for a notebook: its JSON; empty when the editor gave the cells). */
  text: string
  notebook: boolean
  /** Of a notebook: what it says about itself as a whole (its kernel, its runtime). */
  metadata?: Record<string, Json>
  /** Of a notebook: how long each of its cells ran last, where that is known of one that may train. */
  cellSeconds?: readonly (number | null)[]
  parts: Part[]
  fragments: SourceFragment[]
  /** What is wrong with the file as a whole: it is not read, or not all of it. */
  problems: string[]
}
