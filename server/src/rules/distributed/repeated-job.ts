import type { Launch } from '../../text/launch.js'
import { type Location, sameLocation } from '../../text/location.js'
import { effective } from '../../values/value.js'
import type { Run, SubjectView } from '../../workload/claim.js'
import { knowsRank } from '../../workload/launches.js'
import { readsNothingOfOthers, sharedWith } from '../lifecycle/job-words.js'
import { defineRule, type Report } from '../rule.js'
import { hidden, type Silence, unless } from '../silence.js'
import { subjectIn, subjectsOf } from '../subject-view.js'

export default defineRule({
  name: 'distributed/repeated-job',
  judges: 'Compute',
  checklist: ['waste/duplicate-jobs', 'bottleneck/distributed-setup'],
  severity: 'error',
  // How the machines are paid for matters once they are those that are needed.
  supersedes: [
    'lifecycle/on-demand-interruptible',
    'distributed/needless-multi-node',
    'compute/oversized-instance',
  ],
  finds: 'several machines or processes that each train the same model',
  summary: 'Several machines or processes each train the same model, because nothing divides the work.',
  check(view, { report, silent }) {
    const { nodes, provider, instanceType, sharing, undividedBy } = view.settings
    const count = effective(nodes)
    const copies = copiesOf(view) ?? separateNodes(view)
    if (copies !== null) return report(copies)
    if (nodes === undefined || count === undefined || count < 2)
      return silent(unless(view, 'nodes', 'the job runs on one machine'))
    if (sharing !== undefined && !readsNothingOfOthers(view)) return silent(sharedWith(sharing))
    const { siblings } = view.run
    const together = siblings.map(worksTogether).find((one) => one !== undefined)
    if (together !== undefined) return silent(together)
    const trainer = siblings.map((one) => trainerOf(one) ?? published(one)).find((one) => one !== null)
    if (trainer === undefined || trainer === null) return silent('no program of the job is known to train')
    const { run, script, location } = trainer
    // A batch script runs on the first node; some launchers and the services run the program on each of them.
    const first = effective(provider) === 'own cluster' && run.job.launch!.everyNode !== true
    const share = (count - 1) / count
    const type = effective(instanceType)
    const machines = type === undefined ? `${count} nodes` : `${count} × ${type}`
    // Whether the service runs it on all of them or on one, nobody divides the work.
    const option = run.job.launch!.everyNode === true ? undefined : effective(undividedBy)
    // A service may tell each machine its rank, which a program that is not read asks for.
    if (run.script === null && !first && option === undefined)
      return silent('its service may tell the machines of each other')
    report({
      at: nodes,
      message: first
        ? `The job holds ${machines}, and ${script} runs on the first of them only: ${percent(share)} of what it pays for is idle.`
        : option !== undefined
          ? `The job holds ${machines} without \`${option}\`, and ${script} divides no work between them: ${percent(share)} of the cost is wasted.`
          : `${nodes.key}=${count} starts ${count} independent copies of ${script}, which all train the same model: ${percent(share)} of the cost is wasted.`,
      saving: { fraction: [share, share], usd: null, basis: `${count - 1} of ${count} machines add nothing` },
      fixes: [{ set: [{ claim: nodes, value: 1 }] }],
      related: sameLocation(location, nodes.location)
        ? []
        : [{ location, message: 'knows nothing of other machines' }],
    })
  },
})

/** A launcher starts several processes of a program that knows nothing of ranks: each of them trains all of it. */
function copiesOf(view: SubjectView<'Compute'>): Report | null {
  const { gpus, nodes, processes } = view.settings
  for (const run of view.run.siblings) {
    const { launch } = run.job
    if (launch?.perDevice !== true || launch.launcher === 'python' || knowsRank(launch) || mayDiffer(launch))
      continue
    const trainer = hidden(run, 'devices') === undefined ? trainerOf(run) : null
    if (trainer === null) continue
    const { parallelism, readsRank } = trainer.program.settings
    if (effective(parallelism) !== 'none' || effective(readsRank) !== null) continue
    // 0: one for each device.
    const each = launch.processes === 0 ? effective(gpus) : (launch.processes ?? undefined)
    const all = each === undefined ? undefined : (launch.total ?? each * (effective(nodes) ?? 1))
    const at = each !== undefined && each > 1 ? (processes ?? gpus) : nodes
    if (all === undefined || all < 2 || at === undefined) continue
    const share = (all - 1) / all
    return {
      at,
      message: `${launch.launcher} starts ${all} processes of ${run.script}, which knows nothing of the others: each trains the same model, and ${percent(share)} of the cost is wasted.`,
      saving: { fraction: [share, share], usd: null, basis: `${all - 1} of ${all} processes add nothing` },
      fixes: [],
      related: [
        { location: trainer.program.subject.location, message: 'wraps no model for several processes' },
      ],
    }
  }
  return null
}

