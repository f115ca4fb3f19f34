/** Statements on one line: expressions, assignments, imports and the small ones. */
import { lookUp } from '../text/records.js'
import type { Argument, Expr, Import, Simple, Stmt } from './python-ast.js'
import { ExpressionReader } from './python-expressions.js'

export class SimpleStatementReader extends ExpressionReader {
  /** A simple statement without errors. */
  protected simple(node: number, kind: string, depth: number): Stmt {
    const place = this.place(node)
    const children = this.children(node)
    switch (kind) {
      case 'expression_statement':
        return this.expressionStatement(node, children, depth)
      case 'return_statement':
        return {
          type: 'return',
          ...place,
          value: children[0] === undefined ? null : this.expr(children[0], depth + 1),
        }
      case 'import_statement':
        return { type: 'import', ...place, module: null, level: 0, names: this.imported(node), from: false }
      case 'import_from_statement':
      case 'future_import_statement':
        return this.fromImport(node, kind)
      case 'print_statement': {
        // Python 2: reads like a call, so that rules see one kind of print.
        const args: Argument[] = children.map((child) => ({
          ...this.place(child),
          name: this.kind(child) === 'chevron' ? 'file' : null,
          star: 0,
          value: this.kind(child) === 'chevron' ? this.only(child, depth + 1) : this.expr(child, depth + 1),
        }))
        const callee: Expr = {
          type: 'name',
          start: place.start,
          end: place.start + 'print'.length,
          id: 'print',
        }
        return { type: 'expr', ...place, value: { type: 'call', ...place, callee, args } }
      }
      default:
        return {
          type: lookUp(simpleTypes, kind) ?? 'other-statement',
          ...place,
          children: this.exprs(children, depth + 1),
        }
    }
  }

  private expressionStatement(node: number, children: number[], depth: number): Stmt {
    const place = this.place(node)
    const only = children[0]
    if (only === undefined) return { type: 'other-statement', ...place, children: [] }
    if (children.length > 1 || this.hasToken(node, ',')) {
      return {
        type: 'expr',
        ...place,
        value: { type: 'tuple', ...place, items: this.exprs(children, depth + 1) },
      }
    }
    const kind = this.kind(only)
    if (kind === 'assignment') return this.assignment(only, place, depth)
    if (kind === 'augmented_assignment') {
      const target = this.field(only, 'left')
      const value = this.field(only, 'right')
      const op = this.field(only, 'operator') ?? this.firstToken(only)
      if (target === undefined || value === undefined || op === undefined) return { type: 'broken', ...place }
      return {
        type: 'augassign',
        ...place,
        target: this.expr(target, depth + 1),
        op: this.kind(op),
        value: this.expr(value, depth + 1),
      }
    }
    return { type: 'expr', ...place, value: this.expr(only, depth + 1) }
  }

  /** `a = b = value` is an assignment whose right side is an assignment. */
  private assignment(node: number, place: { start: number; end: number }, depth: number): Stmt {
    const targets: Expr[] = []
    let annotation: Expr | null = null
    let at: number | undefined = node
    while (at !== undefined && this.kind(at) === 'assignment') {
      const left = this.field(at, 'left')
      const type = this.field(at, 'type')
      if (left !== undefined) targets.push(this.expr(left, depth + 1))
      if (type !== undefined) annotation ??= this.expr(type, depth + 1)
      at = this.field(at, 'right')
    }
    return {
      type: 'assign',
      ...place,
      targets,
      annotation,
      value: at === undefined ? null : this.expr(at, depth + 1),
    }
  }

  private firstToken(node: number): number | undefined {
    const { next, named } = this.flat
    for (let child = node + 1; child < next[node]!; child = next[child]!) if (named[child] === 0) return child
    return undefined
  }

  private imported(node: number): Import['names'] {
    return this.fieldAll(node, 'name').map((child) => {
      const place = this.place(child)
      if (this.kind(child) !== 'aliased_import') return { name: this.dotted(child), alias: null, ...place }
      const name = this.field(child, 'name')
      const alias = this.field(child, 'alias')
      return {
        name: name === undefined ? '' : this.dotted(name),
        alias: alias === undefined ? null : this.source(alias),
        ...place,
      }
    })
  }

  private fromImport(node: number, kind: string): Stmt {
    const names = this.imported(node)
    for (const child of this.children(node)) {
      if (this.kind(child) === 'wildcard_import') names.push({ name: '*', alias: null, ...this.place(child) })
    }
    let module: string | null = kind === 'future_import_statement' ? '__future__' : null
    let level = 0
    const from = this.field(node, 'module_name')
    if (from !== undefined && this.kind(from) === 'relative_import') {
      for (const part of this.children(from)) {
        if (this.kind(part) === 'import_prefix') level = this.source(part).replace(/[^.]/g, '').length
        else module = this.dotted(part)
      }
    } else if (from !== undefined) module = this.dotted(from)
    return { type: 'import', ...this.place(node), module, level, names, from: true }
  }

  /** Dotted names may be spread over lines with backslashes. */
  protected dotted(node: number): string {
    return this.source(node).replace(/[\s\\]+/g, '')
  }
}

const simpleTypes: Record<string, Simple['type']> = {
  break_statement: 'break',
  continue_statement: 'continue',
  pass_statement: 'pass',
  global_statement: 'global',
  nonlocal_statement: 'global',
  delete_statement: 'delete',
  raise_statement: 'raise',
  assert_statement: 'assert',
}
