/** Expressions of the plain tree, read from the flat tree. Statements are read in `python-statements.ts`. */

import { FlatReader } from './flat-reader.js'
import { joinedStrings } from './joined-strings.js'
import type { Argument, Comprehension, DictExpr, Expr, Param } from './python-ast.js'
import { decodeString, isFloatLiteral, numberValue } from './python-strings.js'

/** Levels of nesting, statements and expressions together, below which nothing is read. */
export const deepest = 400

const noExprs: Expr[] = []

/** It holds no call, whose twin would count as a second one. */
function isPlain(expr: Expr): boolean {
  return expr.type === 'attribute' ? isPlain(expr.value) : expr.type === 'name' || expr.type === 'constant'
}

export class ExpressionReader extends FlatReader {
  protected other(node: number, depth: number, children: number[] = this.children(node)): Expr {
    return { type: 'other', ...this.place(node), children: this.exprs(children, depth) }
  }

  exprs(nodes: number[], depth: number): Expr[] {
    if (nodes.length === 0) return noExprs.slice()
    return nodes.map((node) => this.expr(node, depth))
  }

  /** The expression at a node, `depth` levels down. */
  expr(node: number, depth: number): Expr {
    const start = this.flat.starts[node]!
    const end = this.flat.ends[node]!
    if (depth > deepest) return { type: 'other', start, end, children: [] }
    switch (this.kind(node)) {
      case 'identifier':
        return { type: 'name', start, end, id: this.text.slice(start, end) }
      case 'attribute': {
        const value = this.field(node, 'object')
        const attr = this.field(node, 'attribute')
        if (value === undefined || attr === undefined) return this.other(node, depth + 1)
        return { type: 'attribute', start, end, value: this.expr(value, depth + 1), attr: this.source(attr) }
      }
      case 'call':
        return this.call(node, depth)
      case 'string':
        return this.string(node, depth)
      case 'concatenated_string':
        return this.joined(node, depth)
      case 'integer':
      case 'float': {
        const literal = this.text.slice(start, end)
        const value = numberValue(literal)
        if (value === null) return { type: 'other', start, end, children: [] }
        return isFloatLiteral(literal)
          ? { type: 'constant', start, end, value, float: true }
          : { type: 'constant', start, end, value }
      }
      case 'true':
        return { type: 'constant', start, end, value: true }
      case 'false':
        return { type: 'constant', start, end, value: false }
      case 'none':
        return { type: 'constant', start, end, value: null }
      case 'subscript':
        return this.subscript(node, depth)
      case 'parenthesized_expression':
      case 'parenthesized_list_splat':
        return this.only(node, depth + 1)
      case 'type':
      case 'as_pattern_target':
        // No level of their own: `list[list[…]]` alternates between types and subscripts.
        return this.only(node, depth)
      case 'tuple':
      case 'expression_list':
      case 'pattern_list':
      case 'tuple_pattern':
        return { type: 'tuple', start, end, items: this.exprs(this.children(node), depth + 1) }
      case 'list':
      case 'list_pattern':
        return { type: 'list', start, end, items: this.exprs(this.children(node), depth + 1) }
      case 'set':
        return { type: 'set', start, end, items: this.exprs(this.children(node), depth + 1) }
      case 'dictionary':
        return this.dictionary(node, depth)
      case 'binary_operator':
      case 'boolean_operator': {
        const left = this.field(node, 'left')
        const right = this.field(node, 'right')
        if (left === undefined || right === undefined) return this.other(node, depth + 1)
        const op = this.token(node)
        return {
          type: 'binary',
          start,
          end,
          op,
          left: this.expr(left, depth + 1),
          right: this.expr(right, depth + 1),
        }
      }
      case 'comparison_operator': {
        const operands = this.children(node)
        const [left, right, last, ...more] = this.exprs(operands, depth + 1)
        if (last !== undefined && more.length === 0 && isPlain(right!)) {
          // `a < b < c` is `a < b and b < c`, where evaluating `b` twice does nothing twice.
          const [first, second] = this.tokens(node)
          const side = (op: string, one: Expr, other: Expr): Expr => ({
            ...{ type: 'binary', start: one.start, end: other.end },
            ...{ op, left: one, right: other },
          })
          const both = { left: side(first!, left!, right!), right: side(second!, right!, last) }
          return { type: 'binary', start, end, op: 'and', ...both }
        }
        if (operands.length !== 2) return this.other(node, depth + 1, operands)
        return { type: 'binary', start, end, op: this.token(node), left: left!, right: right! }
      }
      case 'not_operator': {
        const operand = this.field(node, 'argument')
        if (operand === undefined) return this.other(node, depth + 1)
        return { type: 'unary', start, end, op: 'not', operand: this.expr(operand, depth + 1) }
      }
      case 'unary_operator': {
        const operand = this.field(node, 'argument')
        const op = this.token(node)
        if (operand === undefined || (op !== '-' && op !== '+' && op !== '~'))
          return this.other(node, depth + 1)
        return { type: 'unary', start, end, op, operand: this.expr(operand, depth + 1) }
      }
      case 'conditional_expression': {
        const [then, test, otherwise] = this.exprs(this.children(node), depth + 1)
        if (then === undefined || test === undefined || otherwise === undefined)
          return this.other(node, depth + 1)
        return { type: 'conditional', start, end, test, then, otherwise }
      }
      case 'list_comprehension':
        return this.comprehension(node, 'list', depth)
      case 'set_comprehension':
        return this.comprehension(node, 'set', depth)
      case 'dictionary_comprehension':
        return this.comprehension(node, 'dict', depth)
      case 'generator_expression':
        return this.comprehension(node, 'generator', depth)
      case 'lambda': {
        const params = this.field(node, 'parameters')
        const body = this.field(node, 'body')
        if (body === undefined) return this.other(node, depth + 1)
        return {
          type: 'lambda',
          start,
          end,
          params: params === undefined ? [] : this.params(params, depth + 1),
          body: this.expr(body, depth + 1),
        }
      }
      case 'list_splat':
      case 'list_splat_pattern':
        return { type: 'starred', start, end, value: this.only(node, depth + 1) }
      case 'named_expression': {
        const name = this.field(node, 'name')
        const value = this.field(node, 'value')
        if (name === undefined || value === undefined) return this.other(node, depth + 1)
        return { type: 'walrus', start, end, name: this.source(name), value: this.expr(value, depth + 1) }
      }
      case 'generic_type': {
        // `list[int]` in an annotation: a name and `[…]` as a type_parameter.
        const [value, parameters] = this.children(node)
        if (value === undefined || parameters === undefined) return this.other(node, depth + 1)
        return {
          ...{ type: 'subscript', start, end },
          value: this.expr(value, depth + 1),
          index: this.index(this.children(parameters), this.hasToken(parameters, ','), depth),
        }
      }
      case 'union_type':
        return this.union(node, depth)
      case 'member_type': {
        const [value, attr] = this.children(node)
        if (value === undefined || attr === undefined) return this.other(node, depth + 1)
        return { type: 'attribute', start, end, value: this.expr(value, depth + 1), attr: this.source(attr) }
      }
      case 'splat_type':
        return this.hasToken(node, '*')
          ? { type: 'starred', start, end, value: this.only(node, depth + 1) }
          : this.other(node, depth + 1)
      default:
        return this.other(node, depth + 1)
    }
  }

