/** Commands of continuous integration that train, whatever the service that runs them. */
import type { ConfigNode } from '../../config/node.js'
import type { ShellCommand } from '../../config/shell-facts.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { workOfName } from '../pipelines/step-work.js'
import type { ReaderContext } from '../reader.js'
import { programOf, trainsByName } from '../shell/failures.js'
import { launchesOf } from '../shell/launches.js'

/** Commands of platforms that bring machines of their own. */
const platforms: [RegExp, string][] = [
  [/^sky (launch|jobs launch|exec)\b/, 'sky launch'],
  [/^az ml job create\b/, 'az ml job create'],
  [/^gcloud (beta )?ai (custom-jobs|hp-tuning-jobs) create\b/, 'gcloud ai custom-jobs create'],
  [/^aws sagemaker create-(training|hyper-parameter-tuning)-job\b/, 'aws sagemaker create-training-job'],
  [/^(dvc|uv run dvc|poetry run dvc) (repro|exp run)\b/, 'dvc repro'],
]

/** A few steps to see that it starts at all. */
const smoke =
  /fast[_-]dev[_-]run|smoke|dry[_-]?run|--debug\b|--quick\b|--tiny\b|overfit[_-]batches|limit[_-]train[_-]batches|--?(max[_-]?(steps|iters?|epochs?|train[_-]steps)|(num[_-])?(train[_-])?epochs?|steps|n[_-]?epochs)[= ]+([1-9]|[1-4]\d)\b|epochs=([1-5])\b|\b(max_)?steps=([1-9]|[1-4]\d)\b|\btests?\//i

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
}

/** What a script of commands trains, a few steps for the sake of a test aside; null: nothing. */
export function trainedBy(
  claims: ClaimBuilder,
  context: ReaderContext,
  node: ConfigNode,
  source: string,
): Trained | null {
  const { commands } = context.shell(source)
  const launches = launchesOf(commands, () => claims.locate(node)).filter(
    (launch) => trainsByName(launch) && !smoke.test(spelled(launch.command)),
  )
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
