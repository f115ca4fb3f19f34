/**
 * Command lines that start a Python program: through which launchers, with which arguments, on how many processes.
 */

import type { ShellCommand, ShellWord } from '../config/shell-facts.js'
import { splitCommands } from '../config/shell-words.js'
import type { Location, Span } from '../text/location.js'
import type { Launch, LaunchValue, ShellCall } from '../workload/claim.js'
import { innerCommand } from './inner-command.js'
import { readOptions } from './launch-options.js'
import { type Launcher, launcherModules, launchers, type Trainer, trainers } from './launchers.js'
import { type NotebookRunner, notebookRunners } from './notebook-runners.js'
import { type OptionTable, pathOf } from './option-table.js'
import { type Counted, countProcesses } from './processes.js'
import { readArguments } from './script-arguments.js'
import { pythonOptions, toolModules, type Wrapper, wrapperModules, wrappers } from './wrappers.js'

/** A flag with the ranges in the unit that an edit needs. */
export interface LaunchFlag extends LaunchValue {
  /** As written, dashes included; the key in `flags` is the name without them. */
  written: string
  /** From the flag to the end of its value. */
  span: Span
  /** The value alone; null where the flag has none. */
  valueSpan: Span | null
  /** Words behind the value that may belong to it (`--betas 0.9 0.99`). They are positionals as well. */
  more: LaunchValue[]
}

/** What a command says about the launch: what remains to be filled in is who found it and for which job. */
export interface LaunchParts
  extends Pick<
    Launch,
    'launcher' | 'positionals' | 'complete' | 'environment' | 'processes' | 'nodes' | 'files'
  > {
  /** Every launcher from the outside in, 'python' last where the interpreter runs a script. */
  chain: string[]
  /**
   * A path below a folder that cannot be read (`$DIR/train.py`) begins with `/`, as on another machine. Both null: the
   * program itself cannot be read.
   */
  program: { path: string | null; module: string | null }
  programSpan: Span
  flags: Record<string, LaunchFlag>
  launcherFlags: Record<string, LaunchFlag>
  /** False where some options of the launchers cannot be read: those that are missing are unknown. */
  launcherComplete: boolean
  /** Folder that `bash -c "cd X && …"` changed to; '' when it did not, null: not readable. */
  folder: string | null
}

/** A command that runs a shell script of the project: `bash run.sh 8`. */
export interface ScriptCallParts extends LaunchParts {
  shell: ShellCall
}

type Locate = (span: Span) => Location

const deepest = 8
const shellFile = /[\w-]\.(?:sh|bash|zsh|ksh)$/
const mostWords = 5_000

/**
 * Recognises a command that starts a Python program of the project, or a known training tool. Null for every other
 * command, for `python -c`, `python -m pip` and the like. Never throws.
 *
 * @param environment of the command, as `ShellCommand` gives it
 * @param locate turns a range of the unit into a place in the file
 */
export function parseLaunch(
  words: ShellWord[],
  environment: ShellCommand['environment'],
  locate: Locate,
): LaunchParts | null {
  if (words.length === 0 || words.length > mostWords) return null
  const line = new LaunchLine(words, locate)
  for (const one of environment) line.setEnvironment(one.name, one.value, one)
  return line.read() ? line.parts() : null
}

/** Recognises a command that runs a shell script, through the same launchers; null for every other command. */
export function parseScriptCall(
  words: ShellWord[],
  environment: ShellCommand['environment'],
  locate: Locate,
): ScriptCallParts | null {
  if (words.length === 0 || words.length > mostWords) return null
  const line = new LaunchLine(words, locate, 0, true)
  for (const one of environment) line.setEnvironment(one.name, one.value, one)
  return line.read() ? line.scriptCall() : null
}

/** The flag of one of these names, `-` and `_` being the same in names. */
export function flagOf<T>(flags: Record<string, T>, ...names: string[]): T | undefined {
  for (const name of names) {
    for (const spelling of [name, name.replace(/_/g, '-'), name.replace(/-/g, '_')]) {
      if (Object.hasOwn(flags, spelling)) return flags[spelling]
    }
  }
  return undefined
}

class LaunchLine {
  private readonly environment: Record<string, LaunchValue> = {}
  private readonly launcherFlags: Record<string, LaunchFlag> = {}
  private readonly chain: string[] = []
  private readonly files: Launch['files'] = []
  private launcherComplete = true
  private folder: string | null = ''
  private counted: Counted = { processes: 1, nodes: 1 }
  private program: LaunchParts['program'] | null = null
  private programSpan: Span = { start: 0, end: 0 }
  private rest: ShellWord[] = []
  private isShell = false

