/** From the text of a file, or the cells of a notebook in the editor, to fragments. */
import { programsInShell } from './embedded-programs.js'
import { fragmentOf } from './fragment.js'
import { manifestsInHcl } from './hcl-documents.js'
import { jobsInPython } from './jobs-in-python.js'
import type { Json } from './json.js'
import { languageOf } from './language.js'
import { type Embedded, type Masked, maskCell, maskPythonFile } from './magics.js'
import { makeRules, maskMakefile, recipeLines } from './makefile.js'
import { notebookCells } from './notebook.js'
import { manifestsInPython } from './python-manifests.js'
import { manifestObjectsIn } from './python-objects.js'
import { maskSnakefile } from './snakefile.js'
import type { Part, SourceFile } from './source-file.js'
import type { Language, Segment, SourceFragment } from './source-fragment.js'
import { programsInYaml } from './yaml-programs.js'

export { languageOf }

/** A cell as the editor holds it. */
export interface EditorCell {
  kind: 'code' | 'markdown'
  /** The editor's language id; undefined or 'python' for Python. */
  language?: string
  text: string
}

/** A file and its fragments; no fragments for files in a language that CostLint does not read. */
export function sourceFile(path: string, text: string): SourceFile {
  const kind = languageOf(path, text.slice(0, 1000))
  if (kind === 'notebook') return notebookFromJson(path, text)
  const file: SourceFile = {
    path,
    text,
    notebook: false,
    parts: [{ cell: null, kind: 'file', text }],
    fragments: [],
    problems: [],
  }
  if (kind === undefined) return file
  const fragments =
    kind === 'makefile'
      ? makefileFragments(text)
      : kind === 'snakefile'
        ? fileFragments('python', maskSnakefile(text))
        : fileFragments(kind, text)
  return limited({ ...file, fragments })
}

/** A notebook that the editor has open: its cells are the truth, its JSON is not known. */
export function notebookFromCells(
  path: string,
  cells: readonly EditorCell[],
  metadata: Record<string, Json> = {},
): SourceFile {
  const parts: Part[] = cells.map((cell, index) => ({ cell: index, kind: cell.kind, text: cell.text }))
  const isPython = (index: number) => {
    const language = cells[index]!.language?.toLowerCase()
    return language === undefined || language === 'python' || language === 'ipython'
  }
  return limited({
    path,
    text: '',
    notebook: true,
    metadata,
    parts,
    fragments: notebookFragments(parts, isPython),
    problems: [],
  })
}

function notebookFromJson(path: string, text: string): SourceFile {
  const { cells, problems, metadata } = notebookCells(text)
  const parts: Part[] = cells.map((cell, index) => ({
    cell: index,
    kind: cell.kind === 'code' ? 'code' : 'markdown',
    text: cell.text,
  }))
  const fragments = notebookFragments(parts, (index) => cells[index]!.language === 'python')
  const seconds = cells.map((cell) => cell.seconds)
  const ran = seconds.some((one) => one !== null) ? { cellSeconds: seconds } : {}
  return limited({ path, text, notebook: true, metadata, ...ran, parts, fragments, problems })
}

/** More texts inside one file than anyone writes; each of them costs a parse. */
const mostFragments = 1_000

function limited(file: SourceFile): SourceFile {
  if (file.fragments.length <= mostFragments) return file
  const problem = `holds ${file.fragments.length - 1} texts in other languages; only the first ${mostFragments - 1} are read`
  return { ...file, fragments: file.fragments.slice(0, mostFragments), problems: [...file.problems, problem] }
}

function makefileFragments(text: string): SourceFragment[] {
  const [fragment, ...others] = fileFragments('shell', maskMakefile(text))
  return [{ ...fragment!, rules: makeRules(text), recipeLines: recipeLines(text) }, ...others]
}

function fileFragments(language: Language, text: string): SourceFragment[] {
  const plain = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text
  const masked =
    language === 'python'
      ? withTexts(maskPythonFile(plain))
      : { text: plain, embedded: fedTo(language, plain) }
  const fragment: SourceFragment = {
    index: 0,
    language,
    text: masked.text,
    segments: [{ start: 0, end: text.length, cell: null, source: 0 }],
    origin: 'file',
  }
  return withEmbedded(fragment, masked.embedded)
}

function withTexts({ text, embedded }: Masked): Masked {
  const manifests = [...manifestsInPython(text), ...manifestObjectsIn(text)]
  return { text, embedded: [...embedded, ...jobsInPython(text), ...manifests] }
}

function fedTo(language: Language, text: string): Embedded[] {
  if (language === 'shell') return programsInShell(text).map(({ embedded }) => embedded)
  if (language === 'hcl') return manifestsInHcl(text)
  return language === 'yaml' ? programsInYaml(text) : []
}

/** Unit 0 holds all Python cells, joined by newlines: they share one scope. */
function notebookFragments(parts: readonly Part[], isPython: (index: number) => boolean): SourceFragment[] {
  const texts: string[] = []
  const segments: Segment[] = []
  const embedded: Embedded[] = []
  let length = 0
  parts.forEach((part, index) => {
    if (part.kind !== 'code' || !isPython(index)) return
    const masked = maskCell(part.text)
    if (texts.length > 0) length++
    texts.push(masked.text)
    segments.push({ start: length, end: length + masked.text.length, cell: index, source: 0 })
    for (const one of masked.embedded) {
      const pieces = one.pieces.map(({ text, start, end }) => ({
        text,
        start: start + length,
        end: end + length,
      }))
      embedded.push({ ...one, pieces })
    }
    length += masked.text.length
  })
  const fragment: SourceFragment = {
    index: 0,
    language: 'python',
    text: texts.join('\n'),
    segments,
    origin: 'notebook',
  }
  return withEmbedded(fragment, embedded)
}

function withEmbedded(fragment: SourceFragment, embedded: readonly Embedded[]): SourceFragment[] {
  return [
    fragment,
    ...embedded.map((one, at) =>
      fragmentOf(fragment, at + 1, one.language, one.pieces, one.origin, one.target),
    ),
  ]
}
