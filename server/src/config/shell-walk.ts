/** Goes through the statements of a script as a shell would: branches, loops, lists, pipelines. */
import { inField, namedChildren, type PlainNode } from './plain-tree.js'
import { branchesOfCase, branchesOfIf } from './shell-branches.js'
import { guardedBy, ignoring, type ShellContext } from './shell-context.js'
import type { ShellGuard } from './shell-facts.js'
import { guardOfCase, guardsOfIf } from './shell-guards.js'
import { readText } from './shell-heredocs.js'
import { countTrips, countWords, endOfLoop, numbersAmong } from './shell-loops.js'
import { onlySays, saidOfCondition, saidOfStatus } from './shell-said.js'
import type { ShellState } from './shell-state.js'
import { assignedIn } from './shell-survey.js'
import { wayTaken } from './shell-ways.js'

/** `while [[ $# -gt 0 ]]`, `while getopts …`. */
const takesOptions = /\$#|\$\{#\}|\$\{?1\b|\bgetopts\b/

const statements = new Set([
  'command',
  'declaration_command',
  'unset_command',
  'variable_assignment',
  'variable_assignments',
  'redirected_statement',
  'list',
  'pipeline',
  'negated_command',
  'compound_statement',
  'do_group',
  'subshell',
  'if_statement',
  'for_statement',
  'c_style_for_statement',
  'while_statement',
  'case_statement',
  'function_definition',
  'test_command',
  'ERROR',
])

export abstract class ShellWalk {
  /** The script is called, with arguments that are known. */
  protected called = false
  /** A call that is known passes something. */
  protected passesArguments = false

  constructor(
    protected readonly text: string,
    readonly state: ShellState,
  ) {}

  /** True when the script ends there. */
  protected abstract command(node: PlainNode, context: ShellContext): boolean
  protected abstract assign(node: PlainNode, context: ShellContext, exported: boolean): void
  protected abstract declare(node: PlainNode, context: ShellContext): void

  protected source(node: PlainNode): string {
    return this.text.slice(node.start, node.end)
  }

  /** Statements one after the other. True when nothing behind them is reached. */
  protected sequence(nodes: PlainNode[], context: ShellContext): boolean {
    let ended = false
    nodes.forEach((node, index) => {
      if (!node.named) return
      const background = context.background || nodes[index + 1]?.type === '&'
      const said = saidOfStatus(
        nodes.slice(index + 1).find((one) => one.named),
        this.text,
      )
      const inner = { ...ignoring(context, said), background, unreachable: context.unreachable || ended }
      // What is never reached changes nothing.
      if (ended) this.state.apart(() => this.statement(node, inner))
      else if (this.statement(node, inner) && !background) ended = true
    })
    return ended
  }

  /** One statement; true when it ends the script. */
  protected statement(node: PlainNode, context: ShellContext): boolean {
    switch (node.type) {
      case 'command':
        return this.command(node, context)
      case 'variable_assignment':
        this.assign(node, context, false)
        return false
      case 'variable_assignments':
        for (const child of node.children)
          if (child.type === 'variable_assignment') this.assign(child, context, false)
        return false
      case 'declaration_command':
        this.declare(node, context)
        return false
      case 'unset_command':
        for (const child of namedChildren(node)) this.state.variables.set(this.source(child), undefined)
        return false
      case 'list':
        return this.list(node, context)
      case 'subshell':
        this.state.apart(() => this.sequence(node.children, context))
        return false
      case 'if_statement':
        return this.conditional(node, context)
      case 'case_statement':
        return this.choice(node, context)
      case 'for_statement':
        this.loop(node, context)
        return false
      case 'c_style_for_statement':
        this.countingLoop(node, context)
        return false
      case 'while_statement':
        this.whileLoop(node, context)
        return false
      case 'function_definition':
        return false
      case 'pipeline':
        this.pipeline(node, context)
        return false
      case 'redirected_statement': {
        const ended = this.sequence(node.children, context)
        const given = readText(node, this.text)
        if (given !== null) this.state.take(given)
        return ended
      }
      case 'compound_statement':
      case 'do_group':
      case 'negated_command':
      case 'ERROR':
        return this.sequence(node.children, context)
      default:
        this.substitutions(node, context)
        return false
    }
  }

  /** Each command of a pipeline has a shell of its own. */
  private pipeline(node: PlainNode, context: ShellContext): void {
    const parts = namedChildren(node)
    parts.forEach((part, index) => {
      const text = this.text.slice(part.end, node.end).trim()
      const piped = { start: node.end - text.length, end: node.end, text, index }
      const { piped: _outer, ...last } = context
      const own = index < parts.length - 1 ? { ...context, piped } : last
      this.state.apart(() => this.statement(part, own))
    })
  }

  /** Commands inside `$( )`, backticks and `<( )` of a word or test. */
  protected substitutions(node: PlainNode, context: ShellContext): void {
    for (const child of node.children) {
      if (child.type === 'command_substitution' || child.type === 'process_substitution') {
        const inner: ShellContext =
          child.type === 'command_substitution' ? { ...context, captured: true } : context
        this.state.apart(() => this.sequence(child.children, inner))
      } else if (node.type === 'heredoc_redirect' && statements.has(child.type)) {
        this.statement(child, context)
      } else this.substitutions(child, context)
    }
  }

  /** A loop over the script's own options leaves what it assigns as it was where nobody passes them. */
  private whileLoop(node: PlainNode, context: ShellContext): void {
    const assigned = assignedIn(node, this.text)
    const asked = this.text.slice(node.start, inField(node, 'body')?.start ?? node.start)
    const before =
      takesOptions.test(asked) && !this.passesArguments ? this.state.variables.asFallbacks(assigned) : []
    this.state.repeatedly(assigned, () => this.conditionalLoop(node, context))
    for (const [name, value] of before) this.state.variables.set(name, value)
  }

