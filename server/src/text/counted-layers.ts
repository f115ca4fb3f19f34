/** The layers of a network, counted one by one in the order in which they are made. */
export interface CountedLayers {
  /** Weights that take part in products. */
  parameters: number
  layers: number
  /** Of `parameters`: those of recurrent layers, and those of convolutions. */
  recurrent?: number
  convolved?: number
  /**
   * Weights of the convolutions, each times the share of the places of a sample at which it is used; the axes along which
   * they move; the share of an axis that they leave.
   */
  places?: { weights: number; axes: number; left: number }
  /** Each weight is used for each word, or patch of a picture. */
  attends?: true
  /** Nobody knows how often some layers are made: they count six times. The largest part of the weights, or of their use, that is theirs. */
  repeats?: number
  /** Some sizes are not known, and taken for large ones. */
  guessed?: true
  /** Weights of layers with such sizes, where it is known which these are; those of convolutions among them. */
  guesses?: { parameters: number; convolved: number }
}
