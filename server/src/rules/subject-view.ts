/** Subjects of a run by their word, where a rule asks about another one than it judges. */
import type { Run, SubjectView } from '../workload/claim.js'
import type { ResourceKind } from '../workload/resource-kinds.js'

export function isViewOf<W extends ResourceKind>(view: SubjectView, kind: W): view is SubjectView<W> {
  return view.subject.kind === kind
}

export function subjectsOf<W extends ResourceKind>(run: Run, kind: W): SubjectView<W>[] {
  return run.subjects.filter((one): one is SubjectView<W> => isViewOf(one, kind))
}

/** The same; where a module has none itself, those of the programs that use it. */
export function subjectsAround<W extends ResourceKind>(run: Run, kind: W): SubjectView<W>[] {
  const own = subjectsOf(run, kind)
  if (own.length > 0 || run.around === undefined) return own
  return run.around.filter((one): one is SubjectView<W> => isViewOf(one, kind))
}

/** The first subject of this word in a file; in the script that the run starts where none is named. */
export function subjectIn<W extends ResourceKind>(
  run: Run,
  kind: W,
  path: string | null = run.script,
): SubjectView<W> | undefined {
  return run.subjects.find(
    (one): one is SubjectView<W> => isViewOf(one, kind) && one.subject.location.path === path,
  )
}