/** The processes of a launcher train together, and it is told of no machine but the one that it runs on. */
function separateNodes(view: SubjectView<'Compute'>): Report | null {
  const { nodes, provider, sharing } = view.settings
  const count = effective(nodes)
  const [run, ...others] = view.run.siblings
  if (nodes === undefined || count === undefined || count < 2 || run === undefined || others.length > 0)
    return null
  const { launch } = run.job
  // Where the job is run by a service, that may tell the launcher through its environment.
  const alone = launch?.oneMachine === 'said' || effective(provider) === 'own cluster'
  if (launch?.oneMachine === undefined || !alone || launch.conditional === true || sharing !== undefined)
    return null
  if (effective(view.settings.trials) === true || launch.sweep !== undefined || mayDiffer(launch)) return null
  const trainer = trainerOf(run)
  if (trainer === null || effective(trainer.program.settings.parallelism) !== 'distributed') return null
  const share = (count - 1) / count
  const why = launch.oneMachine === 'said' ? 'is told of one node only' : 'is told of no other node'
  return {
    at: nodes,
    message: `${launch.launcher} ${why}, so ${run.script} never trains on all ${count} together: each of the others repeats the same training, or idles, and ${percent(share)} of the cost is wasted. Give it the number of nodes and a rendezvous.`,
    saving: { fraction: [share, share], usd: null, basis: `${count - 1} of ${count} machines add nothing` },
    fixes: [],
    related: [{ location: launch.location, message: `starts processes that know of one machine` }],
  }
}

/** What stands in a variable may be another thing for each process: `--seed $OMPI_COMM_WORLD_RANK`. */
function mayDiffer({ flags, environment, positionals }: Launch): boolean {
  return [...Object.values(flags), ...Object.values(environment), ...positionals].some(
    ({ value }) => value === null,
  )
}

const percent = (share: number) => `${Math.round(share * 100)} %`

/** Why a launch may know of the other machines; undefined: it is certain to know nothing of them. */
function worksTogether(run: Run): Silence | undefined {
  const { launch } = run.job
  const unseen = published(run) === null ? hidden(run, 'devices') : undefined
  if (unseen !== undefined) return unseen
  if (launch === null) return { text: 'what it launches is not known' }
  if (knowsRank(launch)) return { text: 'its environment says how many processes there are' }
  if (launch.sweep === 'agent') return { text: 'each copy takes trials of its own' }
  if (launch.launcher !== 'python' && launch.everyNode !== true)
    return { text: `${launch.launcher} may divide the work` }
  const program = subjectIn(run, 'Program')
  if (program === undefined)
    return subjectsOf(run, 'Program').length === 0
      ? undefined
      : { text: `a module that ${run.script} imports may divide the work` }
  const { parallelism, readsRank } = program.settings
  const method = effective(parallelism)
  if (method !== 'none' && method !== 'data-parallel')
    return unless(program, 'parallelism', `${run.script} divides its work: ${method}`)
  const rank = effective(readsRank)
  return rank === null ? undefined : unless(program, 'readsRank', `${run.script} reads its rank: ${rank}`)
}

const isAt = (location: Location | undefined, wanted: Location): boolean =>
  location !== undefined && sameLocation(location, wanted)

interface Trainer {
  run: Run
  script: string | null
  location: Location
}

function trainerOf(run: Run): (Trainer & { program: SubjectView<'Program'> }) | null {
  const program = subjectIn(run, 'Program')
  if (program === undefined || effective(program.settings.trains) !== true) return null
  return { run, script: run.script, location: program.subject.location, program }
}

/** A program that everybody has, which is known to share its work only with processes of a launcher. */
function published(run: Run): Trainer | null {
  const { launch } = run.job
  // Flags whose values cannot be read have places of their own.
  const others = run.unseen.filter(({ location }) => launch === null || !isAt(location, launch.location))
  if (run.script !== null || others.length > 0) return null
  const training = subjectsOf(run, 'Training').find(
    ({ settings }) => effective(settings.needsLauncher) === true,
  )
  return training === undefined
    ? null
    : { run, script: training.settings.needsLauncher!.key, location: training.subject.location }
}
