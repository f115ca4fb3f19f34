/** Configurations that a flag of the command line names as Python files: `--config=configs/base.py`. Source: ml_collections 1.0, config_flags. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { Call, ConfigurationUse } from './module.js'

const defining = /^ml_collections\.(config_flags\.)+DEFINE_config_file$/

/** What such a flag leads to, before anybody knows which file that is. */
export const rootOfConfigFlag = (flag: string): string => `<made> ${flag}`

/** The path of a file that makes a configuration, without what its function is told: `configs/base.py:large`. */
export function asMaker(value: unknown): string | null {
  const path = typeof value === 'string' ? /^([^:]+\.py)(:.*)?$/.exec(value) : null
  return path?.[1] ?? null
}

function flagOf({ expr }: Call): string | null {
  const name = expr.args[0]?.value
  return name?.type === 'constant' && typeof name.value === 'string' ? name.value : null
}

const remembered = new WeakMap<Analysis, readonly Call[]>()

function definitionsIn(analysis: Analysis): readonly Call[] {
  if (!analysis.complete) return []
  const found = remembered.get(analysis) ?? analysis.calls.filter(({ name }) => defining.test(name ?? ''))
  remembered.set(analysis, found)
  return found
}

export function hasConfigFlags(analysis: Analysis): boolean {
  return definitionsIn(analysis).length > 0
}

/** The flag behind `FLAGS.config`, `CONFIG.value`; null: it is none. */
export function configFlag(analysis: Analysis, { value, attr }: Expr & { type: 'attribute' }): string | null {
  const definitions = definitionsIn(analysis)
  if (definitions.length === 0) return null
  if (analysis.nameOf(value) === 'absl.flags.FLAGS')
    return definitions.some((one) => flagOf(one) === attr) ? attr : null
  const made = attr === 'value' ? analysis.callOf(value) : null
  return made !== null && definitions.includes(made) ? flagOf(made) : null
}

export function configFlagUses(analysis: Analysis): (ConfigurationUse & { kind: 'made' })[] {
  return definitionsIn(analysis).flatMap((call) => {
    const flag = flagOf(call)
    const folded = analysis.argument(call, 'default', 1)
    const written = folded.state === 'given' && folded.folded.state === 'known' ? folded.folded.value : null
    return flag === null ? [] : [{ kind: 'made' as const, flag, otherwise: asMaker(written) }]
  })
}
