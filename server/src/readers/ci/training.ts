/** Commands of continuous integration that train, whatever the service that runs them. */

import type { ConfigNode } from '../../config/node.js'
import type { ShellCommand } from '../../config/shell-facts.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Launch } from '../../workload/claim.js'
import { bareLaunch } from '../bare-launch.js'
import { workOfName } from '../pipelines/step-work.js'
import type { ReaderContext } from '../reader.js'
import { claimIgnoredFailures, programOf, trainsByName, trainsByProgram } from '../shell/failures.js'
import { launchesOf, shellLaunch } from '../shell/launches.js'
import { makeCall } from '../shell/make-calls.js'
import { scriptCall } from '../shell/script-calls.js'

/** Commands of platforms that bring machines of their own. */
const platforms: [RegExp, string][] = [
  [/^sky (launch|jobs launch|exec)\b/, 'sky launch'],
  [/^az ml job create\b/, 'az ml job create'],
  [/^gcloud (beta )?ai (custom-jobs|hp-tuning-jobs) create\b/, 'gcloud ai custom-jobs create'],
  [/^aws sagemaker create-(training|hyper-parameter-tuning)-job\b/, 'aws sagemaker create-training-job'],
  // Jobs that the platform knows by a name.
  [/^dbx (execute|launch)\b.*train/i, 'dbx execute'],
  [/^databricks bundle run\b.*train/i, 'databricks bundle run'],
  [/^modal run\b.*train/i, 'modal run'],
  // A manifest of a job, not of the volume or the secret beside it, nor of what makes jobs possible.
  [
    /^kubectl (create|apply|replace)\b(?!.*(\bcrds?\b|operator|customresource)).*(train(ing)?[\w-]*job|job[\w-]*train|(pytorch|tf|mpi|ray)-?job)/i,
    'kubectl',
  ],
  [/^argo submit\b.*train/i, 'argo submit'],
  [/^(dvc|uv run dvc|poetry run dvc) (repro|exp run)\b/, 'dvc repro'],
]

/** A few steps to see that it starts at all. */
const smoke =
  /fast[_-]dev[_-]run|smoke|dry[_-]?run|--debug\b|--quick\b|--tiny\b|overfit[_-]batches|limit[_-]train[_-]batches|--?(max[_-]?(steps|iters?|train[_-]steps)|steps)[= ]+([1-9]|[1-4]\d)\b|epochs?[= ]+[1-5]\b|\b(max_)?steps=([1-9]|[1-4]\d)\b|\b((experiments?|exp|config(s|[-_]name)?|cfg|preset|profile)(=|[= /][\w/.-]*[/_-])|(data(set)?|model)=)(dummy|toy|tiny|debug|sanity|mini)\b(?!-)|\btests?\//i

/** Programs that test. */
export const runsTests = /\b(pytest|tox|nox|unittest|hatch test|make (unit-?)?tests?)\b/

const spelled = (command: ShellCommand): string =>
  command.words.map((word) => word.text ?? word.raw).join(' ')

/** `az ml job create --file pipelines/deploy.yml`: by the name of the file, a job of another kind. */
function worksOtherwise(command: ShellCommand): boolean {
  return command.words.some((word) => {
    const name = /([^/]+)\.(ya?ml|json)$/.exec(word.text ?? word.outline ?? '')?.[1]
    const works = name === undefined ? [] : workOfName(name)
    return works.length > 0 && !works.includes('train') && !works.includes('tune')
  })
}

export interface Trained {
  /** 'train.py', 'sky launch'. */
  what: string
  /** On the machine that runs the command, not on one that a platform brings. */
  local: boolean
  /** Scripts that it calls may train: the job of what they start. */
  calls?: string
}

/** What a script of commands trains, a few steps for the sake of a test aside; null: nothing. */
export function trainedBy(
  claims: ClaimBuilder,
  context: ReaderContext,
  node: ConfigNode,
  source: string,
  /** Failures in pipelines that end no step. */
  counts: 'all' | null = null,
): Trained | null {
  const shell = context.shell(source)
  const { commands } = shell
  const launches = launchesOf(commands, () => claims.locate(node)).filter(
    (launch) => trainsByName(launch) && !smoke.test(spelled(launch.command)),
  )
  claimIgnoredFailures(claims, launches, source, () => ({ start: node.start, end: node.end }), null, {
    shell,
    counts,
  })
  const remote = commands.flatMap((command) => {
    const line = spelled(command)
    const platform = command.unreachable ? undefined : platforms.find(([pattern]) => pattern.test(line))
    return platform === undefined || smoke.test(line) || worksOtherwise(command) ? [] : [platform[1]]
  })
  const what = launches[0] === undefined ? remote[0] : programOf(launches[0])
  return what === undefined ? null : { what, local: launches[0] !== undefined || what === 'dvc repro' }
}

/** Labels of runners that say what they have. */
export function namesGpu(label: string): boolean {
  return /gpu|cuda|nvidia|(^|[-_])(a10g?|a100|h100|l4|t4|v100)([-_]|$)/i.test(label)
}

/** Where the commands of a step stand, and for which workflow. */
export interface StepCalls {
  /** The job of the workflow's subject; null: in an action or a workflow that others call. */
  job: string | null
  id: string
  node: ConfigNode
  /** Where the step starts; null: not readable. */
  folder: string | null
}

/** Claims what a step calls that may train: scripts, targets of a Makefile, programs. True: something. */
export function claimCalls(
  claims: ClaimBuilder,
  context: ReaderContext,
  { job, id, node, folder }: StepCalls,
  source: string,
): boolean {
  const { commands } = context.shell(source)
  const place = { start: node.start, end: node.end }
  const locate = () => claims.locate(node)
  const around = { job, id, folder, asks: true }
  const calls = commands.flatMap((command, index) => {
    if (command.unreachable || smoke.test(spelled(command))) return []
    const own = { ...around, id: `${id}:${index}` }
    const call = scriptCall(command, own, locate) ?? makeCall(command, own)?.launch
    return call === undefined ? [] : { ...call, asks: true as const }
  })
  const launches = launchesOf(commands, locate)
    .filter(({ command }) => !smoke.test(spelled(command)))
    .map((one, index) => shellLaunch(one, { ...around, id: `${id}:p${index}` }))
  for (const launch of [...calls, ...launches]) claims.launch(launch, place)
  return calls.length + launches.length > 0
}

/** A file of steps that a workflow calls: an action beside it, or another workflow. */
export function calledSteps(
  path: string,
  job: string | null,
  id: string,
): Omit<Launch, 'reader' | 'location'> {
  const program = { path, module: null, bases: [''], placed: true }
  return {
    ...bareLaunch({ id, job, launcher: 'uses', program }),
    asks: true,
    shell: { arguments: null },
  }
}

/** By its name; a script that asks for no more than a look is no training. */
export function trainsAs({ program, launcher, serves }: Launch): boolean {
  if (serves === true) return false
  const name = program.path ?? program.module ?? launcher
  return trainsByProgram(name, [launcher])
}

export function triedOut({ program, flags, positionals }: Launch): boolean {
  const words = Object.entries(flags).map(([name, { value }]) => `--${name} ${value === true ? '' : value}`)
  const rest = positionals.map(({ value }) => String(value))
  return smoke.test([program.path ?? program.module ?? '', ...words, ...rest].join(' '))
}