  private list(node: PlainNode, context: ShellContext): boolean {
    const [left, right] = namedChildren(node)
    if (left === undefined) return false
    const operator = node.children.find((child) => child.type === '||' || child.type === '&&')?.type
    const text = this.text.slice(left.end, right?.end ?? left.end).trim()
    const said =
      operator === '||' && right !== undefined && onlySays([right], this.text)
        ? { start: right.end - text.length, end: right.end, text }
        : null
    // `while true; do python train.py && break; done`.
    const leaves =
      operator === '&&' && context.endless === true && right !== undefined && this.source(right) === 'break'
    const inner: ShellContext = leaves ? { ...context, repeated: 'until success' } : context
    const ends = this.statement(left, ignoring(inner, said))
    if (right !== undefined) {
      if (operator === '&&' && !this.isTest(left)) {
        // What stands behind `&&` runs when all goes well, which is the case that matters; a test may go either way.
        this.statement(right, { ...context, unreachable: context.unreachable || ends })
      } else {
        const guarded = guardedBy(context, { test: this.source(left), holds: operator === '&&' })
        this.state.perhaps(() => this.statement(right, guarded))
      }
    }
    return ends
  }

  private readonly tests = new Map<PlainNode, boolean>()

  private isTest(node: PlainNode): boolean {
    const known = this.tests.get(node)
    if (known !== undefined) return known
    const isTest =
      node.type === 'list' || node.type === 'negated_command'
        ? namedChildren(node).some((child) => this.isTest(child))
        : node.type === 'test_command' ||
          /^(?:\[\[?|test)\s/.test(this.text.slice(node.start, node.start + 6))
    this.tests.set(node, isTest)
    return isTest
  }

  private conditional(node: PlainNode, context: ShellContext): boolean {
    const { conditions, branches, exhaustive } = branchesOfIf(node)
    this.sequence(conditions, ignoring(context, saidOfCondition(node, this.text)))
    return this.ways(node, branches, exhaustive, context, guardsOfIf(node, this.text))
  }

  private choice(node: PlainNode, context: ShellContext): boolean {
    const { branches, exhaustive } = branchesOfCase(node, this.text)
    const guard = guardOfCase(node, this.text)
    return this.ways(
      node,
      branches,
      exhaustive,
      context,
      branches.map(() => [guard]),
    )
  }

  /** Of a script that is called with known arguments only the way that it takes. */
  private ways(
    node: PlainNode,
    branches: PlainNode[][],
    exhaustive: boolean,
    context: ShellContext,
    guards: ShellGuard[][],
  ): boolean {
    const taken = this.called ? wayTaken(node, this.text, this.state.variables) : undefined
    if (taken !== undefined) return this.sequence(branches[taken] ?? [], context)
    return this.state.alternatives(
      branches.map(
        (nodes, index) => () => this.sequence(nodes, guardedBy(context, ...(guards[index] ?? []))),
      ),
      exhaustive,
    )
  }

  /** `until python train.py; do sleep 60; done`, `while true; do python train.py; done`. */
  private conditionalLoop(node: PlainNode, context: ShellContext): void {
    const condition = inField(node, 'condition')
    const body = inField(node, 'body')
    if (condition === undefined || body === undefined) {
      this.sequence(node.children, context)
      return
    }
    const ends = endOfLoop(node, condition, body, this.text)
    this.sequence(
      node.children.filter((child) => child !== body),
      ends === 'condition succeeds' ? { ...context, repeated: 'until success' } : context,
    )
    const inside: ShellContext =
      ends === 'body leaves'
        ? { ...context, endless: true }
        : ends === 'never'
          ? { ...context, repeated: 'for ever' }
          : context
    this.sequence([body], inside)
  }

  private loop(node: PlainNode, context: ShellContext): void {
    this.substitutions(
      { ...node, children: node.children.filter((child) => child.field === 'value') },
      context,
    )
    const variable = inField(node, 'variable')
    const body = inField(node, 'body')
    if (variable === undefined || body === undefined) return
    const name = this.source(variable)
    const listed = node.children.some((child) => child.type === 'in')
    const words = listed ? this.state.words(node.children.filter((child) => child.field === 'value')) : null
    const count = words === null ? null : countWords(words)
    const values = words?.map((word) => word.text) ?? [null]
    this.state.repeatedly(assignedIn(node, this.text), () => {
      const only = count === 1 ? values[0] : null
      this.state.variables.set(
        name,
        typeof only === 'string'
          ? { kind: 'text', text: only }
          : {
              kind: 'unknown',
              splits: values.some((value) => value === null || value === '' || /\s/.test(value)),
            },
      )
      const loop = { variable: name, count, ...numbersAmong(values) }
      this.sequence([body], { ...context, loops: [...context.loops.slice(-20), loop] })
    })
  }

  private countingLoop(node: PlainNode, context: ShellContext): void {
    const body = inField(node, 'body')
    if (body === undefined) return
    const initial = inField(node, 'initializer')
    const head = [initial, inField(node, 'condition'), inField(node, 'update')].map((one) =>
      one === undefined ? '' : this.source(one).replace(/\s+/g, ''),
    )
    const name = initial === undefined ? '' : (/^\w+/.exec(head[0]!)?.[0] ?? '')
    const count = countTrips(name, head as [string, string, string], this.state.variables)
    this.state.repeatedly(assignedIn(node, this.text), () => {
      this.state.variables.set(name, { kind: 'unknown', splits: false })
      this.sequence([body], { ...context, loops: [...context.loops.slice(-20), { variable: name, count }] })
    })
  }
}
