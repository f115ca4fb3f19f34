/** Code for one sample that goes through what belongs to all of them: a filter over the table, a list of the other ids. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { searchIn } from '../../python/searched-tables.js'
import type { CallExpr, Comprehension, Expr, Subscript } from '../../syntax/python-ast.js'
import { childrenOf, namesIn, someExpression } from '../../syntax/python-children.js'
import { passedExpression } from '../../values/argument.js'
import { inTry } from '../repeated-code.js'
import { hotCode } from './hot-code.js'
import { type Maker, makersOf } from './sample-work.js'

/** Functions that pass a table on. */
const deepest = 4

export interface SampleScan {
  maker: Maker
  func: Func
  expr: Comprehension | CallExpr | Subscript
  /** What is gone through, as it is written: `self.ids`. */
  what: string
}

export function sampleScans(python: PythonModule): SampleScan[] {
  const found: SampleScan[] = []
  for (const maker of makersOf(python)) {
    if (maker.each !== 'sample' || maker.kept || maker.generates || maker.func.class === null) continue
    const { statements, followed } = hotCode(python, maker.func.node.body, maker.func)
    const sets = new WholeSets(python, maker.func, followed)
    for (const hot of statements) {
      const { func, statement } = hot
      if (func === null || hot.guarded || hot.conditional || hot.exceptional || inTry(func, statement))
        continue
      for (const expr of hot.expressions)
        for (const one of scansIn(sets, expr))
          if (!found.some(({ expr: { start } }) => start === one.expr.start))
            found.push({ maker, func, ...one })
    }
  }
  return found
}

function scansIn(sets: WholeSets, expr: Expr): Pick<SampleScan, 'expr' | 'what'>[] {
  const set = expr.type === 'lambda' ? null : scanned(sets, expr)
  if (set !== null) return [{ expr: expr as SampleScan['expr'], what: sets.textOf(set) }]
  return expr.type === 'lambda' ? [] : childrenOf(expr).flatMap((child) => scansIn(sets, child))
}

/** The set that an expression goes through; null: none. */
function scanned(sets: WholeSets, expr: Expr): Expr | null {
  if (expr.type === 'comprehension') {
    const [clause] = expr.clauses
    const tested = expr.conditions.length > 0 && clause !== undefined
    return tested ? sets.behind(clause.iterable) : null
  }
  if (expr.type === 'subscript') return sets.filtered(expr)
  const compared = sets.comparedWhole(expr)
  if (compared !== null) return compared
  if (expr.type !== 'call') return null
  const elsewhere = sets.searchedElsewhere(expr)
  if (elsewhere !== null) return elsewhere
  const { callee, args } = expr
  const [first] = args
  if (
    callee.type === 'name' &&
    /^(sorted|set|list)$/.test(callee.id) &&
    first !== undefined &&
    first.star === 0
  ) {
    const values = first.value
    if (callee.id !== 'list' && sets.behind(values) !== null) return sets.behind(values)
    return values.type === 'call' ? scanned(sets, values) : null
  }
  if (
    callee.type !== 'attribute' ||
    !/^(unique|nunique|value_counts|drop_duplicates|query)$/.test(callee.attr)
  )
    return null
  return sets.frameOf(callee.value)
}

const wholeArrays =
  /^(numpy|torch)\.(where|nonzero|argwhere|flatnonzero|argsort|sort|unique|isin|bincount|linalg\.norm|cdist)$/
const comparisons = /^(==|!=|<|>|<=|>=|-)$/

/** The attributes of a data set that hold all samples. */
class WholeSets {
  /** `self.rows` of `len(self.rows)` in `__len__`. */
  private readonly counted: ReadonlySet<string>

  constructor(
    private readonly python: PythonModule,
    private readonly maker: Func,
    private readonly followed: ReadonlyMap<Func, Call>,
  ) {
    const length = maker.class?.methods.get('__len__')
    this.counted = new Set(
      (length?.calls ?? []).flatMap(({ expr: { callee, args } }) =>
        callee.type === 'name' && callee.id === 'len' && args[0] !== undefined
          ? [this.textOf(args[0].value)]
          : [],
      ),
    )
  }

  textOf({ start, end }: Expr): string {
    return this.python.text.slice(start, end)
  }

  /** `self.ids`, `range(len(self))`, `self.frames['item'].unique()`. */
  behind(iterable: Expr): Expr | null {
    if (iterable.type === 'call') {
      const { callee, args } = iterable
      const [first] = args
      if (callee.type !== 'name') return scanned(this, iterable)
      if (!/^(range|len|enumerate)$/.test(callee.id) || first === undefined || args.length > 1) return null
      return first.value.type === 'name' && first.value.id === 'self' ? first.value : this.behind(first.value)
    }
    if (!isOfSelf(iterable)) return null
    if (this.isLong(iterable)) return iterable
    if (this.counted.has(this.textOf(iterable))) return iterable
    return iterable.type === 'attribute' && this.listsSamples(iterable) ? iterable : null
  }

  /** `self.ids = table['id'].unique()`, not the names of a few classes. */
  private listsSamples(attribute: Expr & { type: 'attribute' }): boolean {
    if (!/ids?$|item|user|file|path|sample|image|record|row|indices/i.test(attribute.attr)) return false
    if (/class|label|cat|attr|joint|view|cam|type|group/i.test(attribute.attr)) return false
    return this.python.attributeValues(attribute).some((value) => {
      const made = value === null ? null : unwrapped(value)
      // `self.image_paths = image_paths`
      if (made?.type === 'name') return /(path|file|filename|image|img)s$/i.test(attribute.attr)
      if (made?.type !== 'call') return false
      const { callee } = made
      return (
        (callee.type === 'attribute' && /^(unique|glob|rglob)$/.test(callee.attr)) ||
        /^(os\.(listdir|scandir)|glob\.i?glob)$/.test(this.python.nameOf(callee) ?? '')
      )
    })
  }

