/** Grids that a shell script goes through: `for` loops over hyperparameters around a command that trains. */
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import { parseLaunch } from '../../link/launch-line.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { Dimension, SearchSettings } from '../../workload/resource-kinds.js'
import { claimHandGrid } from '../hand-grid.js'
import { chosenNetwork, hyperparameter, otherWork, repetitionTarget } from '../python/hyperparameter-names.js'
import { isMeasurement } from '../pytorch/model-evidence.js'
import { defineReader } from '../reader.js'
import { parallelLoops } from './gnu-parallel.js'

export const shellGridReader = defineReader({
  name: 'shell-grid',
  languages: ['shell'],
  triggers: ['for ', ':::'],
  read(facts, _context, claims) {
    const { shell } = facts
    // A benchmark runs every combination because it wants the numbers.
    if (shell === undefined || isMeasurement(facts.path)) return
    claimShellGrids(claims, shell, (command) => command)
  },
  change: () => ({ reason: 'the search must move into the script that trains, or into a sweep' }),
})

/** `placeOf`: where a command stands in the fragment. */
export function claimShellGrids(
  claims: ClaimBuilder,
  shell: Pick<ShellFacts, 'commands'>,
  placeOf: (command: ShellCommand) => Place,
): void {
  const told = new Set<string>()
  for (const written of shell.commands) {
    const command = parallelLoops(written) ?? written
    if (command.unreachable || command.loops.length === 0) continue
    const work = workOfCommand(command, () => claims.locate(placeOf(command)))
    if (work === null) continue
    // A loop over anything else (tasks, data sets) repeats the whole grid.
    const named = command.loops.map(({ variable, count, numbers, fractions }) => {
      const name = nameOf(command, variable)
      // Nobody numbers tasks or data sets with fractions.
      const searched = fractions === true || hyperparameter.test(name)
      const decides = searched || repetitionTarget.test(name) || chosenNetwork.test(name)
      const handed = decides || numbers !== true ? null : flagOf(command, variable)
      const setting = handed !== null && isSetting(handed) ? handed : null
      return {
        dimension: { name: setting ?? name, size: count } satisfies Dimension,
        searched,
        decides,
        setting,
      }
    })
    // Beside a hyperparameter, numbers for an option of the program are one as well.
    const beside = named.some(({ searched, dimension }) => searched && dimension.size !== 1)
    const counted = named.filter(({ decides, setting }) => decides || (beside && setting !== null))
    const dimensions = counted.map(({ dimension }) => dimension)
    const searched = counted.filter(
      ({ dimension, searched: one, setting }) => (one || setting !== null) && dimension.size !== 1,
    )
    if (searched.length < 2 || !(usesAll(command) || isFilledIn(command))) continue
    // Training and scoring in the same loops are one search.
    const nest = dimensions.map((one) => `${one.name}=${one.size}`).join(' ')
    if (told.has(nest)) continue
    told.add(nest)
    const evidence: Evidence = { role: 'tuning', accelerator: 'maybe', small: null, notebook: false }
    const place = placeOf(command)
    const search = claims.subject('Search', place, '', evidence)
    claimHandGrid(search, { key: 'for', dimensions, unit: work.unit, launched: work.launched }, place)
  }
}

interface Work {
  unit: SearchSettings['unit']
  launched: string
}

/** What a command in a loop starts that trains; null: nothing. */
export function workOfCommand(command: ShellCommand, locate: Parameters<typeof parseLaunch>[2]): Work | null {
  const submitted = submittedFile(command)
  if (submitted !== undefined)
    return submitted === null || otherWork.test(submitted) ? null : { unit: 'job', launched: 'jobs' }
  const launch = parseLaunch(command.words, command.environment, locate)
  if (launch === null) return null
  const { path, module } = launch.program
  const name = path?.split('/').at(-1) ?? module
  return name == null || otherWork.test(name) ? null : { unit: 'run', launched: 'trainings' }
}

/** Commands that hand a job to a scheduler or a cloud, and the files that say what it runs; null: their words say it. */
const submitters: [command: RegExp, file: RegExp | null][] = [
  [/^(sbatch|bsub|qsub)$/, /\.(sh|sbatch|slurm|sl|job|py|pbs|lsf)$/],
  [/^sky (jobs |spot )?launch$/, /\.ya?ml$/],
  [/^az ml job create$/, /\.ya?ml$/],
  [/^argo submit$/, /\.ya?ml$/],
  [/^dstack apply$/, /\.ya?ml$/],
  [/^nomad (job )?run$/, /\.(hcl|nomad|json)$/],
  [/^mcli run$/, /\.ya?ml$/],
  [/^nomad job dispatch$/, null],
  [/^runai (training |workload )?(submit|standard submit|pytorch submit)$/, null],
  [/^runai submit(-dist)?$/, null],
  [/^aws batch submit-job$/, null],
  [/^clearml-task$/, null],
  [/^(envsubst|sed|jinja2)$/, null],
  [/^kubectl (apply|create|replace)$/, /\.ya?ml$/],
  [/^helm (install|upgrade)$/, null],
]

