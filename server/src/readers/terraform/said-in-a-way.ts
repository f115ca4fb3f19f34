/** Resources of a module that is applied in several ways: told once for each way in which they differ. */
import type { Claim, Extraction, Subject } from '../../workload/claim.js'

export class SaidInAWay {
  private readonly known: Set<string>

  constructor(private readonly into: Extraction) {
    this.known = new Set(into.subjects.map((one) => said(one, into.claims)))
  }

  /** `way`: under names of its own, as the layouts of a manifest have them. */
  add({ subjects, claims, launches }: Extraction, way: number): void {
    const own = (id: string): string => `${id}~${way}`
    const kept = new Set<string>()
    const jobs = new Set<string>()
    for (const subject of subjects) {
      const key = said(subject, claims)
      if (this.known.has(key)) continue
      this.known.add(key)
      kept.add(subject.id)
      const job = subject.job === null ? null : own(subject.job)
      this.into.subjects.push({ ...subject, id: own(subject.id), job })
      if (subject.job !== null) jobs.add(subject.job)
    }
    for (const launch of launches)
      if (launch.job !== null && jobs.has(launch.job))
        this.into.launches.push({ ...launch, id: own(launch.id), job: own(launch.job) })
    for (const claim of claims)
      if (kept.has(claim.subject)) this.into.claims.push({ ...claim, subject: own(claim.subject) })
  }
}

function said({ id }: Subject, claims: readonly Claim[]): string {
  return JSON.stringify([id, claims.filter(({ subject }) => subject === id)])
}
