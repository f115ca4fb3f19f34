/**
 * Command lines of cloud providers, which are written alike: which command, its options, and where each value is written.
 * Also those inside steps of CI files.
 */
import { at, items, text, textWithTemplates } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ShellCommand, ShellWord } from '../../config/shell-facts.js'
import type { PythonModule } from '../../python/module.js'
import type { Span } from '../../text/location.js'
import { calleePlace } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'
import { bareCommand } from '../bare-command.js'
import { isOnlyOffered } from '../only-offered.js'
import { commandText, starters } from '../python/started-programs.js'
import type { FragmentFacts, ReaderContext } from '../reader.js'
import { type AssignedTexts, assignedTexts, textsOfVariables, variableIn } from './assigned-texts.js'

export interface CloudOption {
  /** Without dashes: 'machine-type'. */
  name: string
  /** '' for a switch; null: not readable. */
  value: string | null
  /** With `${?}` where something cannot be read; null: nothing can. */
  outline: string | null
  /** The word that holds the value, or the switch. */
  place: Place
  raw: string
}

export interface CloudCommand {
  command: ShellCommand
  /** Without the tool, `beta` and `alpha`: 'ai custom-jobs create'. */
  verb: string
  positionals: ShellWord[]
  options: CloudOption[]
  /** What stands behind `--`: arguments of the program that is started. */
  rest: ShellWord[]
  /** False where words may be missing: absent options are then unknown, unless `mayGive` tells. */
  complete: boolean
  /** What the words may be that cannot be read, by what the script assigns to their variables; null: not known. */
  unread: string | null
  /** The text that the command was read from; null: it is not at hand. */
  script: string | null
  /** What is shown for the command itself. */
  head: Place
  /** Every command of the same script. */
  beside: ShellCommand[]
}

/** Switches that take no value, among the commands that are read. */
const switches =
  /^(no-.*|async|quiet|spot|preemptible|enable-.*|disable-.*|reservation-affinity-any|stream-logs|help|verbosity-debug|best-effort|guaranteed|flex-start|q|y|e)$/
/** These look like switches and take a value. */
const valued = /^(disable-flags|enable-.*-version)$/

/** Options of the tools themselves, which may stand before the command that they are told. */
const early =
  /^--(project|account|configuration|verbosity|format|region|zone|profile|output|endpoint-url|query|subscription)$/
const earlySwitches = /^(--(quiet|debug|verbose|no-[a-z-]+|only-show-errors|log-http)|-q)$/

const deepestNode = 40
const mostCommands = 2_000
const mostPieces = 100
const longestCommand = 5_000

