/**
 * Requests to the SageMaker API, wherever they are written: arguments of boto3, `config=` of an Airflow operator, JSON
 * for the command line, a state of Step Functions. All are sources with the keys of the API.
 */
import { instance } from '../../catalog/instances.js'
import { convert } from '../../values/operations.js'
import { asText } from '../../values/parse.js'
import type { Key, TreeSource } from '../../values/source.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'

export interface Request {
  claims: ClaimBuilder
  source: TreeSource
  /** Id of the job that the request starts. */
  job: string
  scope: string
  /** Without its accelerator, which the machine tells. */
  evidence: Evidence
  /** What is shown for the request itself. */
  header: Place
  /** What a change of it edits. */
  site: Place
}

export function textAt(source: TreeSource, ...path: Key[]): string | null {
  return effective(convert(source.get(...path), asText)) ?? null
}

/** The evidence of a request for this machine. */
export function evidenceOf(request: Request, type: string | undefined): Evidence {
  const gpus = type === undefined ? undefined : instance(type)?.gpuCount
  return { ...request.evidence, accelerator: gpus === undefined ? 'maybe' : gpus > 0 ? 'gpu' : 'cpu' }
}
