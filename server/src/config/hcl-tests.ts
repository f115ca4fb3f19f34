/** What expressions of Terraform choose by: texts, numbers and references, and the tests of conditional expressions. */

export interface Operand {
  value: string | number | boolean | null
  /** Whoever applies the module may have given another. */
  overridable: boolean
}

/** What a reference holds, where that is one plain value. */
type Refer = (reference: string) => Operand | null

/** `"prod"`, `true`, `3`, `var.env`; null: it is not known. */
export function operandOf(written: string, refer: Refer): Operand | null {
  const [, text, truth, digits] = /^"([^"$%]*)"$|^(true|false)$|^(\d+)$/.exec(written) ?? []
  if (text !== undefined) return { value: text, overridable: false }
  if (truth !== undefined) return { value: truth === 'true', overridable: false }
  if (digits !== undefined) return { value: Number(digits), overridable: false }
  if (written === 'null') return { value: null, overridable: false }
  return /^[A-Za-z_][\w-]*(\.[\w-]+)+$/.test(written) ? refer(written) : null
}

/** `var.env == "prod"`, `!var.gpu`; null: it cannot be decided. */
export function testHolds(written: string, refer: Refer): { value: boolean; overridable: boolean } | null {
  const [, left, operator, right] = /^\(?\s*(\S+)\s*(==|!=)\s*([^\s)]+)\s*\)?$/.exec(written) ?? []
  if (left === undefined) {
    const [, not, only] = /^(!?)\s*([\w.-]+)$/.exec(written) ?? []
    const one = only === undefined ? null : operandOf(only, refer)
    return typeof one?.value === 'boolean' ? { ...one, value: one.value !== (not === '!') } : null
  }
  const [a, b] = [operandOf(left, refer), operandOf(right!, refer)]
  if (a === null || b === null) return null
  const same = String(a.value) === String(b.value)
  return { value: same === (operator === '=='), overridable: a.overridable || b.overridable }
}
