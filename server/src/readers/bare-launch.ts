import type { Launch } from '../workload/claim.js'

/** A program that is started once, on one machine, with nothing passed to it. */
export function bareLaunch(
  what: Pick<Launch, 'id' | 'job' | 'launcher' | 'program'>,
): Omit<Launch, 'reader' | 'location'> {
  return {
    ...what,
    flags: {},
    positionals: [],
    complete: true,
    environment: {},
    launcherFlags: {},
    processes: 1,
    nodes: 1,
    files: [],
  }
}
