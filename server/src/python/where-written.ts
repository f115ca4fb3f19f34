/** Where a call is written, whoever makes it: what a change writes beside it, and the names that it uses, have to be known there. */
import type { Call } from './module.js'

export const whereWritten = (call: Call): Pick<Call, 'function' | 'statement'> => call.written ?? call
