/** Programs that cells of a notebook write (`%%writefile`), and cells that start them. */
import { isWrittenAs } from '../link/programs.js'
import type { SourceFile } from '../text/source-file.js'
import type { SourceFragment } from '../text/source-fragment.js'
import type { Binding, Extraction } from '../workload/claim.js'

/** Programs that cells write come last: their launches are known by then. */
export function inReadingOrder({ fragments }: SourceFile): { fragment: SourceFragment; index: number }[] {
  const all = fragments.map((fragment, index) => ({ fragment, index }))
  const written = ({ fragment }: { fragment: SourceFragment }) => fragment.target !== undefined
  return [...all.filter((one) => !written(one)), ...all.filter(written)]
}

/** A program that a cell writes and another cell starts is read with that launch, and only so. */
export function isStartedHere({ target, language }: SourceFragment, { launches }: Extraction): boolean {
  return (
    target !== undefined &&
    language === 'python' &&
    launches.some(({ program }) => program.path !== null && isWrittenAs(program.path, target))
  )
}

/** The program that a cell of the file writes, and that this launch of the same file starts. */
export function startedProgram(
  { path, fragments }: SourceFile,
  { location, program }: Binding['launch'],
): SourceFragment | undefined {
  if (location.path !== path || program.path === null) return undefined
  const started = program.path
  return fragments.find(
    ({ language, target }) => language === 'python' && target !== undefined && isWrittenAs(started, target),
  )
}