  constructor(
    private words: ShellWord[],
    private readonly locate: Locate,
    private readonly depth = 0,
    /** Looks for shell scripts instead of programs. */
    private readonly scripts = false,
  ) {}

  setEnvironment(name: string, value: string | null, span: Span): void {
    define(this.environment, name, { value, location: this.locate(span) })
  }

  parts(): LaunchParts {
    const read = readArguments(this.rest, this.locate)
    const inner = this.chain.filter((name) => name !== 'python')
    return {
      launcher: inner[inner.length - 1] ?? 'python',
      chain: this.chain,
      program: this.program ?? { path: null, module: null },
      programSpan: this.programSpan,
      flags: read.flags,
      positionals: read.positionals,
      complete: read.complete,
      environment: this.environment,
      launcherFlags: this.launcherFlags,
      launcherComplete: this.launcherComplete,
      processes: this.counted.processes,
      nodes: this.counted.nodes,
      files: [...this.files, ...read.files],
      folder: this.folder,
    }
  }

  scriptCall(): ScriptCallParts | null {
    if (!this.isShell) return null
    const unclear = this.rest.some((word) => word.splits === true)
    return { ...this.parts(), shell: { arguments: unclear ? null : this.rest.map((word) => word.text) } }
  }

  /** Takes words off the front until the program is found. */
  read(): boolean {
    while (this.words.length > 0) {
      const first = this.words[0]!
      const assignment = /^([A-Za-z_]\w*)=/.exec(first.text ?? first.outline ?? '')
      if (assignment !== null) {
        this.setEnvironment(assignment[1]!, first.text?.slice(assignment[0].length) ?? null, first)
        this.words = this.words.slice(1)
        continue
      }
      const name = commandName(first)
      if (name === null) return this.unreadableCommand()
      if (/^(?:ba|z|k|da)?sh$/.test(name) || name === 'eval')
        return this.shell(name) || (this.scripts && name !== 'eval' && this.shellScript(this.words.slice(1)))
      if (this.scripts && shellFile.test(name)) return this.shellScript(this.words)
      const inner = innerCommand(name, this.words)
      if (inner === null) return false
      if (inner !== undefined) {
        for (const one of inner.environment) this.setEnvironment(one.name, one.value, one.span)
        this.words = inner.words
        continue
      }
      const wrapper = longest(wrappers, name, this.words)
      if (wrapper !== undefined) {
        this.unwrap(wrapper)
        continue
      }
      const launcher = longest(launchers, name, this.words)
      if (launcher !== undefined) {
        this.words = this.words.slice(launcher.words.length)
        if (this.launch(launcher)) return true
        if (this.program !== null || launcher.starts === 'script') return false
        continue
      }
      const trainer = longest(trainers, name, this.words)
      if (trainer !== undefined) return this.train(trainer)
      const runner = longest(notebookRunners, name, this.words)
      if (runner !== undefined) return this.notebook(runner)
      if (/^(?:python|pypy|ipython)\d*(?:\.\d+)*w?$/.test(name)) return this.python()
      if (/\.py$/.test(name)) {
        this.chain.push('python')
        return this.script(first)
      }
      return false
    }
    return false
  }

  private unwrap(wrapper: Wrapper): void {
    this.words = this.words.slice(wrapper.words.length)
    const flags: Record<string, LaunchFlag> = {}
    const complete = this.options(wrapper, flags, wrapper.environment, wrapper.modules)
    const module = wrapper.modules === undefined ? undefined : flagOf(flags, ...wrapper.modules)
    if (module !== undefined) {
      const { start, end } = module.span
      const word = (text: string) => ({ text, raw: text, start, end })
      this.words = [word('python'), word('-m'), ...this.words]
    }
    // `singularity exec $IMAGE torchrun …`: the variable was taken for options, and the command stands next.
    const taken = !complete && wrapper.skip > 0 && startsCommand(this.words[0])
    if (!taken) this.words = this.words.slice(wrapper.skip)
    // `ch-run image -- python …`
    if (this.words[0]?.text === '--') this.words = this.words.slice(1)
  }

