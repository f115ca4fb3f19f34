/** Values of variables, with signs in them for what is unreadable and for what somebody may replace. */
import type { ShellWord } from './shell-facts.js'
import { filler } from './template.js'

/** In values: something unreadable that is one word, or part of one (the same as the mask of templates). */
export const hole = filler
/** In values: something unreadable that may be any number of words. */
export const wideHole = '\uE001'
const holes = /[\uE000\uE001]/
/** In values: what follows is the default of a variable that comes from outside (`${WORKERS:-0}`). */
export const fallbackMark = '\uE002'

/** What a variable holds. */
export type ShellValue =
  /** May have holes where parts are unreadable; see `readable`. */
  | { kind: 'text'; text: string }
  | { kind: 'array'; words: ShellWord[] }
  /** `splits`: may hold several words, or none. */
  | { kind: 'unknown'; splits: boolean }

export interface ShellScope {
  get(name: string): ShellValue | undefined
  /** It is known that nothing sets it. */
  isSettled?(name: string): boolean
}

export const emptyScope: ShellScope = { get: () => undefined }

/** A value, or null when parts of it are unreadable. */
export function readable(value: string): string | null {
  return holes.test(value) ? null : value.replaceAll(fallbackMark, '')
}

/** A value with `${?}` for what is unreadable. */
export function outlineOf(value: string): string {
  return value.replaceAll(fallbackMark, '').replace(/[\uE000\uE001]+/g, '$${?}')
}

/** True for a value, or a part of one, that whoever starts the script may replace. */
export function isFallback(value: string): boolean {
  return value.includes(fallbackMark)
}

/** A value that whoever starts the script may replace. */
export function fallback(value: string): string {
  return isFallback(value) ? value : fallbackMark + value
}

/** The value of a word, as a variable holds it. */
export function heldText({ text, fallback }: ShellWord): string | null {
  return text === null || fallback !== true ? text : fallbackMark + text
}

/** True for a value of which nothing is known. */
export function isBlank(value: string): boolean {
  return /^[\uE000\uE001]+$/.test(value)
}
