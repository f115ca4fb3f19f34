/**
 * `dbx execute`, which runs a task of a job on a cluster that people work on. Source: documentation of dbx 0.8, "dbx execute":
 * it takes no other cluster.
 */
import { cloudCommands } from '../command-lines/cloud-command.js'
import { defineReader } from '../reader.js'
import { allPurpose, anyJob } from './job.js'

export const dbxExecuteReader = defineReader({
  name: 'dbx-execute',
  languages: ['shell', 'yaml'],
  triggers: ['dbx execute'],
  read(facts, context, claims) {
    // One decision made them all.
    const [command] = cloudCommands('dbx', facts, context, /^execute\b/)
    if (command === undefined) return
    const { head } = command
    const compute = claims.subject('Compute', head, 'dbx', anyJob)
    compute.known('service', 'dbx execute', false, head)
    // Workflows start what is written in them.
    compute.known(
      'interactiveRate',
      'dbx execute',
      { machine: allPurpose, again: facts.config !== undefined },
      head,
    )
  },
  change: () => ({ reason: 'launch the job with `dbx launch`, on a cluster of its own' }),
})
