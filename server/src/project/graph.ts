/** The jobs of a project, the scripts that they start, and what could not be resolved. */
import type { JobGraph } from '../linter.js'
import type { Location } from '../text/location.js'
import type { SourceFile } from '../text/source-file.js'
import type { Claim } from '../workload/claim.js'
import type { Linked } from './link-stage.js'
import { partText } from './result-stage.js'

export async function jobGraph(
  linked: Linked,
  sourceOf: (path: string) => Promise<SourceFile | undefined>,
): Promise<JobGraph> {
  const compute = computeClaims(linked)
  const jobs: JobGraph['jobs'] = []
  for (const { launch, script, unresolved } of linked.launches) {
    const claims = launch.job === null ? [] : (compute.get(launch.job) ?? [])
    const value = (setting: string): unknown =>
      claims.find((claim) => claim.setting === setting && claim.state !== 'unknown')?.value
    const name = value('name')
    const gpus = value('gpus')
    const instanceType = value('instanceType')
    jobs.push({
      name:
        typeof name === 'string' ? name : (launch.program.path ?? launch.program.module ?? launch.launcher),
      path: launch.location.path,
      line: lineOf(await sourceOf(launch.location.path), launch.location),
      launcher: launch.launcher,
      script,
      unresolved,
      gpus: typeof gpus === 'number' ? gpus : null,
      instanceType: typeof instanceType === 'string' ? instanceType : null,
    })
  }
  return { jobs: jobs.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1)) }
}

/** What is claimed about the request for machines of each job. */
function computeClaims(linked: Linked): Map<string, Claim[]> {
  const byJob = new Map<string, Claim[]>()
  for (const reading of linked.readings.values()) {
    for (const subject of reading.subjects) {
      if (subject.word !== 'Compute' || subject.job === null) continue
      byJob.set(
        subject.job,
        reading.claims.filter((claim) => claim.subject === subject.id),
      )
    }
  }
  return byJob
}

/** 1-based. */
function lineOf(file: SourceFile | undefined, location: Location): number {
  return partText(file, location.cell).slice(0, location.start).split('\n').length
}
