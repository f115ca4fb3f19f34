/** Run:ai: GPUs that its command line asks for. Source: Run:ai CLI v1 (`runai submit`) and v2 (`runai training submit`), references. */
import type { ShellCommand } from '../../config/shell-facts.js'
import { readAs } from '../../values/operations.js'
import type { Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { replaceValue } from '../command-lines/change.js'
import { cloudCommands, isOn, numberOf, optionOf, valuePlace } from '../command-lines/cloud-command.js'
import { defineReader } from '../reader.js'
import { launchesOf, shellLaunchId, workOf } from '../shell/launches.js'
import { smallByName } from '../tried-out.js'

/** Of several pods (`submit-dist`, `pytorch submit`) the controller tells each which one it is. */
const submits =
  /^((training |workload )?(standard )?submit|submit-dist|(training )?(pytorch|mpi|tf) submit)\b/
const several = /dist|pytorch|mpi|tf/

/** What it starts runs in a job of its own. */
export function holdsOwnGpus({ words }: ShellCommand): boolean {
  return /(^|\/)runai$/.test(words[0]?.text ?? '') && words.some(({ text }) => text === '--')
}

export const runaiReader = defineReader({
  name: 'runai',
  title: 'Run:ai',
  languages: ['shell'],
  triggers: ['runai '],
  read(facts, context, claims) {
    for (const one of cloudCommands('runai', facts, context, submits)) {
      const gpus = optionOf(one, 'gpu', 'g', 'gpu-devices-request')
      if (gpus === undefined || one.rest.length === 0) continue
      const place = valuePlace(gpus)
      const name = optionOf(one, 'name')?.value ?? one.positionals[0]?.text ?? undefined
      const evidence: Evidence = {
        role: 'job',
        accelerator: 'gpu',
        small: smallByName(name),
        notebook: false,
      }
      const job = shellLaunchId(claims, facts.fragment, one.command)
      const compute = claims.subject('Compute', place, name ?? '', evidence, job)
      compute.known('provider', 'runai', 'own cluster', place)
      compute.known('choosesCapacity', 'runai', false, place)
      compute.known('trials', 'runai', one.command.loops.length > 0, place)
      compute.known('service', 'runai', isOn(one, 'interactive'), place)
      if (name !== undefined) compute.known('name', 'name', name, place)
      const count = numberOf(gpus)
      const site = { ...place, target: { kind: 'option', part: 'value' } as const }
      // A fraction of one is shared with others.
      compute.say(
        'gpus',
        `--${gpus.name}`,
        readAs(claims.origin(place, { site }), count ?? null, 'a share of one'),
      )
      if (several.test(one.verb)) compute.unknown('nodes', 'workers', 'workers beside the first', place)
      else compute.default('nodes', 'submit', 1, place)
      const launches = launchesOf([one.command], (span) => claims.locate(span))
      const { sharing } = workOf({ ...facts.shell!, commands: [one.command] }, launches)
      if (sharing !== null) compute.known('sharing', 'runai', sharing, place)
    }
  },
  change: (claim, value, facts) =>
    claim.setting === 'gpus' && typeof value === 'number' && value > 0
      ? replaceValue(
          claim,
          facts,
          `Ask for ${value === 1 ? 'one GPU' : `${value} GPUs`}: ${claim.key} ${value}`,
          String(value),
        )
      : byHand(claim),
})
