/** What is known of scripts that everybody has and few projects hold: examples of libraries, and their commands. */
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { LaunchSource } from './launch-source.js'

export interface PublishedScript {
  /** Its file, without folders, or the module or command that stands for it. */
  named: RegExp
  /** Its whole path or the module, where many programs are called like that. */
  within?: RegExp
  /** Flags that tell it from other programs of that name: each launch gives one of them. */
  known: readonly string[]
  /** Only a launcher tells its processes of each other. Source: transformers 4.46, training_args.py; accelerate 1.1, state.py: both ask the environment for the rank, and no scheduler. */
  needsLauncher?: true
  /** False: these flags have it evaluate only, or compute elsewhere. Absent: it always trains. */
  trains?(source: LaunchSource): boolean
  read(source: LaunchSource, training: SubjectBuilder<'Training'>, around: Around): void
}

export interface Around {
  claims: ClaimBuilder
  evidence: Evidence
  /** The launch, which subjects belong to. */
  job: string
  /** Name of the script: 'run_glue.py'. */
  name: string
}
