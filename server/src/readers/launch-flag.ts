/** A flag that is missing on a launch line: where the finding stands, and how the flag is added. */
import type { Change, Refusal, Write } from '../edit/write.js'
import type { ChangeTarget } from '../text/change-target.js'
import type { Launch } from '../text/launch.js'
import type { Span } from '../text/location.js'
import { offsetInFragment, type SourceFragment } from '../text/source-fragment.js'
import type { ClaimOptions } from '../workload/builder.js'
import type { Binding, Claim } from '../workload/claim.js'
import type { FragmentFacts } from './reader.js'

/** Options of a claim about what a launch leaves out. */
export function onLaunchLine({ launch }: Binding): ClaimOptions {
  const { location } = launch
  const last = lastArgument(launch)
  const program = launch.program.path ?? launch.program.module
  const target: ChangeTarget = {
    kind: 'launch line',
    ...(last === null ? {} : { last }),
    ...(program === null ? {} : { program }),
  }
  return { location, site: { start: location.start, end: location.end, target } }
}

/** Null: there is none, or it stands in another file. */
function lastArgument({ flags, positionals, location }: Launch): Span | null {
  const given = [...Object.values(flags), ...positionals].map((one) => one.location)
  const here = given.filter(({ path, cell }) => path === location.path && cell === location.cell)
  return here.length < given.length ? null : (here.sort((a, b) => b.end - a.end)[0] ?? null)
}

export function isOnLaunchLine(claim: Claim): boolean {
  return claim.site.target?.kind === 'launch line'
}

/** A flag or variable of a launch gives the value. */
export function isSetByLaunch({ channel }: Pick<Claim, 'channel'>): boolean {
  return channel === 'launch flag' || channel === 'launch environment'
}

/** The program has an option for it, which the launch leaves out: it is the key of the claim. */
export function passOption(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const written = writeLaunchFlag(claim, claim.key, facts)
  if ('reason' in written) return written
  return { title: `Pass ${claim.key}`, safety: 'unsafe', writes: [written], imports: [] }
}

/** Adds `flag` behind the last word of the command: on a line, in a text of another file, or as an item of a list. */
export function writeLaunchFlag(claim: Claim, flag: string, facts: FragmentFacts): Write | Refusal {
  const { shell, fragment, path } = facts
  const { start, end, target } = claim.site
  const command =
    fragment.origin === 'file'
      ? shell?.commands.find((one) => one.start === start && one.end === end)
      : undefined
  const word = command?.words.at(-1)
  const line = target?.kind === 'launch line' ? target : undefined
  const quoted = word === undefined ? null : commandInQuotes(fragment.text.slice(word.start, word.end), line)
  const added =
    quoted === 'several'
      ? undefined
      : word !== undefined
        ? behindWord(fragment.text, quoted === 'one' ? word.end - 1 : word.end, flag)
        : line?.last === undefined
          ? undefined
          : behind(claim, line.last, line.program, flag, fragment)
  if (added === undefined) return { reason: `pass ${flag} on the launch line` }
  return {
    kind: 'replace text',
    path,
    fragment: fragment.index,
    start: added.at,
    end: added.at,
    text: added.text,
  }
}

/** On a line of its own where the option before it stands on one. */
function behindWord(text: string, at: number, flag: string): { at: number; text: string } {
  const line = text.slice(Math.max(0, text.lastIndexOf('\n', at - 1) - 3), at)
  const indent = /\\\r?\n([ \t]*)-[^\n]*$/.exec(line)?.[1]
  return { at, text: indent === undefined ? ` ${flag}` : ` \\\n${indent}${flag}` }
}

