import { expect, it } from 'vitest';
import { splitToken } from './token.ts';

const token = 'q6Yx2rT-0_abcDEF1234567890abcdefghijklmnop';

it('takes the token out of the fragment and keeps the place', () => {
  expect(splitToken(`#token=${token}`)).toEqual({ token, rest: '' });
  expect(splitToken(`#token=${token}&/run/abc?step=3`)).toEqual({ token, rest: '#/run/abc?step=3' });
  expect(splitToken('#/runs')).toEqual({ token: undefined, rest: '#/runs' });
});

it('does not keep what is no token, and still removes it from the address', () => {
  expect(splitToken('#token=<script>&/runs')).toEqual({ token: undefined, rest: '#/runs' });
  expect(splitToken('#token=short')).toEqual({ token: undefined, rest: '' });
});