  /** `bash -c "…"`: the first command inside that starts a program. */
  private shell(name: string): boolean {
    if (this.depth >= deepest) return false
    let script: ShellWord | undefined
    if (name === 'eval') script = this.words[1]
    else {
      const at = this.words.findIndex((word) => word.text !== null && /^-\w*c$/.test(word.text))
      if (at > 0 && this.words.slice(1, at).every((word) => word.text?.startsWith('-')))
        script = this.words[at + 1]
    }
    if (script === undefined) return false
    if (name === 'eval' && this.words.length > 2) {
      this.words = this.words.slice(1)
      return this.read()
    }
    for (const words of commandsIn(script)) {
      const [first, second] = words
      if (first?.text === 'cd') {
        const target = second?.text ?? null
        this.folder =
          target === null || this.folder === null
            ? null
            : target.startsWith('/') || this.folder === ''
              ? target
              : `${this.folder}/${target}`
        continue
      }
      if (first?.text === 'export') {
        for (const word of words.slice(1)) {
          const match = /^(\w+)=/.exec(word.text ?? word.outline ?? '')
          if (match !== null) this.setEnvironment(match[1]!, word.text?.slice(match[0].length) ?? null, word)
        }
        continue
      }
      const inner = new LaunchLine(words, this.locate, this.depth + 1, this.scripts)
      if (!inner.read() || inner.isShell !== this.scripts) continue
      this.adopt(inner)
      return true
    }
    return false
  }

  private adopt(inner: LaunchLine): void {
    Object.assign(this.environment, inner.environment)
    for (const [name, flag] of Object.entries(inner.launcherFlags)) define(this.launcherFlags, name, flag)
    this.chain.push(...inner.chain)
    this.files.push(...inner.files)
    this.launcherComplete &&= inner.launcherComplete
    if (inner.chain.some((name) => name !== 'python')) this.counted = inner.counted
    if (this.folder === '') this.folder = inner.folder
    this.program = inner.program
    this.programSpan = inner.programSpan
    this.rest = inner.rest
    this.isShell = inner.isShell
  }

  /** `run.sh 8`, behind the options of a shell (`bash -ex`). */
  private shellScript(words: ShellWord[]): boolean {
    const at = words.findIndex(
      (word, index) => word.text?.startsWith('-') !== true && !/^[-+]o$/.test(words[index - 1]?.text ?? ''),
    )
    const word = words[at]
    const path = word === undefined ? null : pathOf(word)
    if (word === undefined || path === null || !shellFile.test(path)) return false
    this.program = { path, module: null }
    this.isShell = true
    this.words = words.slice(at)
    return this.found(word)
  }

