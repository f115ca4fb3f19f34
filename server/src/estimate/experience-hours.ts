/** How long an agent takes to learn: steps in its environment over the steps that one program makes in a second. */
import type { Experience } from '../text/experience.js'
import type { Interval } from './network.js'

/**
 * Steps in a second, all copies of the environment together, in the environments that come with Gymnasium (Atari, MuJoCo,
 * Box2D, classic control), the updates between them included. Networks are small, so the card hardly counts. Users report of PPO
 * 900 to 1,300 on pictures (stable-baselines3 issue 1124), 550 to 830 on MuJoCo on a laptop (openai/baselines issue 360), 3,500 to 7,500 in
 * StarCraft (stable-baselines3 issue 1597); of SAC 19, and more than 139 in a faster program (denisyarats/pytorch_sac issue 4); of DQN on
 * Atari less than 58 with evaluations between (rl-baselines3-zoo issue 95), 160 (pfrl issue 72), less than 280 (openai/baselines issue 431).
 * For SAC on pictures and DQN on numbers the ranges are assumptions.
 */
const perSecond: Record<Experience['learns'], Record<Experience['sees'], Interval>> = {
  'on policy': { pictures: { low: 300, high: 3_000 }, numbers: { low: 400, high: 8_000 } },
  'off policy': { pictures: { low: 15, high: 150 }, numbers: { low: 30, high: 300 } },
  'off policy, now and then': { pictures: { low: 50, high: 500 }, numbers: { low: 300, high: 4_000 } },
}

export function experienceHours({ steps, learns, sees }: Experience): Interval {
  const { low, high } = perSecond[learns][sees]
  return { low: steps / high / 3600, high: steps / low / 3600 }
}
