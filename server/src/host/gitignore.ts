/** What `.gitignore` files and patterns of the same syntax say about a path. */
import { matchesPath, type PathPattern, pathPattern } from './path-pattern.js'

type Verdict = boolean | undefined

/** The patterns of one file, for the paths below the folder that it stands in. */
export class PatternLayer {
  private readonly patterns: PathPattern[] = []
  private readonly folders = new Map<string, Verdict>()

  /** `base`: the folder, relative to the root, '' for the root. A pattern that is not valid matches nothing. */
  constructor(
    readonly base: string,
    patterns: string | readonly string[],
  ) {
    const lines = typeof patterns === 'string' ? [patterns] : patterns
    for (const line of lines.flatMap((one) => one.split('\n'))) {
      const pattern = pathPattern(line)
      if (pattern !== null) this.patterns.push(pattern)
    }
  }

  /** True: left out; false: brought back by a `!` pattern; undefined: not mentioned. */
  verdict(path: string, folder: boolean): Verdict {
    let relative = path
    if (this.base !== '') {
      if (!path.startsWith(this.base) || path.charCodeAt(this.base.length) !== 47) return undefined
      relative = path.slice(this.base.length + 1)
    }
    if (relative === '' || this.patterns.length === 0) return undefined
    return folder ? this.ofFolder(relative) : this.below(relative, false)
  }

  private ofFolder(path: string): Verdict {
    if (!this.folders.has(path)) this.folders.set(path, this.below(path, true))
    return this.folders.get(path)
  }

  /** What is inside of a folder that is left out cannot be brought back. */
  private below(path: string, folder: boolean): Verdict {
    const cut = path.lastIndexOf('/')
    if (cut > 0 && this.ofFolder(path.slice(0, cut)) === true) return true
    const parts = path.split('/')
    for (let index = this.patterns.length - 1; index >= 0; index--) {
      const pattern = this.patterns[index]!
      if (matchesPath(pattern, parts, folder)) return !pattern.negative
    }
    return undefined
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
