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
    for (const command of shell.commands) {
      const line = command.words.map(({ raw }) => raw).join(' ')
      if (command.unreachable || !/\bwandb agent\b/.test(line)) continue
      const counted = /\bwandb agent\b.*--count\b/.test(line)
      if (!counted && !hasTimeLimit(shell)) continue
      const starter = claims.subject('Search', command, '', evidence)
      starter.known('trialStarter', agentCommand, agentCommand, command)
      starter.known('endsTrials', counted ? '--count' : 'the limit of the job', true, command)
    }
  },
})

/** The queue ends the job, and the agent with it. */
function hasTimeLimit({ directives }: ShellFacts): boolean {
  return directives.some(({ name }) => /^(time|t|walltime|W)$/.test(name))
}
