/** Requests to the SageMaker API that a Python program sends: training, tuning, processing and transform jobs. */
import type { Call, PythonModule } from '../../python/module.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { defineReader } from '../reader.js'
import { changeRequest } from './change-request.js'
import { claimAddresses } from './data-places.js'
import { claimProcessingRequest, claimTransformRequest } from './job-requests.js'
import { type PythonRequest, pythonRequest } from './python-request.js'
import { claimRegion } from './region.js'
import { type RequestKind, requestOf, requestWords } from './request-calls.js'
import { requestTables } from './request-settings.js'
import { claimTrainingRequest } from './training-request.js'
import { claimTuning } from './tuning-request.js'

export const sagemakerRequestsReader = defineReader({
  name: 'sagemaker-requests',
  title: 'SageMaker API requests',
  leads: true,
  settings: requestTables,
  languages: ['python'],
  triggers: requestWords,
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    const requests = python.calls.flatMap((call) => {
      const found = requestOf(python, call)
      return found === null ? [] : [{ call, ...found }]
    })
    const jobs = requests.filter((one) => one.kind === 'training' || one.kind === 'tuning').length
    for (const { call, kind, base } of requests) {
      readRequest(python, claims, kind, call, pythonRequest(python, claims, call, base), jobs)
    }
  },
  change: changeRequest,
})

function readRequest(
  python: PythonModule,
  claims: ClaimBuilder,
  kind: RequestKind,
  call: Call,
  request: PythonRequest,
  jobs: number,
): void {
  if (kind === 'processing') claimProcessingRequest(request)
  else if (kind === 'transform') claimTransformRequest(request)
  else if (kind === 'training') {
    // A cell of a notebook, a function or a service starts it again and again.
    const once = jobs === 1 && !python.evidence.notebook && call.function === null && call.loops.length === 0
    const compute = claimTrainingRequest(request, { prefix: [], trials: false, jobs: once ? 1 : null })
    claimRegion(python, compute)
    const data = ['InputDataConfig', 'OutputDataConfig', 'CheckpointConfig'].flatMap(
      (key) => request.source.expression(key) ?? [],
    )
    claimAddresses(python, claims, compute, 'InputDataConfig', request.header, data)
  } else {
    claimTuning(request)
  }
}
