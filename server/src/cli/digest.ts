/** `costlint digest`: what to look at every day, week or month. */
import { join, relative } from 'node:path'
import { toPosix } from '../host/node/host.js'
import type { Survey } from '../linter.js'
import { digest, type Period } from '../report/digest.js'
import { type Console, exit, UsageError } from './console.js'
import type { Engine } from './engine.js'
import { renderMarkdown } from './explain.js'
import { harmless } from './format/width.js'
import { targets } from './roots.js'
import { mergedSurvey, surveyOf } from './survey.js'

export interface DigestFlags {
  daily?: boolean
  weekly?: boolean
  monthly?: boolean
  outputFormat: 'full' | 'markdown'
}

export async function showDigest(
  engine: Engine,
  console: Console,
  paths: readonly string[],
  { daily, weekly, monthly, outputFormat }: DigestFlags,
): Promise<number> {
  const given: Period[] = [
    ...(daily === true ? (['daily'] as const) : []),
    ...(weekly === true ? (['weekly'] as const) : []),
    ...(monthly === true ? (['monthly'] as const) : []),
  ]
  if (given.length > 1) throw new UsageError('--daily, --weekly, --monthly: only one of them can be given')
  const surveys: Survey[] = []
  for (const target of await targets(paths, console.cwd))
    surveys.push(
      await surveyOf(engine, target, (path) => toPosix(relative(console.cwd, join(target.root, path)))),
    )
  const text = digest(given[0] ?? 'weekly', mergedSurvey(surveys), new Date().toISOString())
  console.out(
    outputFormat === 'markdown'
      ? text
      : renderMarkdown(text.split('\n').map(harmless).join('\n'), console.colors),
  )
  return exit.clean
}
