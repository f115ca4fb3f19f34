/** A text as an editor holds it: it stands in for the file on disk. */

import type { CellText } from '../lint.js'
import type { Json } from '../text/json.js'
import type { SourceFile } from '../text/source-file.js'
import { notebookFromCells, sourceFile } from '../text/source-fragments.js'

export interface OpenText {
  content: string | CellText[]
  /** Of a notebook. */
  metadata: Record<string, Json>
}

export function fileOfText(path: string, { content, metadata }: OpenText): SourceFile {
  return typeof content === 'string' ? sourceFile(path, content) : notebookFromCells(path, content, metadata)
}
