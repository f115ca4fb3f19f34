/** Networks whose pass runs under a switch of gradients of its own, though only where its constructor was told to. */
import type { Klass } from './module.js'

const writtenSwitch = /\b(no_grad|inference_mode|set_grad_enabled)\b/
/** `with torch.no_grad():` around what is returned, or around a pass of a layer. */
const returnsUnder =
  /\bwith\b[^\n]*\b(no_grad|inference_mode|set_grad_enabled)\b[^\n]*:\s*(\S[^\n]*\n\s*)?(return\b|\w+ = self\.\w*(model|encoder|backbone|net|forward)\w*\()/

/** `code` of the module: without comments. */
export function switchesItself({ code }: { code: string }, { methods }: Klass): boolean {
  return ['forward', '__call__'].some((name) => {
    const method = methods.get(name)
    if (method === undefined) return false
    const { decorators, start, end } = method.node
    return (
      decorators.some((one) => writtenSwitch.test(code.slice(one.start, one.end))) ||
      returnsUnder.test(code.slice(start, end))
    )
  })
}
