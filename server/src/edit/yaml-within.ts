/** Edits of YAML text that a scalar of another YAML file holds. */
import { blockText } from '../config/block-text.js'
import { type FragmentEdit, isRefusal, refuse, withLineBreak } from './fragment-edit.js'
import type { ConfigurationWrite, Refusal } from './write.js'

export function withoutHolder(write: ConfigurationWrite): ConfigurationWrite {
  const { within: _, ...rest } = write
  return rest
}

/** `raw`: the scalar as written, which begins at `start`. `edit` works on the text that it holds. */
export function editsWithin(
  raw: string,
  start: number,
  eol: string,
  edit: (text: string) => FragmentEdit[] | Refusal,
): FragmentEdit[] | Refusal {
  const block = blockText(raw, start)
  if (block === null) return refuse('the patch is no block of its own: write it below a `|`')
  const edits = edit(block.text)
  if (isRefusal(edits)) return edits
  return edits.map((one) => ({
    start: block.place(one.start),
    end: block.place(one.end),
    text: withLineBreak(one.text, eol).replace(/\n(?=[^\r\n]|$)/g, `\n${block.indentation}`),
  }))
}
