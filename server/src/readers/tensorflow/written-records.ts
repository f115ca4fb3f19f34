/** TFRecord files that a program writes itself before it trains on them: at each start, and with texts that are padded in them. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { calleePlace, callSite } from '../../values/places.js'
import { kerasEvidence } from '../keras/evidence.js'
import { testsAround } from '../python/reached.js'
import { claimPaddedIn } from '../pytorch/padded-by-hand.js'
import { defineReader } from '../reader.js'
import { trainsEstimator } from './estimator.js'
import { plainName } from './pipeline.js'

const writers = /^tensorflow\.(python_io|io)\.TFRecordWriter$/
/** What it has written before is looked for, or somebody says whether it is to be written. */
const asksFirst =
  /exist|is_?file|glob|listdir|overwrite|force|prepar|rebuild|regenerat|preprocess|convert|cache/i

export const tensorflowWrittenRecordsReader = defineReader({
  name: 'tensorflow-written-records',
  title: 'TFRecord files',
  languages: ['python'],
  triggers: ['TFRecordWriter'],
  read({ python }, context, claims) {
    if (python === undefined || python.evidence.role === 'test' || !trainsEstimator(python)) return
    const written = python.calls.filter(({ name }) => writers.test(plainName(name ?? '')))
    if (written.length === 0) return
    const { evidence } = kerasEvidence(python, context)
    claimPaddedIn(python, python.functions, evidence, claims)
    const first = written.flatMap((call) => startsWriting(python, call) ?? [])[0]
    if (first === undefined) return
    const at = calleePlace(first)
    const site = callSite(first)
    const key = python.text.slice(first.expr.callee.start, first.expr.callee.end)
    const work = claims.subject('Preprocessing', at, first.function?.qualified ?? '', evidence)
    work.known('transformation', key, 'saved data', at)
    work.known('cached', key, false, at, { site })
    work.known('weight', key, 'dear', at, { site })
    work.known('again', key, { per: 'run', times: null }, at, { site })
    work.known('steps', key, [{ what: key, location: claims.locate(at) }], at, { site })
  },
})

/** The call with which the part of the program that trains has a file written; null: it looks for the file first, or no such call is seen. */
function startsWriting(python: PythonModule, writer: Call): Call | null {
  const owner = writer.function
  if (owner === null || asks(python, writer)) return null
  const starts = startsOf(python, owner).find(
    (site) => site.function !== owner && site.loops.length === 0 && trainsBehind(python, site),
  )
  return starts === undefined || asks(python, starts) ? null : starts
}

/** Calls of the function, or those that make an object of its class. */
function startsOf(python: PythonModule, owner: Func): readonly Call[] {
  if (owner.class !== null && owner.name === '__init__') return python.constructionsOf(owner.class)
  return python.callSites(owner) ?? []
}

/** An estimator is trained in the same function, behind the call. */
function trainsBehind(python: PythonModule, { function: func, expr }: Call): boolean {
  return python.calls.some(
    (call) =>
      call.function === func && call.expr.start > expr.end && /^train(_and_evaluate)?$/.test(call.method),
  )
}

function asks(python: PythonModule, { expr, function: func }: Call): boolean {
  const above = (func?.node.body ?? []).flatMap((one) =>
    one.type === 'if' && one.end <= expr.start && one.body.some(({ type }) => type === 'return')
      ? one.test
      : [],
  )
  const around = testsAround(python, expr).map(({ test }) => test)
  return [...above, ...around].some(({ start, end }) => asksFirst.test(python.code.slice(start, end)))
}
