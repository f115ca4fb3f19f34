/** Lines that start a program of Hydra once for each combination: `python train.py -m lr=0.1,0.01 depth=2,4`. */
import type { Change, Refusal } from '../../edit/write.js'
import { isHydraOption } from '../../link/hydra.js'
import { parseLaunch } from '../../link/launch-line.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import type { Place } from '../../text/origin.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { enclosingCommand } from '../enclosing-command.js'
import { isMeasurement } from '../pytorch/model-evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimGrid, type Swept, searchedDimensions } from './space.js'
import { sweptValue } from './swept-value.js'

const evidence: Evidence = { role: 'tuning', accelerator: 'maybe', small: null, notebook: false }

export const hydraMultirunReader = defineReader({
  name: 'hydra-multirun',
  languages: ['shell'],
  triggers: ['--multirun', ' -m '],
  read(facts, _context, claims) {
    const { shell } = facts
    // A benchmark runs every combination because it wants the numbers.
    if (shell === undefined || isMeasurement(facts.path)) return
    for (const command of shell.commands) {
      if (command.unreachable) continue
      const launch = parseLaunch(command.words, command.environment, (span) => claims.locate(span))
      if (launch === null || !isMultirun(launch) || otherSweeper(launch)) continue
      const dimensions = searchedDimensions(sweptIn(launch))
      if (dimensions === null) continue
      const switched = switchOf(launch)!
      const place: Place = { ...switched.span, target: { kind: 'command', start: command.start } }
      const search = claims.subject('Search', place, '', evidence)
      claimGrid(search, dimensions, place)
      search.known('unit', 'multirun', onMachinesOfTheirOwn(launch) ? 'job' : 'run', place)
      search.known('persisted', 'multirun', true, place)
    }
  },
  change: changeLine,
})

function switchOf({ flags }: LaunchParts): LaunchParts['flags'][string] | undefined {
  return flags.m ?? flags.multirun
}

function isMultirun(launch: LaunchParts): boolean {
  return switchOf(launch)?.value === true
}

function otherSweeper({ flags }: LaunchParts): boolean {
  return Object.keys(flags).some((name) => /^hydra\/sweeper(\/|$)|^hydra\.sweeper\./.test(name))
}

/** `hydra/launcher=submitit_slurm`. */
function onMachinesOfTheirOwn({ flags }: LaunchParts): boolean {
  return /submitit|slurm/.test(String(flags['hydra/launcher']?.value ?? ''))
}

function sweptIn({ flags }: LaunchParts): Swept[] {
  return Object.entries(flags).flatMap(([name, { value }]): Swept[] => {
    if (isHydraOption(name) || typeof value !== 'string') return []
    const swept = sweptValue(value)
    return swept === null ? [] : [{ name, value: swept }]
  })
}

function changeLine(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const command = enclosingCommand(claim, facts)
  if (claim.setting !== 'strategy' || command === undefined) return { reason: 'the command has changed' }
  const { trials } = value as { trials: number }
  const { fragment, end } = claim.site
  return {
    title: `Search with Optuna's sweeper, at most ${trials} trials (needs hydra-optuna-sweeper)`,
    safety: 'display',
    writes: [
      {
        kind: 'replace text',
        path: facts.path,
        fragment,
        start: end,
        end,
        text: ` hydra/sweeper=optuna hydra.sweeper.n_trials=${trials}`,
      },
    ],
    imports: [],
  }
}
