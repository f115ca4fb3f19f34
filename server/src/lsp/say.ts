/** Fixed texts of menus and hovers in the language of the client. What rules and fixes say is English. */
import { german } from './german.js'

/** The text, with the values in place of `{0}`, `{1}`. */
export type Say = (text: string, ...values: (string | number)[]) => string

const languages = new Map([['de', german]])

/** @param locale as the client names it, such as `de-AT` */
export function sayIn(locale: string | undefined): Say {
  const table = languages.get((locale ?? '').split(/[-_]/)[0]!.toLowerCase())
  return (text, ...values) =>
    (table?.get(text) ?? text).replace(/\{(\d)\}/g, (place, index) => String(values[Number(index)] ?? place))
}
