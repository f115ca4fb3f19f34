/** Whether code draws something anew for each sample of each epoch, by its words. */

const drawn =
  /random(?!_?(seed|state))|\brand(int|n|perm)?\(|augment|noise|jitter|shift|stretch|SpecAug|Masking|(time|freq\w*|span|token|patch)_?mask|mask_?(prob|ratio|span|token|param)|crop|pitch/i
/** The order in which samples come changes none of them. */
const ordered = /\brandom\.(shuffle|seed|permutation)\(/g

/** `picture.crop(box)` cuts out what it is told; what functions do that cut stands beside them. */
const plainCrop = /(?<!\bself)\.crop\s*\(|\bcenter_?crop\b/gi
const cropFunction = /\bdef\s+((?!\w*rand)\w*crop\w*)/gi

/** `text` is code without comments. */
export function isDrawn(text: string): boolean {
  const known = [...text.matchAll(cropFunction)].map(([, name]) => name)
  const own = known.length === 0 ? null : new RegExp(`\\b(${known.join('|')})\\b`, 'g')
  const rest = text.replace(ordered, '').replace(plainCrop, '')
  return drawn.test(own === null ? rest : rest.replace(own, ''))
}
