export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** What a text of JSON holds; undefined: it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
