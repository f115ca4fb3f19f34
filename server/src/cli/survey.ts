/** A survey of the part of a project that paths on the command line name. */

import type { Survey } from '../linter.js'
import { isWithin } from '../text/location.js'
import type { Engine } from './engine.js'
import type { Target } from './roots.js'

/** `display`: a path of the project as it is shown. */
export async function surveyOf(
  engine: Engine,
  target: Target,
  display: (path: string) => string,
): Promise<Survey> {
  const { root, paths, apart = [] } = target
  const project = await engine.open(root, { choice: {}, explicit: paths, apart })
  try {
    const within = (path: string) => paths.some((each) => isWithin(path, each))
    const { findings, costs, ...rest } = await project.survey()
    return {
      ...rest,
      findings: findings
        .filter(({ path }) => within(path))
        .map((each) => ({ ...each, path: display(each.path) })),
      costs: costs
        .filter(({ path, scripts }) => within(path) || scripts.some(within))
        .map((entry) => ({
          ...entry,
          name: entry.scripts.includes(entry.name) ? display(entry.name) : entry.name,
          path: display(entry.path),
          scripts: entry.scripts.map(display),
        })),
    }
  } finally {
    await project.dispose()
  }
}

/** Of several projects. */
export function mergedSurvey(surveys: readonly Survey[]): Survey {
  return {
    findings: surveys.flatMap(({ findings }) => findings),
    costs: surveys.flatMap(({ costs }) => costs),
    kinds: [...new Set(surveys.flatMap(({ kinds }) => kinds))],
    rules: surveys[0]?.rules ?? [],
    measured: surveys.flatMap(({ measured }) => measured),
  }
}
