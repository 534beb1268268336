import { sdkCaptures, testReceived } from './receiver-captures.ts';

testReceived('every other SDK capture', { sdk: sdkCaptures.filter((_, index) => index % 2 === 0), cli: [] });
