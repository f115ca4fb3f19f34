import { singleDevicePackages, standardLibrary } from '../../python/packages.js'

/**
 * Libraries that use one device (or none) unless the program asks them for more, by name of their top package (the reader
 * knows how it asks). What is not here may drive all devices of a node by itself.
 */
export const singleDeviceLibraries = new Set([...standardLibrary, ...singleDevicePackages])