  /** `$PYTHON train.py`, `$LAUNCHER train.py`: the name of the variable must say what it stands for. */
  private unreadableCommand(): boolean {
    const [first, ...rest] = this.words
    const raw = first!.raw
    if (/(?:PYTHON|PY_?EXE\w*|PY_?BIN\w*)\}?"?$|\/python[\d.]*"?$/i.test(raw) && first!.splits !== true)
      return this.python()
    if (!/launch|run|python|exec|cmd|dist|accelerate|deepspeed|mpi|prefix|wrapper/i.test(raw)) return false
    const at = rest.findIndex((word) => word.text !== null && /\.py$/.test(word.text))
    if (
      at === -1 ||
      rest.slice(0, at).some((word) => word.text !== null && !/^-|^\d+$|^python/.test(word.text))
    )
      return false
    this.words = rest.slice(at)
    this.chain.push('unknown')
    this.launcherComplete = false
    this.counted = { processes: null, nodes: null }
    return this.script(this.words[0]!)
  }

  private launch(launcher: Launcher): boolean {
    const flags: Record<string, LaunchFlag> = {}
    const complete = this.options(launcher, flags, launcher.environment, [...(launcher.module ?? [])])
    this.chain.push(launcher.name)
    this.addLauncherFlags(flags, launcher.files ?? [])
    if (!complete) this.launcherComplete = false
    this.counted = countProcesses(launcher.counts, flags, complete, this.counted)
    if (launcher.starts === 'command') return false
    const [first] = this.words
    if (first === undefined) return false
    const asModule = launcher.module?.find((name) => flagOf(flags, name) !== undefined)
    if (asModule !== undefined) {
      this.program = { path: null, module: first.text }
      return this.found(first)
    }
    if (launcher.plainCommand?.some((name) => flagOf(flags, name) !== undefined)) return this.read()
    // A launcher takes a command like `axolotl` only as a script in `PATH`; what it names is a program all the same.
    return this.script(first)
  }

  private addLauncherFlags(flags: Record<string, LaunchFlag>, files: string[]): void {
    for (const [name, flag] of Object.entries(flags)) define(this.launcherFlags, name, flag)
    for (const name of files) {
      const flag = flagOf(flags, name)
      if (typeof flag?.value === 'string')
        this.files.push({ flag: name, path: flag.value, location: flag.location })
    }
  }

  /** `papermill train.ipynb out.ipynb`; parameters given here would replace values of its cells. */
  private notebook(runner: NotebookRunner): boolean {
    this.words = this.words.slice(runner.words.length)
    const flags: Record<string, LaunchFlag> = {}
    this.options(runner, flags)
    const [first] = this.words
    const path = first === undefined ? null : pathOf(first)
    if (first === undefined || path === null || !path.endsWith('.ipynb')) return false
    const given = new Set([
      ...Object.keys(flags),
      ...this.words.flatMap(({ text }) => optionName(text) ?? []),
    ])
    if (runner.needs !== undefined && !given.has(runner.needs)) return false
    if (runner.replaces?.some((name) => given.has(name))) return false
    this.chain.push('notebook')
    this.program = { path, module: null }
    return this.found(first)
  }

  private train(trainer: Trainer): boolean {
    const [first] = this.words
    this.words = this.words.slice(trainer.words.length)
    this.chain.push(trainer.name)
    this.counted = { processes: trainer.processes, nodes: 1 }
    this.program = { path: null, module: trainer.module }
    this.programSpan = { start: first!.start, end: first!.end }
    if (trainer.counts !== undefined) {
      const flags: Record<string, LaunchFlag> = {}
      const complete = this.options(trainer, flags)
      this.addLauncherFlags(flags, [])
      this.launcherComplete &&= complete
      this.counted = countProcesses(trainer.counts, flags, complete, { processes: 1, nodes: 1 })
      const [recipe] = this.words
      if (recipe === undefined) return false
      if (recipe.text?.endsWith('.py')) return this.script(recipe)
    }
    this.rest = this.words
    return true
  }

  private python(): boolean {
    this.words = this.words.slice(1)
    for (;;) {
      const [first, second] = this.words
      if (first === undefined) return false
      const { text } = first
      if (text === null) break
      const bundled = /^-[bBdEhiIOqsSuvVx]*([mc])$/.exec(text)
      if (bundled?.[1] === 'c') return false
      if (bundled !== null) return second === undefined ? false : this.module(second)
      if (text === '-' || text === '--version' || text === '-V') return false
      if (!text.startsWith('-')) break
      const takesValue = pythonOptions.values.has(text.replace(/^-+/, ''))
      this.words = this.words.slice(takesValue ? 2 : 1)
    }
    // `python $OPTIONS train.py`
    if (this.words[0]!.text === null && this.words[1]?.text?.endsWith('.py')) this.words = this.words.slice(1)
    if (this.handsOn()) return true
    this.chain.push('python')
    return this.script(this.words[0]!)
  }

  /** `python submit.py --gpus 8 -- accelerate launch …`: what stands behind the dashes is what runs. */
  private handsOn(): boolean {
    const at = this.words.findIndex((word) => word.text === '--')
    if (at < 1 || this.depth >= deepest) return false
    for (const words of handedOn(this.words.slice(at + 1))) {
      if (!startsCommand(words[0])) continue
      const inner = new LaunchLine(words, this.locate, this.depth + 1, this.scripts)
      if (!inner.read() || inner.isShell !== this.scripts) continue
      this.adopt(inner)
      return true
    }
    return false
  }

  /** `python -m NAME …` */
  private module(name: ShellWord): boolean {
    const module = name.text
    this.words = this.words.slice(2)
    if (module !== null && Object.hasOwn(launcherModules, module)) {
      const launcher = launcherModules[module]!
      return this.launch(launcher) || (launcher.starts === 'command' && this.read())
    }
    if (module !== null && Object.hasOwn(wrapperModules, module)) {
      this.options(wrapperModules[module]!, {}, [], ['m', 'module'])
      const [first] = this.words
      if (first === undefined) return false
      this.chain.push('python')
      return this.script(first)
    }
    // `python -m lightning run model`, `python -m accelerate launch` and the like.
    if (module !== null && /^[a-z][\w-]*$/.test(module) && this.words[0]?.text !== undefined) {
      const asCommand = [{ ...name, text: module }, ...this.words]
      const launcher = longest(launchers, module, asCommand)
      if (launcher !== undefined && launcher.words.length > 1) {
        this.words = asCommand.slice(launcher.words.length)
        return this.launch(launcher)
      }
    }
    if (module !== null && (toolModules.has(module) || toolModules.has(module.split('.')[0]!))) return false
    this.chain.push('python')
    this.program = { path: null, module }
    const at = this.words
    this.words = [name, ...at]
    return this.found(name)
  }

  private script(word: ShellWord): boolean {
    this.program = { path: pathOf(word), module: null }
    // `setup.py install` is packaging; a notebook server or a shell is no program either.
    if (word.text !== null && (/(^|\/)setup\.py$/.test(word.text) || word.text.startsWith('-'))) return false
    return this.found(word)
  }

  private found(word: ShellWord): boolean {
    this.programSpan = { start: word.start, end: word.end }
    this.rest = this.words.slice(1)
    return true
  }

  /** Takes the options of a launcher or wrapper off the front; false when some of them cannot be read. */
  private options(
    known: OptionTable,
    flags: Record<string, LaunchFlag>,
    environment: string[] = [],
    modules: string[] = [],
  ): boolean {
    const { end, complete } = readOptions(this.words, known, modules, (name, flag) => {
      define(flags, name, { ...flag, location: this.locate(flag.span) })
      const match = /^(\w+)=([\s\S]*)$/.exec(typeof flag.value === 'string' ? flag.value : '')
      if (environment.includes(name) && match !== null) this.setEnvironment(match[1]!, match[2]!, flag.span)
    })
    this.words = this.words.slice(end)
    return complete
  }
}

