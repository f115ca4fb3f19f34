/** Requests to the SageMaker API that a Python program sends: training, tuning, processing and transform jobs. */
import type { Call, PythonModule } from '../../python/module.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { defineReader } from '../reader.js'
import { changeRequest } from './change-request.js'
import { claimAddresses, claimRegion } from './data-places.js'
import { claimProcessingRequest, claimTransformRequest } from './job-requests.js'
import { PythonRequest } from './python-request.js'
import { type RequestKind, requestOf, requestWords } from './request-calls.js'
import { claimTrainingRequest } from './training-request.js'
import { claimTuningRequest } from './tuning-request.js'

export const sagemakerRequestsReader = defineReader({
  name: 'sagemaker-requests',
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
      readRequest(python, claims, kind, call, new PythonRequest(python, claims, call, base), jobs)
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
    const data = ['InputDataConfig', 'OutputDataConfig', 'CheckpointConfig'].flatMap((key) => {
      const value = request.value(key)
      return value.state === 'given' ? [value.expr] : []
    })
    claimAddresses(python, claims, compute, 'InputDataConfig', request.header, data)
  } else {
    const several = request.read('TrainingJobDefinitions').state !== 'absent'
    const prefix = several ? ['TrainingJobDefinitions', 0] : ['TrainingJobDefinition']
    claimTuningRequest(request, prefix)
    if (request.value(...prefix).state === 'given')
      claimTrainingRequest(request, { prefix, trials: true, jobs: null })
  }
}
