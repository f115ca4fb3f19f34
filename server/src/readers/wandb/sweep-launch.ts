/** What a W&B sweep file starts: its `program`, with its parameters as arguments. Source: W&B documentation, "Sweep configuration options". */
import { at, entries, entry, items, textWithTemplates } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { ShellWord } from '../../config/shell-facts.js'
import { parseLaunch } from '../../link/launch-line.js'
import { startsPerDevice } from '../../link/launchers.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'

const macro = /^\$\{(\w+)\}$/
const byDefault = ['env', 'interpreter', 'program', 'args'].map((name) => `\${${name}}`)

/** The job that the runs of the sweep belong to; null: what they start cannot be read. */
export function launchOfSweep(document: ConfigDocument, place: Place, claims: ClaimBuilder): string | null {
  const { root } = document
  const program = entry(root, 'program')?.value
  const command = entry(root, 'command')?.value
  const given = command === undefined ? null : items(command)
  if ((command !== undefined && given!.length === 0) || (program === undefined && command === undefined))
    return null
  const words: ShellWord[] = []
  const parts = given?.map((one) => ({ text: textWithTemplates(one) ?? scalarText(one), node: one }))
  for (const { text, node } of parts ?? byDefault.map((one) => ({ text: one, node: program! })))
    words.push(...expand(text, node, program, at(root, 'parameters')))
  const launch = parseLaunch(words, [], (span) => claims.locate(span))
  if (launch === null) return null
  const job = `${claims.path}#sweep@${claims.fragment.index}:${document.index}`
  claims.launch(
    {
      id: job,
      job,
      launcher: launch.launcher,
      program: {
        ...launch.program,
        bases: launch.folder === null || launch.folder === '' ? [] : [launch.folder],
      },
      flags: launch.flags,
      positionals: launch.positionals,
      complete: launch.complete,
      environment: launch.environment,
      launcherFlags: launch.launcherFlags,
      processes: launch.processes,
      nodes: launch.nodes,
      ...(startsPerDevice(launch.launcher) ? { perDevice: true } : {}),
      sweep: 'file',
      files: launch.files,
    },
    place,
  )
  return job
}

function scalarText(node: ConfigNode): string | null {
  return node.kind === 'scalar' && node.value !== null ? String(node.value) : null
}

/** One word of the command: macros stand for what the agent puts in their places. */
function expand(
  text: string | null,
  node: ConfigNode,
  program: ConfigNode | undefined,
  parameters: ConfigNode | undefined,
): ShellWord[] {
  const span = { start: node.start, end: node.end }
  const word = (value: string): ShellWord => ({ text: value, raw: value, ...span })
  const unreadable: ShellWord = { text: null, raw: '$ARGS', splits: true, ...span }
  if (text === null) return [unreadable]
  if (text === '/usr/bin/env') return []
  switch (macro.exec(text)?.[1]) {
    case 'env':
      return []
    case 'interpreter':
      return [word('python')]
    case 'program': {
      const name = program === undefined ? undefined : textWithTemplates(program)
      return name === undefined || program === undefined
        ? [unreadable]
        : [{ text: name, raw: name, start: program.start, end: program.end }]
    }
    case 'args':
      return argumentsOf(parameters, '--', false)
    case 'args_no_boolean_flags':
      return argumentsOf(parameters, '--', true)
    case 'args_no_hyphens':
      return argumentsOf(parameters, '', false)
    default:
      if (/^\$\{args/.test(text)) return [unreadable]
      return /\$\{/.test(text) ? [{ text: null, raw: '"$VARIABLE"', ...span }] : [word(text)]
  }
}

/** `--lr=0.1` where a parameter has one value; a value that changes from run to run cannot be read. */
function argumentsOf(parameters: ConfigNode | undefined, dashes: string, flags: boolean): ShellWord[] {
  return entries(parameters).flatMap(({ key, value: parameter }): ShellWord[] => {
    const values = items(at(parameter, 'values'))
    const only = at(parameter, 'value') ?? (values.length === 1 ? values[0] : undefined)
    const span = { start: (only ?? parameter).start, end: (only ?? parameter).end }
    const name = `${dashes}${key}`
    const fixed = only?.kind === 'scalar' ? only.value : undefined
    if (fixed === undefined || fixed === null)
      return [{ text: null, raw: `${name}=$VALUE`, outline: `${name}=\${?}`, ...span }]
    if (typeof fixed === 'boolean' && flags) return fixed ? [{ text: name, raw: name, ...span }] : []
    const text = `${name}=${typeof fixed === 'boolean' ? (fixed ? 'True' : 'False') : String(fixed)}`
    return [{ text, raw: text, ...span }]
  })
}
