/** The commands of a script, in the order in which a shell comes by them, also through its functions and the scripts that it reads in. */
import { inField, type PlainNode } from './plain-tree.js'
import { argument, CallBudget, notSeen } from './shell-calls.js'
import { bare, type ShellContext } from './shell-context.js'
import type { ShellCommand, ShellWord } from './shell-facts.js'
import { LentFunctions } from './shell-lent.js'
import { exportedFile, type SourcedScript, SourcedScripts } from './shell-sources.js'
import { ShellState } from './shell-state.js'
import { assignedName, type ShellSurvey, surveyShell } from './shell-survey.js'
import { ShellWalk } from './shell-walk.js'
import { expandText } from './shell-words.js'

/** What a script is called with. */
export interface ScriptCall {
  /** An argument that cannot be read as null; null: nobody knows how many there are. */
  arguments: readonly (string | null)[] | null
  environment: Readonly<Record<string, string | null>>
}

export class ShellReader extends ShellWalk {
  readonly commands: ShellCommand[] = []
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

  constructor(
    text: string,
    private readonly root: PlainNode,
    folder: string | null = '',
    private readonly sources = new SourcedScripts(null),
    /** The script that reads this one in. */
    into: ShellReader | null = null,
  ) {
    super(text, into?.state ?? new ShellState(text, folder))
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
    const { folder } = this.state
    for (const children of this.grouped(lines)) {
      this.state.folder = folder
      this.sequence(children, bare)
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
      this.statement(body, { ...bare, unreachable: !mentioned.has(name) })
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

  /** `end`: where its value ends, if the grammar has cut it short. */
  protected assign(node: PlainNode, context: ShellContext, exported: boolean, end = node.end): void {
    this.substitutions(node, context)
    this.state.assign(node, exported, end)
  }

  protected declare(node: PlainNode, context: ShellContext): void {
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

  protected command(node: PlainNode, context: ShellContext): boolean {
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
  private effects(words: ShellWord[], context: ShellContext): boolean {
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
  private callOneOf(name: string, body: PlainNode, rest: ShellWord[], context: ShellContext): boolean {
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
    const run = () => this.state.readingIn(text, spanOf(words), () => reader.sequence(root.children, bare))
    if (words.length > 2) this.state.withPositions(words.slice(2), run)
    else run()
  }

  /** Of a function that another script defines counts what it does to the variables. */
  private callLent(name: string, words: ShellWord[]): void {
    const command = this.commands.at(-1)
    const isGoneThrough = this.lent.call(name, ({ body, reader, text }) => {
      const before = reader.commands.length
      this.state.withPositions(words.slice(1), () =>
        this.state.readingIn(text, spanOf(words), () => reader.statement(body, bare)),
      )
      if (command !== undefined) command.lent = reader.commands.slice(before)
    })
    if (!isGoneThrough) this.state.variables.forgetAll(this.lent.mayAssign())
  }

  /** True when the script ends in it; `return` ends no more than the function. */
  private runFunction(body: PlainNode, context: ShellContext): boolean {
    const { returns } = this.state
    return this.statement(body, context) && this.state.returns === returns
  }
}

function spanOf(words: readonly ShellWord[]): { start: number; end: number } {
  return { start: words[0]!.start, end: words.at(-1)!.end }
}
