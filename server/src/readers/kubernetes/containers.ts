/** Programs that the containers of a pod start. */
import { at, items, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ShellCommand, ShellFacts, ShellWord } from '../../config/shell-facts.js'
import { outlineOf } from '../../config/shell-values.js'
import { filler } from '../../config/template.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import { readArguments } from '../../link/script-arguments.js'
import { inlineName } from '../../text/embedded-programs.js'
import type { Span } from '../../text/location.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { LaunchValue, VariableSource } from '../../workload/claim.js'
import { bareCommand } from '../bare-command.js'
import type { ReaderContext } from '../reader.js'
import { linesBefore } from '../shell/environment-values.js'
import { claimIgnoredFailures, trainsByName } from '../shell/failures.js'
import { claimShellGrids } from '../shell/grid-loop.js'
import { claimJobOperations, type JobMachine } from '../shell/job-operations.js'
import {
  claimShellLaunch,
  type FoundLaunch,
  launchesOf,
  readsIn,
  type Work,
  workOf,
} from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'
import { variableSources } from './config-map.js'
import { mountedScript } from './mounted-scripts.js'
import { containerEnvironment, containerWords } from './pod.js'

interface Script {
  facts: ShellFacts
  launches: FoundLaunch[]
  /** Where the script stands as one word; null: its words stand for themselves. */
  whole: Span | null
  /** What the facts were read from; null: single words. */
  text: string | null
}

export interface ContainerWork extends Work {
  /** One of its programs trains, by its name. */
  trains: boolean
}

/** What a controller adds to the processes that a command starts. */
export type ProcessRule = (
  parts: LaunchParts,
  nodes: number | null,
) => { processes: number | null; nodes?: number | null } | undefined

/**
 * Claims the launches of a container, and tells what else it does. Null: the image decides what runs. `machine`: the
 * accelerators that it holds.
 */
export function claimContainer(
  claims: ClaimBuilder,
  context: ReaderContext,
  container: ConfigNode,
  job: string,
  id: string,
  nodes: number | null,
  machine: JobMachine | null = null,
  processes?: ProcessRule,
): ContainerWork | null {
  const words = containerWords(container)
  const variables = containerEnvironment(container)
  const environment: Record<string, LaunchValue> = Object.fromEntries(
    variables.map(({ name, value, node }) => [name, { value, location: claims.locate(node) }]),
  )
  const variablesFrom = variableSources(container)
  // A map of values or a secret may hold any.
  const listed = at(container, 'envFrom') === undefined
  const values = new Map(variables.map(({ name, value }) => [name, value]))
  if (words === null) {
    claimImageLaunch(claims, container, {
      job,
      id,
      environment,
      variablesFrom,
      contained: listed,
      values,
      nodes,
    })
    return null
  }
  const script = scriptOf(claims, context, container, words, values, environment)
  const contained = listed && !readsIn(script.facts)
  script.launches.forEach((launch, index) => {
    claimShellLaunch(claims, launch, {
      job,
      id: `${id}:${index}`,
      place: script.whole ?? { start: launch.command.start, end: launch.command.end },
      environment,
      variablesFrom,
      contained,
      folder: text(at(container, 'workingDir')) ?? '',
      image: text(at(container, 'image')) ?? null,
      nodes: launch.parts.nodes === 1 ? nodes : launch.parts.nodes,
      ...processes?.(launch.parts, nodes),
    })
  })
  const first = words[0]!
  claimScriptCalls(
    claims,
    script.facts.commands,
    {
      job,
      id,
      place: script.whole ?? { start: first.start, end: Math.max(...words.map((word) => word.end)) },
      environment,
      variablesFrom,
      contained,
      folder: text(at(container, 'workingDir')) ?? '',
      image: text(at(container, 'image')) ?? null,
      nodes,
    },
    (span) => claims.locate(script.whole ?? span),
    processes === undefined ? undefined : (parts) => processes(parts, nodes),
  )
  claimShellGrids(claims, script.facts, (command) => script.whole ?? command)
  const pipes = words.some((word) => text(word) === 'pipefail')
    ? null
    : { shell: script.facts, counts: 'last' as const }
  claimIgnoredFailures(claims, script.launches, script.text, (span) => script.whole ?? span, job, pipes)
  if (machine !== null) {
    const { facts, launches, whole } = script
    claimJobOperations(
      claims,
      context,
      facts,
      launches,
      { ...machine, job },
      script.text,
      (span) => whole ?? span,
    )
  }
  return { ...workOf(script.facts, script.launches), trains: script.launches.some(trainsByName) }
}