  /** The one expression inside a node. */
  protected only(node: number, depth: number): Expr {
    const inside = this.children(node)
    return inside.length === 1 ? this.expr(inside[0]!, depth) : this.other(node, depth, inside)
  }

  private call(node: number, depth: number): Expr {
    const callee = this.field(node, 'function')
    const list = this.field(node, 'arguments')
    if (callee === undefined || list === undefined) return this.other(node, depth + 1)
    return {
      type: 'call',
      ...this.place(node),
      callee: this.expr(callee, depth + 1),
      args: this.arguments(list, depth + 1),
    }
  }

  /** The arguments in an argument_list; a lone generator stands there without one. */
  arguments(list: number, depth: number): Argument[] {
    if (this.kind(list) === 'generator_expression') {
      const value = this.expr(list, depth)
      // The parentheses belong to the call: what replaces the argument must leave them.
      value.start++
      value.end--
      return [{ start: value.start, end: value.end, name: null, star: 0, value }]
    }
    return this.children(list).map((child) => this.argument(child, depth))
  }

  private argument(node: number, depth: number): Argument {
    const place = this.place(node)
    switch (this.kind(node)) {
      case 'keyword_argument': {
        const name = this.field(node, 'name')
        const value = this.field(node, 'value')
        if (name === undefined || value === undefined) break
        return { ...place, name: this.source(name), star: 0, value: this.expr(value, depth) }
      }
      case 'list_splat':
        return { ...place, name: null, star: 1, value: this.only(node, depth) }
      case 'dictionary_splat':
        return { ...place, name: null, star: 2, value: this.only(node, depth) }
    }
    return { ...place, name: null, star: 0, value: this.expr(node, depth) }
  }

