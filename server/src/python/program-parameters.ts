/** Where the command line arrives in the code: parameters that a library fills from it, names that hold it parsed. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import { annotatedType } from './annotated-type.js'
import { typeOfDefault } from './arguments.js'
import { configuredPath } from './configured-path.js'
import { groupNames } from './data-classes.js'
import { isParsedElsewhere } from './imported-arguments.js'
import { lineFillers } from './line-fillers.js'
import type { Func, ProgramArgument } from './module.js'
import { bindingsOf } from './names.js'
import { overlaidNamespace } from './overlaid-arguments.js'
import { holdsRenamed } from './renamed-options.js'
import type { Binding } from './scope.js'

const namespaceNames =
  /^((model|data|dataset|script|train|training|finetuning|peft|lora|custom|extra|other)_args|args?|opts?|options|flags|FLAGS|hparams|hps|params|config|cfg|conf|parsed|namespace|cli_args|a)$/

/** `parser.parse_args()`, and methods that fill data classes, from a file as well. */
const parseMethods =
  /^parse_(args|known_args|args_into_dataclasses|args_and_config|intermixed_args|json_file|yaml_file|dict)$/

/** The same, from the line alone. */
const parsesIntoNames = /^parse_(args|known_args|args_into_dataclasses|intermixed_args)$/

const parsesLine = ({ callee }: CallExpr): boolean =>
  callee.type === 'attribute' && parseMethods.test(callee.attr)

export class ProgramParameters {
  private commandFunctions: Set<Func> | null = null
  private readonly handedLines = new Map<Binding, boolean>()

  constructor(private readonly analysis: Analysis) {}

  /** The argument of the program behind a parameter of a click or fire command, or of `main(*sys.argv[1:])`. */
  argumentOf(func: Func, name: string): ProgramArgument | null {
    const { node } = func
    const isClick = node.decorators.some((decorator) => {
      return /^(click|typer)\./.test(this.decoratedBy(decorator) ?? '')
    })
    if (isClick) {
      const named = this.analysis.programArguments.filter((argument) => argument.name === name)
      const own = named.find(({ span }) => node.start <= span.start && span.end <= node.end)
      const written = own ?? named[0] ?? null
      return written ?? (this.isTyper(func) ? this.ofParameter(func, name) : null)
    }
    const argument = this.commands().has(func) ? this.ofParameter(func, name) : null
    return argument ?? this.wordOf(func, name)
  }

  /** The word of the command line that a parameter of a function is given, which is handed all of them. */
  private wordOf(func: Func, name: string): ProgramArgument | null {
    const sites = this.analysis.complete ? this.analysis.callSites(func) : null
    const [site, other] = sites ?? []
    if (site === undefined || other !== undefined || !this.handsWords(site.expr)) return null
    const argument = this.ofParameter(func, name)
    const word = func.node.params.findIndex((one) => one.name === name)
    return argument && { ...argument, flags: [], positional: true, word }
  }

  /** `main(*sys.argv[1:])` */
  private handsWords({ args }: CallExpr): boolean {
    const [first, other] = args
    return (
      first?.star === 1 &&
      other === undefined &&
      first.value.type === 'subscript' &&
      this.analysis.nameOf(first.value.value) === 'sys.argv' &&
      this.analysis.text.slice(first.value.value.end, first.value.end).replace(/\s/g, '') === '[1:]'
    )
  }

  private isTyper({ node }: Func): boolean {
    return node.decorators.some((one) => this.decoratedBy(one)?.startsWith('typer.') === true)
  }

  /** `click.command`; `app.command` of an `app = typer.Typer()` as 'typer.Typer.command'. */
  private decoratedBy(decorator: Expr): string | null {
    const callee = decorator.type === 'call' ? decorator.callee : decorator
    const name = this.analysis.nameOf(callee)
    if (name !== null || callee.type !== 'attribute') return name
    const made = this.analysis.definition(callee.value)
    const owner = made.type === 'call' ? this.analysis.nameOf(made.callee) : null
    return owner === null ? null : `${owner}.${callee.attr}`
  }

  private ofParameter({ node }: Func, name: string): ProgramArgument | null {
    const param = node.params.find((one) => one.name === name)
    if (param === undefined) return null
    const value = this.defaultOf(param.default)
    const type = annotatedType(param.annotation) ?? typeOfDefault(value)
    return {
      name,
      flags: [name],
      ...(type === 'bool' ? { negated: [`no-${name.replaceAll('_', '-')}`, `no${name}`] } : {}),
      default: value,
      kind: 'value',
      type,
      span: param,
    }
  }

  /** `epochs: int = typer.Option(90, help='…')`. */
  private defaultOf(written: Expr | null): Expr | null {
    if (
      written?.type !== 'call' ||
      !/^typer\.(Option|Argument)$/.test(this.analysis.nameOf(written.callee) ?? '')
    )
      return written
    const [first] = written.args
    const given =
      written.args.find(({ name }) => name === 'default') ?? (first?.name === null ? first : undefined)
    return given?.value ?? null
  }

