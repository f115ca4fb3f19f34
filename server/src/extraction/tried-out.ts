/** What runs only where somebody tries out whether the program works: `if args.smoke_test:`. */
import type { Func, PythonModule } from '../python/module.js'
import type { Location } from '../text/location.js'
import { once } from '../text/once.js'
import type { SourceFragment } from '../text/source-fragment.js'
import type { Extraction } from '../workload/claim.js'

/** A switch that is named for a try. */
const trial =
  /(^|[^a-z])(smoke|debug(ging)?|sanity|dry_?run|fast_dev_run|overfit\w*|limit_check|quick_(check|test|run)|(test|trial|check)_run|tiny_run)(_?(test|run|mode|check|only|batch(es)?|flag))?($|[^a-z_])/i
/** The same in the text of a module, so that others cost nothing. */
const somewhere =
  /smoke|debug|sanity|dry_?run|fast_dev|overfit|limit_check|quick_|(test|trial|check|tiny)_run/i

/** How many calls are followed outwards. */
const deepest = 3

/** Subjects that a switch for tries brings to life are tests. Where the launch passes the switch, somebody chose to. */
export function markTriedOut(python: PythonModule, fragment: SourceFragment, { subjects }: Extraction): void {
  const asked = subjects.filter(
    ({ kind, evidence: { role } }) => role !== 'test' && role !== 'job' && kind !== 'Program',
  )
  if (asked.length === 0) return
  if (!once(python.tree, 'may be tried out', () => somewhere.test(python.code))) return
  for (const subject of asked) {
    const offset = offsetOf(fragment, subject.location)
    if (offset !== null && isTriedOut(python, offset))
      subject.evidence = { ...subject.evidence, role: 'test' }
  }
}

function offsetOf({ segments }: SourceFragment, { cell, start }: Location): number | null {
  const segment = segments.find(
    (one) => one.cell === cell && one.source <= start && start < one.source + one.end - one.start,
  )
  return segment === undefined ? null : start - segment.source + segment.start
}

function isTriedOut(python: PythonModule, offset: number, depth = 0): boolean {
  const reach = python.reach(offset)
  if (
    reach.state === 'sometimes' &&
    reach.conditions.some(
      ({ condition: { test, negated, byDefault }, holds }) =>
        test !== null &&
        holds !== negated &&
        (byDefault === null || byDefault !== holds) &&
        trial.test(python.text.slice(test.start, test.end)),
    )
  )
    return true
  const func = innermost(python, offset)
  if (func === null || depth >= deepest || python.outsideCalls(func).length > 0) return false
  const sites = python.callSites(func)
  return (
    sites !== null && sites.length > 0 && sites.every(({ expr }) => isTriedOut(python, expr.start, depth + 1))
  )
}

function innermost(python: PythonModule, offset: number): Func | null {
  const around = python.functions.filter(({ node }) => node.start <= offset && offset < node.end)
  return around.reduce<Func | null>(
    (inner, one) => (inner === null || one.node.start > inner.node.start ? one : inner),
    null,
  )
}
