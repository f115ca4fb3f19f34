/** The type of an option that its annotation says: of `int`, `Optional[int]`, `int | None`, `Annotated[int, …]`. */
import type { Expr } from '../syntax/python-ast.js'

/** Null: it says none that a word of the command line could have, or several. */
export function annotatedType(annotation: Expr | null): string | null {
  if (annotation === null) return null
  if (annotation.type === 'name') return annotation.id === 'None' ? null : annotation.id
  if (annotation.type === 'constant')
    return typeof annotation.value === 'string' ? named(annotation.value) : null
  if (annotation.type === 'binary' && annotation.op === '|')
    return only([annotation.left, annotation.right].map(annotatedType))
  if (annotation.type !== 'subscript') return null
  const { value, index } = annotation
  const generic = value.type === 'name' ? value.id : value.type === 'attribute' ? value.attr : ''
  const items = index.type === 'tuple' ? index.items : [index]
  if (generic === 'Annotated') return annotatedType(items[0] ?? null)
  return generic === 'Optional' || generic === 'Union' ? only(items.map(annotatedType)) : null
}

/** `"int"`, written as a text because it is only defined later. */
function named(text: string): string | null {
  return /^\w+$/.test(text) && text !== 'None' ? text : null
}

function only(types: (string | null)[]): string | null {
  const [one = null, other] = types.filter((type) => type !== null)
  return other === undefined ? one : null
}
