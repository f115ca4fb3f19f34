/** Whether a program can go on from what it saved. */
import type { PythonModule } from '../../python/module.js'
import { codeMatches } from './evidence.js'
import { once } from './once.js'

/** `unknown`: it saves or loads something, but what for cannot be told. */
export type Resumption = 'resumes' | 'saves only' | 'keeps nothing' | 'unknown'

const saves = [
  'torch.save',
  '.save_state',
  '.save_checkpoint',
  '.save_pretrained',
  '.save_weights',
  'torch.distributed.checkpoint.',
  'safetensors.',
  'orbax.',
]
const loads = [
  'torch.load',
  '.load_state',
  '.load_checkpoint',
  '.load_state_dict',
  '.load_weights',
  'torch.distributed.checkpoint.',
  'torch.distributed.checkpoint.load',
]
const asked =
  /\b(resume\w*|resume_from_checkpoint|ckpt_path|start_epoch|last_checkpoint|latest_checkpoint|get_last_checkpoint|restore\w*|continue_training)\b/i

export function resumption(python: PythonModule): Resumption {
  return once(python, 'resumption', () => judgeResumption(python))
}

function judgeResumption(python: PythonModule): Resumption {
  const keeps = python.uses(...saves)
  const reads = python.uses(...loads)
  if (!keeps && !reads) return 'keeps nothing'
  if (keeps && reads) {
    if (restoresOptimizer(python) || codeMatches(python, asked) || python.uses('.load_state'))
      return 'resumes'
    return 'unknown'
  }
  return keeps ? 'saves only' : 'unknown'
}

const optimizerState = /optim|sched|scaler/i

function restoresOptimizer(python: PythonModule): boolean {
  const elsewhere = [...python.imported, ...python.importers].flatMap((module) => module.restores ?? [])
  if (elsewhere.some((name) => optimizerState.test(name))) return true
  return python.methodCalls('load_state_dict').some((call) => {
    const { callee } = call.expr
    return (
      callee.type === 'attribute' &&
      optimizerState.test(python.text.slice(callee.value.start, callee.value.end))
    )
  })
}
