import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract.ts';
import { contractError } from '../base/contract-errors.ts';

/**
 * The contract, to be implemented group by group. Faults of the backend become the contract's own errors here, in one place.
 */
export const os = implement(contract).use(async ({ next }) => {
  try {
    return await next();
  } catch (error) {
    throw contractError(error);
  }
});
