/**
 * Python source to the plain tree of `python-ast.ts`. Anything that this stage cannot express becomes `other` (with
 * the expressions inside) or `broken`; nothing is dropped silently and nothing throws.
 */

import { withoutCommentRuns } from './comment-runs.js'
import { firstError } from './first-error.js'
import { flatten, later, moved, type Shape } from './flat-tree.js'
import { defaultLimits, type TreeSource } from './parser.js'
import type { PythonTree } from './python-ast.js'
import { piecesLeft } from './python-pieces.js'
import { withoutShorthands } from './python-shorthands.js'
import { StatementReader } from './python-statements.js'
import { quickTree } from './quick-statements.js'

/** Parses a fragment's text. `source` must have the 'python' grammar loaded. */
export function pythonTree(text: string, source: TreeSource): PythonTree {
  const isRead = text.length <= defaultLimits.characters
  const tree = (isRead ? (quickTree(text) ?? treeOfPieces(text, source)) : null) ?? grammarTree(text, source)
  return withoutShorthands(tree, text)
}

/** The same by the grammar alone, which knows all of Python and what is half-typed. `piece`: offsets between which it is read. */
export function grammarTree(
  whole: string,
  source: TreeSource,
  piece: { start: number; end: number } = { start: 0, end: whole.length },
): PythonTree {
  const text = whole.slice(piece.start, piece.end)
  const uncommented = withoutCommentRuns(text)
  const parsed = source.parse('python', uncommented.text, (tree) => ({
    flat: flatten(tree, text, shape),
    errorAt: tree.rootNode.hasError ? firstError(tree) : null,
  }))
  if (parsed.value === undefined) return { body: [], comments: [], hasErrors: true, problem: parsed.problem }
  const flat = moved(parsed.value.flat, whole, piece.start)
  const reader = new StatementReader(flat)
  const body = reader.module()
  const comments =
    uncommented.comments.length === 0
      ? flat.comments
      : [...flat.comments, ...uncommented.comments.map((one) => later(one, piece.start))].sort(
          (a, b) => a.start - b.start,
        )
  const { errorAt } = parsed.value
  return {
    body,
    comments,
    hasErrors: flat.hasErrors || reader.foundErrors,
    ...(errorAt === null ? {} : { errorAt: errorAt + piece.start }),
  }
}

/** The grammar reads only the statements that are not plain; null: it has to read the whole text. */
function treeOfPieces(text: string, source: TreeSource): PythonTree | null {
  const read = piecesLeft(text)
  if (read === null) return null
  const tree: PythonTree = { body: [], comments: [], hasErrors: false }
  for (const part of read) {
    const own = 'body' in part ? { ...part, hasErrors: false } : grammarTree(text, source, part)
    if (own.problem !== undefined) return null
    tree.body.push(...own.body)
    tree.comments.push(...own.comments)
    tree.hasErrors ||= own.hasErrors
    if (own.errorAt !== undefined) tree.errorAt ??= own.errorAt
  }
  return tree
}

const shape: Shape = {
  leaves: new Set([
    'identifier',
    'integer',
    'float',
    'true',
    'false',
    'none',
    'ellipsis',
    'dotted_name',
    'import_prefix',
    'wildcard_import',
    'string_start',
    'string_content',
    'string_end',
    'type_conversion',
    'positional_separator',
    'keyword_separator',
    'pass_statement',
    'break_statement',
    'continue_statement',
    'comment',
    'line_continuation',
  ]),
  fieldless: new Set([
    'module',
    'block',
    'argument_list',
    'parameters',
    'lambda_parameters',
    'expression_statement',
    'return_statement',
    'decorated_definition',
    'decorator',
    'with_clause',
    'list',
    'tuple',
    'set',
    'dictionary',
    'string',
    'concatenated_string',
    'type',
    'comparison_operator',
    'conditional_expression',
    'parenthesized_expression',
    'pattern_list',
    'expression_list',
  ]),
  mixed: new Set(['string']),
  // Only strings with a prefix can hold expressions; the others are read from the text.
  needsInside: (text, start) => !/["']/.test(text[start] ?? ''),
}
