/** What `.gitignore` files and patterns of the same syntax say about a path. */
import ignore, { type Ignore } from 'ignore'

/** The patterns of one file, for the paths below the folder that it stands in. */
export class PatternLayer {
  private readonly rules: Ignore

  /** `base`: the folder, relative to the root, '' for the root. A pattern that is not valid matches nothing. */
  constructor(
    readonly base: string,
    patterns: string | readonly string[],
  ) {
    // Git compares case unless told otherwise by the disk; a check in CI must not depend on the disk.
    this.rules = ignore({ ignorecase: false }).add(patterns)
  }

  /** True: left out; false: brought back by a `!` pattern; undefined: not mentioned. */
  verdict(path: string, folder: boolean): boolean | undefined {
    let relative = path
    if (this.base !== '') {
      if (!path.startsWith(this.base) || path.charCodeAt(this.base.length) !== 47) return undefined
      relative = path.slice(this.base.length + 1)
    }
    if (relative === '') return undefined
    const result = this.rules.test(folder ? `${relative}/` : relative)
    if (result.ignored) return true
    return result.unignored ? false : undefined
  }
}

/** Layers from the root down; the deepest that mentions a path decides, as in git. */
export interface IgnoreChain {
  layer: PatternLayer
  above: IgnoreChain | undefined
}

export function verdictOf(
  chain: IgnoreChain | undefined,
  path: string,
  folder: boolean,
): boolean | undefined {
  for (let link = chain; link !== undefined; link = link.above) {
    const verdict = link.layer.verdict(path, folder)
    if (verdict !== undefined) return verdict
  }
  return undefined
}