/** These only fill in a manifest, which the next command takes. */
const filters = /^(envsubst|sed|jinja2)$/

const goesToCluster = ({ piped }: ShellCommand): boolean =>
  piped !== undefined && /\bkubectl\s+(apply|create|replace)\b/.test(piped.text)

/** What a command submits; undefined: it submits nothing, null: what cannot be read. */
function submittedFile(command: ShellCommand): string | null | undefined {
  const texts = command.words.map(({ text }) => text ?? '')
  const line = (count: number) => texts.slice(0, count).join(' ')
  const submitter = submitters.find(([pattern]) => [1, 2, 3, 4].some((count) => pattern.test(line(count))))
  if (submitter === undefined || (filters.test(texts[0] ?? '') && !goesToCluster(command))) return undefined
  const [, file] = submitter
  if (file === null) return texts.find((text) => /\.(py|sh)$/.test(text)) ?? line(texts.length)
  return texts.find((text) => file.test(text)) ?? wrappedProgram(command)
}

/** The script in `sbatch --wrap "python train.py --lr $lr"`; null: no command is wrapped, or it starts none. */
function wrappedProgram({ words }: ShellCommand): string | null {
  const at = words.findIndex(({ raw }) => /^--wrap(=|$)/.test(raw))
  const wrapped = at === -1 ? undefined : words[at]!.raw.includes('=') ? words[at] : words[at + 1]
  return /(?<![\w./-])[\w./-]+\.(py|sh)\b/.exec(wrapped?.raw ?? '')?.[0] ?? null
}

const used = (variable: string) => new RegExp(`\\$(?:${variable}\\b|\\{${variable}\\b)`)

/** Loops whose values the command does not take repeat it for another reason. */
function usesAll(command: ShellCommand): boolean {
  return command.loops.every((loop) => {
    if (repetitionTarget.test(loop.variable)) return true
    const pattern = used(loop.variable)
    return command.words.some((word) => pattern.test(word.raw))
  })
}

/** `envsubst < job.yaml`: what the loops have exported goes into the manifest. */
function isFilledIn({ words, loops, environment }: ShellCommand): boolean {
  return (
    words[0]?.text === 'envsubst' &&
    loops.every(({ variable }) => environment.some(({ name }) => name === variable))
  )
}

/** What a value is: the loop's variable, or the flag that it is handed to. */
function nameOf(command: ShellCommand, variable: string): string {
  if (hyperparameter.test(variable) || repetitionTarget.test(variable)) return variable
  return flagsOf(command, variable).find((name) => hyperparameter.test(name)) ?? variable
}

/** Names of options that number what is trained on, or where, or the trainings themselves. */
const numbered =
  /^exp(eriment)?(_|$)|gpu|cuda|device|rank|port|host|node|worker|thread|task|fold|seed|year|month|week|day|hour|part|shard|chunk|\bid\b|_id$|^id_|idx|index|split|class|subject|patient|site|station|horizon|version|stage|step_from|start|end|offset|limit/i

const isSetting = (name: string): boolean =>
  !numbered.test(name) && (/^(n|num|max|min)_/.test(name) || !repetitionTarget.test(name))

const flagOf = (command: ShellCommand, variable: string): string | null =>
  flagsOf(command, variable)[0] ?? null

/** The options that a variable is the value of (`--lr $x`, `optimizer.lr=$x`, `--export=ALL,LR=$x`). */
function flagsOf(command: ShellCommand, variable: string): string[] {
  const pattern = used(variable)
  const directly = new RegExp(`(?<![\\w.])([\\w.-]+)=["']?${used(variable).source}`)
  return command.words.flatMap(({ raw }, index) => {
    if (index === 0 || !pattern.test(raw)) return []
    const assigned = (directly.exec(raw) ?? /^-*([\w.-]+)=/.exec(raw))?.[1]?.replace(/^-+/, '')
    const flag = assigned ?? /^-+([\w.-]+)$/.exec(command.words[index - 1]!.text ?? '')?.[1]
    const name = flag?.split('.').at(-1)?.replace(/-/g, '_')
    return name === undefined ? [] : [name]
  })
}