/** The name in `--name`, `-n` and `--name=value`; null: no option. */
function optionName(text: string | null): string | null {
  return /^--?([A-Za-z][\w-]*)/.exec(text ?? '')?.[1] ?? null
}

/** The last of several wins, as in the tools; safe for names like `__proto__`. */
function define<T>(record: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Name of a command without its folder; null when it cannot be read. */
function commandName(word: ShellWord): string | null {
  if (word.text !== null) return word.text.slice(word.text.lastIndexOf('/') + 1)
  const tail = /\/([\w.-]+)["']?$/.exec(word.outline ?? word.raw)
  return tail === null ? null : tail[1]!
}

/** A word that is a command which starts programs, or a shell. */
function startsCommand(word: ShellWord | undefined): boolean {
  const name = word === undefined ? null : commandName(word)
  return (
    name !== null &&
    (/^(?:python[\d.]*|(?:ba|z|k|da)?sh)$/.test(name) ||
      [wrappers, launchers, trainers].some((entries) => entries.some(({ words }) => words[0] === name)))
  )
}

/** Commands in the arguments of another one, where `\\&\\&` or `\\;` stand between them. */
function handedOn(words: ShellWord[]): ShellWord[][] {
  const commands: ShellWord[][] = [[]]
  for (const word of words) {
    if (word.text !== null && /^(?:&&|\|\||;|\|)$/.test(word.text)) commands.push([])
    else commands.at(-1)!.push(word)
  }
  return commands
}

/** The entry with the most words that stand at the front. */
function longest<T extends { words: string[] }>(
  entries: T[],
  name: string,
  words: ShellWord[],
): T | undefined {
  let best: T | undefined
  for (const entry of entries) {
    if (entry.words[0] !== name || entry.words.length <= (best?.words.length ?? 0)) continue
    if (entry.words.every((word, index) => index === 0 || words[index]?.text === word)) best = entry
  }
  return best
}

/** Commands inside a quoted script; words keep their places where the quotes hide nothing. */
function commandsIn(word: ShellWord): ShellWord[][] {
  const quoted = /^(["'])([\s\S]*)\1$/.exec(word.raw)
  // `"$CMD"`: what is known of the variable says more than its name.
  const variable = word.outline !== undefined && /^["']?\$(?:\w+|\{\w+\})["']?$/.test(word.raw)
  const inner = variable ? undefined : quoted?.[2]
  if (inner !== undefined && (word.text === inner || (word.text === null && quoted![1] === '"'))) {
    return splitCommands(inner, word.start + 1)
  }
  const text = word.text ?? word.outline
  if (text === undefined) return []
  return splitCommands(text, 0).map((words) =>
    words.map((one) => ({ ...one, start: word.start, end: word.end })),
  )
}
