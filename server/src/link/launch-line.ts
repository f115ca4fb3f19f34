/**
 * Command lines that start a Python program: through which launchers, with which arguments, on how many processes.
 */
import type { ShellCommand, ShellWord } from '../config/shell-facts.js'
import { define } from '../text/records.js'
import { wrappedJob } from './batch-submission.js'
import { commandName, commandsIn, isInterpreter, longest, startsCommand } from './command-words.js'
import { innerCommand } from './inner-command.js'
import {
  type FoundLaunch,
  flagOf,
  type LaunchFlag,
  type LaunchParts,
  type Locate,
  type ScriptCallParts,
} from './launch-parts.js'
import { launchers, trainers } from './launchers.js'
import { notebookRunners } from './notebook-runners.js'
import { deepestLine, ProgramWords, shellFile, type Wanted } from './program-words.js'
import { remoteCommand } from './remote-shell.js'
import { trainingScript } from './training-scripts.js'
import { type Wrapper, wrappers } from './wrappers.js'

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
  return foundIn(words, environment, locate, 'program')?.parts() ?? null
}

/** Recognises a command that runs a shell script, through the same launchers; null for every other command. */
export function parseScriptCall(
  words: ShellWord[],
  environment: ShellCommand['environment'],
  locate: Locate,
): ScriptCallParts | null {
  return foundIn(words, environment, locate, 'script')?.scriptCall() ?? null
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
  return foundIn(words, environment, locate, 'command')?.scriptCall() ?? null
}

function foundIn(
  words: ShellWord[],
  environment: ShellCommand['environment'],
  locate: Locate,
  wanted: Wanted,
): FoundLaunch | null {
  if (words.length === 0 || words.length > mostWords) return null
  const line = new LaunchLine(words, locate, 0, wanted)
  for (const one of environment) line.found.setEnvironment(one.name, one.value, one)
  return line.read() ? line.found : null
}

class LaunchLine extends ProgramWords {
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
        if ('script' in remote) return this.depth < deepestLine && this.within(remote.script)
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
    if (this.depth >= deepestLine) return false
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
    const job = this.depth < deepestLine ? wrappedJob(this.words.slice(1)) : null
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
      if (this.adopts(words)) return true
    }
    return false
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

  protected adopts(words: ShellWord[]): boolean {
    const inner = new LaunchLine(words, this.locate, this.depth + 1, this.wanted)
    if (!inner.read() || inner.found.isShell !== (this.wanted !== 'program')) return false
    this.found.adopt(inner.found)
    return true
  }
}