  private subscript(node: number, depth: number): Expr {
    const value = this.field(node, 'value')
    const indices = this.fieldAll(node, 'subscript')
    if (value === undefined || indices.length === 0) return this.other(node, depth + 1)
    const index = this.index(indices, this.hasToken(node, ','), depth)
    return { type: 'subscript', ...this.place(node), value: this.expr(value, depth + 1), index }
  }

  private index(nodes: number[], hasComma: boolean, depth: number): Expr {
    const items = this.exprs(nodes, depth + 1)
    const [first] = items
    const last = items[items.length - 1]
    if (first === undefined || last === undefined) return { type: 'tuple', start: 0, end: 0, items }
    return items.length > 1 || hasComma ? { type: 'tuple', start: first.start, end: last.end, items } : first
  }

  /** `list[int] | A | None` in an annotation, which the grammar groups from the right once it has seen a generic type. */
  private union(node: number, depth: number): Expr {
    const parts: number[] = []
    const add = (part: number): void => {
      const inside = this.children(part)
      const kind = this.kind(part)
      const isUnion = kind === 'union_type' || (kind === 'binary_operator' && this.token(part) === '|')
      if (isUnion) for (const one of inside) add(one)
      else if (kind === 'type' && inside.length === 1) add(inside[0]!)
      else parts.push(part)
    }
    add(node)
    if (parts.length > deepest) return this.other(node, depth + 1)
    const [first, ...rest] = this.exprs(parts, depth + 1)
    if (first === undefined) return this.other(node, depth + 1)
    const { start } = this.place(node)
    return rest.reduce<Expr>((left, right, index) => {
      const end = this.flat.ends[parts[index + 1]!]!
      return { type: 'binary', start, end, op: '|', left, right }
    }, first)
  }

  private dictionary(node: number, depth: number): Expr {
    const entries: DictExpr['entries'] = []
    for (const child of this.children(node)) {
      const place = this.place(child)
      if (this.kind(child) === 'dictionary_splat') {
        entries.push({ ...place, key: null, value: this.only(child, depth + 1) })
        continue
      }
      const key = this.field(child, 'key')
      const value = this.field(child, 'value')
      if (key === undefined || value === undefined) return this.other(node, depth + 1)
      entries.push({ ...place, key: this.expr(key, depth + 1), value: this.expr(value, depth + 1) })
    }
    return { type: 'dict', ...this.place(node), entries }
  }

  private comprehension(node: number, kind: Comprehension['kind'], depth: number): Expr {
    const body = this.field(node, 'body')
    if (body === undefined) return this.other(node, depth + 1)
    const clauses: Comprehension['clauses'] = []
    const conditions: Expr[] = []
    for (const child of this.children(node)) {
      if (this.kind(child) === 'for_in_clause') {
        const target = this.field(child, 'left')
        const iterables = this.fieldAll(child, 'right')
        if (target === undefined || iterables.length === 0) return this.other(node, depth + 1)
        const items = this.exprs(iterables, depth + 1)
        const iterable: Expr =
          items.length === 1
            ? items[0]!
            : { type: 'tuple', start: items[0]!.start, end: items[items.length - 1]!.end, items }
        clauses.push({ target: this.expr(target, depth + 1), iterable })
      } else if (this.kind(child) === 'if_clause') {
        conditions.push(this.only(child, depth + 1))
      }
    }
    const place = this.place(node)
    if (kind !== 'dict') {
      return {
        type: 'comprehension',
        ...place,
        kind,
        element: this.expr(body, depth + 1),
        clauses,
        conditions,
      }
    }
    const key = this.field(body, 'key')
    const value = this.field(body, 'value')
    if (key === undefined || value === undefined) return this.other(node, depth + 1)
    return {
      type: 'comprehension',
      ...place,
      kind,
      element: this.expr(key, depth + 1),
      value: this.expr(value, depth + 1),
      clauses,
      conditions,
    }
  }

