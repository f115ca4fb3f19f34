/** Requests to the SageMaker API in Python: keywords, dictionaries, and variables that hold them. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { CallSource } from '../../values/call-source.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Key } from '../../values/source.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import type { Request } from './request.js'

export interface PythonRequest extends Request {
  source: CallSource
}

/** `base`: the argument that holds the whole request; empty: the arguments are its keys. */
export function pythonRequest(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  base: readonly Key[],
): PythonRequest {
  const header = calleePlace(call)
  const unwrap = (expr: Expr): Expr => unwrapped(python, expr)
  return {
    claims,
    source: new CallSource(python, call, claims, { base, unwrap }),
    job: idAt(claims, 'sagemaker', header),
    scope: scopeOf(call),
    evidence: evidenceOfJob(python, 'maybe'),
    header,
    site: callSite(call),
  }
}

/** Values of hyperparameters are text: programs turn a dictionary of other values into one of texts. */
const encoders = /^(json_)?encode_(hyper_?)?param\w*$|^stringify\w*$/i

function unwrapped(python: PythonModule, expr: Expr): Expr {
  const value = python.definition(expr)
  if (value.type !== 'call' || value.args.length !== 1) return expr
  const { callee } = value
  const name = lastName(callee)
  return encoders.test(name) ? value.args[0]!.value : expr
}
