/** Whether a Python program goes on from where an earlier start of it was interrupted. */
import type { PythonModule } from '../../python/module.js'
import { fixedValue } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { resumption } from '../pytorch/resume.js'
import { resumeGap } from '../pytorch/resume-gaps.js'
import { trlTrainer } from './parallelism.js'

const frameworkSaves = [
  'lightning.pytorch.Trainer',
  'transformers.Trainer',
  'transformers.Seq2SeqTrainer',
  'keras.callbacks.ModelCheckpoint',
  'keras.callbacks.BackupAndRestore',
]

export function readResumption(python: PythonModule, program: SubjectBuilder<'Program'>, place: Place): void {
  const asked = askedToResume(python)
  if (asked !== null) {
    if (asked.known) program.known('resumes', asked.key, true, asked.place)
    else program.unknown('resumes', asked.key, 'whether it resumes depends on the launch', asked.place)
    return
  }
  if (
    python.uses(...frameworkSaves) ||
    trlTrainer(python) !== undefined ||
    python.uses('lightning.pytorch.cli.LightningCLI')
  ) {
    // It saves by itself, but nobody asks it to go on from there.
    if (python.uses('.load_state', 'torch.load'))
      program.unknown('resumes', 'checkpoint', 'something is loaded', place)
    else program.default('resumes', 'checkpoint', false, place)
    return
  }
  const result = resumption(python)
  if (result === 'unknown') program.unknown('resumes', 'checkpoint', 'something is saved or loaded', place)
  else if (result === 'resumes' && startsOver(python))
    program.unknown('resumes', 'checkpoint', 'it counts its epochs from the first again', place)
  else if (result === 'resumes') program.known('resumes', 'checkpoint', true, place)
  else program.default('resumes', 'checkpoint', false, place)
}

function startsOver(python: PythonModule): boolean {
  return python.loops.some(
    (loop) => loop.role === 'epoch' && resumeGap(python, loop)?.misses === 'the epochs',
  )
}

interface Asked {
  key: string
  place: Place
  known: boolean
}

/** `trainer.train(resume_from_checkpoint=True)`, `trainer.fit(model, ckpt_path='last')`, `BackupAndRestore(...)`. */
function askedToResume(python: PythonModule): Asked | null {
  const restore = python.callsTo('keras.callbacks.BackupAndRestore')[0]
  if (restore !== undefined) return { key: 'BackupAndRestore', place: calleePlace(restore), known: true }
  for (const call of python.calls) {
    if (!/^(train|fit|TrainingArguments|\w+Config|\w+Arguments)$/.test(call.method)) continue
    for (const key of ['resume_from_checkpoint', 'ckpt_path', 'resume']) {
      const given = call.expr.args.find((one) => one.name === key)
      if (given === undefined) continue
      const folded = python.fold(given.value)
      const place = { start: given.start, end: given.end }
      const value = effective(folded)
      const fixed = value === undefined || fixedValue(folded) !== undefined
      if (value !== null && value !== false) return { key, place, known: fixed }
      if (!fixed) return { key, place, known: false }
    }
  }
  return null
}
