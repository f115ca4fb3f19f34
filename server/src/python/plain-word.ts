import type { Json } from '../text/json.js'

/** As YAML reads a word. */
export function plainWord(text: string): Json {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  if (/^(null|~)?$/i.test(text)) return null
  return /^[-+]?(\d[\d_]*(?:\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text)
    ? Number(text.replaceAll('_', ''))
    : text
}
