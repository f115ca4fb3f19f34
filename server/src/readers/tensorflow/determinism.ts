/** Operations of TensorFlow that are told to give the same bits each time. Source: API page of tf.config.experimental.enable_op_determinism, TensorFlow 2.8 to 2.16. */
import type { Write } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { effective } from '../../values/value.js'
import { isFittedElsewhere, kerasFits } from '../keras/fits.js'
import { claimOperation } from '../operation-claims.js'
import { trainingEvidence, trainsAnywhere } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'

const call = 'tensorflow.config.experimental.enable_op_determinism'
/** The second one is about convolutions alone. */
const variables = ['TF_DETERMINISTIC_OPS', 'TF_CUDNN_DETERMINISTIC']
const convolutional = ['Conv1D', 'Conv2D', 'Conv3D', 'SeparableConv2D', 'DepthwiseConv2D'].map(
  (name) => `keras.layers.${name}`,
)

export const tensorflowDeterminismReader = defineReader({
  name: 'tensorflow-determinism',
  languages: ['python'],
  triggers: ['enable_op_determinism', ...variables],
  read({ python }, _context, claims) {
    if (
      python === undefined ||
      !(trainsAnywhere(python) || isFittedElsewhere(python) || kerasFits(python).length > 0)
    )
      return
    const [first] = switches(python)
    if (first === undefined) return
    const { key, statement } = first
    const evidence = { ...trainingEvidence(python) }
    if (evidence.role !== 'test') evidence.role = 'training'
    if (evidence.accelerator === 'none') evidence.accelerator = 'maybe'
    const convolutions = python.uses(...convolutional, 'keras.applications.')
    if (!convolutions && key.startsWith(variables[1]!)) return
    const place = { start: statement.start, end: statement.end }
    claimOperation(claims, {
      kind: 'deterministic kernels',
      place: 'run',
      key,
      at: place,
      site: place,
      scope: '',
      evidence,
      weight: 'ordinary',
      subject: convolutions ? 'convolutions' : 'scatter, gather and embeddings',
    })
  },
  change(_claim, _value, { python, path, fragment }) {
    const found = python === undefined ? [] : switches(python)
    if (found.length === 0) return { reason: 'the switch is no longer in the file' }
    const writes = found.map(
      ({ statement: { start, end } }): Write => ({
        kind: 'remove statement',
        path,
        statement: { fragment: fragment.index, start, end },
      }),
    )
    return {
      title: `Without ${found.map(({ key }) => key).join(' and ')}`,
      safety: 'unsafe',
      writes,
      imports: [],
    }
  },
})

interface Switch {
  key: string
  statement: Stmt
}

/** What always runs once the code around it does. */
function switches(python: PythonModule): Switch[] {
  const written = variables.flatMap((name): Switch[] => {
    const one = python.environmentWrites().get(name)
    if (one === undefined || !/^(1|true)$/i.test(String(effective(one.folded)))) return []
    return one.statement.type === 'assign' ? [{ key: `${name}=1`, statement: one.statement }] : []
  })
  const called = python
    .callsTo(call)
    .flatMap(({ method, statement }) =>
      statement.type === 'expr' ? [{ key: `${method}()`, statement }] : [],
    )
  return [...called, ...written].filter(({ statement }) => python.reach(statement.start).state === 'always')
}
