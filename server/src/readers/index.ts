/** Every reader. The byte pre-filter of the project is derived from their triggers. */
import type { Reader } from './reader.js'
import { sklearnSearchReader } from './sklearn/search.js'

export const readers: readonly Reader[] = [sklearnSearchReader]
