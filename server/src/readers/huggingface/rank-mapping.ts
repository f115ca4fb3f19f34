/** Data sets that each process of a distributed training maps for itself, at the same time as the others. */
import type { Call, PythonModule } from '../../python/module.js'
import { callSite } from '../../values/places.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { methodPlace, pipelineOf } from '../tensorflow/pipeline.js'
import { fewTrainingSamples } from './samples.js'

/** One process goes ahead, or the code knows which of them it is; Lightning calls `prepare_data` in one by itself. */
const oneFirst =
  /main_process|local_rank|LOCAL_RANK|\brank\b|\bRANK\b|get_rank|barrier|wait_for_everyone|process_zero|process_index|zero_first|rank_zero|def prepare_data|load_from_disk/

export const huggingfaceRankMappingReader = defineReader({
  name: 'huggingface-rank-mapping',
  languages: ['python'],
  triggers: ['batched', 'num_proc'],
  read(facts, context, claims) {
    const { python } = facts
    const launch = context.binding?.launch
    if (python === undefined || launch === undefined) return
    // 0: one for each device, however many there are.
    const processes =
      launch.processes === null || launch.processes === 0 ? null : launch.processes * (launch.nodes ?? 1)
    if (processes === 1 || launch.launcher === 'python') return
    if (![...python.imports].some((name) => /^datasets(\.|$)/.test(name))) return
    const evidence = trainingEvidence(python)
    if (evidence.role !== 'training' || oneFirst.test(python.code)) return
    if (fewTrainingSamples(python) !== null) return
    const [first, ...rest] = python.methodCalls('map').filter((call) => isMapped(python, call))
    if (first === undefined) return
    const at = methodPlace(first)
    const site = callSite(first)
    const what = shownAs(python, first)
    const work = claims.subject('Preprocessing', at, first.function?.qualified ?? '', evidence)
    work.known('cached', what, false, at, { site: { ...site, target: { kind: 'refused', reason: goAhead } } })
    work.known('weight', what, 'heavy', at, { site })
    work.known('again', what, { per: 'process', times: processes }, at, { site })
    const steps = [first, ...rest].map((call) => ({
      what: shownAs(python, call),
      location: claims.locate(methodPlace(call)),
    }))
    work.known('steps', what, steps, at, { site })
  },
  change: () => ({ reason: goAhead }),
})

const goAhead = 'let the main process go first: `with training_args.main_process_first():` around it'

/** Prepared ahead, by a function, with a cache that the processes share. */
function isMapped(python: PythonModule, call: Call): boolean {
  const { args, callee } = call.expr
  if (call.name !== null || callee.type !== 'attribute') return false
  // Without its cache it runs again at every start, which is told by itself.
  if (args.some((one) => one.name === 'load_from_cache_file' || one.star !== 0)) return false
  return (
    args.some((one) => one.name === 'batched' || one.name === 'num_proc') &&
    pipelineOf(python, callee.value) === null &&
    !/streaming\s*=\s*(?!False)/.test(python.code)
  )
}

function shownAs(python: PythonModule, { expr, method }: Call): string {
  const [func] = expr.args
  const text =
    func === undefined || func.name !== null ? '' : python.text.slice(func.value.start, func.value.end)
  return /^[\w.]{1,40}$/.test(text) ? `${method}(${text})` : method
}