  /** Parameters of a function or a lambda. */
  params(list: number, depth: number): Param[] {
    const params: Param[] = []
    for (const child of this.children(list)) {
      const place = this.place(child)
      const kind = this.kind(child)
      if (kind === 'positional_separator') continue
      if (kind === 'keyword_separator') {
        params.push({ ...place, name: '', star: 1, annotation: null, default: null })
        continue
      }
      let target: number | undefined = child
      let annotation: Expr | null = null
      let given: Expr | null = null
      if (kind === 'default_parameter' || kind === 'typed_default_parameter') {
        target = this.field(child, 'name')
        const value = this.field(child, 'value')
        given = value === undefined ? null : this.expr(value, depth)
      } else if (kind === 'typed_parameter') {
        target = this.children(child)[0]
      }
      if (kind === 'typed_parameter' || kind === 'typed_default_parameter') {
        const type = this.field(child, 'type')
        annotation = type === undefined ? null : this.expr(type, depth)
      }
      if (target === undefined) continue
      const pattern = this.kind(target)
      const star = pattern === 'list_splat_pattern' ? 1 : pattern === 'dictionary_splat_pattern' ? 2 : 0
      if (star > 0) target = this.children(target)[0]
      if (target === undefined) continue
      // Python 2 could unpack a tuple here; it has no single name.
      const name = this.kind(target) === 'identifier' ? this.source(target) : ''
      params.push({ ...place, name, star, annotation, default: given })
    }
    return params
  }

  /** A string literal: a constant, an f-string, or `other` for bytes and template strings. */
  private string(node: number, depth: number): Expr {
    const place = this.place(node)
    const children = this.children(node)
    if (children.length === 0) {
      const { text } = this
      const quotes = text.startsWith('"""', place.start) || text.startsWith("'''", place.start) ? 3 : 1
      const inside = text.slice(place.start + quotes, place.end - quotes)
      return { type: 'constant', ...place, value: decodeString(inside, false) }
    }
    const opening = this.source(children[0]!)
    const prefix = opening.replace(/["'`].*$/s, '').toLowerCase()
    if (prefix.includes('b') || prefix.includes('t') || opening.startsWith('`')) {
      return this.other(node, depth + 1, this.interpolated(node))
    }
    const isFormat = prefix.includes('f')
    const raw = prefix.includes('r')
    let constant = ''
    const parts: (string | Expr)[] = []
    for (const child of children) {
      const kind = this.kind(child)
      if (kind === 'string_content') {
        const inside = this.source(child)
        constant += decodeString(isFormat ? inside.replaceAll('{{', '{').replaceAll('}}', '}') : inside, raw)
      } else if (kind === 'interpolation') {
        if (constant !== '') parts.push(constant)
        constant = ''
        parts.push(this.interpolation(child, depth + 1))
      }
    }
    if (parts.length === 0) return { type: 'constant', ...place, value: constant }
    if (constant !== '') parts.push(constant)
    return { type: 'fstring', ...place, parts }
  }

  /** `{expr}` of an f-string. With `!r`, `=` or a format the text is not that of the value: `other`. */
  private interpolation(node: number, depth: number): Expr {
    const inside = this.interpolatedIn(node)
    const plain = inside.length === 1 && this.children(node).length === 1 && !this.hasToken(node, '=')
    return plain ? this.expr(inside[0]!, depth) : this.other(node, depth, inside)
  }

  private interpolated(node: number): number[] {
    return this.children(node).flatMap((child) =>
      this.kind(child) === 'interpolation' ? this.interpolatedIn(child) : [],
    )
  }

  /** The expressions in an interpolation and in its format. */
  private interpolatedIn(node: number): number[] {
    const found: number[] = []
    const expression = this.field(node, 'expression')
    if (expression !== undefined) found.push(expression)
    const format = this.field(node, 'format_specifier')
    if (format !== undefined) {
      for (const nested of this.children(format)) {
        const inner = this.field(nested, 'expression')
        if (inner !== undefined) found.push(inner)
      }
    }
    return found
  }

  /** Adjacent strings are one. */
  private joined(node: number, depth: number): Expr {
    const place = this.place(node)
    const strings = this.exprs(this.children(node), depth + 1)
    return joinedStrings(strings, place)
  }
}
