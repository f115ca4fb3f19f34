/** A text as a pattern that matches it and nothing else, whatever signs stand in it. */
export const quotedPattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
