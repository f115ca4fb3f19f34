/** The configuration files that launches name to the scripts that they start. */

import { asMaker } from '../python/config-flags.js'
import { asFile } from '../python/configured-file.js'
import { hashOf } from '../text/digest.js'
import type { Launch } from '../workload/claim.js'
import { type GivenFiles, givenFor } from './configurations.js'
import type { LinkedProject } from './link-kind.js'

export class LaunchedFiles {
  private byScript: ReadonlyMap<string, readonly Launch[]> | null = null

  constructor(private readonly project: Pick<LinkedProject, 'launches' | 'scriptOf'>) {}

  /** Files may have been read since. */
  forget(): void {
    this.byScript = null
  }

  given(script: string, flags: readonly string[]): GivenFiles {
    const launches = this.now().get(script) ?? []
    const values = launches.map(
      (launch) => flags.map((flag) => givenFor(launch, flag)).find((one) => one !== undefined)?.value,
    )
    const files = values.flatMap((value) => asFile(value) ?? [])
    return {
      // `--config "$CONFIG"` may be any file.
      isLaunched: launches.length > 0 && !values.includes(null),
      files: [...new Set(files)],
      named: values.every((value) => value === values[0]) && typeof values[0] === 'string' ? values[0] : null,
      makers: [...new Set(values.flatMap((value) => asMaker(value) ?? []))],
      below: launches.flatMap((launch) => flags.flatMap((flag) => keysBelow(launch, flag))),
      documented: launches.length > 0 && launches.every(({ documented }) => documented === true),
    }
  }

  hash(script: string): string {
    const launches = this.now().get(script) ?? []
    return hashOf(
      JSON.stringify(launches.map(({ flags, positionals, documented }) => [flags, positionals, documented])),
    )
  }

  private now(): ReadonlyMap<string, readonly Launch[]> {
    if (this.byScript === null) {
      const found = new Map<string, Launch[]>()
      for (const launch of this.project.launches()) {
        const path = this.project.scriptOf(launch)
        if (path !== null) found.set(path, [...(found.get(path) ?? []), launch])
      }
      this.byScript = found
    }
    return this.byScript
  }
}

/** The keys of `--config.train.lr=0.1`. */
function keysBelow({ flags }: Launch, flag: string): string[][] {
  const before = `${flag}.`
  return Object.keys(flags).flatMap((name) =>
    name.startsWith(before) ? [name.slice(before.length).split('.')] : [],
  )
}
