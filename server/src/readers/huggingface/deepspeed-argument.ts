/** The DeepSpeed configuration that a Trainer is given: in its code, or by a flag of its launch. */
import type { Json } from '../../text/json.js'
import { passedExpression } from '../../values/argument.js'
import { type Source, sourceOf } from '../deepspeed/configuration.js'
import type { ArgumentsSource } from './arguments-source.js'

/** `value`: what the argument holds, where that is known. */
export function deepspeedSource(source: ArgumentsSource, value: Json | undefined): Source {
  const { python, made } = source
  const unknown: Source = { kind: 'unknown', because: 'the DeepSpeed configuration' }
  if (typeof value === 'string') {
    const root = python.configurationFile(value)
    return root === null ? unknown : { kind: 'file', root }
  }
  const expr = passedExpression(source.argument('deepspeed'))
  return expr === null || expr === made.call.expr ? unknown : sourceOf(python, expr)
}
