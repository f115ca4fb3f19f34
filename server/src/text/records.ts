/**
 * Objects that serve as dictionaries. A key from a user's file may be a name that every object has (`constructor`,
 * `__proto__`), so code reads and writes computed keys by these functions only; test/records.test.ts holds it to that.
 */

/** What the dictionary itself holds under a key. */
export function lookUp<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined
}

/** Writes a key; the last of several wins. */
export function define<T>(record: Record<string, T>, key: string, value: T): void {
  // An assignment to this one would replace the prototype.
  if (key === '__proto__')
    Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true })
  else record[key] = value
}

/** Writes all that another dictionary holds. */
export function defineAll<T>(record: Record<string, T>, others: Readonly<Record<string, T>>): void {
  for (const [key, value] of Object.entries(others)) define(record, key, value)
}
