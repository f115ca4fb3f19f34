/** Subjects of a run by their word, where a rule asks about another one than it judges. */
import type { Judged, Run } from '../workload/claim.js'
import type { Word } from '../workload/words.js'

export function isJudged<W extends Word>(judged: Judged, word: W): judged is Judged<W> {
  return judged.subject.word === word
}

export function subjectsOf<W extends Word>(run: Run, word: W): Judged<W>[] {
  return run.subjects.filter((one): one is Judged<W> => isJudged(one, word))
}

/** The first subject of this word in a file; in the script that the run starts where none is named. */
export function subjectIn<W extends Word>(
  run: Run,
  word: W,
  path: string | null = run.script,
): Judged<W> | undefined {
  return run.subjects.find(
    (one): one is Judged<W> => isJudged(one, word) && one.subject.location.path === path,
  )
}
