/**
 * A number as `toLocaleString('en-US')` writes it: '1,234.5'. Loading the tables of languages for the first of them takes longer
 * than judging a script.
 */
export function groupedDigits(value: number): string {
  const written = plain.exec(String(value))
  return written === null
    ? value.toLocaleString('en-US')
    : `${written[1]!.replace(thousands, ',')}${written[2] ?? ''}`
}

/** Three digits after the point are as many as it writes. */
const plain = /^(-?\d+)(\.\d{1,3})?$/
const thousands = /\B(?=(\d{3})+$)/g
