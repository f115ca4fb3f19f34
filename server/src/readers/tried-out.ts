/** Jobs that try out whether something runs at all, by their names: over in minutes, whatever they are given. */

const tried = /(^|[^a-z])(smoke|sanity|hello-?world|dry-?run)([^a-z]|$)/i

/** Why a job is small, as `Evidence.small` says it; null: nothing says so. */
export function smallByName(name: string | undefined): string | null {
  return name === undefined ? null : tried.test(name) ? `named ${name}` : null
}
