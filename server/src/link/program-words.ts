/** Words that start a program: Python, its launchers and trainers, servers, notebooks, agents, shell scripts. */
import type { ShellWord } from '../config/shell-facts.js'
import { define, lookUp } from '../text/records.js'
import { handedOn, longest, startsCommand } from './command-words.js'
import { harmlessCommands } from './harmless-commands.js'
import { readOptions } from './launch-options.js'
import { FoundLaunch, flagOf, type LaunchFlag, type Locate } from './launch-parts.js'
import { type Launcher, launcherModules, launchers, type Trainer, trainers } from './launchers.js'
import type { NotebookRunner } from './notebook-runners.js'
import { type OptionTable, pathOf } from './option-table.js'
import { countProcesses } from './processes.js'
import { isServerModule, servedBy } from './servers.js'
import { pythonOptions, toolModules, wrapperModules } from './wrappers.js'

/** Names of shell scripts. */
export const shellFile = /[\w-]\.(?:sh|bash|zsh|ksh|sbatch|slurm)$/

/** Lines within lines that are read. */
export const deepestLine = 8

/** What a line is asked for: programs of Python, shell scripts, or commands that the project may declare. */
export type Wanted = 'program' | 'script' | 'command'

export abstract class ProgramWords {
  readonly found: FoundLaunch

  constructor(
    protected words: ShellWord[],
    protected readonly locate: Locate,
    protected readonly depth: number,
    protected readonly wanted: Wanted,
  ) {
    this.found = new FoundLaunch(locate)
  }

  /** Takes words off the front until the program is found. */
  abstract read(): boolean

  /** A line inside of this one: what it starts is what this one starts. */
  protected abstract adopts(words: ShellWord[]): boolean

  /** `my-train --lr 1` */
  protected ownCommand(word: ShellWord): boolean {
    const { text } = word
    if (text === null || !/^[A-Za-z][\w.-]*$/.test(text) || harmlessCommands.has(text)) return false
    this.found.chain.push('python')
    this.found.program = { path: null, module: null, command: text }
    this.found.isShell = true
    return this.startsAt(word)
  }

  /** `run.sh 8`, behind the options of a shell (`bash -ex`). */
  protected shellScript(words: ShellWord[]): boolean {
    const at = words.findIndex(
      (word, index) => word.text?.startsWith('-') !== true && !/^[-+]o$/.test(words[index - 1]?.text ?? ''),
    )
    const word = words[at]
    const path = word === undefined ? null : pathOf(word)
    if (word === undefined || path === null || !shellFile.test(path)) return false
    this.found.program = { path, module: null }
    this.found.isShell = true
    this.words = words.slice(at)
    return this.startsAt(word)
  }

  protected launch(launcher: Launcher): boolean {
    const flags: Record<string, LaunchFlag> = {}
    const complete = this.options(launcher, flags, launcher.environment, [...(launcher.module ?? [])])
    this.found.chain.push(launcher.name)
    this.found.addLauncherFlags(flags, launcher.files ?? [])
    if (!complete) this.found.launcherComplete = false
    this.found.counted = countProcesses(launcher.counts, flags, complete, this.found.counted)
    if (launcher.starts === 'command') return false
    const [first] = this.words
    if (first === undefined) return false
    const asModule = launcher.module?.find((name) => flagOf(flags, name) !== undefined)
    if (asModule !== undefined) {
      this.found.program = { path: null, module: first.text }
      return this.startsAt(first)
    }
    if (launcher.plainCommand?.some((name) => flagOf(flags, name) !== undefined)) return this.read()
    // A launcher takes a command like `axolotl` only as a script in `PATH`; what it names is a program all the same.
    return this.script(first)
  }

  /** `uvicorn main:app` */
  protected serve(): boolean {
    const { environment } = this.found
    const served = servedBy(this.words, (name) => {
      const value = lookUp(environment, name)?.value
      return typeof value === 'boolean' ? null : value
    })
    if (served === null) return false
    this.found.chain.push(served.server)
    this.found.program = served.program
    this.found.serves = true
    if (served.folder !== undefined) this.found.enter(served.folder)
    this.found.programSpan = { start: served.word.start, end: served.word.end }
    return true
  }

  /** `wandb agent ID`: the words behind it are the agent's own. */
  protected runAgent(): boolean {
    const [first, second] = this.words
    this.found.chain.push('wandb agent')
    this.found.agent = true
    this.found.runs = countOf(this.words.slice(2))
    this.found.program = { path: null, module: null }
    this.found.programSpan = { start: first!.start, end: second!.end }
    this.found.rest = []
    return true
  }

  /** `papermill train.ipynb out.ipynb`; parameters given here would replace values of its cells. */
  protected notebook(runner: NotebookRunner): boolean {
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
    this.found.chain.push('notebook')
    this.found.program = { path, module: null }
    return this.startsAt(first)
  }

