/** What the calls that make layers are given. */
import { Unfollowed } from '../../estimate/layers.js'

/** Arguments of one call, by keyword or position. */
export interface Arguments {
  /** Undefined: not given. A list for tuples. */
  value(name: string, position: number): number | boolean | string | null | (number | null)[] | undefined
}

export function whole(given: Arguments, name: string, position: number, otherwise?: number): number {
  const value = given.value(name, position) ?? otherwise
  if (typeof value !== 'number') throw new Unfollowed(`${name} is not readable`)
  return value
}

export function flag(given: Arguments, name: string, position: number, otherwise: boolean): boolean {
  const value = given.value(name, position) ?? otherwise
  if (typeof value !== 'boolean') throw new Unfollowed(`${name} is not readable`)
  return value
}

/** A number for each axis. */
export function axes(
  given: Arguments,
  name: string,
  position: number,
  count: number,
  otherwise?: number | number[],
): number[] {
  const value = given.value(name, position) ?? otherwise
  if (typeof value === 'number') return Array(count).fill(value) as number[]
  if (Array.isArray(value) && value.length === count && value.every((one) => typeof one === 'number'))
    return value as number[]
  throw new Unfollowed(`${name} is not readable`)
}
