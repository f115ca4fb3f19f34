/** Containers that code describes: an image, a command and its arguments, as the services of clouds take them. */
import { readArguments } from '../link/script-arguments.js'
import type { ArgumentValue, PythonModule } from '../python/module.js'
import type { Span } from '../text/location.js'
import { isLeftOut, passedExpression, textArgument } from '../values/argument.js'
import type { ClaimBuilder } from '../workload/builder.js'
import type { Evidence, Launch } from '../workload/claim.js'
import { bareCommand } from './bare-command.js'
import { claimQuotedSetUp } from './shell/job-operations.js'
import { claimShellLaunch, launchesOf } from './shell/launches.js'
import { claimScriptCalls } from './shell/script-calls.js'
import { commandWords, wordsOf } from './words-in-code.js'

export interface ContainerInCode {
  image: ArgumentValue
  command: ArgumentValue
  args: ArgumentValue
  job: string
  id: string
  nodes: number | null
}

/** Whether it has accelerators only its job tells. */
const unsaid: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }

/** What the command starts; without one, what the image starts by itself with these arguments. */
export function claimContainerInCode(
  python: PythonModule,
  claims: ClaimBuilder,
  { image, command, args, job, id, nodes }: ContainerInCode,
): void {
  const locate = (span: Span) => claims.locate(span)
  const given = wordsOf(python, args)
  const shown = passedExpression(command) ?? passedExpression(image)
  if (shown === null) return
  const place = { start: shown.start, end: shown.end }
  if (!isLeftOut(command)) {
    const begun = commandWords(python, command)
    if (begun === null || begun.words.length === 0) return
    const started = bareCommand([...begun.words, ...(begun.whole ? (given ?? []) : [])], place)
    for (const launch of launchesOf([started], locate)) {
      const complete = launch.parts.complete && given !== null && begun.whole
      claimShellLaunch(claims, { ...launch, parts: { ...launch.parts, complete } }, { job, id, place, nodes })
    }
    claimScriptCalls(claims, [started], { job, id, place, nodes }, locate)
    claimQuotedSetUp(
      claims,
      started,
      { holder: 'the job', gpus: null, model: null, evidence: unsaid, job },
      place,
    )
    return
  }
  const name = imageName(python, image)
  if (name === null) return
  const read = readArguments(given ?? [], locate)
  const launch: Omit<Launch, 'reader' | 'location'> = {
    id: `${id}:image`,
    job,
    launcher: 'image',
    program: { path: null, module: null, bases: [] },
    image: {
      name,
      arguments: given?.length === 0 ? 'none' : 'given',
      words: given?.map(({ text }) => text) ?? null,
    },
    flags: read.flags,
    positionals: read.positionals,
    complete: read.complete && given !== null,
    environment: {},
    launcherFlags: {},
    processes: null,
    nodes,
    files: read.files,
  }
  claims.launch(launch, place)
}

/** As a shell would write it: `gcr.io/$PROJECT_ID/train` for an f-string; null: not readable. */
function imageName(python: PythonModule, image: ArgumentValue): string | null {
  const known = textArgument(image)
  const expr = passedExpression(image)
  if (known !== null || expr === null) return known
  const value = python.definition(expr)
  return value.type === 'fstring'
    ? value.parts.map((part) => (typeof part === 'string' ? part : '$X')).join('')
    : null
}
