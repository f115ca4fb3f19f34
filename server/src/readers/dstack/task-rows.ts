/** Settings of a dstack task, whoever writes it. Source: dstack 0.20, core/models/profiles.py and configurations.py. */
import { asWord } from '../../values/parse.js'
import { type SettingRows, since } from '../setting-table.js'
import { secondsOf, spelledDuration } from './resources.js'

/** Until pull request 2357 of dstack, of February 2025, tasks ended after three days. */
export const taskRows = {
  spot: {
    keys: ['spot_policy'],
    parse: asWord(
      new Map([
        ['spot', true],
        ['on-demand', false],
      ]),
    ),
    otherwise: false,
    openDefault: true,
    write: (spot) => (spot ? 'spot' : 'on-demand'),
  },
  timeLimit: {
    keys: ['max_duration'],
    parse: secondsOf,
    otherwise: since('dstack', '0.19', null, 72 * 3600),
    otherwiseInWords: 'none; 72 h before 0.19',
    openDefault: true,
    write: (seconds) => (seconds === null ? 'off' : spelledDuration(seconds)),
  },
} satisfies SettingRows<'Compute'>
