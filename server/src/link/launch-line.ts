/**
 * Command lines that start a Python program: through which launchers, with which arguments, on how many processes.
 */
import type { ShellCommand, ShellWord } from '../config/shell-facts.js'
import { define, lookUp } from '../text/records.js'
import { wrappedJob } from './batch-submission.js'
import { commandName, commandsIn, handedOn, isInterpreter, longest, startsCommand } from './command-words.js'
import { harmlessCommands } from './harmless-commands.js'
import { innerCommand } from './inner-command.js'
import { readOptions } from './launch-options.js'
import {
  FoundLaunch,
  flagOf,
  type LaunchFlag,
  type LaunchParts,
  type Locate,
  type ScriptCallParts,
} from './launch-parts.js'
import { type Launcher, launcherModules, launchers, type Trainer, trainers } from './launchers.js'
import { type NotebookRunner, notebookRunners } from './notebook-runners.js'
import { type OptionTable, pathOf } from './option-table.js'
import { countProcesses } from './processes.js'
import { remoteCommand } from './remote-shell.js'
import { isServerModule, servedBy } from './servers.js'
import { trainingScript } from './training-scripts.js'
import { pythonOptions, toolModules, type Wrapper, wrapperModules, wrappers } from './wrappers.js'

const deepest = 8
const shellFile = /[\w-]\.(?:sh|bash|zsh|ksh|sbatch|slurm)$/
const mostWords = 5_000

/**
 * Recognises a command that starts a Python program of the project, or a known training tool. Null for every other
 * command, for `python -c`, `python -m pip` and the like. Never throws.
 *
 * @param environment of the command, as `ShellCommand` gives it
 * @param locate turns a range of the fragment into a place in the file
 */
export function parseLaunch(
  words: ShellWord[],
  environment: ShellCommand['environment'],
  locate: Locate,
): LaunchParts | null {
  if (words.length === 0 || words.length > mostWords) return null
  const line = new LaunchLine(words, locate)
  for (const one of environment) line.found.setEnvironment(one.name, one.value, one)
  return line.read() ? line.found.parts() : null
}

/** Recognises a command that runs a shell script, through the same launchers; null for every other command. */
export function parseScriptCall(
  words: ShellWord[],
  environment: ShellCommand['environment'],
  locate: Locate,
): ScriptCallParts | null {
  if (words.length === 0 || words.length > mostWords) return null
  const line = new LaunchLine(words, locate, 0, 'script')
  for (const one of environment) line.found.setEnvironment(one.name, one.value, one)
  return line.read() ? line.found.scriptCall() : null
}

/**
 * Recognises a command that may be one of the project's own, installed with its package (`my-train --lr 1`); null for
 * every other. Whether the project declares it only the linker knows.
 */
export function parseCommandCall(
  words: ShellWord[],
  environment: ShellCommand['environment'],
  locate: Locate,
): ScriptCallParts | null {
  if (words.length === 0 || words.length > mostWords) return null
  const line = new LaunchLine(words, locate, 0, 'command')
  for (const one of environment) line.found.setEnvironment(one.name, one.value, one)
  return line.read() ? line.found.scriptCall() : null
}

/** What a line is asked for: programs of Python, shell scripts, or commands that the project may declare. */
type Wanted = 'program' | 'script' | 'command'

class LaunchLine {
  readonly found: FoundLaunch

  constructor(
    private words: ShellWord[],
    private readonly locate: Locate,
    private readonly depth = 0,
    private readonly wanted: Wanted = 'program',
  ) {
    this.found = new FoundLaunch(locate)
  }

  /** Takes words off the front until the program is found. */
  read(): boolean {
    while (this.words.length > 0) {
      const first = this.words[0]!
      const assignment = /^([A-Za-z_]\w*)=/.exec(first.text ?? first.outline ?? '')
      if (assignment !== null) {
        this.found.setEnvironment(assignment[1]!, first.text?.slice(assignment[0].length) ?? null, first)
        this.words = this.words.slice(1)
        continue
      }
      const name = commandName(first)
      if (name === null) return this.unreadableCommand()
      const training = trainingScript(this.words, this.found.environment)
      if (training !== null) {
        if (this.wanted !== 'program') return false
        this.words = training
        continue
      }
      if (/^(?:ba|z|k|da)?sh$/.test(name) || name === 'eval')
        return (
          this.shell(name) ||
          (this.wanted === 'script' && name !== 'eval' && this.shellScript(this.words.slice(1)))
        )
      if (this.wanted === 'script' && shellFile.test(name)) return this.shellScript(this.words)
      if (name === 'sbatch') return this.wanted === 'program' && this.submitted()
      const inner = innerCommand(name, this.words)
      if (inner === null) return false
      if (inner !== undefined) {
        for (const one of inner.environment) this.found.setEnvironment(one.name, one.value, one.span)
        this.words = inner.words
        continue
      }
      const remote = remoteCommand(name, this.words)
      if (remote === null) return false
      if (remote !== undefined) {
        if (remote.cluster !== undefined) this.found.cluster = remote.cluster
        if ('script' in remote) return this.depth < deepest && this.within(remote.script)
        this.words = remote.words
        continue
      }
      const wrapper = longest(wrappers, name, this.words)
      if (wrapper !== undefined) {
        this.unwrap(wrapper)
        continue
      }
      const launcher = longest(launchers, name, this.words)
      if (launcher !== undefined) {
        const { accelerates } = launcher
        if (accelerates !== undefined && this.words.some(({ raw }) => accelerates.test(raw))) return false
        this.words = this.words.slice(launcher.words.length)
        if (this.launch(launcher)) return true
        if (this.found.program !== null || launcher.starts === 'script') return false
        continue
      }
      const trainer = longest(trainers, name, this.words)
      if (trainer !== undefined) return this.train(trainer)
      const runner = longest(notebookRunners, name, this.words)
      if (runner !== undefined) return this.notebook(runner)
      if (this.serve()) return true
      if (name === 'wandb' && this.words[1]?.text === 'agent' && this.wanted === 'program')
        return this.runAgent()
      if (/^(?:python|pypy|ipython)\d*(?:\.\d+)*w?$/.test(name)) return this.python()
      if (/\.py$/.test(name)) {
        this.found.chain.push('python')
        return this.script(first)
      }
      return this.wanted === 'command' && this.ownCommand(first)
    }
    return false
  }

