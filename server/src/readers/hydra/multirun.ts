/** Lines that start a program of Hydra once for each combination: `python train.py -m lr=0.1,0.01 depth=2,4`. */
import type { Change, Refusal } from '../../edit/write.js'
import { isHydraOption } from '../../link/hydra.js'
import { parseLaunch } from '../../link/launch-line.js'
import type { LaunchParts } from '../../link/launch-parts.js'
import type { Place } from '../../text/origin.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { commandsAnywhere } from '../command-lines/commands-anywhere.js'
import { enclosingCommand } from '../enclosing-command.js'
import { isMeasurement } from '../pytorch/model-evidence.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { claimGrid, type Swept, searchedDimensions } from './space.js'
import { sweptValue } from './swept-value.js'

const evidence: Evidence = { role: 'tuning', accelerator: 'maybe', small: null, notebook: false }

export const hydraMultirunReader = defineReader({
  name: 'hydra-multirun',
  languages: ['shell', 'yaml'],
  triggers: ['--multirun', ' -m ', '-m,', '- -m', '"-m"', "'-m'"],
  read: readLines,
  change: changeLine,
})

/** Programs that start the lines. */
export const hydraMultirunProgramReader = defineReader({
  name: 'hydra-multirun-program',
  languages: ['python'],
  triggers: ['subprocess', 'os.system('],
  read: readLines,
  change: changeLine,
})

function mentionsSweep(text: string): boolean {
  return /\s(-m|--multirun)\s/.test(text) && /,|choice\(|range\(/.test(text)
}

function readLines(facts: FragmentFacts, context: ReaderContext, claims: ClaimBuilder): void {
  // A benchmark runs every combination because it wants the numbers.
  if (isMeasurement(facts.path)) return
  for (const { command, shown } of commandsAnywhere(facts, context, mentionsSweep)) {
    const launch = parseLaunch(command.words, command.environment, (span) => claims.locate(span))
    if (launch === null || !isMultirun(launch) || otherSweeper(launch)) continue
    const dimensions = searchedDimensions(sweptIn(launch))
    if (dimensions === null) continue
    const place: Place = shown ?? {
      ...switchOf(launch)!.span,
      target: { kind: 'command', start: command.start },
    }
    const search = claims.subject('Search', place, '', evidence)
    claimGrid(search, dimensions, place)
    search.known('unit', 'multirun', onMachinesOfTheirOwn(launch) ? 'job' : 'run', place)
    search.known('persisted', 'multirun', true, place)
  }
}

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
  if (claim.setting !== 'strategy') return byHand(claim)
  if (command === undefined)
    return {
      reason: 'the command chooses another sweeper by `hydra/sweeper=optuna hydra.sweeper.n_trials=…`',
    }
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