const mentions = {
  gcloud: /\bgcloud\s/,
  az: /(^|[\s;&|(`])az\s/,
  aws: /(^|[\s;&|(`])aws\s/,
  eksctl: /(^|[\s;&|(`])eksctl\s/,
  dbx: /(^|[\s;&|(`])dbx\s/,
  runai: /(^|[\s;&|(`])runai\s/,
}

export type CloudTool = keyof typeof mentions

/** Every such command of the fragment; in configuration, those in its texts, shown at the text. */
export function cloudCommands(
  tool: CloudTool,
  facts: FragmentFacts,
  context: ReaderContext,
  wanted: RegExp,
): CloudCommand[] {
  const { shell, config, python } = facts
  if (python !== undefined) return inProgram(tool, python, context, wanted)
  if (shell !== undefined) return inScript(tool, shell.commands, wanted, null, facts.fragment.text)
  if (config === undefined) return []
  const found: CloudCommand[] = []
  for (const { root } of config.documents) {
    found.push(...inScript(tool, stepsOf(tool, root), wanted, null, null))
    for (const node of textsOf(tool, root)) {
      const text = textWithTemplates(node)!
      // Templates of CI systems: their values are filled in later.
      const masked = text.replace(/\$\{\{[\s\S]*?\}\}|<<[^<>]*>>|\{\{[\s\S]*?\}\}/g, '{template}')
      found.push(
        ...inScript(
          tool,
          context.shell(masked).commands,
          wanted,
          { start: node.start, end: node.end },
          masked,
        ),
      )
    }
  }
  return found
}

/** Those that a Python program hands to the system: `subprocess.run(['gcloud', …])`. */
function inProgram(
  tool: CloudTool,
  python: PythonModule,
  context: ReaderContext,
  wanted: RegExp,
): CloudCommand[] {
  const found = python.calls.flatMap((call) => {
    const given = call.name !== null && starters.test(call.name) ? call.expr.args[0]?.value : undefined
    const text = given === undefined ? null : commandText(python, given)
    if (given === undefined || text === null || text.length > longestCommand || !text.includes(tool))
      return []
    if (isOnlyOffered(python, call)) return []
    // `cmd += ['--spot']`: what the program adds may be any of its words.
    const grows =
      given.type === 'name' &&
      new RegExp(`\\b${given.id}\\s*\\+=|\\b${given.id}\\.(append|extend|insert)\\(`).test(python.code)
    const { start, end } = calleePlace(call)
    return inScript(tool, context.shell(text).commands, wanted, { start, end }, null).map((one) =>
      grows ? { ...one, complete: false, unread: python.code } : one,
    )
  })
  const beside = found.flatMap((one) => one.beside)
  return found.map((one) => ({ ...one, beside }))
}

/** The text of the fragment as the shell would spell it: words of a list of Python stand one behind the other. */
export function spelledText({ python, fragment }: FragmentFacts): string {
  return python === undefined ? fragment.text : fragment.text.replace(/["',[\]\s]+/g, ' ')
}

function textsOf(tool: CloudTool, node: ConfigNode, into: ConfigNode[] = [], depth = 0): ConfigNode[] {
  if (depth > deepestNode || into.length > mostCommands) return into
  if (node.kind === 'list') for (const item of node.items) textsOf(tool, item, into, depth + 1)
  else if (node.kind === 'map') for (const one of node.entries) textsOf(tool, one.value, into, depth + 1)
  else if (mentions[tool].test(textWithTemplates(node) ?? '')) into.push(node)
  return into
}

/** Steps of Cloud Build: `entrypoint: gcloud` or an image whose entry point it is, with the words in `args`. */
function stepsOf(tool: CloudTool, root: ConfigNode): ShellCommand[] {
  return items(at(root, 'steps')).flatMap((step): ShellCommand[] => {
    const args = at(step, 'args')
    const entrypoint = text(at(step, 'entrypoint'))
    const image = text(at(step, 'name')) ?? ''
    const starts = entrypoint === undefined ? image.endsWith(`/cloud-builders/${tool}`) : entrypoint === tool
    if (!starts || args === undefined) return []
    const { start } = args
    const words = items(args).map((node): ShellWord => {
      const raw = textWithTemplates(node) ?? ''
      const plain = /\$/.test(raw) ? null : raw
      return { text: plain, raw, outline: raw, start: node.start, end: node.end }
    })
    return [bareCommand([{ text: tool, raw: tool, start, end: start }, ...words], args)]
  })
}

function inScript(
  tool: CloudTool,
  commands: ShellCommand[],
  wanted: RegExp,
  shown: Span | null,
  script: string | null,
): CloudCommand[] {
  return commands.flatMap((command) => {
    const read = command.unreachable ? null : cloudCommand(tool, command, wanted, shown)
    if (read === null) return []
    const unread = read.complete ? '' : script === null ? null : unreadOf(script, command)
    return [{ ...read, unread, script, beside: commands }]
  })
}

/** What the variables among its words bring; those behind options bring values. */
function unreadOf(script: string, { start, end }: ShellCommand): string | null {
  const words = script
    .slice(start, end)
    .split(/\s+/)
    .filter((word, index, list) => /^["']?\$/.test(word) && !/^--?[a-z][\w-]*$/.test(list[index - 1] ?? ''))
  // `run-instances "$ARG"` in quotes is one word, which is no option unless it is a list.
  const bare = words.filter((word) => !/^["']/.test(word) || word.includes('[@]'))
  return bare.length === 0 ? null : textsOfVariables(script, bare)
}

/** An option of one of these names may be given by words that cannot be read. */
export function mayGive({ complete, unread }: CloudCommand, ...names: string[]): boolean {
  if (complete) return false
  return unread === null || names.some((name) => new RegExp(`(^|[\\s"'])--?${name}\\b`).test(unread))
}

/** Values of an option that the script chooses from; null: they are not known. */
export function alternativesOf(one: CloudCommand, option: CloudOption | undefined): AssignedTexts | null {
  const name = option?.value === null ? variableIn(option.raw) : null
  if (name === null || one.script === null) return null
  const found = assignedTexts(one.script, name)
  const texts = found.texts.filter((text) => text !== '')
  // `TYPE=$2` of an option of the script.
  const plain = texts.filter((text) => !text.includes('$'))
  return plain.length === 0 ? null : { texts: plain, open: found.open || plain.length < texts.length }
}

/** How many words from here on are an option of the tool itself; 0: none. */
function earlyOption(words: readonly ShellWord[], at: number): number {
  const source = words[at]!.text ?? words[at]!.outline ?? ''
  if (early.test(source)) return at + 1 < words.length ? 2 : 0
  return earlySwitches.test(source) || /^--[a-z][\w-]*=/.test(source) ? 1 : 0
}

/** Words that name the command, before its options: at most five (`beta compute tpus tpu-vm create`). */
function cloudCommand(
  tool: CloudTool,
  command: ShellCommand,
  wanted: RegExp,
  shown: Span | null,
): Omit<CloudCommand, 'beside' | 'unread' | 'script'> | null {
  const { words } = command
  const at = words.findIndex((word) => word.text === tool || word.text?.endsWith(`/${tool}`) === true)
  // `sudo gcloud`, `time gcloud`; not `echo gcloud`.
  if (at < 0 || at > 1 || (at === 1 && !/^(sudo|time|nohup|command|exec)$/.test(words[0]!.text ?? '')))
    return null
  const names: string[] = []
  const before: ShellWord[] = []
  let next = at + 1
  for (; next < words.length && names.length < 5; next++) {
    const { text } = words[next]!
    // `gcloud compute --project=p instances create`.
    const options = wanted.test(names.join(' ')) ? 0 : earlyOption(words, next)
    if (options > 0) {
      before.push(...words.slice(next, next + options))
      next += options - 1
      continue
    }
    if (text === null || !/^[a-z][a-z0-9-]*$/.test(text)) break
    if (names.length === 0 && /^(beta|alpha)$/.test(text)) continue
    names.push(text)
  }
  const verb = wanted.exec(names.join(' '))?.[0]
  if (verb === undefined) return null
  // A name of one word looks like a part of the command: `node-pools create gpu`.
  next -= names.length - verb.split(' ').length
  const head: Place = shown ?? { start: words[at]!.start, end: words[next - 1]!.end }
  return { command, verb, head, ...optionsOf([...before, ...words.slice(next)], shown) }
}

function optionsOf(
  words: ShellWord[],
  shown: Span | null,
): Pick<CloudCommand, 'options' | 'positionals' | 'rest' | 'complete'> {
  const options: CloudOption[] = []
  const positionals: ShellWord[] = []
  let complete = true
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const source = word.text ?? word.outline ?? null
    if (word.text === '--') return { options, positionals, rest: words.slice(index + 1), complete }
    if (source === null) {
      if (word.splits === true) complete = false
      positionals.push(word)
      continue
    }
    const match = /^(?:--([a-z][\w-]*)(?:=([\s\S]*))?|-([a-z]))$/.exec(source)
    if (match === null) {
      positionals.push(word)
      continue
    }
    const name = match[1] ?? match[3]!
    if (match[2] !== undefined) {
      const value = word.text === null ? null : match[2]
      options.push({ name, value, outline: match[2], place: shown ?? word, raw: word.raw })
      continue
    }
    const following = words[index + 1]
    const takes =
      following !== undefined &&
      following.text !== '--' &&
      !/^-(-[a-z]|[a-z]$)/.test(following.text ?? following.outline ?? '') &&
      (!switches.test(name) || valued.test(name))
    if (!takes) {
      options.push({ name, value: '', outline: '', place: shown ?? word, raw: word.raw })
      continue
    }
    index++
    const place = shown ?? { start: following.start, end: following.end }
    const outline = following.text ?? following.outline ?? null
    options.push({ name, value: placeholder(following.text), outline, place, raw: following.raw })
  }
  return {
    options: options.map(({ place, value, ...rest }) => ({
      ...rest,
      value: placeholder(value),
      place: { start: place.start, end: place.end },
    })),
    positionals,
    rest: [],
    complete,
  }
}

/** `{REGION}` of a notebook, `<your-zone>`, `[ZONE]`: to be filled in. */
function placeholder(value: string | null): string | null {
  return value !== null && /[{}<>[\]]|\$\{\?\}/.test(value) ? null : value
}

export function optionOf(one: CloudCommand, ...names: string[]): CloudOption | undefined {
  for (let index = one.options.length - 1; index >= 0; index--)
    if (names.includes(one.options[index]!.name)) return one.options[index]
  return undefined
}

/** A whole number; null: given but not readable; undefined: not given. */
export function numberOf(option: CloudOption | undefined): number | null | undefined {
  if (option === undefined) return undefined
  return /^\d+$/.test(option.value ?? '') ? Number(option.value) : null
}

/** True where the switch is given, and `--no-…` is not. */
export function isOn(one: CloudCommand, name: string): boolean {
  const found = optionOf(one, name, `no-${name}`)
  return found !== undefined && found.name === name && !/^false$/i.test(found.value ?? '')
}

/** `type=nvidia-l4,count=1`. */
export interface Piece {
  key: string
  /** Null: not readable. */
  value: string | null
  place: Place
  /** It is written in this word, so that it can be replaced. */
  written: boolean
}

export function piecesOf(option: CloudOption): Piece[] | null {
  // JSON, or a file that holds it.
  if (option.outline === null || /^\s*([{[]|fileb?:)/.test(option.outline)) return null
  return option.outline.split(',', mostPieces).flatMap((part): Piece[] => {
    const match = /^\s*([a-zA-Z][\w-]*)=([\s\S]*)$/.exec(part)
    if (match === null) return []
    const [, key, text] = match
    const { place, raw } = option
    const value = placeholder(text!)
    const at = value === null || place.end - place.start !== raw.length ? -1 : raw.indexOf(`${key}=${text}`)
    if (at < 0) return [{ key: key!, value, place, written: false }]
    const start = place.start + at + key!.length + 1
    return [{ key: key!, value, place: { start, end: start + text!.length }, written: true }]
  })
}

export function pieceOf(pieces: Piece[] | null | undefined, key: string): Piece | undefined {
  return pieces?.find((one) => one.key === key)
}

/** The value of `--name=value` alone, where it is written as it is read. */
export function valuePlace(option: CloudOption): Place {
  const { place, raw, value } = option
  if (value === null || value === '' || place.end - place.start !== raw.length) return place
  const at = raw.lastIndexOf(value)
  return at < 0 ? place : { start: place.start + at, end: place.start + at + value.length }
}

/** It only shows its user something: `echo "aws ec2 terminate-instances …"`. */
export function isPrinting([program]: readonly ShellWord[]): boolean {
  return program?.text === 'echo' || program?.text === 'printf'
}

/** What the pattern finds in the first command of the same script that it fits. */
export function besideMatching({ beside }: CloudCommand, pattern: RegExp): string | null {
  for (const { words, piped } of beside) {
    if (piped === undefined && isPrinting(words)) continue
    const found = pattern.exec(words.map((word) => word.raw).join(' '))
    if (found !== null) return found[0]
  }
  return null
}
