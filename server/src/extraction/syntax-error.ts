/** The first place of a file where its text is not valid. */
import type { ConfigFacts } from '../config/node.js'
import { firstSyntaxError } from '../syntax/first-error.js'
import type { Grammars } from '../syntax/parser.js'
import type { PythonTree } from '../syntax/python-ast.js'
import { isTemplate } from '../text/language.js'
import type { SourceFile } from '../text/source-file.js'
import { type Language, locate } from '../text/source-fragment.js'

export interface SyntaxErrorPlace {
  /** 1-based: of the file, or of the cell. */
  line: number
  cell: number | null
  language: string
}

const names: Partial<Record<Language, string>> = {
  python: 'Python',
  yaml: 'YAML',
  json: 'JSON',
  toml: 'TOML',
  hcl: 'HCL',
}

/** IPython takes these words at the start of a line for its commands, without any sign before them. */
const automagic =
  /^[ \t]*(?:pip3?|conda|mamba|cd|ls|ll|rm|mkdir|rmdir|cp|mv|cat|less|more|man|pwd|env|time|matplotlib|load_ext)\b(?!\s*[=.(,[]).*$/gm

interface Tree {
  python?: PythonTree
  config?: ConfigFacts
}

/** Undefined: all of it parses, or is written for a program that fills in templates first. */
export function syntaxErrorOf(
  file: SourceFile,
  trees: readonly Tree[],
  grammars: Grammars,
): SyntaxErrorPlace | undefined {
  const [fragment] = file.fragments
  const [tree] = trees
  const language = fragment === undefined ? undefined : names[fragment.language]
  if (fragment === undefined || tree === undefined || language === undefined) return undefined
  if (isTemplate(file.path)) return undefined
  const text = file.notebook
    ? fragment.text.replace(automagic, (line) => '#'.padEnd(line.length))
    : fragment.text
  const found = errorOffset(fragment.language, [text, fragment.text], tree, grammars)
  if (found === null) return undefined
  // What is never closed is missed at the very end.
  const offset = Math.min(found, text.trimEnd().length)
  const { cell, start } = locate(file.path, fragment, { start: offset, end: offset })
  const part = cell === null ? file.text : (file.parts.find((one) => one.cell === cell)?.text ?? '')
  return { line: part.slice(0, start).split(/\r\n|\r|\n/).length, cell, language }
}

function errorOffset(
  language: Language,
  /** As it is looked at, and as it was parsed. */
  [text, ownText]: [string, string],
  { python, config }: Tree,
  grammars: Grammars,
): number | null {
  if (python !== undefined) {
    if (!python.hasErrors) return null
    return python.errorAt !== undefined && text === ownText
      ? python.errorAt
      : firstSyntaxError('python', text, grammars)
  }
  const documents = config?.documents ?? []
  const broken = documents.find((document) => document.hasErrors)
  if (broken === undefined || documents.some(({ templated }) => templated) || /\{\{|\{%/.test(text))
    return null
  if (language === 'hcl' || language === 'toml') return firstSyntaxError(language, text, grammars)
  return broken.errorAt ?? null
}
