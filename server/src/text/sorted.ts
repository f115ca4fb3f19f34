/** Lists in ascending order. */

/** Index of the first element that is not before what is sought; the length of the list where all are. */
export function lowerBound<T>(sorted: readonly T[], isBefore: (one: T) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(sorted[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}