/** The image decides what runs: its Dockerfile may be in the project. */
function claimImageLaunch(
  claims: ClaimBuilder,
  container: ConfigNode,
  around: {
    job: string
    id: string
    environment: Record<string, LaunchValue>
    variablesFrom: VariableSource[] | undefined
    contained: boolean
    values: Map<string, string | null>
    nodes: number | null
  },
): void {
  const image = at(container, 'image')
  const name = image === undefined ? undefined : (text(image) ?? textWithTemplates(image))
  if (image === undefined || name === undefined) return
  const args = items(at(container, 'args'))
  const words = args.map((word) => wordOf(word, around.values))
  const { flags, positionals, complete, files } = readArguments(words, (span) => claims.locate(span))
  claims.launch(
    {
      id: `${around.id}:image`,
      job: around.job,
      launcher: 'image',
      program: { path: null, module: null, bases: [] },
      image: { name, arguments: args.length === 0 ? 'none' : 'given', words: words.map((word) => word.text) },
      flags,
      positionals,
      complete,
      environment: around.environment,
      ...(around.variablesFrom === undefined ? {} : { variablesFrom: around.variablesFrom }),
      ...(around.contained ? { contained: true as const } : {}),
      launcherFlags: {},
      processes: null,
      nodes: around.nodes,
      files,
    },
    { start: image.start, end: image.end },
  )
}

function scriptOf(
  claims: ClaimBuilder,
  context: ReaderContext,
  container: ConfigNode,
  words: ConfigNode[],
  values: Map<string, string | null>,
  environment: Record<string, LaunchValue>,
): Script {
  const shell = (written(words[0]) ?? '').replace(/^.*\//, '')
  const flag = words.findIndex((word, index) => index > 0 && /^-\w*c$/.test(written(word) ?? ''))
  // `["/bin/bash", "-c", "--"]` and the script among the arguments.
  const whole = flag > 0 ? words.slice(flag + 1).find((word) => written(word) !== '--') : undefined
  if (/^(ba|da|z|k|a)?sh$/.test(shell) && whole !== undefined) {
    const own = textWithTemplates(whole)
    if (own !== undefined) {
      const source = linesBefore(own, environment) + own
      const facts = context.shell(source)
      // Escapes and indentation of the scalar stand between these offsets and the file.
      const launches = launchesOf(facts.commands, () => claims.locate(whole))
      return { facts, launches, whole: { start: whole.start, end: whole.end }, text: source }
    }
  }
  const mounted = mountedScript(words, container, context.documents)
  if (mounted !== undefined) {
    const source = linesBefore(mounted.text, environment) + mounted.text
    const facts = context.shell(source)
    const whole = { start: mounted.entry.keyStart, end: mounted.entry.keyEnd }
    return { facts, launches: launchesOf(facts.commands, () => claims.locate(whole)), whole, text: source }
  }
  const command: ShellCommand = {
    ...bareCommand(
      words.map((word) => wordOf(word, values)),
      { start: words[0]!.start, end: Math.max(...words.map((word) => word.end)) },
    ),
    ...inlineIn(words),
  }
  const facts: ShellFacts = {
    commands: [command],
    directives: [],
    variables: {},
    comments: [],
    hasErrors: false,
  }
  return { facts, launches: launchesOf([command], (span) => claims.locate(span)), whole: null, text: null }
}

/** `["python", "-c", "…"]` with a program of several lines. */
function inlineIn(words: ConfigNode[]): { inline?: string } {
  const [interpreter, flag] = words.map((word) => written(word) ?? '')
  const program = flag === '-c' ? written(words[2]) : undefined
  if (program === undefined || !/(^|\/)python[\d.]*$/.test(interpreter ?? '')) return {}
  return program.trim().split('\n').length < 3 ? {} : { inline: inlineName(program) }
}

/** One item of a command list: `$(NAME)` is a variable of the container, `$$` a dollar sign. */
function wordOf(node: ConfigNode, values: Map<string, string | null>): ShellWord {
  const { start, end } = node
  const raw = written(node) ?? textWithTemplates(node) ?? ''
  let readable = written(node) !== undefined
  const source = readable ? raw : raw.replace(/\{\{[\s\S]*?\}\}|\$\{[^{}]*\}/g, filler)
  const text = source.replace(/\$\$|\$\(([A-Za-z_][\w.-]*)\)/g, (_match, name: string | undefined) => {
    if (name === undefined) return '$'
    const value = values.get(name)
    if (value == null) readable = false
    return value ?? filler
  })
  const word: ShellWord = { text: readable ? text : null, raw, start, end }
  if (!readable && text !== filler && text !== '') word.outline = outlineOf(text)
  return word
}
