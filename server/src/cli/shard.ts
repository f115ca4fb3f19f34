/** Which projects this machine takes, where several share the work. */
import { UsageError } from './console.js'

export interface Shard {
  /** From 1. */
  index: number
  count: number
}

/** '3/10' */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? []
  if (index === undefined || count === undefined || index < 1 || index > count)
    throw new UsageError(`--shard: "${text}" is not PART/PARTS, such as 1/4`)
  return { index, count }
}

/** By the name alone, so that other projects may come and go. */
export function inShard(name: string, { index, count }: Shard): boolean {
  return hash(name) % count === index - 1
}

/** FNV-1a over UTF-8, with the last step of MurmurHash3, since its low bits are poor. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
