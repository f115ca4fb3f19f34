/** Compound statements and blocks of the plain tree, with care for what is half-typed. */
import type { Argument, Expr, FunctionDef, If, Match, Stmt, Try, With } from './python-ast.js'
import { deepest } from './python-expressions.js'
import { lastInside, runsOn, shorten } from './python-ranges.js'
import { SimpleStatementReader } from './python-simple-statements.js'

/** Statements that hold other statements; the rest stands or falls as a whole. */
const compound = new Set([
  'if_statement',
  'for_statement',
  'while_statement',
  'with_statement',
  'try_statement',
  'function_definition',
  'class_definition',
  'decorated_definition',
  'match_statement',
])

/** An `elif` is an If inside the one before: longer chains would make deep trees of flat code. */
const longestChain = 200

export class StatementReader extends SimpleStatementReader {
  /** Set when a statement was found broken that the parser had accepted. */
  foundErrors = false

  module(): Stmt[] {
    const body: Stmt[] = []
    if (this.flat.count > 0) {
      // Text that cannot be parsed at all has ERROR for a root.
      if (this.kind(0) === 'ERROR') this.salvage(0, body, 0)
      else this.statements(0, body, 0)
    }
    return body
  }

  private block(node: number | undefined, depth: number): Stmt[] {
    const body: Stmt[] = []
    if (node !== undefined) this.statements(node, body, depth + 1)
    return body
  }

  private statements(block: number, into: Stmt[], depth: number): void {
    const { next, named } = this.flat
    const end = next[block]!
    for (let child = block + 1; child < end; child = next[child]!) {
      if (named[child] === 0) continue
      if (this.kind(child) === 'ERROR') this.salvage(child, into, depth)
      else into.push(this.statement(child, depth))
    }
  }

  /** An ERROR among statements: whole statements inside it are kept, the rest is broken. */
  private salvage(node: number, into: Stmt[], depth: number): void {
    const { next, named, starts, ends } = this.flat
    if (depth > deepest) {
      into.push({ type: 'broken', ...this.place(node) })
      return
    }
    const end = next[node]!
    let from = starts[node]!
    let to = from
    const close = () => {
      if (to > from) into.push({ type: 'broken', start: from, end: to })
    }
    for (let child = node + 1; child < end; child = next[child]!) {
      const kind = this.kind(child)
      const whole = named[child] === 1 && (kind.endsWith('_statement') || kind.endsWith('_definition'))
      if (whole || kind === 'block') {
        close()
        if (whole) into.push(this.statement(child, depth + 1))
        else this.statements(child, into, depth + 1)
        from = ends[child]!
        to = from
      } else {
        to = ends[child]!
      }
    }
    to = Math.max(to, ends[node]!)
    if (this.text.slice(from, to).trim() !== '') close()
  }

  private statement(node: number, depth: number): Stmt {
    const made = this.read(node, this.kind(node), depth)
    const last = lastInside(made)
    if (last !== undefined && last.end < made.end && this.onlyComments(last.end, made.end))
      shorten(made, last.end)
    return made
  }

