/** Classes of libraries that hold what they are given under its keywords, and say no more than a dictionary with these keys. */
import type { CallExpr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'

/** Messages of Google's clients, which take a dictionary in their place. Source: google-cloud-aiplatform 1.70, aiplatform_v1/types. */
const records =
  /^google\.cloud\.aiplatform(_v1(beta1)?)?\.(\w+\.)*(WorkerPoolSpec|MachineSpec|ContainerSpec|PythonPackageSpec|DiskSpec)$/

export function holdsKeywords(analysis: Analysis, call: CallExpr): boolean {
  return records.test(analysis.nameOf(call.callee) ?? '')
}