  /** `self.table` of `self.table[self.table.user == user]`, `self.table.loc[…]`, also where a function is passed it. */
  filtered(subscript: Subscript): Expr | null {
    const search = searchIn(this.python.text, subscript)
    if (search === null) return null
    const table = this.passed(search.table)
    const isTable = this.isFrame(table) || isNamedTable(table) || (isOfSelf(table) && search.asksColumn)
    return isTable ? table : null
  }

  /** What a function of another module searches of what it is passed. */
  searchedElsewhere(call: CallExpr): Expr | null {
    const made = this.python.callAt(call)
    const searched = made === null ? [] : this.python.searchedElsewhere(made)
    return searched.map((one) => this.passed(one)).find(isOfSelf) ?? null
  }

  /** `self.table` for a parameter that the sample's code passes it for, or for a name that stands for it. */
  private passed(expr: Expr, depth = 0): Expr {
    if (expr.type !== 'name' || depth > deepest) return expr
    const value = this.python.definition(expr)
    if (value.type !== 'name') return value
    const [binding, ...others] = this.python.bindingsOf(value)
    const owner = binding?.kind === 'param' && others.length === 0 ? this.python.parameterOf(binding) : null
    const call = owner === null ? undefined : this.followed.get(owner.func)
    const given =
      call === undefined ? null : passedExpression(this.python.argument(call, binding!.name, owner!.position))
    return given === null ? expr : this.passed(given, depth + 1)
  }

  /** `np.where(self.labels == label)`, `np.argsort(self.distances)`, `self.ids.index(key)`. */
  comparedWhole(expr: Expr): Expr | null {
    if (expr.type !== 'call') return null
    const { callee, args } = expr
    const [first] = args
    if (
      callee.type === 'attribute' &&
      callee.attr === 'index' &&
      args.length === 1 &&
      this.python.nameOf(callee) === null
    )
      return isOfSelf(callee.value) && this.isLong(callee.value) ? callee.value : null
    const name = this.python.nameOf(callee) ?? ''
    if (first === undefined || !wholeArrays.test(name)) return null
    const given =
      first.value.type === 'binary' && comparisons.test(first.value.op) ? first.value.left : first.value
    return isOfSelf(given) && this.isLong(given) ? given : null
  }

  /** What each sample has an entry of: counted, indexed by the sample, or as long by its name. */
  private isLong(expr: Expr): boolean {
    if (this.counted.has(this.textOf(expr))) return true
    const [index] = this.maker.node.params.filter(({ name }) => name !== 'self')
    if (index === undefined) return false
    const written = `${this.textOf(expr)}[${index.name}]`
    return this.python.code.slice(this.maker.node.start, this.maker.node.end).includes(written)
  }

  /** `self.table`, `self.table['item']`. */
  frameOf(expr: Expr): Expr | null {
    if (expr.type === 'subscript') return this.frameOf(expr.value)
    if (this.isFrame(expr) || (isNamedTable(expr) && this.python.imports.has('pandas'))) return expr
    return expr.type === 'attribute' ? this.frameOf(expr.value) : null
  }

  /** A table of pandas: it is made as one, or counted and used as one. */
  private isFrame(expr: Expr): boolean {
    if (!isOfSelf(expr) || expr.type !== 'attribute' || !this.python.imports.has('pandas')) return false
    if (this.counted.has(this.textOf(expr)) && this.usesAsFrame(expr)) return true
    return this.python.attributeValues(expr).some((value) => {
      const made = value === null ? null : unwrapped(value)
      return (
        made?.type === 'call' &&
        /^pandas\.(read_\w+|DataFrame|concat|merge)$/.test(this.python.nameOf(made.callee) ?? '')
      )
    })
  }

  private usesAsFrame(expr: Expr): boolean {
    const klass = this.maker.class
    if (klass === null) return false
    const written = this.textOf(expr)
    return someExpression(
      klass.node.body,
      (one) => one.type === 'attribute' && /^i?loc$/.test(one.attr) && this.textOf(one.value) === written,
    )
  }
}

/** `pd.read_csv(path)` of `pd.read_csv(path).dropna()`, `table['id']` of `list(table['id'].unique())`. */
function unwrapped(expr: Expr): Expr {
  if (expr.type !== 'call') return expr
  const { callee, args } = expr
  if (callee.type === 'name' && /^(list|sorted|set|tuple)$/.test(callee.id) && args[0] !== undefined)
    return unwrapped(args[0].value)
  if (
    callee.type === 'attribute' &&
    callee.value.type === 'call' &&
    /^(dropna|reset_index|tolist|sort_values|copy|fillna|astype|set_index|query|head)$/.test(callee.attr)
  )
    return unwrapped(callee.value)
  return expr
}

/** `self.df`, `self.ratings`: a filter goes through all of it, whoever made it. */
function isNamedTable(expr: Expr): boolean {
  return (
    isOfSelf(expr) &&
    expr.type === 'attribute' &&
    /^(\w+_)?(df|data_?frame|frame|table|ratings|interactions|metadata|annotations|events|logs)$/i.test(
      expr.attr,
    )
  )
}

function isOfSelf(expr: Expr): boolean {
  return expr.type === 'attribute' && namesIn(expr).includes('self') && expr.value.type === 'name'
}