/** `bash -c 'torchrun train.py'`: the last word holds the command that starts the program; null: it does not. */
function commandInQuotes(word: string, line: { program?: string } | undefined): 'one' | 'several' | null {
  const inside = /^(["'])(.*\s.*)\1$/s.exec(word)?.[2]
  if (inside === undefined || line?.program === undefined || !inside.includes(line.program)) return null
  return severalCommands.test(inside) ? 'several' : 'one'
}

/** Behind the last argument, in the way in which that is written; undefined: it is not part of a text or a list. */
function behind(
  { location: { cell } }: Claim,
  last: Span,
  program: string | undefined,
  flag: string,
  fragment: SourceFragment,
): { at: number; text: string } | undefined {
  const from = offsetInFragment(fragment, cell, last.start)
  if (from === undefined) return undefined
  const to = from + last.end - last.start
  const { text, language } = fragment
  const [before, word, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)]
  if (/^[|>][-+\d]*[ \t]*\r?\n/.test(word)) {
    const end = program === undefined ? undefined : endOfLine(word, program)
    return end === undefined ? undefined : behindWord(text, from + end, flag)
  }
  // The value of one parameter (`lr: 0.1`), which a sweep or a job makes an argument of.
  if (language === 'yaml' && /(^|\n)[ \t]*[\w.-]+:[ \t]+$/.test(before) && !/^["']?-|\s/.test(word))
    return undefined
  const words = flag.split(' ')
  const dash = /(^|\r?\n)([ \t]*)-[ \t]+$/.exec(before)
  if (language === 'yaml' && dash !== null && /^[ \t]*(#[^\n]*)?(\r?\n|$)/.test(after))
    return { at: to, text: words.map((one) => `${dash[1] || '\n'}${dash[2]}- ${scalar(one)}`).join('') }
  const quote = /^(["']).*\1$/s.exec(word)?.[1]
  if (/^\s*[,\]]/.test(after)) {
    if (quote !== undefined && listItems.test(word))
      return { at: to, text: words.map((one) => `, ${quote}${one}${quote}`).join('') }
    if (language === 'yaml' && plainItems.test(word))
      return { at: to, text: words.map((one) => `, ${scalar(one)}`).join('') }
  }
  const entry = /(\n[ \t]*)?(["'])[\w-]+\2\s*:\s*$/.exec(before)
  if (language === 'python' && entry !== null && /^\s*[,}]/.test(after))
    return asEntry(entry[1] ?? ' ', entry[2]!, words, to)
  // `--args=--lr=0.1,--epochs=25`
  if (language === 'shell' && /^--[\w-]+=--[^\s"']+$/.test(word) && words.length === 1)
    return { at: to, text: `,${flag}` }
  const inText = quote !== undefined || /^["'\s]|^$/.test(after)
  if (!inText || !/\s$/.test(before) || severalCommands.test(word)) return undefined
  // Inside of the quotes of a whole command.
  return behindWord(text, from + word.trimEnd().length - (quote?.length ?? 0), flag)
}

/** `'num_workers': 8`, behind the last entry of a dictionary of hyperparameters; undefined: a switch has no value to write. */
function asEntry(
  gap: string,
  quote: string,
  words: readonly string[],
  at: number,
): { at: number; text: string } | undefined {
  const [name, value, ...more] = words
  if (value === undefined || more.length > 0) return undefined
  const isPlain = /^(-?\d+(\.\d+)?|True|False)$/.test(value)
  const key = `${quote}${name!.replace(/^--/, '')}${quote}`
  return { at, text: `,${gap}${key}: ${isPlain ? value : `${quote}${value}${quote}`}` }
}

/** Where the only command ends that names the program, in a block of lines; undefined: it does more. */
function endOfLine(block: string, program: string): number | undefined {
  const lines = [...block.matchAll(block.startsWith('>') ? /.+/gs : /(?:\\\r?\n|[^\n])+/g)]
  const [line, other] = lines.filter(([text]) => text.includes(program))
  if (line === undefined || other !== undefined || /[;&|<]|\s[#\d]?>/.test(line[0].replace(/^[>|]/, '')))
    return undefined
  return line.index + line[0].trimEnd().length
}

/** `"64"`, `"-b", "64"`; `out`, `--output_dir, out` */
const listItems = /^(["'])[^"'\s]*\1(\s*,\s*\1[^"'\s]*\1)*$/
const plainItems = /^[^\s"'[\]{},]+(\s*,\s*[^\s"'[\]{},]+)*$/
const severalCommands = /[;&|]|\s#/

/** A number or a truth value would be read as such. */
const scalar = (word: string): string =>
  /^-*[a-z][\w.-]*$/i.test(word) && !/^(true|false|yes|no|on|off|null)$/i.test(word) ? word : `"${word}"`
