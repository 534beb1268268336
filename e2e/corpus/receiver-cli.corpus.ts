import { cliCaptures, testReceived } from './receiver-captures.ts';

testReceived('coding agents', { sdk: [], cli: cliCaptures });
