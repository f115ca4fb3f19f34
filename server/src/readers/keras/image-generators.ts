/** `ImageDataGenerator` of Keras, whose methods hand out batches of pictures. */
import type { Call } from '../../python/module.js'

/** By method, the position of `batch_size`, which is 32 where it is left out. Source: keras 3.5, legacy/preprocessing/image.py. */
export const flows: Readonly<Record<string, number>> = {
  flow: 2,
  flow_from_directory: 5,
  flow_from_dataframe: 9,
}

/** A call of the class, or of a method of one of its objects. */
export function isOfImageGenerator({ receiver, name }: Call): boolean {
  return /(^|\.)ImageDataGenerator(\.|$)/.test(receiver ?? name ?? '')
}
