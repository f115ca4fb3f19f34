/** `wandb agent --count 20 …` in shell scripts: a command that starts runs of a sweep, and ends by itself. */
import type { ShellFacts } from '../../config/shell-facts.js'
import type { Evidence } from '../../workload/claim.js'
import { defineReader } from '../reader.js'

const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }

/** What starts the runs of a sweep: its own command, wherever it runs. */
export const agentCommand = 'wandb agent'

export const wandbAgentReader = defineReader({
  name: 'wandb-agent',
  languages: ['shell'],
  triggers: [agentCommand],
  read(facts, _context, claims) {
    const { shell } = facts
    if (shell === undefined) return
    const timed = hasTimeLimit(shell)
    // Often in a text that `srun bash -c` runs, so all of the script counts but its comments.
    for (const found of facts.fragment.text.matchAll(/^[^#\n]*?\b(wandb agent)\b([^#\n]*)/gm)) {
      const counted = /--count\b/.test(found[2]!)
      if (!counted && !timed) continue
      const start = found.index + found[0].indexOf(agentCommand)
      const place = { start, end: start + agentCommand.length }
      const starter = claims.subject('Search', place, '', evidence)
      starter.known('trialStarter', agentCommand, agentCommand, place)
      starter.known('endsTrials', counted ? '--count' : 'the limit of the job', true, place)
    }
  },
})

/** The queue ends the job, and the agent with it. */
function hasTimeLimit({ directives }: ShellFacts): boolean {
  return directives.some(({ name }) => /^(time|t|walltime|W)$/.test(name))
}
