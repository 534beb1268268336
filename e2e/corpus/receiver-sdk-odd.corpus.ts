import { sdkCaptures, testReceived } from './receiver-captures.ts';

testReceived('the other SDK captures', { sdk: sdkCaptures.filter((_, index) => index % 2 === 1), cli: [] });
