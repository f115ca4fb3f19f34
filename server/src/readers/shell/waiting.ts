/** Commands that only wait, and keep the machine of their job meanwhile. */
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import { lookUp } from '../../text/records.js'
import { isServer } from './commands.js'
import { isGuarded, isInLoop } from './surroundings.js'

export interface Waiting {
  command: ShellCommand
  /** As it is written, `while true` included. */
  what: string
  /** Null: until somebody ends it. */
  seconds: number | null
  stage: 'before' | 'after' | 'instead'
  /** Only where the program before it has failed: `python train.py || sleep infinity`. */
  afterFailure?: true
  /** A notebook server: somebody may work in it. */
  notebook: boolean
  /** What a change would remove. */
  span: { start: number; end: number }
}

/** Shorter waits let something settle. */
const longSleep = 600
/** What stands around a command is read from the text before it: enough for every script that people write. */
const mostCandidates = 100

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

function nameOf(command: ShellCommand): string {
  const text = command.words[0]?.text ?? ''
  return text.slice(text.lastIndexOf('/') + 1)
}

/** Seconds that `sleep` takes; null: for ever; undefined: it cannot be read. */
function sleepOf(command: ShellCommand): number | null | undefined {
  let sum = 0
  for (const word of command.words.slice(1)) {
    if (word.text === null) return undefined
    if (/^inf(inity)?$/i.test(word.text)) return null
    const match = /^(\d+(?:\.\d+)?|\.\d+)([smhd]?)$/.exec(word.text)
    if (match === null) return undefined
    sum += Number(match[1]) * lookUp(units, match[2] || 's')!
  }
  return sum
}

function waits(command: ShellCommand): { seconds: number | null; notebook: boolean } | null {
  const name = nameOf(command)
  const texts = command.words.map((word) => word.text ?? '')
  if (name === 'sleep') {
    const seconds = sleepOf(command)
    return seconds === undefined ? null : { seconds, notebook: false }
  }
  if (name === 'tail' && texts.some((text) => /^-[a-z]*[fF]$/.test(text)) && texts.includes('/dev/null'))
    return { seconds: null, notebook: false }
  if (/^jupyter(-lab|-notebook)?$/.test(name) && /^(jupyter-|.*\b(lab|notebook)\b)/.test(texts.join(' ')))
    return { seconds: null, notebook: true }
  return null
}

const endless = /\bwhile\s+(?:true|:|\[\s+1\s+\]|\(\(\s*1\s*\)\))\s*(?:;|\n)\s*do\s+sleep\s+\S+\s*;?\s*done/g

/** `sleep infinity & wait`: signals still arrive, and nothing else goes on meanwhile. */
function isAwaited({ commands }: ShellFacts, command: ShellCommand): boolean {
  const next = commands.find((one) => one.start > command.end)
  return next !== undefined && nameOf(next) === 'wait'
}

/** `python train.py || …`, `if [ $? -ne 0 ]; then …`, `if [ "$EXIT_CODE" != 0 ]; then …`, and nothing else decides. */
function asksForFailure({ guards }: ShellCommand): boolean {
  return (
    guards !== undefined &&
    guards.length > 0 &&
    guards.every(({ test, holds }) =>
      holds
        ? /\$\{?(\?|\w*(EXIT|STATUS|CODE|RC|RET)\w*)/i.test(test) && /(-ne|!=|-gt|>)\s*["']?0/.test(test)
        : /^(\S+\/)?(python[\d.]*|torchrun|accelerate|deepspeed)\s/.test(test) ||
          (/\$\{?(\?|\w*(EXIT|STATUS|CODE|RC|RET)\w*)/i.test(test) && /(-eq|==?)\s*["']?0/.test(test)),
    )
  )
}

/** `first`: where the first program starts; `text` is what the facts were read from, null: it is not at hand. */
export function waitingOf(facts: ShellFacts, first: number | undefined, text: string | null): Waiting[] {
  const found: Waiting[] = []
  const stageOf = (start: number): Waiting['stage'] =>
    first === undefined ? 'instead' : start < first ? 'before' : 'after'
  const loops = text === null ? [] : [...text.matchAll(endless)]
  let candidates = 0
  for (const command of facts.commands) {
    if (command.unreachable || (command.background && !isAwaited(facts, command))) continue
    const wait = waits(command)
    if (wait === null) continue
    if (++candidates > mostCandidates) break
    const { start, end } = command
    const around = loops.find((one) => one.index <= start && end <= one.index + one[0].length)
    if (around !== undefined) {
      const span = { start: around.index, end: around.index + around[0].length }
      if (text !== null && isGuarded(text, span.start)) continue
      const what = around[0].replace(/\s+/g, ' ')
      found.push({ command, what, seconds: null, stage: stageOf(start), notebook: false, span })
      continue
    }
    // Between two looks at something, or where a variable asks for it.
    if (command.loops.length > 0 || (text !== null && isInLoop(text, start))) continue
    const failed = first !== undefined && start > first && asksForFailure(command)
    if (command.guards !== undefined && !failed) continue
    const { seconds, notebook } = wait
    if (seconds !== null && seconds < longSleep) continue
    const what = command.words.map((word) => word.raw).join(' ')
    const shown = notebook
      ? command.words
          .slice(0, 2)
          .map((word) => word.raw)
          .join(' ')
      : what
    const stage = stageOf(start)
    const one = { command, what: shown, seconds, stage, notebook, span: { start, end } }
    found.push(failed ? { ...one, afterFailure: true } : one)
  }
  // What else the script runs may well use the machine.
  const others = facts.commands.filter((one) => !one.unreachable && waits(one) === null)
  if (others.some((one) => one.background || isServer(one))) return []
  return found.filter(
    ({ stage, command }) =>
      stage !== 'instead' || others.every((one) => one.start > command.end || isPlain(one)),
  )
}

const plain =
  /^(echo|printf|cd|mkdir|ls|export|source|\.|set|module|ml|env|date|hostname|whoami|pwd|nvidia-smi|chmod|touch|ulimit|trap|conda|rm|cp|ln|pip|pip3|apt|apt-get|true|:|\w+=.*)$/

function isPlain(command: ShellCommand): boolean {
  return plain.test(nameOf(command))
}