  /** The grammar counts comments behind the last statement of a block to the block. */
  private onlyComments(start: number, end: number): boolean {
    return this.text
      .slice(start, end)
      .split('\n')
      .every((line) => /^\s*(#|$)/.test(line))
  }

  private read(node: number, kind: string, depth: number): Stmt {
    const place = this.place(node)
    if (depth > deepest) return { type: 'broken', ...place }
    if (!compound.has(kind)) {
      if (this.flat.broken[node] === 1) return { type: 'broken', ...place }
      if (runsOn(this.flat, node)) {
        this.foundErrors = true
        return { type: 'broken', ...place }
      }
      return this.simple(node, kind, depth)
    }
    switch (kind) {
      case 'if_statement':
        return this.ifStatement(node, depth)
      case 'for_statement': {
        const [target, iterable] = this.header(node, ['left', 'right'], depth)
        return {
          type: 'for',
          ...place,
          target: target!,
          iterable: iterable!,
          body: this.block(this.field(node, 'body'), depth),
          orelse: this.alternative(node, depth),
        }
      }
      case 'while_statement': {
        const [test] = this.header(node, ['condition'], depth)
        return {
          type: 'while',
          ...place,
          test: test!,
          body: this.block(this.field(node, 'body'), depth),
          orelse: this.alternative(node, depth),
        }
      }
      case 'with_statement':
        return this.withStatement(node, depth)
      case 'try_statement':
        return this.tryStatement(node, depth)
      case 'match_statement':
        return this.matchStatement(node, depth)
      case 'decorated_definition':
        return this.decorated(node, depth)
      default:
        return this.definition(node, [], depth)
    }
  }

  /**
   * Expressions in the header of a compound statement. One that holds an error, or that the header's error may have
   * cut, says nothing: `other` without children.
   */
  private header(node: number, names: string[], depth: number): Expr[] {
    const cut = this.flat.broken[node] === 1 && this.headerIsBroken(node)
    return names.map((name) => {
      const found = this.fieldAll(node, name)
      if (found.length === 0) {
        const start = this.flat.starts[node]!
        return { type: 'other', start, end: start, children: [] }
      }
      const place = { start: this.flat.starts[found[0]!]!, end: this.flat.ends[found[found.length - 1]!]! }
      if (cut || found.some((one) => this.flat.broken[one] === 1))
        return { type: 'other', ...place, children: [] }
      if (found.length === 1) return this.expr(found[0]!, depth + 1)
      return { type: 'tuple', ...place, items: this.exprs(found, depth + 1) }
    })
  }

  private headerIsBroken(node: number): boolean {
    const { next, missing } = this.flat
    const end = next[node]!
    for (let child = node + 1; child < end; child = next[child]!) {
      const kind = this.kind(child)
      if (kind === 'block') return false
      if (kind === 'ERROR' || missing[child] === 1) return true
    }
    return false
  }

  private alternative(node: number, depth: number): Stmt[] {
    const clause = this.field(node, 'alternative')
    return clause === undefined ? [] : this.block(this.field(clause, 'body'), depth)
  }

  private ifStatement(node: number, depth: number): Stmt {
    const [test] = this.header(node, ['condition'], depth)
    const first: If = {
      type: 'if',
      ...this.place(node),
      test: test!,
      body: this.block(this.field(node, 'consequence'), depth),
      orelse: [],
    }
    let last = first
    let length = 0
    for (const clause of this.fieldAll(node, 'alternative')) {
      if (this.kind(clause) !== 'elif_clause') {
        last.orelse = this.block(this.field(clause, 'body'), depth)
        break
      }
      const start = this.flat.starts[clause]!
      if (++length > longestChain || depth + length > deepest) {
        last.orelse = [{ type: 'broken', start, end: first.end }]
        break
      }
      const [condition] = this.header(clause, ['condition'], depth)
      const inner: If = {
        type: 'if',
        start,
        end: first.end,
        test: condition!,
        body: this.block(this.field(clause, 'consequence'), depth + length),
        orelse: [],
      }
      last.orelse = [inner]
      last = inner
    }
    return first
  }

  private withStatement(node: number, depth: number): Stmt {
    const items: With['items'] = []
    const clause = this.children(node).find((child) => this.kind(child) === 'with_clause')
    const cut = this.flat.broken[node] === 1 && this.headerIsBroken(node)
    for (const item of clause === undefined ? [] : this.children(clause)) {
      let value = this.field(item, 'value')
      if (value === undefined) continue
      if (cut || this.flat.broken[item] === 1) {
        items.push({ value: { type: 'other', ...this.place(item), children: [] }, target: null })
        continue
      }
      while (this.kind(value) === 'parenthesized_expression' && this.children(value).length === 1) {
        value = this.children(value)[0]!
      }
      if (this.kind(value) === 'as_pattern') {
        const [entered, alias] = this.children(value)
        if (entered !== undefined && alias !== undefined) {
          items.push({ value: this.expr(entered, depth + 1), target: this.expr(alias, depth + 1) })
          continue
        }
      }
      items.push({ value: this.expr(value, depth + 1), target: null })
    }
    return { type: 'with', ...this.place(node), items, body: this.block(this.field(node, 'body'), depth) }
  }

  private tryStatement(node: number, depth: number): Stmt {
    const made: Try = {
      type: 'try',
      ...this.place(node),
      body: this.block(this.field(node, 'body'), depth),
      handlers: [],
      orelse: [],
      finally: [],
    }
    for (const child of this.children(node)) {
      const kind = this.kind(child)
      if (kind === 'else_clause') made.orelse = this.block(this.field(child, 'body'), depth)
      else if (kind === 'except_clause' || kind === 'finally_clause') {
        const body = this.block(
          this.children(child).find((one) => this.kind(one) === 'block'),
          depth,
        )
        if (kind === 'finally_clause') made.finally = body
        else {
          const { start, end } = this.place(child)
          // Comments behind the last statement are no part of it.
          made.handlers.push({ ...this.caught(child, depth), body, start, end: body.at(-1)?.end ?? end })
        }
      }
    }
    return made
  }

  private caught(clause: number, depth: number): { type: Expr | null; name?: string } {
    const values = this.fieldAll(clause, 'value')
    const first = values[0]
    if (first === undefined) return { type: null }
    if (this.flat.broken[first] === 1) return { type: { type: 'other', ...this.place(first), children: [] } }
    if (this.kind(first) === 'as_pattern') {
      const [type, alias] = this.children(first)
      if (type !== undefined && alias !== undefined) {
        return { type: this.expr(type, depth + 1), name: this.source(alias) }
      }
    }
    if (values.length === 1) return { type: this.expr(first, depth + 1) }
    const last = values[values.length - 1]!
    // Python 2 wrote `except Error, error:`; since 3.14 the same form lists two types. Classes begin with a capital.
    if (values.length === 2 && this.kind(last) === 'identifier' && /^[a-z_]/.test(this.source(last))) {
      return { type: this.expr(first, depth + 1), name: this.source(last) }
    }
    const place = { start: this.flat.starts[first]!, end: this.flat.ends[last]! }
    return { type: { type: 'tuple', ...place, items: this.exprs(values, depth + 1) } }
  }

  private matchStatement(node: number, depth: number): Stmt {
    const [subject] = this.header(node, ['subject'], depth)
    const cases: Match['cases'] = []
    const block = this.field(node, 'body')
    for (const clause of block === undefined ? [] : this.children(block)) {
      if (this.kind(clause) !== 'case_clause') continue
      const names: string[] = []
      for (const pattern of this.children(clause)) {
        if (this.kind(pattern) === 'case_pattern') this.captures(pattern, names)
      }
      const guard = this.field(clause, 'guard')
      cases.push({
        names,
        guard: guard === undefined ? null : this.only(guard, depth + 1),
        body: this.block(this.field(clause, 'consequence'), depth),
      })
    }
    return { type: 'match', ...this.place(node), subject: subject!, cases }
  }

  /** Names that a pattern binds, found without recursion: patterns nest as deep as someone likes. */
  private captures(pattern: number, into: string[]): void {
    const { next, named } = this.flat
    for (let node = pattern; node < next[pattern]!; node++) {
      const kind = this.kind(node)
      if (named[node] === 0) continue
      const children = this.children(node)
      const last = children[children.length - 1]
      if (last === undefined) continue
      if (kind === 'splat_pattern' || kind === 'as_pattern') {
        if (this.kind(last) === 'identifier') into.push(this.source(last))
      } else if (kind === 'keyword_pattern' ? children.length === 2 : kind === 'case_pattern') {
        // A name with a point is a constant to compare with.
        const name = this.kind(last) === 'dotted_name' ? this.dotted(last) : '.'
        if (!name.includes('.')) into.push(name)
      }
    }
  }

  private decorated(node: number, depth: number): Stmt {
    const decorators: Expr[] = []
    let definition: number | undefined
    for (const child of this.children(node)) {
      if (this.kind(child) !== 'decorator') definition = child
      else if (this.flat.broken[child] === 1) {
        decorators.push({ type: 'other', ...this.place(child), children: [] })
      } else decorators.push(this.only(child, depth + 1))
    }
    if (definition === undefined) return { type: 'broken', ...this.place(node) }
    const made = this.definition(definition, decorators, depth)
    made.start = this.flat.starts[node]!
    return made
  }

  private definition(node: number, decorators: Expr[], depth: number): Stmt {
    const place = this.place(node)
    const name = this.field(node, 'name')
    const body = this.block(this.field(node, 'body'), depth)
    const named = {
      name: name === undefined ? '' : this.source(name),
      nameStart: name === undefined ? place.start : this.flat.starts[name]!,
      decorators,
      body,
    }
    if (this.kind(node) === 'class_definition') {
      const list = this.field(node, 'superclasses')
      const bases: Argument[] =
        list === undefined || this.flat.broken[list] === 1 ? [] : this.arguments(list, depth + 1)
      return { type: 'class', ...place, ...named, bases }
    }
    const parameters = this.field(node, 'parameters')
    const returns = this.field(node, 'return_type')
    const made: FunctionDef = {
      type: 'function',
      ...place,
      ...named,
      params: parameters === undefined ? [] : this.params(parameters, depth + 1),
      returns:
        returns === undefined || this.flat.broken[returns] === 1 ? null : this.expr(returns, depth + 1),
    }
    return made
  }
}
