/** A project in memory, linted. */
import type { Finding } from '../../server/src/finding.js'
import type { Project } from '../../server/src/linter.js'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import type { Files } from './edits.js'

export async function withProject<T>(files: Files, work: (project: Project) => Promise<T>): Promise<T> {
  const project = await openProject(memoryRoot, memoryHost(files))
  try {
    return await work(project)
  } finally {
    await project.dispose()
  }
}

/** A finding with all that a user sees of it. */
export function spelled({ rule, location, severity, message, fingerprint, related }: Finding): string {
  const { path, cell, start, end } = location
  const others = related.map((one) => `${one.location.path}:${one.location.start} ${one.message}`).join('; ')
  return `${path} ${cell} ${start}–${end} ${severity} ${rule} ${fingerprint}: ${message} [${others}]`
}

export async function findingsOf(files: Files): Promise<string[]> {
  return withProject(files, async (project) => (await project.lint()).findings.map(spelled))
}
