/** Questions about the versions that a project asks for (`ReaderContext.versions`). What is not known is the newest. */

import { lookUp } from '../text/records.js'

function parts(version: string): number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0)
}

/** Negative where `a` comes first. Missing parts are zero. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** True where the library is certainly older: pinned below, or bound to stay below. */
export function isBefore(
  versions: Record<string, string> | undefined,
  names: string[],
  version: string,
): boolean {
  return names.some((name) => {
    const pinned = lookUp(versions, `${name}==`)
    const bound = lookUp(versions, `${name}<`)
    if (pinned !== undefined) return compareVersions(pinned, version) < 0
    return bound !== undefined && compareVersions(bound, version) <= 0
  })
}
