/** Which findings of a file another file of the project could still refute while most of it is unread. */

import type { FileRecord } from '../extraction/file-record.js'
import type { Finding } from '../finding.js'
import { ownRuleNames } from '../host/own-rules.js'
import { isChartTemplate } from '../linking/charts.js'
import { rules } from '../rules/index.js'

export interface PartlyRead {
  record: FileRecord
  /** It is a module of Python that is not started by itself. */
  isModule: boolean
  /** A launch starts it. */
  isLaunched: boolean
  /** Everything that names it is known. */
  isSearched: boolean
  /** Something that it needs was not read. */
  isCut: boolean
}

/** Rules that one file answers for all, or that speak in one file for all. */
const ofProject = new Set([
  ...rules
    .filter(
      ({ settledBy, oncePerProject, tellsTogether }) =>
        settledBy !== undefined || oncePerProject === true || tellsTogether === true,
    )
    .map(({ name }) => name),
  // A suppression may suppress what is not known yet.
  ...ownRuleNames,
])

/** A pool that no job of the project runs on, while jobs run on others, is told more quietly. */
const ofPools = new Set(
  rules.filter(({ judges }) => [judges].flat().includes('Scaling')).map(({ name }) => name),
)

/** What a program deploys may be ended by another file. */
const ofEndpoints = new Set(
  rules.filter(({ judges }) => [judges].flat().includes('Serving')).map(({ name }) => name),
)

/** A machine that a script rents may be ended by another script. */
const ofRented = 'lifecycle/no-autostop'

export function mayBeRefuted(
  { rule, severity }: Pick<Finding, 'rule' | 'severity'>,
  { record, isModule, isLaunched, isSearched, isCut }: PartlyRead,
): boolean {
  if (isCut || ofProject.has(rule) || belongsToOthers(record)) return true
  if (ofPools.has(rule) && record.extraction.subjects.some(({ kind }) => kind === 'Scaling')) return true
  if (ofEndpoints.has(rule) && record.extraction.claims.some(({ setting }) => setting === 'endsBy'))
    return true
  if (rule === ofRented && record.extraction.claims.some(({ setting }) => setting === 'gpuCloud')) return true
  // What calls or imports a module says what it is given.
  if (isModule && !isLaunched) return true
  // What a launch could still decide is said at `information`.
  return !isSearched && (severity === 'information' || severity === 'hint')
}

/** Other files lay it out, hold its values, run it, or are the machines that it runs on. */
function belongsToOthers({ path, manifests, hcl, bundle, extraction }: FileRecord): boolean {
  return (
    manifests !== undefined ||
    isChartTemplate(path) ||
    hcl !== undefined ||
    bundle !== undefined ||
    extraction.compiledFrom !== undefined ||
    extraction.frameworkConfig !== undefined ||
    // Whoever starts the trials decides how many there are.
    extraction.claims.some(({ setting }) => setting === 'trialStarter')
  )
}
