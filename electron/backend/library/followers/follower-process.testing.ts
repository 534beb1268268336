import { followers } from '../../workers/followers.ts';
import { stepNames } from './followers.testing.ts';
import { openFollowers } from './open-followers.ts';

/** Follows the library of its first argument and kills itself in the middle of the run that its second argument counts to. Not a test itself. */
const [directory = '', killAt = ''] = process.argv.slice(2);
let runs = 0;
const following = openFollowers({
  directory,
  followers: [
    ...followers,
    stepNames(() => {
      if (++runs === Number(killAt)) process.kill(process.pid, 'SIGKILL');
    }),
  ],
});
while (following.work(0).next === 'more');
