/** Whether a text parses, asked of parsers that the engine does not look at for this. */
import { type ParseError, parse as parseJson } from 'jsonc-parser'
import { parseAllDocuments } from 'yaml'
import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import {
  type GrammarName,
  type Grammars,
  grammarNames,
  loadGrammars,
} from '../../server/src/syntax/parser.js'
import { notebookCellTexts } from './notebook.js'

let loading: Promise<Grammars> | undefined

function grammars(): Promise<Grammars> {
  loading ??= grammarFiles().then((source) => loadGrammars(source, grammarNames))
  return loading
}

async function hasError(language: GrammarName, text: string): Promise<boolean> {
  const parsed = (await grammars()).parse(language, text, (tree) => tree.rootNode.hasError)
  return parsed.value ?? true
}

/** True where the file has a syntax error; files in languages that cannot be checked have none. */
export async function isBroken(path: string, text: string): Promise<boolean> {
  if (path.endsWith('.ipynb')) {
    const cells = notebookCellTexts(text).map((cell) => (cell.startsWith('%%') ? '' : cell))
    const python = cells.join('\n').replace(/^(\s*)[%!?].*$/gm, '$1pass')
    return hasError('python', python)
  }
  if (/\.pyi?$/.test(path)) return hasError('python', text)
  if (/\.(sh|bash|slurm|sbatch|pbs)$/.test(path)) return hasError('bash', text)
  if (path.endsWith('.toml')) return hasError('toml', text)
  if (/\.(tf|hcl)$/.test(path)) return hasError('hcl', text)
  if (/\.ya?ml$/.test(path))
    return parseAllDocuments(text).some((document) => 'errors' in document && document.errors.length > 0)
  if (path.endsWith('.json')) {
    const errors: ParseError[] = []
    parseJson(text, errors)
    return errors.length > 0
  }
  return false
}
