/** Goes through a script as a shell would, and notes the commands that it comes by. */
import { inField, namedChildren, type PlainNode } from './plain-tree.js'
import { branchesOfCase, branchesOfIf } from './shell-branches.js'
import { argument, CallBudget, notSeen } from './shell-calls.js'
import type { ShellCommand, ShellGuard, ShellWord } from './shell-facts.js'
import { guardOfCase, guardsOfIf } from './shell-guards.js'
import { readText } from './shell-heredocs.js'
import { LentFunctions } from './shell-lent.js'
import { countTrips, countWords, endOfLoop } from './shell-loops.js'
import { onlySays, type Said, saidOfCondition, saidOfStatus } from './shell-said.js'
import { exportedFile, type SourcedScript, SourcedScripts } from './shell-sources.js'
import { ShellState } from './shell-state.js'
import { assignedIn, assignedName, type ShellSurvey, surveyShell } from './shell-survey.js'
import { wayTaken } from './shell-ways.js'
import { expandText } from './shell-words.js'

/** What a script is called with. */
export interface ScriptCall {
  /** An argument that cannot be read as null; null: nobody knows how many there are. */
  arguments: readonly (string | null)[] | null
  environment: Readonly<Record<string, string | null>>
}

interface Context {
  loops: ShellCommand['loops']
  background: boolean
  failureIgnored: boolean
  unreachable: boolean
  ignoredBy?: NonNullable<ShellCommand['ignoredBy']>
  piped?: NonNullable<ShellCommand['piped']>
  repeated?: NonNullable<ShellCommand['repeated']>
  guards?: readonly ShellGuard[]
  /** In a `while true` that something leaves. */
  endless?: boolean
  captured?: true
}

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
export class ShellReader {
  readonly commands: ShellCommand[] = []
  readonly state: ShellState
  private readonly survey: ShellSurvey
  /** Functions that were read already: at their first call, or at the end. */
  private readonly visited = new Set<string>()
  /** Functions that are being read: they do not know themselves. */
  private readonly running = new Set<string>()
  private readonly budget = new CallBudget()
  /** Functions of scripts that it has read in. */
  private readonly lent: LentFunctions<ShellReader>
  /** By another script, which also has its functions. */
  private readonly isReadIn: boolean
  private called = false
  /** A call that is known passes something. */
  private passesArguments = false

  constructor(
    private readonly text: string,
    private readonly root: PlainNode,
    folder: string | null = '',
    private readonly sources = new SourcedScripts(null),
    /** The script that reads this one in. */
    into: ShellReader | null = null,
  ) {
    this.state = into?.state ?? new ShellState(text, folder)
    this.lent = into?.lent ?? new LentFunctions()
    this.isReadIn = into !== null
    this.survey = surveyShell(root, text)
  }

  /** Statements by the shell that runs them: one for all, or one for each of these lines. */
  private grouped(lines: readonly number[]): PlainNode[][] {
    const groups: PlainNode[][] = [[]]
    let next = 0
    for (const child of this.root.children) {
      while (next < lines.length && lines[next]! <= child.start) {
        next++
        if (groups.at(-1)!.length > 0) groups.push([])
      }
      groups.at(-1)!.push(child)
    }
    return groups
  }

  read(lines: readonly number[] = []): void {
    const context: Context = { loops: [], background: false, failureIgnored: false, unreachable: false }
    const { folder } = this.state
    for (const children of this.grouped(lines)) {
      this.state.folder = folder
      this.sequence(children, context)
    }
    // A function may also be handed over by name: `trap cleanup EXIT`, `srun bash -c train`.
    const mentioned = new Set<string>()
    for (const command of this.commands) {
      for (const word of command.words)
        for (const part of word.text?.split(/[\s;]+/) ?? []) mentioned.add(part)
    }
    for (const [name, body] of this.survey.functions) {
      if (this.visited.has(name)) continue
      this.visited.add(name)
      this.state.variables.forgetAll(this.survey.assignedOften)
      this.statement(body, { ...context, unreachable: !mentioned.has(name) })
    }
  }

