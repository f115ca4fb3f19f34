/** A text that can be made as long as one likes: `pieces` of the same kind one after another. */
export interface Shape {
  path: string
  /** Pieces of the shorter text. */
  pieces: number
  text: (pieces: number) => string
  /** Where what stands deeper is looked at once for each level above it. */
  mostGrowth?: number
}

export const rep = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => piece(index)).join('')

export const head = `import torch
from torch.utils.data import DataLoader
model = torch.nn.Linear(2,2).cuda()
opt = torch.optim.Adam(model.parameters())
`