  /** Functions whose parameters a library takes from the command line. */
  private commands(): Set<Func> {
    if (this.commandFunctions !== null) return this.commandFunctions
    const found = new Set<Func>()
    for (const call of this.analysis.callsTo('fire.Fire', 'tyro.cli', 'typer.run')) {
      const value = call.expr.args[0]?.value
      // `fire.Fire({'train': train, 'test': test})`
      const handed = value?.type === 'dict' ? value.entries.map((one) => one.value) : [value]
      for (const one of handed) {
        const func = one === undefined ? null : this.commandOf(one)
        if (func !== null) found.add(func)
      }
    }
    // Before all calls have their names, more may be to come.
    if (this.analysis.complete) this.commandFunctions = found
    return found
  }

  /** Of a class its constructor takes what the line gives; its methods are called afterwards. */
  private commandOf(handed: Expr): Func | null {
    return this.analysis.functionOf(handed) ?? this.analysis.classOf(handed)?.methods.get('__init__') ?? null
  }

  /** The same, unless it is known that it holds something else. */
  holdsArguments(expr: Expr): boolean {
    if (!this.isNamespace(expr)) return false
    const path = this.analysis.complete ? configuredPath(this.analysis, expr) : null
    return path === null || path === overlaidNamespace(this.analysis)
  }

  /** True for a name that holds the parsed command line. */
  isNamespace(expr: Expr): boolean {
    if (expr.type === 'attribute') return namespaceNames.test(expr.attr) || this.isGroup(expr)
    if (expr.type === 'call') return this.givesNamespace(expr)
    if (expr.type !== 'name') return false
    const bindings = bindingsOf(this.analysis, expr.id, expr.start)
    if (bindings.length === 0) return namespaceNames.test(expr.id)
    return bindings.some((binding) => {
      if (binding.kind === 'param') return namespaceNames.test(expr.id) || this.isHandedLine(binding, expr.id)
      if (binding.kind === 'import') return isParsedElsewhere(this.analysis, expr)
      // `parser.parse_args_into_dataclasses()[0]`
      const value = binding.value?.type === 'subscript' ? binding.value.value : binding.value
      if (value?.type === 'call') return this.givesNamespace(value)
      return expr.id === 'FLAGS' || (value !== null && this.isOtherName(expr, value))
    })
  }

  /** `options = args`, `args = self.args`, `args = config.args` of the module that parses the line. */
  private isOtherName(expr: Expr, value: Expr): boolean {
    if (value.end > expr.start) return false
    if (value.type === 'name') return this.isNamespace(value)
    return value.type === 'attribute' && (this.isNamespace(value) || isParsedElsewhere(this.analysis, value))
  }

  /** `parser.parse_args().run`, after `parser.add_arguments(RunOptions, dest='run')`. */
  private isGroup({ value, attr }: Expr & { type: 'attribute' }): boolean {
    return this.analysis.complete && groupNames(this.analysis).has(attr) && this.isNamespace(value)
  }

  /** `def train(o)`, however it calls what all of its callers give it. */
  private isHandedLine(binding: Binding, parameter: string): boolean {
    const { analysis } = this
    if (!analysis.complete || analysis.programArguments.length === 0) return false
    const known = this.handedLines.get(binding)
    if (known !== undefined) return known
    // While it is asked, a function that calls itself adds nothing.
    this.handedLines.set(binding, false)
    const owner = analysis.parameterOf(binding)
    const sites = owner === null ? null : analysis.callSites(owner.func)
    const isHanded =
      sites !== null &&
      sites.length > 0 &&
      sites.every(({ expr: { args } }) => {
        const named = args.find(({ name }) => name === parameter)
        const given = named ?? args[owner!.position]
        if (given === undefined || given.star > 0) return false
        return (given === named || given.name === null) && this.isNamespace(given.value)
      })
    this.handedLines.set(binding, isHanded)
    return isHanded
  }

  /** `parser.parse_args()`, or `get_args()` with the parser inside. */
  private givesNamespace(call: CallExpr): boolean {
    if (parsesLine(call) || this.takesParser(call) || holdsRenamed(this.analysis, call)) return true
    const func = this.analysis.functionOf(call.callee)
    if (func === null) return isParsedElsewhere(this.analysis, call)
    return this.analysis.complete
      ? once(func, 'parses the command line', () => this.parses(func))
      : this.parses(func)
  }

  private parses(func: Func): boolean {
    if (lineFillers(this.analysis).has(func)) return true
    return func.calls.some(
      ({ method, assignedTo, expr }) =>
        parsesIntoNames.test(method) || (assignedTo !== null && this.takesParser(expr)),
    )
  }

  /** `config = bt.config(parser)`: a library parses the command line with the options of the project. */
  private takesParser({ callee, args }: CallExpr): boolean {
    if (this.analysis.functionOf(callee) !== null || this.analysis.classOf(callee) !== null) return false
    return args.some(({ value }) => {
      if (value.type !== 'name') return false
      const bindings = bindingsOf(this.analysis, value.id, value.start)
      const made = bindings.length === 1 ? bindings[0]!.value : null
      return made?.type === 'call' && this.analysis.nameOf(made.callee) === 'argparse.ArgumentParser'
    })
  }
}
