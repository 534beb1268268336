import { expect, test } from 'vitest';
import { ConnectionLost } from './backend-client.ts';
import { priceFailureTitle } from './price-failure.ts';

test('prices are only said to stay as they were where the backend refused others', () => {
  expect(priceFailureTitle(false, new Error('This is no catalogue of prices.'))).toBe('The prices stay as they were');
  expect(priceFailureTitle(false, new ConnectionLost())).toContain('not known whether');
  expect(priceFailureTitle(true, new ConnectionLost())).toContain('The prices are others');
});
