import { ConnectionLost } from './backend-client.ts';

/** What is known of the prices when another catalogue could not be had to its end; `isTaken`: the backend had taken it. */
export function priceFailureTitle(isTaken: boolean, error: unknown): string {
  if (isTaken) return 'The prices are others; what the runs cost with them is not known yet';
  return error instanceof ConnectionLost
    ? 'It is not known whether the prices are others now'
    : 'The prices stay as they were';
}
