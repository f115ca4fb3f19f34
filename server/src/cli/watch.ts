/** `--watch`: checks again whenever a file of the projects changes, until somebody ends it. */
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { toPosix } from '../host/node/host.js'
import { isSkippedFolder } from '../linter.js'
import type { CheckedProject } from './check-project.js'
import type { Console } from './console.js'

/** Milliseconds: an editor that saves, or git, touches several files in one go. */
const settling = 100

/**
 * Calls `check` once, and again after each change; returns when the console's signal aborts. `own`: absolute paths of what
 * each check writes itself.
 */
export async function watchProjects(
  projects: readonly CheckedProject[],
  { signal }: Pick<Console, 'signal'>,
  own: ReadonlySet<string>,
  check: () => Promise<void>,
): Promise<void> {
  let wake: (() => void) | undefined
  let changed = false
  const follow = async (project: CheckedProject): Promise<void> => {
    try {
      for await (const { filename } of watch(project.root, { recursive: true, signal })) {
        if (filename === null) continue
        const path = toPosix(filename)
        if (path.split('/').some(isSkippedFolder) || own.has(join(project.root, filename))) continue
        project.changed(path)
        changed = true
        wake?.()
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  const followed = Promise.all(projects.map(follow))
  followed.catch(() => undefined)
  while (!signal.aborted) {
    changed = false
    await check()
    const next = new Promise<void>((resolve) => {
      wake = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    if (!changed) await Promise.race([next, followed])
    await new Promise((resolve) => setTimeout(resolve, settling))
  }
}
