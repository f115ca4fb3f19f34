/** Files and command lines cannot ask which card there is, as code does before it computes in bf16. */
import type { Change, Write } from '../edit/write.js'
import { ifPossible } from '../readers/pytorch/bf16-units.js'

const bf16 = /bf16|bfloat16/

/** A change to bf16 that nobody knows the card for: a sketch where it stands in a file or a command, which cannot ask. */
export function onlyWithCard(change: Change): Change {
  if (change.safety !== 'unsafe' || !change.writes.some(namesBf16)) return change
  return { ...change, title: `${change.title}${ifPossible}`, safety: 'display' }
}

function namesBf16(write: Write): boolean {
  if (write.kind === 'replace text') return bf16.test(write.text)
  // `auto` asks for whoever reads it.
  return (
    write.kind === 'set key' && write.value !== 'auto' && bf16.test(`${write.keys.at(-1)} ${write.value}`)
  )
}
