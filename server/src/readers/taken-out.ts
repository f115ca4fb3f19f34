/** What an author has put into a comment inside of a call was tried, and taken out again. */
import type { Change, Refusal } from '../edit/write.js'
import type { PythonModule } from '../python/module.js'

/**
 * `# pin_memory=True,` among the arguments of the call that the change gives `pin_memory`, `# EarlyStopping(patience=50)` in the list
 * that it adds one to; null: nothing is taken out.
 */
export function takenOut(
  { writes }: Change,
  python: PythonModule | undefined,
  path: string,
  fragment: number,
): Refusal | null {
  if (python === undefined) return null
  for (const write of writes) {
    if (write.kind === 'append item' && write.path === path && write.list.fragment === fragment) {
      const { start, end } = write.list
      const made = /^[\w.]*?(\w+)\(/.exec(write.value)?.[1]
      const given = new RegExp(`^#+\\s*[\\w.]*\\b${made}\\(`)
      if (
        made !== undefined &&
        python.tree.comments.some((one) => start < one.start && one.end < end && given.test(one.text))
      )
        return { reason: `${made} is there as a comment: somebody took it out` }
    }
    if (write.kind !== 'set keyword' || write.path !== path || write.call.fragment !== fragment) continue
    const { start, end } = write.call
    const given = new RegExp(`^#+\\s*${write.name}\\s*=(?!=)`)
    if (python.tree.comments.some((one) => start < one.start && one.end < end && given.test(one.text)))
      return { reason: `${write.name} is there as a comment: somebody took it out` }
  }
  return null
}
