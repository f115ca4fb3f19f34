/**
 * Python as a plain tree: what the one walk over a tree-sitter tree leaves behind. Offsets are those of the fragment.
 * Statements that hold a syntax error are `Broken`; everything around them is kept.
 */

interface Node {
  start: number
  end: number
}

export type Expr =
  | Constant
  | Name
  | Attribute
  | CallExpr
  | Collection
  | DictExpr
  | Binary
  | Unary
  | Conditional
  | Subscript
  | Comprehension
  | FString
  | Lambda
  | Starred
  | Walrus
  | Other

/** A literal: number, string (adjacent strings joined), True, False, None. `raw` numbers keep their spelling. */
export interface Constant extends Node {
  type: 'constant'
  value: null | boolean | number | string
  /** For numbers: true when written with a point or an exponent. */
  float?: boolean
}
export interface Name extends Node {
  type: 'name'
  id: string
}
export interface Attribute extends Node {
  type: 'attribute'
  value: Expr
  attr: string
}
/** The range includes the keyword and any parentheses around the value; those of a lone generator are the call's. */
export interface Argument extends Node {
  /** Keyword name; null for a positional argument. */
  name: string | null
  /** `*args`, `**kwargs`. */
  star: 0 | 1 | 2
  value: Expr
}
export interface CallExpr extends Node {
  type: 'call'
  callee: Expr
  args: Argument[]
}
export interface Collection extends Node {
  type: 'list' | 'tuple' | 'set'
  items: Expr[]
}
export interface DictExpr extends Node {
  type: 'dict'
  /** key null: `**spread`. */
  entries: { key: Expr | null; value: Expr; start: number; end: number }[]
}
export interface Binary extends Node {
  type: 'binary'
  /** Arithmetic, comparison (`<`, `==`, `in`, `not in`, `is` …), `and`, `or`. */
  op: string
  left: Expr
  right: Expr
}
export interface Unary extends Node {
  type: 'unary'
  op: '-' | '+' | '~' | 'not'
  operand: Expr
}
export interface Conditional extends Node {
  type: 'conditional'
  test: Expr
  then: Expr
  otherwise: Expr
}
export interface Subscript extends Node {
  type: 'subscript'
  value: Expr
  index: Expr
}
export interface Comprehension extends Node {
  type: 'comprehension'
  kind: 'list' | 'set' | 'dict' | 'generator'
  element: Expr
  /** Dict comprehensions: the value. */
  value?: Expr
  clauses: { target: Expr; iterable: Expr }[]
  conditions: Expr[]
}
export interface FString extends Node {
  type: 'fstring'
  parts: (string | Expr)[]
}
export interface Lambda extends Node {
  type: 'lambda'
  params: Param[]
  body: Expr
}
export interface Starred extends Node {
  type: 'starred'
  value: Expr
}
export interface Walrus extends Node {
  type: 'walrus'
  name: string
  value: Expr
}
/** Anything else (await, yield, slices …); `children` keeps the expressions inside. */
export interface Other extends Node {
  type: 'other'
  children: Expr[]
}

/** A bare `*` is a Param with star 1 and an empty name; `/` leaves no trace. */
export interface Param extends Node {
  name: string
  star: 0 | 1 | 2
  annotation: Expr | null
  default: Expr | null
}

export type Stmt =
  | ExprStmt
  | Assign
  | AugAssign
  | If
  | For
  | While
  | With
  | Try
  | FunctionDef
  | ClassDef
  | Import
  | Return
  | Simple
  | Match
  | Broken

export interface ExprStmt extends Node {
  type: 'expr'
  value: Expr
}
export interface Assign extends Node {
  type: 'assign'
  /** Several for `a = b = value`. */
  targets: Expr[]
  annotation: Expr | null
  value: Expr | null
}
export interface AugAssign extends Node {
  type: 'augassign'
  target: Expr
  op: string
  value: Expr
}
export interface If extends Node {
  type: 'if'
  test: Expr
  body: Stmt[]
  /** `elif` is an If inside. */
  orelse: Stmt[]
}
export interface For extends Node {
  type: 'for'
  target: Expr
  iterable: Expr
  body: Stmt[]
  orelse: Stmt[]
}
export interface While extends Node {
  type: 'while'
  test: Expr
  body: Stmt[]
  orelse: Stmt[]
}
export interface With extends Node {
  type: 'with'
  items: { value: Expr; target: Expr | null }[]
  body: Stmt[]
}
export interface Try extends Node {
  type: 'try'
  body: Stmt[]
  /** `name`: what `as` binds. */
  handlers: { type: Expr | null; name?: string; body: Stmt[]; start: number; end: number }[]
  orelse: Stmt[]
  finally: Stmt[]
}
/** The range of a function or class begins at its first decorator. */
export interface FunctionDef extends Node {
  type: 'function'
  name: string
  nameStart: number
  params: Param[]
  decorators: Expr[]
  body: Stmt[]
  returns: Expr | null
}
export interface ClassDef extends Node {
  type: 'class'
  name: string
  nameStart: number
  bases: Argument[]
  decorators: Expr[]
  body: Stmt[]
}
/** `import a.b as c` gives names with module 'a.b'; `from .x import y as z` gives level 1, module 'x'. */
export interface Import extends Node {
  type: 'import'
  module: string | null
  level: number
  names: { name: string; alias: string | null; start: number; end: number }[]
  from: boolean
}
export interface Return extends Node {
  type: 'return'
  value: Expr | null
}
export interface Simple extends Node {
  type: 'break' | 'continue' | 'pass' | 'global' | 'delete' | 'raise' | 'assert' | 'other-statement'
  children: Expr[]
}
export interface Match extends Node {
  type: 'match'
  subject: Expr
  /** `names`: what the pattern binds. */
  cases: { names?: string[]; guard?: Expr | null; body: Stmt[] }[]
}
export interface Broken extends Node {
  type: 'broken'
}

export interface PythonTree {
  body: Stmt[]
  comments: { start: number; end: number; text: string }[]
  hasErrors: boolean
  /** Where the grammar finds the first error. Absent: it finds none, or was not asked. */
  errorAt?: number
  /** Why there is no tree at all (too large, took too long). */
  problem?: string
}