  protected train(trainer: Trainer): boolean {
    const [first] = this.words
    this.words = this.words.slice(trainer.words.length)
    this.found.chain.push(trainer.name)
    const asked =
      trainer.countedBy === undefined ? undefined : lookUp(this.found.environment, trainer.countedBy)
    const count =
      typeof asked?.value === 'string' && /^[1-9]\d*$/.test(asked.value) ? Number(asked.value) : null
    this.found.counted = { processes: count ?? trainer.processes, nodes: 1 }
    this.found.program = { path: null, module: trainer.module }
    this.found.programSpan = { start: first!.start, end: first!.end }
    if (trainer.counts !== undefined) {
      const flags: Record<string, LaunchFlag> = {}
      const complete = this.options(trainer, flags)
      this.found.addLauncherFlags(flags, [])
      this.found.launcherComplete &&= complete
      this.found.counted = countProcesses(trainer.counts, flags, complete, { processes: 1, nodes: 1 })
      const [frameworkConfig] = this.words
      if (frameworkConfig === undefined) return false
      if (frameworkConfig.text?.endsWith('.py')) return this.script(frameworkConfig)
    }
    this.found.rest = this.words
    return true
  }

  protected python(): boolean {
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
    this.found.chain.push('python')
    return this.script(this.words[0]!)
  }

  /** `python submit.py --gpus 8 -- accelerate launch …`: what stands behind the dashes is what runs. */
  private handsOn(): boolean {
    const at = this.words.findIndex((word) => word.text === '--')
    if (at < 1 || this.depth >= deepestLine) return false
    for (const words of handedOn(this.words.slice(at + 1))) {
      if (!startsCommand(words[0])) continue
      if (this.adopts(words)) return true
    }
    return false
  }

  /** `python -m NAME …` */
  private module(name: ShellWord): boolean {
    const module = name.text
    this.words = this.words.slice(2)
    if (module !== null && Object.hasOwn(launcherModules, module)) {
      const launcher = lookUp(launcherModules, module)!
      return this.launch(launcher) || (launcher.starts === 'command' && this.read())
    }
    if (module !== null && Object.hasOwn(wrapperModules, module)) {
      this.options(lookUp(wrapperModules, module)!, {}, [], ['m', 'module'])
      const [first] = this.words
      if (first === undefined) return false
      this.found.chain.push('python')
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
      const trainer = longest(trainers, module, asCommand)
      if (trainer !== undefined) {
        this.words = asCommand
        return this.train(trainer)
      }
    }
    if (module !== null && isServerModule(module)) {
      this.words = [{ ...name, text: module }, ...this.words]
      return this.serve()
    }
    if (module !== null && (toolModules.has(module) || toolModules.has(module.split('.')[0]!))) return false
    this.found.chain.push('python')
    this.found.program = { path: null, module }
    const at = this.words
    this.words = [name, ...at]
    return this.startsAt(name)
  }

  protected script(word: ShellWord): boolean {
    this.found.program = { path: pathOf(word), module: null }
    // `setup.py install` is packaging; a notebook server or a shell is no program either.
    if (word.text !== null && (/(^|\/)setup\.py$/.test(word.text) || word.text.startsWith('-'))) return false
    return this.startsAt(word)
  }

  private startsAt(word: ShellWord): boolean {
    this.found.programSpan = { start: word.start, end: word.end }
    this.found.rest = this.words.slice(1)
    return true
  }

  /** Takes the options of a launcher or wrapper off the front; false when some of them cannot be read. */
  protected options(
    known: OptionTable,
    flags: Record<string, LaunchFlag>,
    environment: string[] = [],
    modules: string[] = [],
  ): boolean {
    const { end, complete } = readOptions(this.words, known, modules, (name, flag) => {
      define(flags, name, { ...flag, location: this.locate(flag.span) })
      const match = /^(\w+)=([\s\S]*)$/.exec(typeof flag.value === 'string' ? flag.value : '')
      if (environment.includes(name) && match !== null)
        this.found.setEnvironment(match[1]!, match[2]!, flag.span)
    })
    this.words = this.words.slice(end)
    return complete
  }
}

/** The name in `--name`, `-n` and `--name=value`; null: no option. */
function optionName(text: string | null): string | null {
  return /^--?([A-Za-z][\w-]*)/.exec(text ?? '')?.[1] ?? null
}

/** `--count 5` of an agent; null: it cannot be read. Undefined: not given. */
function countOf(words: readonly ShellWord[]): number | null | undefined {
  const at = words.findIndex(({ text }) => /^--count(=|$)/.test(text ?? ''))
  if (at < 0) return undefined
  const [, value = words[at + 1]?.text ?? null] = /=(.*)/.exec(words[at]!.text!) ?? []
  return value !== null && /^\d+$/.test(value) ? Number(value) : null
}