  /** `my-train --lr 1` */
  private ownCommand(word: ShellWord): boolean {
    const { text } = word
    if (text === null || !/^[A-Za-z][\w.-]*$/.test(text) || harmlessCommands.has(text)) return false
    this.found.chain.push('python')
    this.found.program = { path: null, module: null, command: text }
    this.found.isShell = true
    return this.startsAt(word)
  }

  private unwrap(wrapper: Wrapper): void {
    this.words = this.words.slice(wrapper.words.length)
    if (wrapper.behindDashes === true) {
      const at = this.words.findIndex(({ text }) => text === '--')
      this.words = at < 0 ? [] : this.words.slice(at + 1)
      return
    }
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
    if (wrapper.onCluster === true) this.found.cluster = this.words[0]?.text ?? null
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
    return this.within(script)
  }

  private submitted(): boolean {
    const job = this.depth < deepest ? wrappedJob(this.words.slice(1)) : null
    if (job === null) return false
    const flags: Record<string, LaunchFlag> = {}
    for (const [option, flag] of Object.entries(job.flags))
      define(flags, option, { ...flag, location: this.locate(flag.span) })
    this.found.chain.push('sbatch')
    this.found.addLauncherFlags(flags, [])
    if (!job.complete) this.found.launcherComplete = false
    return this.within(job.script)
  }

  private within(script: ShellWord): boolean {
    for (const words of commandsIn(script, this.found.environment)) {
      const [first, second] = words
      if (first?.text === 'cd') {
        this.found.enter(second?.text ?? null)
        continue
      }
      if (first?.text === 'export') {
        for (const word of words.slice(1)) {
          const match = /^(\w+)=/.exec(word.text ?? word.outline ?? '')
          if (match !== null)
            this.found.setEnvironment(match[1]!, word.text?.slice(match[0].length) ?? null, word)
        }
        continue
      }
      const inner = new LaunchLine(words, this.locate, this.depth + 1, this.wanted)
      if (!inner.read() || inner.found.isShell !== (this.wanted !== 'program')) continue
      this.found.adopt(inner.found)
      return true
    }
    return false
  }

  /** `run.sh 8`, behind the options of a shell (`bash -ex`). */
  private shellScript(words: ShellWord[]): boolean {
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

  /** `$PYTHON train.py`, `$LAUNCHER train.py`: the name of the variable must say what it stands for. */
  private unreadableCommand(): boolean {
    const [first, ...rest] = this.words
    const raw = first!.raw
    if (isInterpreter(first!)) return this.python()
    if (!/launch|run|python|exec|cmd|dist|accelerate|deepspeed|mpi|prefix|wrapper/i.test(raw)) return false
    const at = rest.findIndex((word) => word.text !== null && /\.py$/.test(word.text))
    if (
      at === -1 ||
      rest.slice(0, at).some((word) => word.text !== null && !/^-|^\d+$|^python/.test(word.text))
    )
      return false
    this.words = rest.slice(at)
    this.found.chain.push('unknown')
    this.found.launcherComplete = false
    this.found.counted = { processes: null, nodes: null }
    return this.script(this.words[0]!)
  }

  private launch(launcher: Launcher): boolean {
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
  private serve(): boolean {
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
  private runAgent(): boolean {
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
    this.found.chain.push('notebook')
    this.found.program = { path, module: null }
    return this.startsAt(first)
  }

  private train(trainer: Trainer): boolean {
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
    this.found.chain.push('python')
    return this.script(this.words[0]!)
  }

  /** `python submit.py --gpus 8 -- accelerate launch …`: what stands behind the dashes is what runs. */
  private handsOn(): boolean {
    const at = this.words.findIndex((word) => word.text === '--')
    if (at < 1 || this.depth >= deepest) return false
    for (const words of handedOn(this.words.slice(at + 1))) {
      if (!startsCommand(words[0])) continue
      const inner = new LaunchLine(words, this.locate, this.depth + 1, this.wanted)
      if (!inner.read() || inner.found.isShell !== (this.wanted !== 'program')) continue
      this.found.adopt(inner.found)
      return true
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

  private script(word: ShellWord): boolean {
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
  private options(
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
