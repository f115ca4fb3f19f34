/** How long an agent takes to learn: steps in its environment over the steps that one program makes in a second. */
import type { Experience } from '../text/experience.js'
import type { Interval } from './network.js'

/**
 * Steps in a second, all copies of the environment together, in the environments that come with Gymnasium (Atari, MuJoCo,
 * Box2D, classic control), the updates between them included. Networks are small, so the card hardly counts. Sources: PPO on
 * pictures 900 to 1,300 (stable-baselines3 issue 1124), on MuJoCo 550 to 830 (openai/baselines issue 360), up to 7,500
 * (stable-baselines3 issue 1597); SAC under 140 (denisyarats/pytorch_sac issue 4); DQN on Atari from 58 (rl-baselines3-zoo issue 95)
 * to 280.
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
