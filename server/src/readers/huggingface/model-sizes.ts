/** How many parameters a model has, as its name tells. */

/** Names that do not say it, or say something else: parameters in billions. */
const named: [RegExp, number][] = [
  [/stable-diffusion-xl|sdxl/i, 3.5],
  [/stable-diffusion-3\.5-large/i, 11],
  [/stable-diffusion-3/i, 7.7],
  [/stable-diffusion/i, 1.07],
  [/flux\.1/i, 17],
  [/^bigscience\/bloom$/i, 176],
  [/gpt-neox-20b/i, 20.6],
  [/(flan-)?t5-?(v1_1-)?xxl/i, 11.1],
  [/(flan-)?t5-?(v1_1-)?xl/i, 2.85],
  [/mt5-xxl/i, 12.9],
  [/mt5-xl/i, 3.7],
  [/gpt2-xl/i, 1.56],
  [/whisper-large/i, 1.55],
  [/phi-2$/i, 2.78],
  [/phi-3-mini|phi-3\.5-mini/i, 3.82],
  [/phi-4$/i, 14.7],
  [/llama-4-scout/i, 109],
  [/llama-4-maverick/i, 400],
]

/** Null: the name does not tell. */
export function sizeOfModel(id: string): number | null {
  // A folder of one's own may be called anything.
  if (id.length > 120 || /^[./~]|\\/.test(id)) return null
  for (const [pattern, billions] of named) if (pattern.test(id)) return billions * 1e9
  // `17B-128E`: what one token visits, of many times as much.
  if (/\db-\d+e(?:[-_.]|$)/i.test(id)) return null
  const experts = /(?:^|[-_/])(\d+)x(\d+(?:\.\d+)?)b(?:[-_.]|$)/i.exec(id)
  // Experts share their attention, so the whole is a little less than the product.
  if (experts !== null) return Number(experts[1]) * Number(experts[2]) * 0.84e9
  const plain = /(?:^|[-_/])(\d+(?:\.\d+)?)b(?:[-_.]|$)/i.exec(id)
  if (plain !== null) return Number(plain[1]) * 1e9
  const millions = /(?:^|[-_/])(\d+)m(?:[-_.]|$)/i.exec(id)
  return millions === null ? null : Number(millions[1]) * 1e6
}
