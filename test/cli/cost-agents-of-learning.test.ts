/** `costlint cost` of agents that learn by reinforcement, and of tuners of Keras. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

const slurm = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython train.py\n'

interface Job {
  hours: { low: number; high: number | null } | null
  unknown: string[]
}

async function job(train: string): Promise<Job> {
  const { out } = await runHere({ 'job.slurm': slurm, 'train.py': train }, [
    'cost',
    '--output-format',
    'json',
  ])
  return JSON.parse(out).jobs[0]
}

const learn = (algorithm: string, policy: string, env: string, steps = '10_000_000') =>
  `import gymnasium as gym
from stable_baselines3 import ${algorithm}
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.vec_env import VecFrameStack

env = ${env}
model = ${algorithm}("${policy}", env, device="cuda")
model.learn(total_timesteps=${steps})
`

describe('costlint cost of an agent', () => {
  it('follows from its steps, its kind and what it sees', async () => {
    const atari = 'VecFrameStack(make_atari_env("PongNoFrameskip-v4", n_envs=8), n_stack=4)'
    const pong = await job(learn('PPO', 'CnnPolicy', atari))
    // 10 million steps at 1,000 in a second are 2.8 hours.
    assert.ok(pong.hours!.low < 2.8 && pong.hours!.high! > 2.8 && pong.hours!.high! < 12)
    const half = await job(learn('PPO', 'CnnPolicy', atari, '5e6'))
    assert.ok(Math.abs(pong.hours!.low / half.hours!.low - 2) < 1e-6)
    const named = learn('PPO', 'CnnPolicy', atari).replace('"CnnPolicy"', 'CnnPolicy')
    const byClass = await job(`from stable_baselines3.ppo import CnnPolicy\n${named}`)
    assert.deepEqual(byClass.hours, pong.hours)
    const ant = await job(learn('SAC', 'MlpPolicy', 'gym.make("Ant-v4")', '1_000_000'))
    // A million steps of SAC take hours, not minutes.
    assert.ok(ant.hours!.low > 0.5 && ant.hours!.high! < 12, JSON.stringify(ant.hours))
  })

  it('is not known where the environment is one of its own, or its steps or its policy are not written', async () => {
    const own = await job(learn('PPO', 'MlpPolicy', 'gym.make("Warehouse-v0")'))
    assert.deepEqual(
      [own.hours, own.unknown],
      [null, ['how long its agent learns: how fast Warehouse-v0 is']],
    )
    const open = await job(`import sys\n${learn('PPO', 'MlpPolicy', '"CartPole-v1"', 'int(sys.argv[1])')}`)
    assert.deepEqual(open.unknown, ['how long its agent learns: `total_timesteps` cannot be read'])
    const passed = learn('DQN', 'policy', '"ALE/Pong-v5"').replace('"policy"', 'sys.argv[1]')
    const blind = await job(`import sys\n${passed}`)
    assert.deepEqual(blind.unknown, ['how long its agent learns: which policy it learns cannot be read'])
  })
})

describe('costlint cost of a tuner of Keras', () => {
  const tune = (arguments_: string) => `import keras_tuner as kt
import tensorflow as tf

(x, y), (a, b) = tf.keras.datasets.cifar10.load_data()

def build(hp):
    model = tf.keras.applications.ResNet50(weights=None, input_shape=(32, 32, 3), classes=10)
    model.compile(tf.keras.optimizers.Adam(hp.Float("lr", 1e-4, 1e-2)), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

tuner = kt.RandomSearch(build, objective="val_accuracy", ${arguments_})
tuner.search(x, y, epochs=30, validation_data=(a, b))
`

  it('is its trials times their executions times one fit', async () => {
    const many = await job(tune('max_trials=20, executions_per_trial=3'))
    const one = await job(tune('max_trials=1'))
    assert.ok(Math.abs(many.hours!.low / one.hours!.low - 60) < 1e-6)
    assert.ok(Math.abs(many.hours!.high! / one.hours!.high! - 60) < 1e-6)
  })
})
