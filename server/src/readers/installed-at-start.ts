/** Packages that a platform installs on the machine of a job each time before it starts the program. */
import type { ClaimBuilder, Place, SubjectBuilder } from '../workload/builder.js'
import { claimOperation } from './operation-claims.js'

export interface InstalledPackages {
  /** What the platform calls them: `packages_to_install`. */
  key: string
  /** What is installed, as a command has it: 'torch', '-r requirements.txt'. */
  packages: readonly string[]
  at: Place
  /** Where they belong instead. */
  instead: string
  /** As a message begins with it: '"train"'. */
  holder: string
  /** Accelerators that are held meanwhile, where the job does not say so itself. */
  gpus?: number
}

export function claimInstalledPackages(
  claims: ClaimBuilder,
  { subject }: SubjectBuilder<'Compute'>,
  { key, packages, at, instead, holder, gpus }: InstalledPackages,
): void {
  const { job, evidence, scope } = subject
  // A machine that nobody can tell may as well have processors only.
  const isHeld = gpus !== undefined || !/^(none|cpu|maybe)$/.test(evidence.accelerator)
  if (job === null || packages.length === 0 || !isHeld) return
  const what = `pip install ${packages.slice(0, 3).join(' ')}${packages.length > 3 ? ' …' : ''}`
  const operation = claimOperation(claims, {
    kind: 'set up',
    place: 'run',
    key,
    at,
    site: { ...at, target: { kind: 'refused', reason: instead } },
    scope,
    evidence: { ...evidence, role: 'job' },
    places: [{ what, node: at }],
    weight: 'ordinary',
    subject: 'packages',
    job,
  })
  operation.known('holder', 'job', holder, at)
  if (gpus !== undefined) operation.known('gpus', 'job', gpus, at)
}
