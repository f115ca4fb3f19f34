/** Words that braces stand for: `{1..8}`, `{a,b}`; and ranges of numbers, which `seq` writes as well. */

/** Words that one written word, or a list in a variable, may stand for. */
export const mostWords = 2_000

export function range(first: number, last: number, step: number): number[] | null {
  // Above these, adding one changes nothing.
  if (![first, last, step].every(Number.isSafeInteger)) return null
  if (step === 0 || (last - first) / step >= mostWords) return null
  const values: number[] = []
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) values.push(value)
  return values
}

/** How many words braces may make of a word. */
export function countBraceWords(raw: string): number {
  let count = 1
  for (const [, inner] of raw.matchAll(/\{([^{}]*)\}/g)) {
    const span = /^(-?\d+)\.\.(-?\d+)(?:\.\.-?0*([1-9]\d*))?$/.exec(inner!)
    count *=
      span === null
        ? inner!.split(',').length
        : Math.abs(Number(span[2]) - Number(span[1])) / Number(span[3] ?? 1) + 1
  }
  return count
}

/** `a{1..3}`, `{x,y}`: the words that the first pair of braces stands for; null when there is none. */
export function braceWords(raw: string): string[] | null {
  const match = /^((?:[^{}$]|\$(?=\w))*)\{([^{}]*)\}([\s\S]*)$/.exec(raw)
  if (match === null) return null
  const [, head, inner, tail] = match as unknown as [string, string, string, string]
  const span = /^(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?$/.exec(inner)
  if (span !== null) {
    const [first, last] = [Number(span[1]), Number(span[2])]
    const step = Math.abs(Number(span[3] ?? 1)) * (last < first ? -1 : 1)
    const values = range(first, last, step)
    return values === null ? null : values.map((value) => `${head}${value}${tail}`)
  }
  if (!inner.includes(',') || tail.split('{').length > 3) return null
  return inner.split(',').map((one) => `${head}${one}${tail}`)
}