  bind({ arguments: given, environment }: ScriptCall): void {
    this.called = true
    for (const [name, text] of Object.entries(environment))
      this.state.variables.set(
        name,
        text === null ? { kind: 'unknown', splits: false } : { kind: 'text', text },
      )
    this.passesArguments = given !== null && given.length > 0
    // Options behind a `shift` are read one by one, which depends on them all.
    if (given === null || /\bshift\b|\bgetopts?\b/.test(this.text)) return
    this.state.variables.knowsArguments = true
    this.state.bindPositions(given.map(argument))
  }

  private source(node: PlainNode): string {
    return this.text.slice(node.start, node.end)
  }

  /** Statements one after the other. True when nothing behind them is reached. */
  private sequence(nodes: PlainNode[], context: Context): boolean {
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
  private statement(node: PlainNode, context: Context): boolean {
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
      case 'test_command':
        this.substitutions(node, context)
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
  private pipeline(node: PlainNode, context: Context): void {
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
  private substitutions(node: PlainNode, context: Context): void {
    for (const child of node.children) {
      if (child.type === 'command_substitution' || child.type === 'process_substitution') {
        const inner: Context =
          child.type === 'command_substitution' ? { ...context, captured: true } : context
        this.state.apart(() => this.sequence(child.children, inner))
      } else if (node.type === 'heredoc_redirect' && statements.has(child.type)) {
        this.statement(child, context)
      } else this.substitutions(child, context)
    }
  }

  /** A loop over the script's own options leaves what it assigns as it was where nobody passes them. */
  private whileLoop(node: PlainNode, context: Context): void {
    const assigned = assignedIn(node, this.text)
    const asked = this.text.slice(node.start, inField(node, 'body')?.start ?? node.start)
    const before =
      takesOptions.test(asked) && !this.passesArguments ? this.state.variables.asFallbacks(assigned) : []
    this.state.repeatedly(assigned, () => this.conditionalLoop(node, context))
    for (const [name, value] of before) this.state.variables.set(name, value)
  }

  /** `end`: where its value ends, if the grammar has cut it short. */
  private assign(node: PlainNode, context: Context, exported: boolean, end = node.end): void {
    this.substitutions(node, context)
    this.state.assign(node, exported, end)
  }

  private declare(node: PlainNode, context: Context): void {
    const keyword = node.children[0]?.type
    const exported =
      keyword === 'export' ||
      node.children.some((child) => child.type === 'word' && /^-\w*x/.test(this.source(child)))
    const file = keyword === 'export' ? exportedFile(this.source(node)) : null
    if (file !== null) {
      const words = [node.children[0]!, node].map(({ start, end }) => ({ text: file, raw: file, start, end }))
      const script = this.sources.find(words, this.state.folder)
      if (script !== undefined) this.state.exportingAll(() => this.readIn(script, words))
    }
    for (const child of node.children) {
      if (child.type === 'variable_assignment') this.assign(child, context, exported)
      else if (child.type === 'variable_name' && exported) {
        this.state.export(this.source(child), child)
      }
    }
  }

  /** `$id = az ml job create …`: what PowerShell assigns is what the command answers with. */
  private calledIn(nodes: PlainNode[]): PlainNode[] {
    const [variable, sign, command] = nodes
    if (command === undefined || this.source(sign!) !== '=') return nodes
    const answers = /^\$\w+(:\w+)?$/.test(this.source(variable!)) && /^[\w./]/.test(this.source(command))
    return answers ? nodes.slice(2) : nodes
  }

  private command(node: PlainNode, context: Context): boolean {
    this.substitutions(node, context)
    const name = inField(node, 'name')
    const prefixes = node.children.filter((child) => child.type === 'variable_assignment')
    if (name === undefined) {
      for (const prefix of prefixes) this.assign(prefix, context, false)
      return false
    }
    const cut = prefixes.find((prefix) => prefix.end === name.start)
    if (cut !== undefined) {
      // `RUN=$BASE/runs/$NAME-$ID`: the grammar takes `NAME-$ID` for a command behind the assignment.
      for (const prefix of prefixes)
        this.assign(prefix, context, false, prefix === cut ? name.end : prefix.end)
      return false
    }
    const own: ShellCommand['environment'] = []
    for (const prefix of prefixes) {
      // The grammar takes an assignment on the line before `[[` for a prefix.
      if (/(^|[^\\])\n/.test(this.text.slice(prefix.end, name.start))) {
        this.assign(prefix, context, false)
        continue
      }
      const value = inField(prefix, 'value')
      const raw = value === undefined ? '' : this.text.slice(value.start, prefix.end)
      own.push({
        name: assignedName(prefix, this.text),
        value: expandText(raw, value?.start ?? prefix.end, this.state.variables),
        start: prefix.start,
        end: prefix.end,
      })
    }
    const args = node.children.filter((child) => child.field === 'argument')
    const called = this.calledIn([name, ...args])
    const words = this.state.words(called)
    if (words.length > 0) {
      const { start, end } = words[0]!
      const filed = this.sources.variables(words, this.state.folder)
      const exported = [
        ...this.state.variables.environment(),
        ...filed.map(([name, value]) => ({ name, value, start, end })),
      ]
      this.commands.push({
        words,
        environment: own.length > 0 ? [...exported, ...own] : exported,
        start: own[0]?.start ?? called[0]!.start,
        end: args[args.length - 1]?.end ?? name.end,
        loops: context.loops,
        background: context.background,
        failureIgnored: context.failureIgnored,
        unreachable: context.unreachable,
        ...(context.ignoredBy === undefined ? {} : { ignoredBy: context.ignoredBy }),
        ...(context.piped === undefined ? {} : { piped: context.piped }),
        ...(context.repeated === undefined ? {} : { repeated: context.repeated }),
        ...(context.guards === undefined ? {} : { guards: context.guards }),
        ...(context.captured === undefined && called[0] === name ? {} : { captured: true as const }),
        ...(this.survey.functions.has(words[0]!.text ?? '') ? { own: true as const } : {}),
        folder: this.state.folder,
      })
    }
    return this.effects(words, context)
  }

  /** What builtins and the script's own functions do to the state; true when the script ends here. */
  private effects(words: ShellWord[], context: Context): boolean {
    if (this.state.runBuiltin(words)) return true
    const [first, ...rest] = words
    const name = first?.text ?? ''
    if (name === 'source' || name === '.') {
      const script = this.sources.find(words, this.state.folder)
      if (script !== undefined) this.readIn(script, words)
      return false
    }
    const body = this.isReadIn ? undefined : this.survey.functions.get(name)
    if (body === undefined && this.lent.has(name)) this.callLent(name, words)
    if (body === undefined || this.running.has(name)) return false
    const calls = this.survey.calls.get(name) ?? 0
    if (calls > 1 && this.budget.allows(calls, body.end - body.start))
      return this.callOneOf(name, body, rest, context)
    if (this.visited.has(name)) return false
    this.visited.add(name)
    if (calls > 1) {
      // Read once for all calls, so only with what is the same in all of them.
      this.state.variables.forgetAll(this.survey.assignedOften)
      const { ignoredBy: _by, piped: _piped, ...plain } = context
      return this.runFunction(body, { ...plain, loops: [], background: false, failureIgnored: false })
    }
    const bound = this.takesPositions(body)
    if (bound) this.state.bindPositions(rest)
    const ends = this.runFunction(body, context)
    if (bound) this.state.bindPositions(null)
    return ends
  }

  /** A function that is called several times runs as often, each time with other arguments. */
  private callOneOf(name: string, body: PlainNode, rest: ShellWord[], context: Context): boolean {
    this.visited.add(name)
    this.running.add(name)
    const before = this.commands.length
    let ends = false
    const run = (): void => {
      ends = this.runFunction(body, context)
    }
    this.state.withPositions(this.takesPositions(body) ? rest : null, run)
    this.running.delete(name)
    const again = notSeen(this.commands.splice(before), this.commands)
    this.commands.push(...again)
    return ends
  }

  /** Options that a loop takes one by one depend on all of them. */
  private takesPositions(body: PlainNode): boolean {
    const text = this.source(body)
    return !/\bshift\b/.test(text) || !/\b(?:while|until|for|getopts?)\b/.test(text)
  }

  /** What a script that is read in assigns holds from here on, and its functions can be called. */
  private readIn({ text, root, starts, within }: SourcedScript, words: ShellWord[]): void {
    const command = this.commands.at(-1)
    if (starts && command !== undefined) command.sourced = { variables: this.state.variables.plain() }
    const reader = new ShellReader(text, root, null, within, this)
    this.lent.define(reader.survey.functions, reader, text)
    reader.called = this.called
    const run = () => this.state.readingIn(text, spanOf(words), () => reader.sequence(root.children, apart))
    if (words.length > 2) this.state.withPositions(words.slice(2), run)
    else run()
  }

  /** Of a function that another script defines counts what it does to the variables. */
  private callLent(name: string, words: ShellWord[]): void {
    const command = this.commands.at(-1)
    const isGoneThrough = this.lent.call(name, ({ body, reader, text }) => {
      const before = reader.commands.length
      this.state.withPositions(words.slice(1), () =>
        this.state.readingIn(text, spanOf(words), () => reader.statement(body, apart)),
      )
      if (command !== undefined) command.lent = reader.commands.slice(before)
    })
    if (!isGoneThrough) this.state.variables.forgetAll(this.lent.mayAssign())
  }

  /** True when the script ends in it; `return` ends no more than the function. */
  private runFunction(body: PlainNode, context: Context): boolean {
    const { returns } = this.state
    return this.statement(body, context) && this.state.returns === returns
  }

  private list(node: PlainNode, context: Context): boolean {
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
    const inner: Context = leaves ? { ...context, repeated: 'until success' } : context
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

  private conditional(node: PlainNode, context: Context): boolean {
    const { conditions, branches, exhaustive } = branchesOfIf(node)
    this.sequence(conditions, ignoring(context, saidOfCondition(node, this.text)))
    return this.ways(node, branches, exhaustive, context, guardsOfIf(node, this.text))
  }

  private choice(node: PlainNode, context: Context): boolean {
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
    context: Context,
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
  private conditionalLoop(node: PlainNode, context: Context): void {
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
    const inside: Context =
      ends === 'body leaves'
        ? { ...context, endless: true }
        : ends === 'never'
          ? { ...context, repeated: 'for ever' }
          : context
    this.sequence([body], inside)
  }

  private loop(node: PlainNode, context: Context): void {
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

  private countingLoop(node: PlainNode, context: Context): void {
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

/** Commands of other scripts are noted there. */
const apart: Context = { loops: [], background: false, failureIgnored: false, unreachable: false }

function spanOf(words: readonly ShellWord[]): { start: number; end: number } {
  return { start: words[0]!.start, end: words.at(-1)!.end }
}

function guardedBy(context: Context, ...guards: ShellGuard[]): Context {
  return { ...context, guards: [...(context.guards ?? []), ...guards] }
}

function ignoring(context: Context, said: Said | null): Context {
  return said === null ? context : { ...context, failureIgnored: true, ignoredBy: said }
}

/** `0.05 0.1 1`, `1e-4 3e-4` are fractions, `100 300` only numbers. */
function numbersAmong(values: readonly (string | null)[]): { numbers?: true; fractions?: true } {
  const all = values.every((value) => value !== null && /^(?:\d+(?:\.\d+)?|\.\d+)(e[-+]?\d+)?$/i.test(value))
  if (!all) return {}
  return values.some((value) => /\.|e-/i.test(value!))
    ? { numbers: true, fractions: true }
    : { numbers: true }
}
